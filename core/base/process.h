// ProcessRunner: runs one program to its end and says exactly what it cost (seam;
// tests/fakes/fake_process_runner.h). The real one starts melisai-gate-exec through Boost.Process;
// that tiny runner owns the process group, the cgroup, the deadline and the output files
// (architecture: core/README.md). Blocks the calling thread without using CPU.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/interrupt.h"
#include "core/base/result.h"
#include "core/base/units.h"

namespace melisai {

enum class CgroupMode { automatic, off };

/// What a process and all that it starts may use together.
struct TreeLimits {
  Bytes memory_max = 0;      ///< 0: all there is
  double cpus_max = 0;       ///< CPU time in a time, 2.5: two and a half CPUs; 0: all there are
  bool per_process = false;  ///< where no cgroup can do it: limit at least each process (its data)
                             ///< and the CPUs that it may use
  int processes_max = 0;     ///< with their threads; 0: all that the user may have
  Bytes file_size_max = 0;   ///< of one file; 0: the disk
  int open_files_max = 0;    ///< of one process; 0: what this one may have
  bool operator==(const TreeLimits&) const = default;
};

/// What to run. argv[0] without a slash is looked up in PATH of `env`. Nothing is inherited but
/// what stands here.
struct Command {
  std::vector<std::string> argv;
  std::vector<std::string> env;  ///< the whole environment, "NAME=value"
  std::string cwd;               ///< absolute
  std::string stdin_file;        ///< absolute; "": nothing to read
  std::string
      stdout_file;  ///< absolute; truncated. The same path as stderr_file: both streams in order
  std::string stderr_file;
  Bytes output_max =
      64 << 20;  ///< per file; what comes between the kept head and the kept 64 KiB tail is dropped
  Milliseconds timeout{600'000};
  Milliseconds grace{5'000};  ///< between SIGTERM and SIGKILL
  std::vector<int> cpus;      ///< CPUs the workload may use; empty: all that we may use
  CgroupMode cgroup = CgroupMode::automatic;
  std::vector<std::string> sandbox;  ///< bubblewrap (an absolute path) and its arguments; empty: no
                                     ///< sandbox (core/sandbox)
  std::vector<std::string> writable;  ///< absolute; besides cwd, where a sandbox lets it write
  bool mask_output = false;           ///< secrets of this process (base/secrets.h) do not reach its
                                      ///< output files; never for what is timed, nor observed
  TreeLimits limits;                  ///< none for timed runs that are trusted: they change what
                                      ///< is measured
  bool count_tasks = false;  ///< sample the tree's threads every 5 ms (never in a timed run)
};

/// Cost of the workload and of every descendant that it waited for.
struct Usage {
  std::int64_t wall_time_ns = 0;
  std::int64_t cpu_time_ns = 0;  ///< user + system
  std::int64_t peak_rss_bytes = 0;
  std::int64_t minor_faults = 0;
  std::int64_t major_faults = 0;
  std::int64_t voluntary_switches = 0;
  std::int64_t involuntary_switches = 0;
  std::optional<std::int64_t>
      rchar_bytes;  ///< through read(2) and its like; nothing where /proc/self/io is not readable
  std::optional<std::int64_t> wchar_bytes;
  std::optional<std::int64_t> read_bytes;  ///< from storage
  std::optional<std::int64_t> write_bytes;
  /// Runnable but waiting for a CPU; nothing for a program that ran others.
  std::optional<std::int64_t> run_delay_ns;
  std::optional<int>
      tasks_max;  ///< most threads of one process seen at once; only with count_tasks

  bool operator==(const Usage&) const = default;
};

/// What became of a limit.
enum class Enforced { not_asked, by_cgroup, by_namespace, per_process, no };

struct Exit {
  enum class End { exited, signalled, timed_out, interrupted };
  End end = End::exited;
  int code = 0;  ///< exit status, or the signal's number
  Usage usage;
  Bytes output_dropped = 0;  ///< bytes that passed output_max
  int stray_processes = 0;   ///< still alive when the workload ended; killed
  bool in_cgroup = false;    ///< false: process group and subreaper were used
  Enforced memory_limit = Enforced::not_asked;
  Enforced cpu_limit = Enforced::not_asked;  ///< not asked when there are no more CPUs anyway
  bool memory_exceeded = false;  ///< the kernel killed a process of it because of memory_max
  Enforced processes_limit = Enforced::not_asked;
  bool processes_exceeded = false;  ///< it was refused a process because of processes_max; never
                                    ///< set when only a namespace holds the limit
  TreeLimits limits;                ///< of the command, as it was run

  /// A program need not notice that what it had started was killed; in a cgroup v1 it lives on.
  bool ok() const { return end == End::exited && code == 0 && !memory_exceeded; }
};

/// "exit code 3", "killed by SIGSEGV", "did not finish within 10 s", "interrupted"; with the limit
/// that was, or may have been, why.
std::string describe(const Exit& exit, Milliseconds timeout);

/// A workload that exists but has not begun (its execve waits), or has ended but is not reaped (its
/// root is a zombie, so that /proc/<root_pid> can still be read).
struct ProcessTree {
  std::int64_t root_pid = 0;
  std::string cgroup;  ///< directory of its own cgroup, "" without one
};

/// Sees the process tree of a run from before its first instruction to after its last process. Both
/// calls hold the tree up until they return, and so must be bounded: the run is given up 60 s after
/// before_exec began, and the root is reaped 30 s after after_last began. When melisai-gate-exec
/// was killed, the root is gone before after_last.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void before_exec(const ProcessTree& tree) = 0;
  virtual void after_last(const ProcessTree& tree) = 0;
};

class ProcessRunner {
 public:
  virtual ~ProcessRunner() = default;
  /// Errors: not_found or process when the program cannot be started (says which program and why),
  /// disk_full or io when its output cannot be stored. A workload that fails, hangs or is
  /// interrupted is not an error but an Exit.
  virtual Result<Exit> run(const Command& command) = 0;
  /// The same, watched. Not for timed runs: the tree is held up twice. When before_exec was called,
  /// after_last is too, however the run ends.
  virtual Result<Exit> run_observed(const Command& command, RunObserver& observer) = 0;
};

/// `exec_path`: absolute path of melisai-gate-exec. `interrupt` must outlive the runner.
std::unique_ptr<ProcessRunner> make_process_runner(std::string exec_path,
                                                   const Interrupt& interrupt);

/// Absolute path of one of our own helper programs: beside the running executable, else in
/// ../libexec/melisai-gate. Errors: not_found, naming both places.
Result<std::string> find_helper(const std::string& name);

/// Starts one of our own helpers with `input` on stdin and returns its stdout. The child and its
/// process group are killed at the deadline, on interrupt and when output passes `output_max`.
/// Environment: exactly `env`. Errors: timeout, interrupted, limit, process; a non-zero exit is
/// `process` with the last line of its stderr.
struct HelperCall {
  std::string program;  ///< absolute
  std::vector<std::string> args;
  std::vector<std::string> env;
  std::string input;
  Milliseconds timeout{120'000};
  Bytes output_max = 16 << 20;
};
Result<std::string> call_helper(const HelperCall& call, const Interrupt& interrupt);

}  // namespace melisai
