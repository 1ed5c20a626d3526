// What profile and offcputime tell: stacks of addresses, each with the file that it lies in. Names
// of functions in programs are the reader's business, who has more time and more files.
#pragma once

#include <string>

#include "plugins/common/mappings.h"
#include "plugins/ebpf/report.h"

namespace melisai::plugins::ebpf {

/// `tool`: profile or offcputime. In `data`: "files" [{"path","build_id"}] and "stacks", heaviest
/// first: {"pid","comm","count","total_ns","user":[[file, offset]],"kernel":["schedule"]}, the
/// innermost frame first. A user frame without a file is [-1, address]. All but the innermost are
/// return addresses. "top" has such places too: words on top of the user stack that may be return
/// addresses of functions without frames, or left over from calls that have ended. In `stacks` the
/// heaviest as melisai folds them.
Findings report_stacks(Tool tool, const WindowFacts& window, Mappings& mappings,
                       const std::string& proc_root);

}  // namespace melisai::plugins::ebpf
