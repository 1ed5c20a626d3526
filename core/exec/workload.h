// One workload from start to the last of its processes: output, deadline, signals, kill, cost.
#pragma once

#include <cstdint>

#include "core/exec/cgroup.h"
#include "core/exec/drain.h"
#include "core/exec/inside.h"
#include "core/exec/options.h"
#include "core/exec/spawn.h"
#include "core/exec/usage.h"

namespace melisai::exec {

enum class End { own, timed_out, interrupted };

struct Outcome {
  const char* failed_stage = nullptr;  // set: it did not run, or could not be killed
  int error = 0;                       // errno of the failed stage
  End end = End::own;
  int status = 0;  // of waitpid(2)
  Usage usage;
  int stray_processes = 0;
  bool in_cgroup = false;
  Enforced memory_limit = Enforced::not_asked;
  Enforced cpu_limit = Enforced::not_asked;
  bool memory_exceeded = false;
  Enforced processes_limit = Enforced::not_asked;
  bool processes_exceeded = false;
  std::uint64_t output_dropped = 0;
  int output_error = 0;  // errno of the first failed write to an output file
};

struct Caller {
  int result_fd = -1;   // where it reads results; when nobody does any more, everything is killed
  int control_fd = -1;  // with --hold: where it says that a hold may end
};

/// When the caller looks at the workload, and the byte by which it says that it has seen it.
enum class Hold : char { before_begin = 'b', after_end = 'e' };
enum class HoldResult { caller_is_done, caller_is_gone, leader_ended, signalled, timed_out };

class Workload {
 public:
  Workload(const Options& options, Caller caller)
      : options_(options), caller_(caller), limits_(options.limits) {}

  Outcome run();

 private:
  bool prepare();
  bool take_patterns();
  bool start();
  void make_cgroups();
  HoldResult hold(Hold when);
  bool may_begin(const Spawned& held);
  int report_leader(pid_t pid, bool joined_cgroup) const;
  bool wait_for_leader();  // false: it survived SIGKILL
  bool signalled_to_stop();
  void sample_tasks();
  bool on_deadline(std::int64_t now);
  void stop(End why);                 // SIGTERM, and SIGKILL after the grace
  void kill_phase(std::int64_t now);  // SIGKILL
  void kill_everyone();               // in the group and the cgroup
  void clean_up();
  void take_inside_outcome();
  void hold_zombie();  // only the zombie of the leader is left
  void drain_rest();
  bool fail(const char* stage, int error);  // always false

  const Options& options_;
  const Caller caller_;
  Outcome outcome_;
  Cgroup cgroup_;
  Limits limits_;
  Inside inside_;  // with --sandbox
  MaskPatterns patterns_;
  Drain stdout_;
  Drain stderr_;
  Spawned leader_;
  int signal_fd_ = -1;
  bool one_output_ = false;    // both streams go to one file
  std::int64_t deadline_ = 0;  // of the current phase
  enum class Phase { running, asked_to_stop, killed } phase_ = Phase::running;
  std::int64_t next_sample_ = 0;
};

}  // namespace melisai::exec
