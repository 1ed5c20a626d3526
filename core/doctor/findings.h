// The single findings, each a pure function of the facts, in the order in which they are shown.
// Private to core/doctor.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/doctor/doctor.h"

namespace melisai::doctor {

/// Of kernel.perf_event_paranoid; above it perf_event_open() needs a capability.
inline constexpr int kParanoidUserMax = 2;

/// Can this machine time programs?
std::vector<Finding> machine_findings(const Facts& facts);
/// What may this process see of the kernel?
std::vector<Finding> access_findings(const Facts& facts);
/// 1, 2 and 3.
std::vector<Tier> tiers_of(const Facts& facts);
std::vector<CollectorFinding> collector_findings(const Facts& facts,
                                                 const std::vector<Tier>& tiers);
/// Can it run what nobody trusts? Of facts that have it tried.
Finding sandbox_finding(const Facts& facts);
/// Of melisai-gate-worker-bpf, where it is installed and this process needs it; else none.
std::vector<Finding> bpf_worker_findings(const Facts& facts);
/// Whether it stands in for the capabilities that this process lacks.
bool has_bpf_worker(const Facts& facts);
/// That there are collectors at all.
Finding collectors_found(const Facts& facts);

/// Whether a collector here has a part of that tier.
bool is_tier_used(const Facts& facts, int tier);
/// Whether a collector here takes stacks.
bool are_stacks_taken(const Facts& facts);

/// `number` of linux/capability.h.
bool has_capability(const Facts& facts, int number);
/// Of CAP_BPF and the like; false for a name that is not known here.
bool has_capability(const Facts& facts, std::string_view name);
bool is_virtual(const Facts& facts);
std::string joined(const std::vector<std::string>& texts, std::string_view between = ", ");

}  // namespace melisai::doctor
