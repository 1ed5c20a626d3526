// Profiles: how long a host or a process tree is watched, and with what.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/units.h"
#include "core/model/collector.h"

namespace melisai {

struct HostProfile {
  std::string name;
  Milliseconds duration{10'000};        ///< of the window
  Milliseconds sample_interval{1'000};  ///< between two readings inside the window
  Milliseconds timeout{30'000};         ///< from the start of the collectors to the report
  std::vector<std::string> tools;       ///< the parts of tier 2 and 3 that run, by name
  std::vector<std::string> focus;       ///< of them only these categories; empty or "all": all
  std::string tools_at = {};  ///< "FILE:LINE:COLUMN" of `tools`; "" when no file names them
  bool operator==(const HostProfile&) const = default;
};

/// A part of tier 2 or 3 that melisai-gate's own collectors have.
struct HostTool {
  std::string_view name;
  std::string_view category;
};
std::span<const HostTool> host_tools();

/// Why `word` says no focus, with those that do; "" when it does.
std::string focus_problem(std::string_view word);
/// Why one of `profile`'s tools cannot be meant: it is none of host_tools(), and no part that a
/// collector has. "" when all can, and when a collector is lost that might have had it.
std::string tool_problem(const HostProfile& profile,
                         const std::vector<CollectorResult>& collectors);

/// quick, standard, deep.
const std::vector<HostProfile>& built_in_profiles();

/// The one called `name`; of two the one in `own`. Errors: config, naming those that exist.
Result<HostProfile> find_profile(std::string_view name, const std::vector<HostProfile>& own);

/// `profile` with another duration: the time that its timeout leaves beyond the duration stays.
HostProfile with_duration(HostProfile profile, Milliseconds duration);

/// The part that takes the place of a tool where no collector here gives it; "" without one.
std::string_view stand_in_of(std::string_view tool);

/// Does this part of a collector run? Tier 1 always does; of the others those that `tools` names,
/// or the tool that they may take the place of, and whose category is in focus. "stacks" is
/// stacktrace.
bool runs(const HostProfile& profile, const CollectorPart& part);

}  // namespace melisai
