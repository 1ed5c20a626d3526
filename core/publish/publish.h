// Publish: puts a report where people meet it: one comment on each pull request, kept up to date,
// and the verdict at the commit. GitHub, GitLab and Gitea. Blocks; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/http_client.h"
#include "core/base/interrupt.h"
#include "core/base/result.h"
#include "core/forge/forge.h"
#include "core/report/github/github.h"

namespace melisai::publish {

struct Outside {
  HttpClient& client;
  const Clock& clock;
  const Interrupt& interrupt;
  HttpWait wait = wait_for_real;
};

inline constexpr Milliseconds kDeadline{120'000};  ///< of everything together, by default

/// What people are told; made of a report.
struct Content {
  report::CommentContext context;
  std::string comment;  ///< Markdown that starts with the marker of `context`
  report::CheckOutput check;
  std::string status_text;
  std::string status_state;  ///< "success", "failure", "error"
};
Content content_of(const Report& report, const report::CommentContext& context, FailOn fail_on);

/// Whose push it was: a pull request is found by it. `branch` is "" when nobody has to be found.
struct Head {
  std::string owner{};
  std::string branch{};
  std::string repository{};  ///< "owner/name" that was pushed to
};

/// Where to.
struct Place {
  std::string sha;                            ///< commit of the verdict
  std::vector<std::int64_t> pull_requests{};  ///< numbers; of GitLab merge requests, its IIDs
  Head head{};                                ///< further ones are found by it
  bool check = true;                          ///< also the verdict at the commit
  /// Of this publication, for good: its check run is known by it, and not made a second time. "":
  /// one that nobody had before.
  std::string id{};
  std::vector<std::pair<std::string, std::string>> buttons{};  ///< identifier, label
};

struct Outcome {
  std::vector<std::string> done;  ///< "comment on #7 updated"
  std::vector<Error> failed;      ///< the rest went on without
};

/// Everything within one deadline. The verdict at the commit comes first; a pull request whose head
/// is another commit by now gets no comment, because a newer report is or will be there.
///
/// Errors in the outcome: config for what somebody has to change (a token that may not write, a
/// repository that is elsewhere), not_found for a pull request, unavailable, io, timeout for what
/// may go away, parse for answers of the wrong shape, limit, interrupted. The token is in none.
Outcome publish(const forge::Account& account, const Place& place, const Content& content,
                const Outside& outside, Milliseconds deadline = kDeadline);

}  // namespace melisai::publish
