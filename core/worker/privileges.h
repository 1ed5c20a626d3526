// Linux capabilities: a plugin runs with those that it declares, out of the few that a collector
// may ask for at all, and no others.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/capabilities.h"
#include "core/base/result.h"

namespace melisai::worker {

/// "CAP_SYS_PTRACE CAP_BPF" -> names. Errors: config, naming one that no collector may ask for.
Result<std::vector<std::string>> parse_capabilities(std::string_view text);

/// Of names that parse_capabilities() gave.
CapabilitySet capability_set(const std::vector<std::string>& names);

/// All that any collector may ask for.
CapabilitySet collector_capabilities();

/// What programs in the kernel need: CAP_BPF and CAP_PERFMON.
CapabilitySet bpf_capabilities();

}  // namespace melisai::worker
