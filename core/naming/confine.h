// What melisai-gate-symbols gives up before it reads anything: whoever takes it over through a file
// shall find nothing to do with it but to lie about names. Private to core/naming.
#pragma once

#include "core/base/result.h"
#include "core/base/units.h"

namespace melisai::naming {

/// The only option.
inline constexpr const char* kLivingOption = "--living";

inline constexpr Milliseconds kCpuTimeMax{30'000};
inline constexpr Bytes kMemoryMax = Bytes{2} << 30;  ///< private; tables of symbols alone: 1 GiB

/// Limits, no new privileges, no capability but to read, no system calls but those that readers of
/// files make, where the kernel has Landlock nothing of other processes; death with the parent.
/// `living`: roots of other processes can be looked into (Options). Errors: io.
Result<void> confine(bool living);

}  // namespace melisai::naming
