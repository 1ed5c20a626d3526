#include "core/measure/counters.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace melisai::measure {
namespace {

/// User code of this process only: what any user may count where anybody may.
bool cpu_counts_instructions() {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_HARDWARE;
  attributes.config = PERF_COUNT_HW_INSTRUCTIONS;
  attributes.disabled = 1;
  attributes.exclude_kernel = 1;
  attributes.exclude_hv = 1;
  const long fd = syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
  if (fd < 0) return false;
  close(static_cast<int>(fd));
  return true;
}

// A fixed place: what PATH says may be a stranger's.
std::string find_valgrind() {
  for (const char* path : {"/usr/bin/valgrind", "/usr/local/bin/valgrind"})
    if (access(path, X_OK) == 0) return path;
  return "";
}

constexpr const char* kNever = "0x7fffffffffffffff";  // bytes, from which on one is taken

}  // namespace

Counters find_counters() {
  return {.valgrind = find_valgrind(), .cpu_counts = cpu_counts_instructions()};
}

void copy_by_registers(std::vector<std::string>& environment) {
  const std::string name = "GLIBC_TUNABLES=";
  std::string all;
  for (const char* what : {"movsb", "stosb"})
    all += (all.empty() ? "" : ":") + ("glibc.cpu.x86_rep_" + std::string(what)) +
           "_threshold=" + kNever;
  for (std::string& each : environment) {
    if (!each.starts_with(name)) continue;
    each += (each == name ? "" : ":") + all;
    return;
  }
  environment.push_back(name + all);
}

}  // namespace melisai::measure
