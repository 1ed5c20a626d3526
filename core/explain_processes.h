// The processes of a run under callgrind, a file or more each: whether their counts are what the
// run did, each thing once. Pure. Private to core/explain_instructions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace melisai {

/// Of callgrind, followed by "*": without it nobody knows of work before another program.
inline constexpr std::string_view kDumpBeforeExec = "--dump-before=execve";

/// Of C's library, since 2.34 below fork(). Without it a forked process begins with the counts of
/// its parent; with it both begin anew.
inline constexpr std::string_view kDumpBeforeFork = "--dump-before=_Fork";

/// What one file is of: a process, between two times.
struct CountedProcess {
  std::string pid, command;
  bool is_unfinished = false;  ///< it executed another program then, or tried to
  double instructions = 0;
  bool forks = false;       ///< then, or tried to
  std::string begun = "0";  ///< how many blocks of code it had executed
  std::string ended = "";
};

/// What the text of its file says before the costs.
CountedProcess process_of(std::string_view text);

/// "" when they are. Conservative: what cannot be told apart is not counted.
std::string why_not_countable(const std::vector<CountedProcess>& processes);

}  // namespace melisai
