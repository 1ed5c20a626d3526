#include "core/measure/formats/gungraun_metrics.h"

#include <algorithm>
#include <array>

namespace melisai::formats {
namespace {

// How well a count repeats: instructions and allocations exactly; what depends on addresses or on
// the simulated cache nearly; the rest explains those.
enum class Kind { exact, near_exact, shown, miss_rate, hit_rate };

struct Known {
  std::string_view label;  ///< of the text
  std::string_view key;    ///< of JSON
  std::string_view metric;
  Kind kind;
  std::string_view unit = "count";
  Better better = Better::lower;
};

constexpr std::array<Known, 59> kKnown{{
    {"Instructions", "Ir", "instructions", Kind::exact},
    {"Dr", "Dr", "data_reads", Kind::shown},
    {"Dw", "Dw", "data_writes", Kind::shown},
    {"I1mr", "I1mr", "i1_read_misses", Kind::shown},
    {"D1mr", "D1mr", "d1_read_misses", Kind::shown},
    {"D1mw", "D1mw", "d1_write_misses", Kind::shown},
    {"ILmr", "ILmr", "ll_instruction_read_misses", Kind::shown},
    {"DLmr", "DLmr", "ll_data_read_misses", Kind::shown},
    {"DLmw", "DLmw", "ll_data_write_misses", Kind::shown},
    {"ILdmr", "ILdmr", "ll_dirty_instruction_read_misses", Kind::shown},
    {"DLdmr", "DLdmr", "ll_dirty_data_read_misses", Kind::shown},
    {"DLdmw", "DLdmw", "ll_dirty_data_write_misses", Kind::shown},
    {"I1 Miss Rate", "I1MissRate", "i1_miss_rate", Kind::miss_rate},
    {"D1 Miss Rate", "D1MissRate", "d1_miss_rate", Kind::miss_rate},
    {"LL Miss Rate", "LLMissRate", "ll_miss_rate", Kind::miss_rate},
    {"LLi Miss Rate", "LLiMissRate", "lli_miss_rate", Kind::miss_rate},
    {"LLd Miss Rate", "LLdMissRate", "lld_miss_rate", Kind::miss_rate},
    {"L1 Hits", "L1hits", "l1_hits", Kind::shown, "count", Better::unknown},
    {"L1 Accesses", "", "l1_hits", Kind::shown, "count", Better::unknown},
    {"L2 Hits", "", "ll_hits", Kind::shown},
    {"L2 Accesses", "", "ll_hits", Kind::shown},
    {"L3 Hits", "", "ll_hits", Kind::shown},
    {"LL Hits", "LLhits", "ll_hits", Kind::shown},
    {"RAM Hits", "RamHits", "ram_hits", Kind::shown},
    {"RAM Accesses", "", "ram_hits", Kind::shown},
    {"L1 Hit Rate", "L1HitRate", "l1_hit_rate", Kind::hit_rate},
    {"LL Hit Rate", "LLHitRate", "ll_hit_rate", Kind::hit_rate},
    {"RAM Hit Rate", "RamHitRate", "ram_hit_rate", Kind::miss_rate},
    {"Total read+write", "TotalRW", "total_read_write", Kind::shown},
    {"Estimated Cycles", "EstimatedCycles", "estimated_cycles", Kind::near_exact},
    {"SysCount", "SysCount", "system_calls", Kind::shown},
    {"SysTime", "SysTime", "system_call_time", Kind::shown, "ns"},
    {"SysCpuTime", "SysCpuTime", "system_call_cpu_time", Kind::shown, "ns"},
    {"Ge", "Ge", "global_bus_events", Kind::shown},
    {"Bc", "Bc", "conditional_branches", Kind::shown},
    {"Bcm", "Bcm", "conditional_branch_misses", Kind::shown},
    {"Bi", "Bi", "indirect_branches", Kind::shown},
    {"Bim", "Bim", "indirect_branch_misses", Kind::shown},
    {"AcCost1", "AcCost1", "l1_temporal_locality_cost", Kind::shown},
    {"AcCost2", "AcCost2", "ll_temporal_locality_cost", Kind::shown},
    {"SpLoss1", "SpLoss1", "l1_spatial_locality_loss", Kind::shown},
    {"SpLoss2", "SpLoss2", "ll_spatial_locality_loss", Kind::shown},
    {"Total bytes", "TotalBytes", "total_bytes", Kind::near_exact, "B"},
    {"Total blocks", "TotalBlocks", "total_blocks", Kind::exact},
    {"At t-gmax bytes", "AtTGmaxBytes", "at_t_gmax_bytes", Kind::near_exact, "B"},
    {"At t-gmax blocks", "AtTGmaxBlocks", "at_t_gmax_blocks", Kind::shown},
    {"At t-end bytes", "AtTEndBytes", "at_t_end_bytes", Kind::shown, "B"},
    {"At t-end blocks", "AtTEndBlocks", "at_t_end_blocks", Kind::shown},
    {"Reads bytes", "ReadsBytes", "reads_bytes", Kind::shown, "B"},
    {"Writes bytes", "WritesBytes", "writes_bytes", Kind::shown, "B"},
    {"Total units", "TotalUnits", "total_units", Kind::shown},
    {"Total events", "TotalEvents", "total_events", Kind::shown},
    {"Total lifetimes", "TotalLifetimes", "total_lifetimes", Kind::shown, "count", Better::unknown},
    {"Maximum bytes", "MaximumBytes", "maximum_bytes", Kind::shown, "B"},
    {"Maximum blocks", "MaximumBlocks", "maximum_blocks", Kind::shown},
    {"Errors", "Errors", "errors", Kind::exact},
    {"Contexts", "Contexts", "contexts", Kind::shown},
    {"Suppressed Errors", "SuppressedErrors", "suppressed_errors", Kind::shown},
    {"Suppressed Contexts", "SuppressedContexts", "suppressed_contexts", Kind::shown},
}};

Metric metric_of(const Known& known, const std::string& name) {
  switch (known.kind) {
    case Kind::exact: return exact_count(name);
    case Kind::near_exact: return near_exact(name, known.unit);
    case Kind::miss_rate: return shown(name, "ratio", Better::lower);
    case Kind::hit_rate: return shown(name, "ratio", Better::higher);
    case Kind::shown: break;
  }
  return shown(name, known.unit, known.better);
}

std::string in_small_letters(std::string_view text) {
  std::string small(text);
  for (char& c : small)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return small;
}

}  // namespace

std::optional<Metric> gungraun_metric(std::string_view label, std::string_view tool) {
  if (label.empty()) return std::nullopt;
  const auto* const found = std::find_if(kKnown.begin(), kKnown.end(), [&](const Known& known) {
    return known.label == label || known.key == label;
  });
  if (found == kKnown.end()) return std::nullopt;
  // Memcheck, Helgrind and DRD count different errors under the same names.
  const bool is_of_errors = found->label.ends_with("Errors") || found->label.ends_with("Contexts");
  std::string name(found->metric);
  if (is_of_errors && !tool.empty()) name = in_small_letters(tool) + "_" + name;
  return metric_of(*found, name);
}

Result<void> GungraunBenchmark::add(std::string_view tool, std::string_view label, double value,
                                    ReadingsBuilder& builder) {
  const std::optional<Metric> metric = gungraun_metric(label, tool);
  if (!metric || !known_.insert(metric->name).second) return {};
  constexpr double kPercent = 0.01;
  return builder.add(name_, *metric, metric->unit == "ratio" ? value * kPercent : value);
}

std::string gungraun_name(std::string_view text) {
  text = text.substr(0, text.rfind(" -> "));
  std::string name(text.substr(0, text.find_last_not_of(" \n") + 1));
  std::replace(name.begin(), name.end(), '\n', ' ');
  return name;
}

}  // namespace melisai::formats
