// Payloads of forges as small as they can be, and deliveries made of them.
#pragma once

#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "core/trigger/trigger.h"

namespace melisai::trigger {

inline const std::string kSecret = "It's a Secret to Everybody";
inline const std::string kShaA(40, 'a');
inline const std::string kShaB(40, 'b');
inline const std::string kNoSha(40, '0');
inline const std::string kMainRef = "refs/heads/main";

using Json = nlohmann::json;

inline Json github_repository(const std::string& name = "team/demo") {
  return {{"full_name", name},
          {"clone_url", "https://forge.example/" + name + ".git"},
          {"ssh_url", "git@forge.example:" + name + ".git"},
          {"html_url", "https://forge.example/" + name}};
}

/// Also of Gitea.
inline Json github_push(const std::string& before, const std::string& after,
                        const std::string& ref = kMainRef) {
  return {{"ref", ref},
          {"before", before},
          {"after", after},
          {"head_commit", after == kNoSha ? Json() : Json{{"id", after}}},
          {"repository", github_repository()}};
}

inline Json github_pull_request(const std::string& action, const std::string& head_repository) {
  const Json head_repo = head_repository.empty() ? Json() : Json{{"full_name", head_repository}};
  return {{"action", action},
          {"pull_request",
           {{"number", 7},
            {"state", action == "closed" ? "closed" : "open"},
            {"user", {{"id", 41}, {"login", "ann"}}},
            {"labels", Json::array({{{"name", "perf"}}})},
            {"head", {{"sha", kShaB}, {"ref", "topic"}, {"repo", head_repo}}},
            {"base", {{"sha", kShaA}, {"ref", "main"}, {"repo", {{"full_name", "team/demo"}}}}}}},
          {"sender", {{"id", 42}, {"login", "bob"}}},
          {"repository", github_repository()}};
}

inline Json github_comment(const std::string& action, const std::string& text) {
  return {{"action", action},
          {"issue", {{"number", 7}, {"pull_request", {{"url", "x"}}}}},
          {"comment", {{"id", 99}, {"body", text}, {"user", {{"id", 42}, {"login", "bob"}}}}},
          {"repository", github_repository()}};
}

/// `button`: "" for the one that GitHub has itself, to run it once more.
inline Json github_check_run(const std::string& button, const std::string& external_id,
                             const std::string& sha) {
  Json payload{{"action", button.empty() ? "rerequested" : "requested_action"},
               {"check_run", {{"id", 4}, {"external_id", external_id}, {"head_sha", sha}}},
               {"sender", {{"id", 42}, {"login", "bob"}}},
               {"repository", github_repository()}};
  if (!button.empty()) payload["requested_action"] = {{"identifier", button}};
  return payload;
}

inline Json gitlab_project(const std::string& name = "team/demo") {
  return {{"path_with_namespace", name},
          {"git_http_url", "https://forge.example/" + name + ".git"},
          {"git_ssh_url", "git@forge.example:" + name + ".git"},
          {"web_url", "https://forge.example/" + name}};
}

inline Json gitlab_push(const std::string& before, const std::string& after,
                        const std::string& ref = kMainRef) {
  return {{"ref", ref},
          {"before", before},
          {"after", after},
          {"checkout_sha", after == kNoSha ? Json() : Json(after)},
          {"project", gitlab_project()}};
}

inline Json gitlab_merge_request(const std::string& action, const std::string& source) {
  const bool open = action != "merge" && action != "close";
  return {{"user", {{"id", 42}, {"username", "bob"}}},
          {"project", gitlab_project()},
          {"labels", Json::array({{{"title", "perf"}}})},
          {"object_attributes",
           {{"action", action},
            {"iid", 7},
            {"state", open ? "opened" : "merged"},
            {"author_id", 41},
            {"source_branch", "topic"},
            {"target_branch", "main"},
            {"source_project_id", source == "team/demo" ? 1 : 2},
            {"target_project_id", 1},
            {"last_commit", {{"id", kShaB}}},
            {"source", source.empty() ? Json() : Json{{"path_with_namespace", source}}}}}};
}

/// A delivery that owns what it shows.
struct Letter {
  Forge forge = Forge::github;
  std::multimap<std::string, std::string> headers;
  std::string body;
  bool form = false;

  Delivery delivery() const {
    return {.forge = forge,
            .headers =
                [this](std::string_view name) {
                  std::vector<std::string_view> values;
                  const auto [first, last] = headers.equal_range(std::string(name));
                  for (auto it = first; it != last; ++it) values.emplace_back(it->second);
                  return values;
                },
            .body = body,
            .form = form};
  }
};

/// Bytes beyond letters and digits as %XX.
inline std::string url_encoded(const std::string& text) {
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == ' ')
      encoded += '+';
    else if (std::isalnum(byte) != 0)
      encoded += c;
    else
      (encoded += '%') += {"0123456789ABCDEF"[byte >> 4], "0123456789ABCDEF"[byte & 15]};
  }
  return encoded;
}

}  // namespace melisai::trigger
