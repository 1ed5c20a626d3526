// What a workload and all that it starts may use together: memory, processes, CPU time. By its
// cgroup v2 where that has the controllers, else by cgroups of v1 beside it, else by its user
// namespace (processes in a sandbox), else, when that is wanted, as far as single processes can be
// limited. Which one it was is in the report: a limit that does not hold must not look like one
// that does.
#pragma once

#include <sched.h>

#include <cstdint>

#include "core/exec/cgroup.h"

namespace melisai::exec {

struct LimitOptions {
  std::uint64_t memory_max = 0;     // bytes; 0: no limit
  std::int64_t cpu_milli = 0;       // thousandths of a CPU; 0: no limit
  bool per_process = false;         // better than nothing: RLIMIT_DATA, and fewer CPUs to run on
  std::int64_t processes_max = 0;   // threads count too; 0: no limit
  bool in_namespace = false;        // it gets a user namespace, in which `inside` limits them too
  std::uint64_t file_size_max = 0;  // bytes of one file; 0: no limit
  std::int64_t open_files_max = 0;  // of one process; 0: no limit
};

enum class Enforced { not_asked, by_cgroup, by_namespace, per_process, no };

/// RLIMIT_NPROC, for the processes of the user namespace that this one is alone in. Does nothing
/// where the kernel would count all of the user's.
void limit_processes_of_namespace(std::int64_t processes_max);

/// A cgroup of one v1 controller.
class ControllerGroup {
 public:
  ControllerGroup() = default;
  ~ControllerGroup();
  ControllerGroup(const ControllerGroup&) = delete;
  ControllerGroup& operator=(const ControllerGroup&) = delete;

  bool create(const char* controller, const char* name);
  const char* path() const { return path_; }  // "" unless it exists
  int procs_fd() const { return procs_fd_; }
  void remove(std::int64_t deadline_ns);

 private:
  char path_[kCgroupPathMax] = "";
  int procs_fd_ = -1;
};

class Limits {
 public:
  /// A limit of more CPUs than there are is none.
  explicit Limits(const LimitOptions& options);

  /// Makes `own`, the cgroup v2 of the workload, and what else the limits need. `name` of all.
  void prepare(Cgroup& own, const char* name);

  /// In the child, which shares our memory until execve: only async-signal-safe calls. Returns the
  /// bytes that it wrote.
  int apply_to_self(bool in_own_cgroup);

  Enforced memory() const { return memory_; }
  Enforced cpus() const { return cpus_; }
  Enforced processes() const { return processes_; }
  /// Whether a process was killed because of the limit. While the cgroups exist.
  bool memory_exceeded(const Cgroup& own) const;
  /// Whether one more was refused. While the cgroups exist.
  bool processes_exceeded(const Cgroup& own) const;
  const char* memory_path() const { return memory_group_.path(); }
  const char* cpu_path() const { return cpu_group_.path(); }
  const char* processes_path() const { return processes_group_.path(); }
  void remove(std::int64_t deadline_ns);

 private:
  void prepare_memory(const Cgroup& own, bool carries, const char* name);
  void prepare_processes(const Cgroup& own, bool carries, const char* name);
  bool limit_memory(const char* cgroup, const char* file, const char* swap_file) const;
  bool limit_processes(const char* cgroup) const;
  bool limit_cpus_v1() const;
  bool limit_cpus_v2(const char* cgroup) const;
  void choose_cpus();

  const LimitOptions options_;
  const bool namespace_holds_;  // what limit_processes_of_namespace() does there
  bool memory_in_own_ = false;  // `own` carries it
  bool cpus_in_own_ = false;
  bool processes_in_own_ = false;
  ControllerGroup memory_group_;
  ControllerGroup cpu_group_;
  ControllerGroup processes_group_;
  bool has_fewer_cpus_ = false;
  cpu_set_t fewer_cpus_{};
  Enforced memory_ = Enforced::not_asked;
  Enforced cpus_ = Enforced::not_asked;
  Enforced processes_ = Enforced::not_asked;
};

}  // namespace melisai::exec
