// Which regressions somebody has accepted.
#include <algorithm>
#include <string_view>

#include "core/base/glob.h"
#include "core/gate/gate.h"

namespace melisai::gate {
namespace {

/// "2026-12-31": dates of this form are in the order of their text.
bool is_date(std::string_view text) {
  constexpr std::string_view kForm = "dddd-dd-dd";
  return std::equal(text.begin(), text.end(), kForm.begin(), kForm.end(), [](char c, char form) {
    return form == 'd' ? c >= '0' && c <= '9' : c == form;
  });
}

/// Which of wall and CPU time gates may differ from run to run, so that whoever accepts one accepts
/// the other.
std::string_view other_time(std::string_view metric) {
  if (metric == "wall_time") return "cpu_time";
  return metric == "cpu_time" ? "wall_time" : metric;
}

bool covers(const Acknowledgement& accepted, const BenchmarkResult& result,
            const std::string& today) {
  if (!concerns(accepted, result)) return false;
  if (!is_date(accepted.until) || today > accepted.until) return false;
  return !accepted.up_to || (result.effect && *result.effect <= *accepted.up_to);
}

}  // namespace

bool concerns(const Acknowledgement& accepted, const BenchmarkResult& result) {
  return matches_glob(accepted.benchmark, result.name) &&
         (matches_glob(accepted.metric, result.metric.name) ||
          matches_glob(accepted.metric, other_time(result.metric.name)));
}

void acknowledge(std::vector<BenchmarkResult>& results,
                 const std::vector<Acknowledgement>& accepted, const std::string& today) {
  for (BenchmarkResult& result : results) {
    if (result.decision != Decision::regressed) continue;
    const auto found =
        std::find_if(accepted.begin(), accepted.end(),
                     [&](const Acknowledgement& each) { return covers(each, result, today); });
    if (found != accepted.end()) result.acknowledged = *found;
  }
}

}  // namespace melisai::gate
