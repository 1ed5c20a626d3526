// What the running kernel lets the tools do. Its BTF decides which tracepoints there are and what
// they tell; whether the programs are taken is tried.
#pragma once

#include <array>
#include <string>

#include "plugins/ebpf/object.h"
#include "plugins/ebpf/tools.h"

namespace melisai::plugins::ebpf {

struct Support {
  std::array<std::string, kToolCount> reasons;  // why it does not work; "" when it does
  KernelTypes types = {};

  ToolSet tools() const;  // those that work
  /// "" when a tool works; else why none does.
  std::string nothing_works() const;
};

/// Loads every program once, attaches none and unloads them. About 50 ms.
Support probe_kernel();

}  // namespace melisai::plugins::ebpf
