// Linux capabilities: a plugin runs with those that it declares, out of the few that a collector
// may ask for at all, and no others. Raw system calls; only ever drops.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace melisai::worker {

using CapabilitySet = std::uint64_t;  ///< bit n: capability n of linux/capability.h

/// "CAP_SYS_PTRACE CAP_BPF" -> names. Errors: config, naming one that no collector may ask for.
Result<std::vector<std::string>> parse_capabilities(std::string_view text);

/// Of names that parse_capabilities() gave.
CapabilitySet capability_set(const std::vector<std::string>& names);

/// All that any collector may ask for.
CapabilitySet collector_capabilities();

/// What programs in the kernel need: CAP_BPF and CAP_PERFMON.
CapabilitySet bpf_capabilities();

/// What this thread could make use of; empty when that cannot be read.
CapabilitySet permitted_capabilities();

/// Drops everything outside of `keep`, from the bounding set too where that is allowed. Errors:
/// process.
Result<void> keep_capabilities(CapabilitySet keep);

}  // namespace melisai::worker
