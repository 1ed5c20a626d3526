// A forge in memory: comments in pages, check runs, statuses, and faults that come once. Speaks
// GitHub; for the others only what differs is answered.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/http_client.h"

namespace melisai::publish::testing {

using nlohmann::json;

struct Fault {
  std::string what;  ///< "POST /repos/team/demo/check-runs": how method and path start
  Result<HttpAnswer> answer;
  bool arrives = false;  ///< the forge does it all the same
};

class FakeForge final : public HttpClient {
 public:
  static constexpr std::size_t kPage = 50;
  std::string api = "https://api.github.com";
  std::string head = std::string(40, 'a');
  json user = {{"id", 7}, {"login", "gate"}, {"type", "User"}};
  int user_status = 200;
  std::vector<json> comments;
  std::vector<json> checks;
  std::vector<json> statuses;
  std::deque<Fault> faults;
  std::vector<HttpCall> sent;
  std::function<void()> before;  ///< each request

  void comment_by(std::int64_t id, const std::string& body, const std::string& type = "User") {
    comments.push_back({{"id", ++last_id_},
                        {"body", body},
                        {"user", {{"id", id}, {"login", "x"}, {"type", type}}}});
  }

  Result<HttpAnswer> send(const HttpCall& call, const Interrupt&) override {
    sent.push_back(call);
    if (before) before();
    const std::string path = call.url.substr(api.size());
    const std::string what = call.method + " " + path;
    for (auto fault = faults.begin(); fault != faults.end(); ++fault) {
      if (!what.starts_with(fault->what)) continue;
      const Fault now = *fault;
      faults.erase(fault);
      if (now.arrives) answer(call.method, path, call.body);
      return now.answer;
    }
    return answer(call.method, path, call.body);
  }

  std::size_t count(const std::string& start) const {
    std::size_t n = 0;
    for (const HttpCall& call : sent)
      n += (call.method + " " + call.url.substr(api.size())).starts_with(start);
    return n;
  }

 private:
  static HttpAnswer json_answer(int status, const json& body) {
    return {.status = status, .headers = {}, .body = body.dump()};
  }
  static HttpAnswer missing() { return json_answer(404, {{"message", "Not Found"}}); }

  HttpAnswer list(const std::string& path) const {
    std::size_t page = 1;
    if (const std::size_t at = path.find("&page="); at != std::string::npos)
      page = std::stoul(path.substr(at + 6));
    json out = json::array();
    for (std::size_t i = (page - 1) * kPage; i < std::min(comments.size(), page * kPage); ++i)
      out.push_back(comments[i]);
    HttpAnswer answer = json_answer(200, out);
    const std::string first = path.substr(0, path.find("&page="));
    if (comments.size() > page * kPage)
      answer.headers.push_back({"link", "<" + api + first + "&page=1>; rel=\"first\", <" + api +
                                            first + "&page=" + std::to_string(page + 1) +
                                            ">; rel=\"next\""});
    return answer;
  }

  HttpAnswer change_comment(std::int64_t id, const json& body) {
    for (json& comment : comments)
      if (comment["id"] == id) {
        comment["body"] = body["body"];
        return json_answer(200, comment);
      }
    return missing();
  }

  HttpAnswer change_check(std::int64_t id, const json& more) {
    for (json& check : checks)
      if (check["id"] == id) {
        for (const json& each : more["output"]["annotations"])
          check["output"]["annotations"].push_back(each);
        return json_answer(200, shown(check));
      }
    return missing();
  }

  static json shown(json check) {
    check["output"]["annotations_count"] = check["output"]["annotations"].size();
    return check;
  }

  HttpAnswer answer(const std::string& method, const std::string& path, const std::string& text) {
    const json body = text.empty() ? json() : json::parse(text);
    const std::string repository = "/repos/team/demo";
    const auto is = [&](const std::string& m, const std::string& p) {
      return method == m && path.starts_with(repository + p);
    };
    const auto id = [&] { return std::stoll(path.substr(path.rfind('/') + 1)); };
    if (method == "GET" && path == "/user") return json_answer(user_status, user);
    if (is("GET", "/pulls/7")) return json_answer(200, {{"number", 7}, {"head", {{"sha", head}}}});
    if (is("GET", "/pulls?")) return json_answer(200, pulls);
    if (is("GET", "/issues/7/comments")) return list(path);
    if (is("POST", "/issues/7/comments")) {
      comments.push_back({{"id", ++last_id_}, {"body", body["body"]}, {"user", user}});
      return json_answer(201, comments.back());
    }
    if (is("PATCH", "/issues/comments/")) return change_comment(id(), body);
    if (is("POST", "/check-runs")) {
      checks.push_back(body);
      checks.back()["id"] = ++last_id_;
      return json_answer(201, shown(checks.back()));
    }
    if (is("PATCH", "/check-runs/")) return change_check(id(), body);
    if (is("GET", "/check-runs/"))
      for (const json& check : checks)
        if (check["id"] == id()) return json_answer(200, shown(check));
    if (is("GET", "/commits/")) {
      json all = json::array();
      for (const json& check : checks) all.push_back(shown(check));
      return json_answer(200, {{"check_runs", all}});
    }
    if (is("POST", "/statuses/")) {
      statuses.push_back(body);
      return json_answer(201, body);
    }
    return missing();
  }

  std::int64_t last_id_ = 100;

 public:
  json pulls = json::array();  ///< what a search for pull requests finds
};

}  // namespace melisai::publish::testing
