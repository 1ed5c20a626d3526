// What each anomaly means, what usually causes it and where to look next: for people and language
// models that have to act on one.
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "core/gate/health/health.h"

namespace melisai::host {

/// A few sentences; "" after the last.
using Points = std::array<std::string_view, 4>;

struct AnomalyText {
  std::string_view id;  ///< metric of the rule
  std::string_view meaning;
  Points causes;   ///< the likely ones first
  Points look_at;  ///< what tells the causes apart
};
struct KnownAnomaly {
  std::string_view title;
  std::string_view category;
  const gate::AnomalyRule* rule = nullptr;  ///< null for what no rule of its own looks at
  AnomalyText text;
};
/// All 40: the rules in their order, then those that people ask about under a wider name.
const std::vector<KnownAnomaly>& known_anomalies();

std::vector<std::string_view> sentences(const Points& points);

// The table in two parts; private to anomaly_texts*.cpp.
std::span<const AnomalyText> local_texts();
std::span<const AnomalyText> network_texts();

}  // namespace melisai::host
