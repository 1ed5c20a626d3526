// Flame graphs of what a report holds: stacks of the collectors profile and offcputime, with names.
// Private to core/host.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/host_profile.h"
#include "core/model/host_report.h"
#include "core/naming/naming.h"

namespace melisai::host {

/// Why no stacks will be there; "" when there may be some.
std::string why_no_stacks(const HostProfile& profile);

struct FlameFiles {
  std::vector<std::string> written;   ///< paths
  std::vector<std::string> problems;  ///< what is missing, or limits the names; one line each
};

/// on-cpu.svg, on-cpu.folded, off-cpu.svg and off-cpu.folded in `directory`, which is made: those
/// of which there are stacks. The programs that ran are read (by core/naming), so it has to be on
/// their machine, while they are as they were. Errors: disk_full, io.
Result<FlameFiles> write_flame_files(const HostReport& report, const std::string& directory,
                                     naming::Options naming = {.living = true});

}  // namespace melisai::host
