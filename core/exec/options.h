// The command line of melisai-gate-exec (README.md). Strings point into argv.
#pragma once

#include <sched.h>

#include <cstdint>

#include "core/exec/limits.h"

namespace melisai::exec {

struct Options {
  const char* stdin_file = "/dev/null";
  const char* stdout_file = "";  // empty: /dev/null
  const char* stderr_file = "";
  std::uint64_t output_max = 64u << 20;
  std::int64_t timeout_ms = 600'000;
  std::int64_t grace_ms = 5'000;
  bool pin = false;
  cpu_set_t cpus{};
  bool cgroup = true;
  const char* cwd = "";  // empty: ours
  LimitOptions limits;
  bool count_tasks = false;
  bool hold = false;          // the caller sees the workload before it begins and after its end
  bool mask = false;          // what the output files do not get is on our standard input
  bool sandbox = false;       // the workload is bubblewrap, which starts us again with `inside`
  bool inside = false;        // see inside.h; of the other options only `cwd` and
                              // `limits.processes_max` have a meaning then
  char** workload = nullptr;  // argv of the workload, null-terminated, never empty
};

/// Returns nullptr, or what is wrong with the command line.
const char* parse_options(int argc, char** argv, Options& options);

}  // namespace melisai::exec
