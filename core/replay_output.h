// What replay prints: JSON for programs, a verdict and a table for people. Private to replay.
#pragma once

#include <span>
#include <string>

#include "core/model/report.h"

namespace melisai {

/// One recorded series, judged.
struct Replayed {
  std::string series;  ///< as recorded
  BenchmarkResult result;
};

/// An array of {"series", "decision", "pairs_used", "effect", "effect_low", "effect_high"}, in the
/// given order; null where there is no number. A series without a vote has its "level" too, "warn"
/// or "off". Ends with a newline.
std::string replay_json(std::span<const Replayed> all);

/// The sentence, then a table of the worst series and a count of the others.
std::string replay_text(const std::string& sentence, std::span<const Replayed> all);

/// "3 clear, 1 inconclusive"
std::string decisions_text(std::span<const Replayed> all);

}  // namespace melisai
