#include "plugins/ebpf/histogram.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

namespace melisai::plugins::ebpf {
namespace {

struct Range {
  double low = 0;
  double high = 0;
};

Range range_of(std::size_t slot, Scale scale) {
  const auto exponent = static_cast<int>(slot);
  if (scale == Scale::linear) return {static_cast<double>(slot), static_cast<double>(slot)};
  return {slot == 0 ? 0 : std::ldexp(1.0, exponent), std::ldexp(1.0, exponent + 1) - 1};
}

}  // namespace

double percentile(const ebpf_hist& hist, double share, Scale scale) {
  // From the slots, not from the count: the two are added to one after the other.
  std::uint64_t total = 0;
  for (const std::uint64_t count : hist.slots) total += count;
  if (total == 0) return 0;
  const double rank = std::max(1.0, std::ceil(share * static_cast<double>(total)));
  double below = 0;
  for (std::size_t slot = 0; slot < ebpf_hist_slots; ++slot) {
    const auto count = static_cast<double>(hist.slots[slot]);
    if (below + count < rank) {
      below += count;
      continue;
    }
    const Range range = range_of(slot, scale);
    const double value = range.low + (range.high - range.low) * (rank - below) / count;
    return std::min(value, static_cast<double>(hist.max));
  }
  return static_cast<double>(hist.max);
}

nlohmann::ordered_json to_json(const ebpf_hist& hist, std::string_view name, std::string_view unit,
                               Scale scale) {
  using Json = nlohmann::ordered_json;
  std::size_t used = ebpf_hist_slots;
  while (used > 0 && hist.slots[used - 1] == 0) --used;
  std::size_t first = 0;
  while (first < used && hist.slots[first] == 0) ++first;
  Json buckets = Json::array();
  for (std::size_t slot = first; slot < used; ++slot) {
    const Range range = range_of(slot, scale);
    buckets.push_back({{"low", range.low}, {"high", range.high}, {"count", hist.slots[slot]}});
  }
  const double mean =
      hist.count == 0 ? 0 : static_cast<double>(hist.sum) / static_cast<double>(hist.count);
  return {{"name", std::string(name)},
          {"unit", std::string(unit)},
          {"buckets", std::move(buckets)},
          {"total_count", hist.count},
          {"p50", percentile(hist, 0.5, scale)},
          {"p90", percentile(hist, 0.9, scale)},
          {"p99", percentile(hist, 0.99, scale)},
          {"p999", percentile(hist, 0.999, scale)},
          {"max", hist.max},
          {"mean", mean}};
}

}  // namespace melisai::plugins::ebpf
