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

bool covers(const Acknowledgement& accepted, const BenchmarkResult& result,
            const std::string& today) {
  if (!matches_glob(accepted.benchmark, result.name)) return false;
  if (!matches_glob(accepted.metric, result.metric.name)) return false;
  if (!is_date(accepted.until) || today > accepted.until) return false;
  return !accepted.up_to || (result.effect && *result.effect <= *accepted.up_to);
}

}  // namespace

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
