#include "plugins/ebpf/support.h"

#include <bpf/libbpf.h>
#include <malloc.h>
#include <sched.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace melisai::plugins::ebpf {
namespace {

constexpr int kTrialsMax = static_cast<int>(kToolCount) + 1;  // each fails at least one tool
constexpr ino_t kInitialPidNamespace = 0xEFFFFFFC;            // of /proc/PID/ns/pid, on every host

void fail_all(Support& support, const std::string& reason) {
  for (std::string& each : support.reasons)
    if (each.empty()) each = reason;
}

// Marks the tools that need `name`; false when none does.
bool fail_users_of(const std::string& name, const std::string& reason, Support& support) {
  bool found = false;
  for (const ToolInfo& info : kTools) {
    const auto needs = [&](const auto& names) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    std::string& mine = support.reasons[index(info.tool)];
    if (!mine.empty() || name.empty() || (!needs(info.programs) && !needs(info.maps))) continue;
    mine = reason;
    found = true;
  }
  return found;
}

void try_sampling(Support& support) {
  const Descriptor event = open_cpu_clock(std::max(sched_getcpu(), 0), kSampleHertz);
  if (event.valid()) return;
  const int problem = errno;
  std::string reason = std::string("no CPU clock to sample with: ") + std::strerror(problem);
  if (problem == EINVAL)
    reason += "; is kernel.perf_event_max_sample_rate below " + std::to_string(kSampleHertz) + "?";
  for (const Tool tool : {Tool::profile, Tool::runqlen})
    if (support.reasons[index(tool)].empty()) support.reasons[index(tool)] = reason;
}

/// Programs in the kernel see the numbers that processes have on the host. Who has others would
/// wait for a root that never comes, or take somebody else's process for it.
bool sees_other_numbers() {
  struct stat info {};
  return stat("/proc/self/ns/pid", &info) == 0 && info.st_ino != kInitialPidNamespace;
}

void try_loading(Support& support) {
  for (int trial = 0; trial < kTrialsMax && support.tools().any(); ++trial) {
    try {
      const Object object(
          {.tools = support.tools(), .types = support.types, .root_pid = 1, .events_max = 1});
      return;
    } catch (const LoadError& error) {
      if (!fail_users_of(error.name(), error.what(), support)) fail_all(support, error.what());
    }
  }
}

}  // namespace

ToolSet Support::tools() const {
  ToolSet tools;
  for (std::size_t i = 0; i < kToolCount; ++i) tools.set(i, reasons[i].empty());
  return tools;
}

std::string Support::nothing_works() const { return tools().any() ? "" : reasons.front(); }

Support probe_kernel() {
  Support support;
  libbpf_set_print(nullptr);
  support.types = read_kernel_types();
  if (support.types.tracepoints.empty())
    fail_all(support,
             "no BTF (/sys/kernel/btf/vmlinux): the kernel is built without CONFIG_DEBUG_INFO_BTF");
  if (sees_other_numbers())
    fail_all(support,
             "this is a container with process numbers of its own, which the kernel's programs do "
             "not know; run on the host, or with the host's numbers (--pid=host)");
  if (!support.types.has_task_state_since_5_14)
    for (const Tool tool : {Tool::runqlat, Tool::ctxswitch})
      if (support.reasons[index(tool)].empty())
        support.reasons[index(tool)] = "the kernel has no task_struct.__state (Linux 5.14 has)";
  if (support.tools().any()) try_sampling(support);
  try_loading(support);
  malloc_trim(0);  // the BTF of a kernel is 6 MB; the worker has no further use for the room
  return support;
}

}  // namespace melisai::plugins::ebpf
