// What happened to the branches and tags of a repository since they were last looked at. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/git.h"
#include "core/base/result.h"
#include "core/model/pipeline_run.h"

namespace melisai::trigger {

/// Globs (core/base/glob.h) over short names: "main", "release/*", "v*".
struct RefFilter {
  std::vector<std::string> branches;
  std::vector<std::string> tags;
  bool operator==(const RefFilter&) const = default;
};

/// Takes "refs/heads/main" for "main". Errors: config, for other full names: what strangers propose
/// (refs/pull, refs/merge-requests) is not run.
Result<RefFilter> parse_ref_filter(const RefFilter& written);

/// Whether a full name is a branch or tag that the filter lets through.
bool passes(const RefFilter& filter, const std::string& ref);

/// Which tips run when a repository is seen for the first time. Tags never do: what they start is
/// often a deployment.
enum class FirstSight {
  named,  ///< of branches that the filter names without a wildcard
  every,  ///< of every branch that passes
  none,
};

struct RefEvent {
  enum class Kind { push, tag, branch_created, ref_deleted };
  std::string ref;     ///< full name
  std::string before;  ///< last accepted commit; "" when there was none
  std::string after;   ///< "" when deleted
  Kind kind = Kind::push;
  /// Otherwise the new state is recorded and nothing runs: the filter holds it back, it was
  /// deleted, or the repository is new.
  bool starts_run = false;

  bool operator==(const RefEvent&) const = default;
};

/// Full name -> commit: the last accepted state of a repository.
using Refs = std::map<std::string, std::string>;

/// Changes from `accepted` (nothing: this repository was never seen) to the answer of a server,
/// sorted by name. Whatever differs is new: also a commit that the ref had before, and a branch
/// that was deleted and comes back. Refs that do not pass are recorded too, so that a wider filter
/// does not start old tags. An empty answer deletes nothing: a server that lost its data, and finds
/// it again, would otherwise start every tag.
std::vector<RefEvent> ref_changes(const std::optional<Refs>& accepted,
                                  const std::vector<RemoteRef>& seen, const RefFilter& filter,
                                  FirstSight first_sight);

/// What a change that starts a run is to the queue, whoever saw it.
RunEvent run_event_of(const RefEvent& change, const std::string& project, WallTime now);

}  // namespace melisai::trigger
