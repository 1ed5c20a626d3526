#include "core/publish/publish.h"

#include "core/base/text.h"
#include "core/publish/caller.h"
#include "core/publish/find_pull_requests.h"
#include "core/publish/sticky.h"
#include "core/publish/verdict.h"

namespace melisai::publish {
namespace {

void note(Outcome& outcome, Result<std::string> put) {
  if (put)
    outcome.done.push_back(*std::move(put));
  else
    outcome.failed.push_back(std::move(put).error());
}

/// Full, of either kind of hash.
bool is_commit(const std::string& sha) {
  constexpr std::size_t kSha1 = 40;
  constexpr std::size_t kSha256 = 64;
  return (sha.size() == kSha1 || sha.size() == kSha256) &&
         sha.find_first_not_of("0123456789abcdef") == std::string::npos;
}

Result<std::string> comment(Caller& caller, std::int64_t pull_request, const Place& place,
                            const Content& content) {
  MELISAI_TRY(const std::string head, head_of(caller, pull_request));
  if (head != place.sha)
    return "no comment on #" + std::to_string(pull_request) +
           ", which has another head by now: " + in_quotes(head);
  return put_comment(caller, pull_request, content);
}

std::vector<std::int64_t> numbers(Caller& caller, const Place& place, Outcome& outcome) {
  if (place.head.branch.empty()) return place.pull_requests;
  const Result<std::vector<std::int64_t>> found = pull_requests_of(caller, place.head, place.sha);
  if (!found)
    outcome.failed.push_back(found.error());
  else if (found->empty())
    outcome.done.push_back("no comment, because no open pull request is at " +
                           in_quotes(place.sha));
  return found ? *found : std::vector<std::int64_t>{};
}

}  // namespace

Content content_of(const Report& report, const report::CommentContext& context, FailOn fail_on) {
  return {.context = context,
          .comment = report::comment_of(report, context),
          .check = report::check_of(report, context, fail_on),
          .status_text = report::status_text_of(report),
          .status_state = std::string(report::status_state_of(report, fail_on))};
}

Outcome publish(const forge::Account& account, const Place& place, const Content& content,
                const Outside& outside, Milliseconds deadline) {
  Outcome outcome;
  if (!forge::is_repository(account.kind, account.repository)) {
    outcome.failed.push_back({Errc::config, "there is no repository that is called so"});
    return outcome;
  }
  if (!is_commit(place.sha)) {
    outcome.failed.push_back({Errc::config, in_quotes(place.sha) + " is no full hash of a commit"});
    return outcome;
  }
  Caller caller(account, outside, deadline);
  if (place.check) note(outcome, put_verdict(caller, place, content));
  for (const std::int64_t pull_request : numbers(caller, place, outcome))
    note(outcome, comment(caller, pull_request, place, content));
  return outcome;
}

}  // namespace melisai::publish
