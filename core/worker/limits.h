// What the worker may use up, set before the plugin's first instruction.
#pragma once

#include "core/base/result.h"
#include "core/base/units.h"

namespace melisai::worker {

/// Private memory (RLIMIT_DATA), no core file, 1024 descriptors, no new privileges, and death with
/// its supervisor. Under AddressSanitizer, which reserves terabytes, memory has no limit. Errors:
/// process.
Result<void> apply_limits(Bytes memory_max);

/// While one lives, memory is limited as the plugin's, or with some room for the worker's own work:
/// a plugin that used up its memory can still be reported. They nest.
class MemoryScope {
 public:
  MemoryScope(const MemoryScope&) = delete;
  MemoryScope& operator=(const MemoryScope&) = delete;

 protected:
  explicit MemoryScope(Bytes below_hard_limit);
  ~MemoryScope();

 private:
  Bytes before_;
};
struct PluginMemory : MemoryScope {
  PluginMemory();
};
struct OwnMemory : MemoryScope {
  OwnMemory();
};

}  // namespace melisai::worker
