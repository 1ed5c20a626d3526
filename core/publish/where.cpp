// Which commit and pull request it is about: the CI system knows, and the artifact is never asked.
#include <algorithm>
#include <charconv>
#include <iterator>
#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/base/text.h"
#include "core/publish/trusted.h"

namespace melisai::publish {
namespace {

using nlohmann::json;

constexpr Bytes kEventMax = 25 << 20;  // GitHub sends no larger ones

std::string text_at(const json& object, std::initializer_list<const char*> keys) {
  const json* at = &object;
  for (const char* key : keys) {
    if (!at->is_object() || !at->contains(key)) return "";
    at = &(*at)[key];
  }
  return at->is_string() ? at->get<std::string>() : "";
}

std::optional<std::int64_t> number_at(const json& object, const char* key) {
  if (!object.is_object() || !object.contains(key) || !object[key].is_number_unsigned())
    return std::nullopt;
  return object[key].get<std::int64_t>();
}

std::string env_text(const EnvLookup& env, const char* name) { return env(name).value_or(""); }

void take(std::string& to, const std::string& from) {
  if (to.empty()) to = from;
}

forge::Kind kind_in(const Request& request, const EnvLookup& env) {
  if (request.forge) return *request.forge;
  if (!env_text(env, "GITLAB_CI").empty()) return forge::Kind::gitlab;
  return env_text(env, "GITEA_ACTIONS").empty() ? forge::Kind::github : forge::Kind::gitea;
}

/// A run that follows another one: what that was about is found by who pushed it.
void read_workflow_run(const json& run, Where& where) {
  where.place.sha = text_at(run, {"head_sha"});
  where.details_url = text_at(run, {"html_url"});
  const std::string event = text_at(run, {"event"});
  // Whoever starts these may write to the repository. Of every other event, also of one that GitHub
  // may add, the code that ran may be a stranger's.
  constexpr std::string_view kOfTheRepository[] = {"push", "schedule", "workflow_dispatch"};
  where.is_of_another_run = std::find(std::begin(kOfTheRepository), std::end(kOfTheRepository),
                                      event) == std::end(kOfTheRepository);
  if (!event.starts_with("pull_request")) return;
  where.place.head = {.owner = text_at(run, {"head_repository", "owner", "login"}),
                      .branch = text_at(run, {"head_branch"}),
                      .repository = text_at(run, {"head_repository", "full_name"})};
}

Result<void> read_event(const EnvLookup& env, Where& where) {
  const std::string file = env_text(env, "GITHUB_EVENT_PATH");
  if (file.empty()) return {};
  MELISAI_TRY(const std::string text, read_file(file, kEventMax));
  const json event = json::parse(text, nullptr, false);
  if (!event.is_object())
    return Error{Errc::config, "GITHUB_EVENT_PATH names a file that holds no JSON object"};
  where.repository = text_at(event, {"repository", "full_name"});
  if (event.contains("workflow_run")) {
    read_workflow_run(event["workflow_run"], where);
  } else if (event.contains("pull_request")) {
    const json& proposal = event["pull_request"];
    where.place.sha = text_at(proposal, {"head", "sha"});
    where.merge_sha = env_text(env, "GITHUB_SHA");
    if (const auto number = number_at(proposal, "number")) where.place.pull_requests = {*number};
  } else {
    where.place.sha = text_at(event, {"after"});
  }
  return {};
}

void read_github(const EnvLookup& env, Where& where) {
  take(where.repository, env_text(env, "GITHUB_REPOSITORY"));
  take(where.place.sha, env_text(env, "GITHUB_SHA"));
  where.api = env_text(env, "GITHUB_API_URL");
  if (where.kind == forge::Kind::github) take(where.api, "https://api.github.com");
  const std::string run = env_text(env, "GITHUB_RUN_ID");
  if (!run.empty())
    take(where.details_url, env_text(env, "GITHUB_SERVER_URL") + "/" +
                                env_text(env, "GITHUB_REPOSITORY") + "/actions/runs/" + run);
}

void read_gitlab(const EnvLookup& env, Where& where) {
  where.repository = env_text(env, "CI_MERGE_REQUEST_PROJECT_PATH");
  take(where.repository, env_text(env, "CI_PROJECT_PATH"));
  where.place.sha = env_text(env, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA");
  if (where.place.sha.empty())
    where.place.sha = env_text(env, "CI_COMMIT_SHA");
  else
    where.merge_sha = env_text(env, "CI_COMMIT_SHA");
  where.api = env_text(env, "CI_API_V4_URL");
  take(where.api, "https://gitlab.com/api/v4");
  where.details_url = env_text(env, "CI_JOB_URL");
  const std::string number = env_text(env, "CI_MERGE_REQUEST_IID");
  std::int64_t iid = 0;
  const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), iid);
  if (error == std::errc{} && stop == number.data() + number.size() && iid > 0)
    where.place.pull_requests = {iid};
}

Error unsaid(const std::string& what, const std::string& option) {
  return {Errc::usage, "nothing says " + what + "; give " + option};
}

}  // namespace

Result<Where> where(const Request& request, const EnvLookup& env) {
  Where found{.kind = kind_in(request, env)};
  if (found.kind == forge::Kind::gitlab) {
    read_gitlab(env, found);
  } else {
    MELISAI_CHECK(read_event(env, found));
    read_github(env, found);
  }
  if (!request.repository.empty()) found.repository = request.repository;
  if (!request.api.empty()) found.api = request.api;
  if (!request.details_url.empty()) found.details_url = request.details_url;
  if (!request.sha.empty()) {
    found.place.sha = request.sha;
    found.merge_sha.clear();
  }
  if (request.pull_request) {
    found.place.pull_requests = {*request.pull_request};
    found.place.head = {};
  }
  while (found.api.ends_with('/')) found.api.pop_back();
  if (found.repository.empty()) return unsaid("which repository it is about", "--repository");
  if (found.place.sha.empty()) return unsaid("which commit it is about", "--sha");
  if (found.api.empty()) return unsaid("where the API of this Gitea is", "--api");
  return found;
}

}  // namespace melisai::publish
