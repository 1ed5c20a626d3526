#include "core/report/health_text.h"

#include <array>
#include <cmath>
#include <cstdio>

#include "core/report/text.h"

namespace melisai::report {
namespace {

/// "92", "70.5", "-4".
std::string points(const std::optional<double>& value) {
  if (!value || !std::isfinite(*value)) return "?";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", std::round(*value * 10) / 10);
  return text.data();
}

std::string decision_of(const HealthResult& health) {
  if (health.decision == Decision::regressed && health.level != Level::fail)
    return health.level == Level::warn ? "worse (a warning)" : "worse (shown only)";
  switch (health.decision) {
    case Decision::regressed: return "worse";
    case Decision::improved: return "better";
    case Decision::clear: return "a drop of " + points(health.max_drop) + " points is ruled out";
    default: return "inconclusive" + (health.note.empty() ? "" : ": " + health.note);
  }
}

std::string score_of(const HealthResult& health) {
  std::string text = "health (" + health.profile + ")";
  if (health.base && health.head)
    text += ": score " + points(health.base) + " on base, " + points(health.head) + " on head";
  if (health.change && health.change_low && health.change_high)
    text += ", change " + points(health.change) + " (" + points(health.change_low) + " to " +
            points(health.change_high) + ")";
  text += ": " + decision_of(health);
  // A note says of how many runs it speaks.
  if (health.runs == 0 || !health.note.empty()) return text;
  return text + "; " + count_of(static_cast<std::size_t>(health.runs), "run") + " of each side";
}

std::string anomaly_of(const std::string& word, const Anomaly& anomaly) {
  return word + (anomaly.severity == Severity::critical ? " (critical): " : ": ") +
         anomaly.message + " [" + anomaly.metric + "]";
}

std::string advice_of(const Recommendation& advice) {
  std::string text = "advice: " + advice.title + " (" + advice.evidence + ")";
  return advice.commands.empty() ? text : text + ": " + advice.commands.front();
}

}  // namespace

std::vector<std::string> health_lines(const Report& report) {
  const HealthResult& health = report.health;
  std::vector<std::string> lines;
  if (health.profile == kNoProfile) return lines;
  lines.push_back(score_of(health));
  for (const Anomaly& anomaly : health.new_anomalies)
    lines.push_back(anomaly_of("new anomaly", anomaly));
  for (const Anomaly& anomaly : health.resolved_anomalies)
    lines.push_back(anomaly_of("resolved anomaly", anomaly));
  for (const Recommendation& advice : health.recommendations) lines.push_back(advice_of(advice));
  return lines;
}

}  // namespace melisai::report
