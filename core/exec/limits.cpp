#include "core/exec/limits.h"

#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>

#include "core/exec/clock.h"
#include "core/exec/proc_file.h"

namespace melisai::exec {
namespace {

constexpr std::int64_t kPeriodUs = 100'000;

// Moves us there. Cgroups that cannot be joined are as good as none.
bool join(int procs_fd, int& written) {
  if (procs_fd < 0 || write(procs_fd, "0", 1) != 1) return false;
  written += 1;
  return true;
}

LimitOptions with_what_limits(LimitOptions options) {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0 &&
      options.cpu_milli >= std::int64_t{1000} * CPU_COUNT(&allowed))
    options.cpu_milli = 0;
  return options;
}

Enforced enforced(bool by_cgroup, bool per_process) {
  return by_cgroup ? Enforced::by_cgroup : per_process ? Enforced::per_process : Enforced::no;
}

// Never more than there is already.
void lower(decltype(RLIMIT_DATA) resource, rlim_t most) {
  rlimit limit{};
  if (getrlimit(resource, &limit) != 0) return;
  limit.rlim_max = std::min(limit.rlim_max, most);
  limit.rlim_cur = std::min(limit.rlim_cur, limit.rlim_max);
  setrlimit(resource, &limit);
}

// Since Linux 5.14 each user namespace counts the processes of a user for itself.
bool counts_by_namespace() {
  utsname name{};
  int major = 0;
  int minor = 0;
  if (uname(&name) != 0 || std::sscanf(name.release, "%d.%d", &major, &minor) != 2) return false;
  return major > 5 || (major == 5 && minor >= 14);
}

// Root of the machine, not of a container: to it RLIMIT_NPROC does not apply, in no namespace.
bool is_real_root() {
  char map[64];
  unsigned inside = 1;
  unsigned outside = 1;
  return geteuid() == 0 && read_text("/proc/self/uid_map", map, sizeof map) > 0 &&
         std::sscanf(map, "%u %u", &inside, &outside) == 2 && inside == 0 && outside == 0;
}

}  // namespace

void limit_processes_of_namespace(std::int64_t processes_max) {
  if (processes_max > 0 && counts_by_namespace())
    lower(RLIMIT_NPROC, static_cast<rlim_t>(processes_max));
}

ControllerGroup::~ControllerGroup() {
  if (procs_fd_ >= 0) close(procs_fd_);
}

bool ControllerGroup::create(const char* controller, const char* name) {
  static CgroupPlace own;
  if (!find_own_cgroup(controller, own) || !make_cgroup(own.path, name, path_)) return false;
  procs_fd_ = open_procs(path_);
  if (procs_fd_ < 0) remove(0);
  return procs_fd_ >= 0;
}

void ControllerGroup::remove(std::int64_t deadline_ns) {
  while (path_[0] != '\0' && rmdir(path_) != 0 && errno == EBUSY && monotonic_ns() < deadline_ns)
    sleep_ns(1'000'000);
  path_[0] = '\0';
}

Limits::Limits(const LimitOptions& options)
    : options_(with_what_limits(options)),
      namespace_holds_(options.in_namespace && counts_by_namespace() && !is_real_root()) {}

void Limits::prepare(Cgroup& own, const char* name) {
  const bool cpus = options_.cpu_milli != 0;
  // Whoever delegates one of them most often delegates all.
  const char* first = options_.memory_max != 0      ? "memory"
                      : options_.processes_max != 0 ? "pids"
                      : cpus                        ? "cpu"
                                                    : nullptr;
  const bool carries = first != nullptr && own.create_with(first, name);
  if (!carries) own.create(name);
  if (options_.memory_max != 0) prepare_memory(own, carries, name);
  if (options_.processes_max != 0) prepare_processes(own, carries, name);
  if (!cpus) return;
  cpus_in_own_ = carries && limit_cpus_v2(own.path());
  if (!cpus_in_own_ && cpu_group_.create("cpu", name) && !limit_cpus_v1()) cpu_group_.remove(0);
  if (options_.per_process) choose_cpus();
}

void Limits::prepare_memory(const Cgroup& own, bool carries, const char* name) {
  memory_in_own_ = carries && limit_memory(own.path(), "memory.max", "memory.swap.max");
  if (!memory_in_own_ && memory_group_.create("memory", name) &&
      !limit_memory(memory_group_.path(), "memory.limit_in_bytes", "memory.memsw.limit_in_bytes"))
    memory_group_.remove(0);
}

void Limits::prepare_processes(const Cgroup& own, bool carries, const char* name) {
  processes_in_own_ = carries && limit_processes(own.path());
  if (!processes_in_own_ && processes_group_.create("pids", name) &&
      !limit_processes(processes_group_.path()))
    processes_group_.remove(0);
}

// Without swap a limit of memory would only be one of speed. The file of v1 counts both together,
// that of v2 swap alone; it is not there where the kernel does not count swap.
bool Limits::limit_memory(const char* cgroup, const char* file, const char* swap_file) const {
  char text[32];
  std::snprintf(text, sizeof text, "%" PRIu64, options_.memory_max);
  if (!write_cgroup_file(cgroup, file, text)) return false;
  const bool is_own = cgroup != memory_group_.path();
  write_cgroup_file(cgroup, swap_file, is_own ? "0" : text);
  // A workload of which only a part was killed may wait for it for ever.
  if (is_own) write_cgroup_file(cgroup, "memory.oom.group", "1");
  return true;
}

