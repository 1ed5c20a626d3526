#include <algorithm>
#include <array>
#include <utility>

#include "core/base/text.h"
#include "core/gate/cause/cause.h"
#include "core/gate/cause/cause_rules.h"
#include "core/gate/cause/cause_text.h"

namespace melisai::gate {
namespace {

constexpr std::array<std::pair<std::string_view, Cause>, 11> kCounts{{
    {"minor_faults", Cause::memory},
    {"major_faults", Cause::memory},
    {"peak_rss", Cause::memory},
    {"rchar", Cause::file_io},
    {"wchar", Cause::file_io},
    {"read_bytes", Cause::file_io},
    {"write_bytes", Cause::file_io},
    {"allocations", Cause::allocation},
    {"allocated_bytes", Cause::allocation},
    {"instructions", Cause::cpu_work},
    {"system_calls", Cause::system_calls},
}};

std::string_view advice_of(Cause cause) {
  for (const CauseRow& row : cause_rows())
    if (row.cause == cause) return row.advice;
  return "";
}

std::string words_of_metric(const std::string& metric) {
  std::string words = printable(metric.substr(0, 100));
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

}  // namespace

Cause cause_of_count(std::string_view metric) {
  for (const auto& [name, cause] : kCounts)
    if (name == metric) return cause;
  return Cause::not_known;
}

std::string growth_text(const CountedGrowth& growth) {
  return change_text(words_of_metric(growth.metric), {growth.base, growth.head}, growth.unit) +
         " per run";
}

Evidence explain_count(const CountedGrowth& growth, const std::vector<EvidenceFunction>& on_cpu) {
  constexpr std::size_t kShown = 3;
  Evidence evidence{.benchmark = growth.benchmark, .cause = cause_of_count(growth.metric)};
  if (evidence.cause != Cause::not_known) evidence.confidence = 1;
  for (const EvidenceFunction& each : on_cpu)
    if (each.head > each.base && evidence.functions.size() < kShown)
      evidence.functions.push_back(each);
  evidence.metrics = {{growth.metric, growth.unit, growth.base, growth.head}};
  evidence.advice = std::string(advice_of(evidence.cause));
  evidence.sentence =
      std::string(words_of(evidence.cause)) + ": " + growth_text(growth) + place_text(evidence);
  return evidence;
}

}  // namespace melisai::gate
