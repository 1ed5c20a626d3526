// `work`: one attempt of one run, in a process of its own that the daemon starts. Reads what to do
// from the queue, and leaves its result in a file; the daemon does the rest.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/pipeline_run.h"
#include "core/world.h"

namespace melisai::serve {

/// In the directory of the attempt.
inline constexpr const char* kResultFile = "result.json";
inline constexpr Bytes kResultFileMax = 1 << 20;

struct WorkRequest {
  std::string state_dir;  ///< absolute
  std::int64_t run = 0;
  std::string directory;  ///< absolute; of the attempt
  std::string workspace;  ///< absolute; see workspace.h
  /// How many files a stage may open: the daemon opens more, and what is measured must not depend
  /// on who measures. 0: as it is.
  std::uint64_t open_files = 0;
  std::vector<std::string> hidden = {};  ///< absolute; the operator's, what strangers never see
  /// Absolute; where to wait for a run and its directory, which are not known yet. "": they are.
  std::string ready = {};
};

/// Where the commits of a project are: a bare repository.
std::string repository_of(const std::string& state_dir, const std::string& project);
/// Where those of an event are. What strangers propose has a repository of its own, with the
/// project's commits in it: no commit that nobody has vouched for lies where trusted runs look.
std::string mirror_of(const std::string& state_dir, const RunEvent& event);

/// Exit code: 0 when a result was written, whatever it says. Errors: what kept it from that.
Result<int> work(const WorkRequest& request, World& world);

}  // namespace melisai::serve
