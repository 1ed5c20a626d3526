// Where what an event runs comes from: its commit, and the commit whose pipeline file rules it.
// Private to the planner; called from the pool.
#pragma once

#include <optional>
#include <string>

#include "core/base/git.h"
#include "core/model/pipeline_run.h"
#include "core/model/serve_config.h"

namespace melisai::serve {

/// What the server has, and the mirror that it is fetched into.
struct SourceQuestion {
  const WatchedProject& project;
  std::string repository;  ///< ours
  RemoteRepo& remote;
};

struct Source {
  std::string rules;  ///< whose pipeline file rules; never a commit that strangers made
  std::optional<std::string> file;  ///< that pipeline file; nothing when there is none
  std::string before;               ///< of a proposal: the tip of its base branch
};

/// The commits are in the mirror then. An event that names no commit gets one, and the full name of
/// its ref. Errors: config, for what is not there; usage and
/// limit, for a pipeline file that cannot be read; git, also for a pull request that has another
/// head now: then `head` is that, "" for none.
Result<Source> find_source(const SourceQuestion& question, RunEvent& event,
                           std::optional<std::string>& head);

/// Of a proposal: the commit where it left its base branch. Errors: config, when there is none.
Result<std::string> fork_point(const RunEvent& event, const Source& source, GitRepo& git);

/// Of strangers' code that is to be checked out with submodules: git asks the addresses in its
/// .gitmodules with what the daemon may, so that they have to be those of `source.rules`. Errors:
/// config.
Result<void> check_submodules(const RunEvent& event, const Source& source, GitRepo& git);

}  // namespace melisai::serve
