#include "core/api/pull_requests.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/api/handlers.h"
#include "core/base/clock.h"
#include "core/base/text.h"

namespace melisai::api {
namespace {

constexpr std::int64_t kLimit = 50;
constexpr std::int64_t kLimitMax = 200;
constexpr std::size_t kShaDigits = 40;
constexpr std::size_t kLongShaDigits = 64;

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Result<store::PullRequestFilter> filter_of(const http::Request& request) {
  store::PullRequestFilter filter{.project = text_at(request, "project")};
  const std::string waits = text_at(request, "waits");
  if (!waits.empty() && waits != "true" && waits != "false")
    return Error{Errc::usage, "'waits' is true or false, not " + in_quotes(waits)};
  filter.waits = waits == "true";
  MELISAI_TRY(const auto limit, number_at(request, "limit", {.min = 1, .max = kLimitMax}));
  filter.limit = static_cast<std::size_t>(limit.value_or(kLimit));
  return filter;
}

Result<store::Approval> approval_of(const Parts& parts, const Call& call, const Json& body) {
  store::Approval approval{.project = call.path.at(0), .by = "token " + call.caller};
  const auto& projects = parts.daemon.config.projects;
  if (std::none_of(projects.begin(), projects.end(),
                   [&](const WatchedProject& project) { return project.name == approval.project; }))
    return Error{Errc::not_found, "no project is called " + in_quotes(approval.project)};
  const auto number = id_of(call.path.at(1));
  if (!number) return Error{Errc::not_found, "there is no such pull request"};
  approval.number = *number;
  MELISAI_TRY(approval.sha, text_in(body, "commit"));
  if (!is_full_sha(approval.sha))
    return Error{Errc::usage, "'commit' is the head that is approved, by all of its hex digits"};
  return approval;
}

}  // namespace

bool is_full_sha(std::string_view text) {
  return (text.size() == kShaDigits || text.size() == kLongShaDigits) &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string to_json(const store::PullRequest& request) {
  return text_of({{"project", request.project},
                  {"number", request.number},
                  {"ref", request.ref},
                  {"commit", request.sha},
                  {"base", request.base},
                  {"author", text_or_null(request.author)},
                  {"trusted", request.trusted},
                  {"open", request.open},
                  {"waits", request.waits},
                  {"since", utc_time_ms(request.since)},
                  {"event", request.event},
                  {"approved_by", text_or_null(request.approved_by)}});
}

void list_pull_requests(Parts& parts, Call call) {
  const Result<store::PullRequestFilter> filter = filter_of(call.request);
  if (!filter) return call.respond(refused(filter.error()));
  const auto found = parts.daemon.queue.pull_requests(*filter);
  if (!found) return call.respond(refused(found.error()));
  Json all = Json::array();
  for (const store::PullRequest& request : *found) all.push_back(Json::parse(to_json(request)));
  call.respond(answer(200, {{"pull_requests", all}}));
}

void approve_pull_request(Parts& parts, Call call) {
  Json body;
  if (auto bad = read_body(call.request, {"commit"}, body)) return call.respond(*std::move(bad));
  const Result<store::Approval> approval = approval_of(parts, call, body);
  if (!approval) return call.respond(refused(approval.error()));
  const Result<store::Approved> approved = parts.daemon.approve(*approval);
  if (!approved && approved.error().code == Errc::usage)
    return call.respond(http::problem(409, approved.error().message));
  if (!approved) return call.respond(refused(approved.error()));
  call.respond(answer(200, {{"event", approved->event}, {"already", approved->already}}));
}

}  // namespace melisai::api
