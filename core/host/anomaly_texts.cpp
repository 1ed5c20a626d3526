#include "core/host/anomaly_texts.h"

#include <algorithm>

#include "core/base/result.h"

namespace melisai::host {
namespace {

/// Wider than one rule: what USE counts, or several rules together.
struct WiderName {
  std::string_view id, title, category;
};
constexpr std::array<WiderName, 3> kWiderNames = {
    {{"cpu_saturation", "more work than CPUs", "cpu"},
     {"memory_saturation", "more memory wanted than there is", "memory"},
     {"disk_latency", "slow disk", "disk"}}};

const AnomalyText& text_of(std::string_view id) {
  for (const auto& part : {local_texts(), network_texts()}) {
    const auto found = std::find_if(part.begin(), part.end(),
                                    [&](const AnomalyText& text) { return text.id == id; });
    if (found != part.end()) return *found;
  }
  MELISAI_ASSERT(false);
}

}  // namespace

const std::vector<KnownAnomaly>& known_anomalies() {
  static const std::vector<KnownAnomaly> known = [] {
    std::vector<KnownAnomaly> made;
    for (const gate::AnomalyRule& rule : gate::anomaly_rules())
      made.push_back({rule.title, rule.category, &rule, text_of(rule.metric)});
    for (const WiderName& name : kWiderNames)
      made.push_back({name.title, name.category, nullptr, text_of(name.id)});
    return made;
  }();
  return known;
}

std::vector<std::string_view> sentences(const Points& points) {
  return {points.begin(), std::find(points.begin(), points.end(), "")};
}

}  // namespace melisai::host
