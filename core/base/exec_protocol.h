// What the gate and melisai-gate-exec say to each other (core/exec/README.md): options one way,
// lines of JSON back.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/process.h"

namespace melisai {

/// `held`: melisai-gate-exec waits for one byte on its standard input before the workload's first
/// instruction and after its last process.
enum class ExecStart { at_once, held };

inline constexpr char kExecMayBegin = 'b';
inline constexpr char kExecMayEnd = 'e';

/// Where melisai-gate-exec is in a sandbox: it starts the command there too (core/exec/inside.h).
inline constexpr const char* kInsideProgram = "/melisai-gate-exec";

/// The arguments of melisai-gate-exec for one command. `mask`: patterns are on its standard input.
std::vector<std::string> exec_arguments(const Command& command,
                                        ExecStart start = ExecStart::at_once, bool mask = false);

/// Its first line, written when the workload has started, or is held just before that.
struct ExecStarted {
  pid_t pid = 0;                    // of the workload; also its process group
  std::string cgroup;               // its directory, "" without one
  std::vector<std::string> limits;  // directories of more cgroups, which only limit it
};

struct ExecReport {
  std::optional<ExecStarted> started;
  bool ended = false;  // held: all that is left is the zombie of the workload's first process
  std::optional<Exit> exit;
  std::optional<Error> error;  // why the workload could not be run, for people
  int output_errno = 0;        // of the first write to an output file that failed
};

/// Reads what melisai-gate-exec wrote. A report that is cut or wrong gives neither exit nor error.
ExecReport parse_exec_report(std::string_view text, const Command& command);

}  // namespace melisai
