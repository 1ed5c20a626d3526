// The processes of a run under callgrind, one file each: whether their counts are what the run did,
// each thing once. Pure. Private to core/explain_instructions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace melisai {

/// Of callgrind, followed by "*": without it nobody knows of work before another program.
inline constexpr std::string_view kDumpBeforeExec = "--dump-before=execve";

struct CountedProcess {
  std::string pid, command;
  bool is_unfinished = false;  ///< it executed another program then, or tried to
  double instructions = 0;
};

/// What the text of its file says before the costs.
CountedProcess process_of(std::string_view text);

/// "" when they are. Conservative: what cannot be told apart is not counted.
std::string why_not_countable(const std::vector<CountedProcess>& processes);

}  // namespace melisai
