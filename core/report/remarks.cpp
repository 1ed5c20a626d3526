#include "core/report/remarks.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "core/base/units.h"
#include "core/model/promise.h"
#include "core/report/text.h"

namespace melisai::report {
namespace {

constexpr std::size_t kNameCharactersMax = 120;
constexpr std::size_t kReasonCharactersMax = 200;
constexpr std::size_t kDisturbancesShown = 3;
constexpr int kFirstPairs = 4;  // fewer say nothing about noise

std::string pairs_text(const Disturbance& disturbance) {
  const std::string first = std::to_string(disturbance.first_pair);
  if (disturbance.last_pair == disturbance.first_pair) return "pair " + first;
  return "pairs " + first + "-" + std::to_string(disturbance.last_pair);
}

std::string disturbed_line(const Measurement& measurement) {
  std::int64_t pairs = 0;
  std::string reasons;
  std::size_t shown = 0;
  for (const Disturbance& each : measurement.disturbed) {
    pairs += std::max(std::int64_t{0}, std::int64_t{each.last_pair} - each.first_pair + 1);
    if (shown++ >= kDisturbancesShown) continue;
    reasons += (reasons.empty() ? "" : "; ") + clip(one_line(each.reason), kReasonCharactersMax) +
               " (" + pairs_text(each) + ")";
  }
  if (shown > kDisturbancesShown)
    reasons += "; and " + count_of(shown - kDisturbancesShown, "more time");
  return clip(one_line(measurement.benchmark), kNameCharactersMax) + ": " + std::to_string(pairs) +
         " of " + count_of(static_cast<std::size_t>(std::max(0, measurement.pairs)), "pair") +
         (pairs == 1 ? " was" : " were") + " disturbed: " + reasons;
}

/// Relative, positive = worse, as the gate counts it; infinite from zero. Nothing when a side has
/// no value.
std::optional<double> change_of(const ProfileValue& value) {
  if (!value.base || !value.head) return std::nullopt;
  double from = *value.base;
  double to = *value.head;
  if (value.metric.better == Better::higher) std::swap(from, to);
  if (from == to) return 0;
  return from == 0 ? std::numeric_limits<double>::infinity() : (to - from) / std::abs(from);
}

std::string advice_for(const BenchmarkResult& row) {
  if (row.metric.tier != Tier::time) return "fix its inputs, or set a threshold for it in a rule";
  return "give each run more work, pin it to one CPU, or gate on an exact metric such as "
         "instructions";
}

}  // namespace

std::string acknowledgement_text(const BenchmarkResult& row) {
  if (!row.acknowledged) return "";
  const Acknowledgement& accepted = *row.acknowledged;
  std::string text = "acknowledged until " + accepted.until;
  if (accepted.up_to) text += ", up to " + format_percent(*accepted.up_to);
  return accepted.reason.empty() ? text : text + ": " + accepted.reason;
}

std::string row_note(const BenchmarkResult& row) {
  const std::string accepted = acknowledgement_text(row);
  return accepted + (accepted.empty() || row.note.empty() ? "" : "; ") + row.note;
}

std::vector<std::string> too_noisy_lines(const Report& report) {
  std::vector<std::string> lines;
  const bool is_known_pairs = report.max_pairs > 0;
  // A quieter machine would not help; the verdict says what does.
  if (is_known_pairs && report.max_pairs < kPairsToTurnRed) return lines;
  for (const BenchmarkResult& row : report.benchmarks) {
    const bool is_open = row.level != Level::off && row.decision == Decision::inconclusive;
    const bool is_known = row.smallest_found || is_known_pairs;  // old reports lack both
    if (!is_open || !is_known || row.pairs < kFirstPairs) continue;
    if (row.smallest_found && *row.smallest_found <= row.threshold) continue;
    lines.push_back(clip(one_line(row.name), kNameCharactersMax) + " " +
                    clip(one_line(row.metric.name), kNameCharactersMax) +
                    " cannot see its threshold of " + format_percent(row.threshold) +
                    ": within its pairs so much noise hides " +
                    (row.smallest_found ? "slowdowns below " + format_percent(*row.smallest_found)
                                        : "any slowdown") +
                    "; " + advice_for(row));
  }
  return lines;
}

std::vector<std::string> disturbed_lines(const Report& report) {
  std::vector<std::string> lines;
  for (const Measurement& measurement : report.measurements)
    if (!measurement.disturbed.empty()) lines.push_back(disturbed_line(measurement));
  return lines;
}

std::vector<std::string> collector_lines(const Report& report) {
  std::vector<std::string> lines;
  for (const CollectorResult& collector : report.collectors) {
    if (collector.status == CollectorStatus::ok) continue;
    std::string line = std::string(collector.required ? "required " : "") + "collector " +
                       clip(one_line(collector.name), kNameCharactersMax) + ": " +
                       std::string(to_string(collector.status));
    if (!collector.reason.empty()) line += ": " + collector.reason;
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<const ProfileValue*> by_change(const Profile& profile) {
  std::vector<const ProfileValue*> values;
  for (const ProfileValue& value : profile.values) values.push_back(&value);
  const auto size = [](const ProfileValue* value) {
    const std::optional<double> change = change_of(*value);
    return change && !std::isnan(*change) ? std::abs(*change) : -1;
  };
  std::stable_sort(values.begin(), values.end(),
                   [&](const ProfileValue* a, const ProfileValue* b) { return size(a) > size(b); });
  return values;
}

std::string profile_change_text(const ProfileValue& value) {
  const std::optional<double> change = change_of(value);
  if (!change || std::isnan(*change)) return "-";
  if (std::isfinite(*change)) return format_effect(*change);
  return value.metric.better == Better::higher ? "to zero" : "from zero";
}

std::string overhead_text(const Report& report) {
  if (!report.overhead) return "";
  const ObserverOverhead& cost = *report.overhead;
  return std::to_string(cost.cpu_user_ms + cost.cpu_system_ms) + " ms of CPU time, " +
         format_bytes(static_cast<Bytes>(std::max<std::int64_t>(cost.memory_pss_bytes, 0))) +
         " of memory";
}

std::string stored_run_text(const Report& report) {
  if (report.run <= 0) return "";
  const std::string number = std::to_string(report.run);
  return "run " + number + "; melisai-gate show " + number + ", with the same --state-dir";
}

}  // namespace melisai::report