// The same file in v1 and v2.
bool Limits::limit_processes(const char* cgroup) const {
  char text[32];
  std::snprintf(text, sizeof text, "%" PRId64, options_.processes_max);
  return write_cgroup_file(cgroup, "pids.max", text);
}

bool Limits::limit_cpus_v2(const char* cgroup) const {
  char text[64];
  std::snprintf(text, sizeof text, "%" PRId64 " %" PRId64, options_.cpu_milli * kPeriodUs / 1000,
                kPeriodUs);
  return write_cgroup_file(cgroup, "cpu.max", text);
}

bool Limits::limit_cpus_v1() const {
  char text[32];
  std::snprintf(text, sizeof text, "%" PRId64, kPeriodUs);
  if (!write_cgroup_file(cpu_group_.path(), "cpu.cfs_period_us", text)) return false;
  std::snprintf(text, sizeof text, "%" PRId64, options_.cpu_milli * kPeriodUs / 1000);
  return write_cgroup_file(cpu_group_.path(), "cpu.cfs_quota_us", text);
}

// Whole CPUs, at least one. Which ones differs from workload to workload, so that not all of them
// crowd on the first.
void Limits::choose_cpus() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  const int count = CPU_COUNT(&allowed);
  int wanted = static_cast<int>(std::max<std::int64_t>(options_.cpu_milli / 1000, 1));
  if (wanted >= count) return;
  CPU_ZERO(&fewer_cpus_);
  int skip = getpid() % count;
  for (std::size_t at = 0; wanted > 0; at = (at + 1) % CPU_SETSIZE) {
    if (!CPU_ISSET(at, &allowed) || skip-- > 0) continue;
    CPU_SET(at, &fewer_cpus_);
    --wanted;
  }
  has_fewer_cpus_ = true;
}

int Limits::apply_to_self(bool in_own_cgroup) {
  int written = 0;
  const bool memory_held =
      (memory_in_own_ && in_own_cgroup) ||
      (memory_group_.path()[0] != '\0' && join(memory_group_.procs_fd(), written));
  const bool cpus_held = (cpus_in_own_ && in_own_cgroup) ||
                         (cpu_group_.path()[0] != '\0' && join(cpu_group_.procs_fd(), written));
  const bool processes_held =
      (processes_in_own_ && in_own_cgroup) ||
      (processes_group_.path()[0] != '\0' && join(processes_group_.procs_fd(), written));
  if (options_.processes_max != 0)
    processes_ = processes_held     ? Enforced::by_cgroup
                 : namespace_holds_ ? Enforced::by_namespace
                                    : Enforced::no;
  if (options_.file_size_max != 0) lower(RLIMIT_FSIZE, options_.file_size_max);
  if (options_.open_files_max != 0)
    lower(RLIMIT_NOFILE, static_cast<rlim_t>(options_.open_files_max));
  if (options_.memory_max != 0) {
    // Of data, not of addresses: those that are only reserved cost nothing.
    const rlimit data{options_.memory_max, options_.memory_max};
    const bool alone = !memory_held && options_.per_process && setrlimit(RLIMIT_DATA, &data) == 0;
    memory_ = enforced(memory_held, alone);
  }
  if (options_.cpu_milli != 0) {
    const bool alone = !cpus_held && has_fewer_cpus_ &&
                       sched_setaffinity(0, sizeof fewer_cpus_, &fewer_cpus_) == 0;
    cpus_ = enforced(cpus_held, alone);
  }
  return written;
}

// Two signs: a process can also be killed because the whole machine has no memory left.
bool Limits::memory_exceeded(const Cgroup& own) const {
  if (memory_ != Enforced::by_cgroup) return false;
  if (memory_in_own_)
    return read_cgroup_number(own.path(), "memory.events", "oom_kill") > 0 &&
           read_cgroup_number(own.path(), "memory.events", "oom") > 0;
  // Not memory.failcnt, which new kernels leave at 0. Memory is counted in batches, so that the
  // highest count may stay a little below the limit.
  const long long most =
      read_cgroup_number(memory_group_.path(), "memory.max_usage_in_bytes", nullptr);
  return read_cgroup_number(memory_group_.path(), "memory.oom_control", "oom_kill") > 0 &&
         most >= static_cast<long long>(options_.memory_max - options_.memory_max / 16);
}

bool Limits::processes_exceeded(const Cgroup& own) const {
  if (processes_ != Enforced::by_cgroup) return false;
  const char* cgroup = processes_in_own_ ? own.path() : processes_group_.path();
  return read_cgroup_number(cgroup, "pids.events", "max") > 0;
}

void Limits::remove(std::int64_t deadline_ns) {
  processes_group_.remove(deadline_ns);
  memory_group_.remove(deadline_ns);
  cpu_group_.remove(deadline_ns);
}

}  // namespace melisai::exec
