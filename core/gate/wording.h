// Words and numbers of notes and reasons. Private to core/gate.
#pragma once

#include <string>

#include "core/model/metric.h"

namespace melisai::gate {

/// 0.0512 -> "5.1 %"; one decimal, at least.
std::string percent(double fraction);

/// 0.05 -> "5 %", 0.005 -> "0.5 %": as people write thresholds.
std::string short_percent(double fraction);

/// What a change for the worse of this metric is: "slower", "higher", "worse" (higher is better).
std::string worse_adjective(const Metric& metric);

/// "1 pair", "12 pairs".
std::string count_of(int number, const std::string& noun);

/// Why a time that is always 0 cannot be judged.
std::string measured_zero(const Metric& metric);

constexpr const char* kTooCoarse =
    "the clock is too coarse: it ticks in steps larger than the threshold";
constexpr const char* kDirectionUnknown = "direction unknown: shown, not judged";
constexpr const char* kGatesByRule = "gates because a rule names it";

}  // namespace melisai::gate
