#include "core/gate/gating.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace melisai::gate {
namespace {

/// Counts of fixed work: what a process did, or what a harness says of one operation.
constexpr std::array<std::string_view, 7> kCountsThatGate = {
    "peak_rss", "minor_faults", "rchar", "wchar", "instructions", "allocations", "allocated_bytes"};

}  // namespace

bool gates_by_default(const Metric& metric, const std::string& time_choice) {
  if (metric.better == Better::unknown) return false;
  if (metric.tier == Tier::time) {
    const bool is_choice = metric.name == "wall_time" || metric.name == "cpu_time";
    return !is_choice || metric.name == time_choice;
  }
  if (metric.tier != Tier::exact && metric.tier != Tier::near_exact) return false;
  return std::find(kCountsThatGate.begin(), kCountsThatGate.end(), metric.name) !=
         kCountsThatGate.end();
}

Level level_for(const Metric& metric, bool by_default, const Ruling& ruling) {
  const bool by_name = ruling.gates_by_name && metric.better != Better::unknown;
  return by_default || by_name ? ruling.level.value_or(Level::fail) : Level::off;
}

}  // namespace melisai::gate
