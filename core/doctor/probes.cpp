// What only trying tells. Both attempts are undone before they return.
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/doctor/doctor.h"

namespace melisai::doctor {
namespace {

int errno_of(long fd) {
  if (fd < 0) return errno;
  close(static_cast<int>(fd));
  return 0;
}

/// User code of this process only: what an ordinary profiler may ask for.
int count_cycles() {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_HARDWARE;
  attributes.config = PERF_COUNT_HW_CPU_CYCLES;
  attributes.disabled = 1;
  attributes.exclude_kernel = 1;
  attributes.exclude_hv = 1;
  return errno_of(syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC));
}

/// "return 0" as a raw tracepoint that is never attached: of the kind that collectors load, so that
/// capabilities, lockdown and seccomp all have their say.
int load_bpf() {
  std::array<bpf_insn, 2> program{};
  program[0].code = BPF_ALU64 | BPF_MOV | BPF_K;
  program[1].code = BPF_JMP | BPF_EXIT;
  static constexpr char kLicense[] = "GPL";
  bpf_attr attributes;
  std::memset(&attributes, 0, sizeof attributes);
  attributes.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
  attributes.insns = reinterpret_cast<std::uintptr_t>(program.data());
  attributes.insn_cnt = program.size();
  attributes.license = reinterpret_cast<std::uintptr_t>(kLicense);
  return errno_of(syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes));
}

}  // namespace

Sources live_sources() { return {.root = "", .count_cycles = count_cycles, .load_bpf = load_bpf}; }

}  // namespace melisai::doctor
