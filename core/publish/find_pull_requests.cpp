#include "core/publish/find_pull_requests.h"

#include <nlohmann/json.hpp>

#include "core/base/text.h"
#include "core/forge/names.h"
#include "core/publish/paths.h"

namespace melisai::publish {
namespace {

using nlohmann::json;

constexpr int kOk = 200;
constexpr std::size_t kPullRequestsMax = 5;  // of one branch, into different ones
constexpr int kHeadPagesMax = 20;

std::string string_at(const json& object, const char* key) {
  return object.is_object() && object.contains(key) && object[key].is_string()
             ? object[key].get<std::string>()
             : "";
}

bool is_of(const json& pull, const Head& head, const std::string& sha) {
  if (!pull.is_object() || !pull.contains("head") || !pull["head"].is_object()) return false;
  const json& at = pull["head"];
  if (string_at(at, "sha") != sha || string_at(at, "ref") != head.branch) return false;
  // Null for a fork that is gone: the commit and the branch have to do.
  return !at.contains("repo") || at["repo"].is_null() ||
         string_at(at["repo"], "full_name") == head.repository;
}

}  // namespace

Result<std::vector<std::int64_t>> pull_requests_of(Caller& caller, const Head& head,
                                                   const std::string& sha) {
  if (!forge::is_login(head.owner))
    return Error{Errc::not_found, "the repository that the pull request comes from is gone"};
  std::vector<std::int64_t> numbers;
  std::optional<std::string> path = path_of(caller.account()) + "/pulls?state=open&head=" +
                                    forge::percent_encoded(head.owner + ":" + head.branch) +
                                    "&per_page=100";
  for (int page = 0; path && page < kHeadPagesMax; ++page) {
    MELISAI_TRY(const HttpAnswer answer, caller.send({.path = *path}));
    if (answer.status != kOk) return caller.refused(answer, "list pull requests");
    const json all = json::parse(answer.body, nullptr, false);
    if (!all.is_array())
      return Error{Errc::parse, caller.who() + " answers with no list of pull requests"};
    for (const json& pull : all) {
      if (numbers.size() == kPullRequestsMax || !is_of(pull, head, sha)) continue;
      if (pull.contains("number") && pull["number"].is_number_unsigned())
        numbers.push_back(pull["number"].get<std::int64_t>());
    }
    MELISAI_TRY(path, caller.next_page(answer));
  }
  return numbers;
}

}  // namespace melisai::publish
