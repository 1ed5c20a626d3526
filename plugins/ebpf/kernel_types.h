// The running kernel's BTF, read once: which tracepoints there are, and the few types that the
// programs look into. With these libbpf need not read all of it for each window, which would take
// longer than everything else and 10 MB.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace melisai::plugins::ebpf {

struct Tracepoint {
  std::uint32_t type_id = 0;  // in the kernel's BTF
  int values = 0;             // that it gives
};

struct KernelTypes {
  std::map<std::string, Tracepoint, std::less<>> tracepoints;
  std::string btf;  // of the types in bpf/kernel.h alone, with the kernel's layout
  bool has_task_state_since_5_14 = false;  // task_struct.__state
  bool tells_user_registers = false;       // since Linux 5.15: bpf_task_pt_regs()

  bool has(std::string_view tracepoint) const { return tracepoints.contains(tracepoint); }
  /// 0 of one that it has not.
  int values_of(std::string_view tracepoint) const;
};

/// Empty when the kernel has no BTF.
KernelTypes read_kernel_types();

}  // namespace melisai::plugins::ebpf
