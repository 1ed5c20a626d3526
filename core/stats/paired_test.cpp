#include "core/stats/paired_test.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/stats/foresight.h"
#include "core/stats/location_evidence.h"
#include "core/stats/trimmed_limits.h"

namespace melisai::stats {
namespace {

constexpr int kPairsMin = 4;
constexpr double kInfinite = std::numeric_limits<double>::infinity();

// Differences below this share of delta are rounding: logarithms of equal ratios differ a little.
constexpr double kRounding = 1e-9;

// The evidence knows one size of a shift, delta. What is much larger or much smaller is left to the
// trimmed limits, and they get this part of each level.
constexpr double kTrimmedPart = 0.05;

// Evidence that an error of `level` over all looks takes. Theory says log(1/level); the rest is
// fitted on the worst of the noise that was tried, at the worst ratio of its spread to delta. Early
// looks may do with less: few pairs can only err where the spread is just right for it.
double evidence_needed(double level, std::size_t pairs) {
  constexpr double kPairsLate = 25;
  const double early = std::log(std::min(static_cast<double>(pairs), kPairsLate) / 10);
  return 1.2 * std::log(1 / level) - 0.1 + 0.8 * early;
}

// Several pairs in a mode that is too high would look like a shift. So that many must agree that
// this is no explanation.
std::size_t least_agreeing(std::size_t pairs, double level) {
  const double enough = 1.5 * std::pow(level, 1.4);
  double term = std::pow(kModeShare, static_cast<double>(pairs));  // all of them
  double tail = 0;
  std::size_t k = pairs;
  while (k > 0 && tail + term <= enough) {
    tail += term;
    term *=
        static_cast<double>(k) / static_cast<double>(pairs - k + 1) * (1 - kModeShare) / kModeShare;
    --k;
  }
  return k + 1;
}

// Standard deviation of one pair as far as the tails do not matter; 0 where most are tied. The
// winsorised error of Gaussian noise is larger than that of its mean by the constant.
double spread_of(std::span<const double> sorted) {
  constexpr double kOfGaussian = 1.08;
  return trimmed_estimate(sorted).error * std::sqrt(static_cast<double>(sorted.size())) /
         kOfGaussian;
}

// Where the evidence for a shift by 1 is strongest: of Gaussian values with this spread around 0,
// (spread^2 + u^2) / (spread^2 + (u - 1)^2) is largest there.
double most_refuted(double spread) {
  constexpr double kSpreadMax = 5;
  const double width = 2 * std::min(kSpreadMax, spread);
  return -(1 + std::sqrt(1 + width * width)) / 2;
}

// The largest location that `needed` evidence for a shift by 1 refutes, up to a hundredth or so;
// minus infinity without one. `centred` ascending around 0.
double last_refuted(std::span<const double> centred, double needed) {
  constexpr int kStepsMax = 8;
  constexpr double kClose = 0.04;  // of evidence
  double refuted = most_refuted(spread_of(centred));
  double evidence = evidence_of_shift(centred, refuted);
  if (evidence <= needed) {
    // Outliers widen the spread; then it is the location that is a shift below the centre.
    refuted = -1;
    evidence = evidence_of_shift(centred, refuted);
  }
  if (evidence <= needed) return -kInfinite;
  double open = 0;
  double evidence_open = evidence_of_shift(centred, open);
  if (evidence_open > needed) return open;
  for (int i = 0; i < kStepsMax && evidence - needed > kClose; ++i) {
    // Evidence falls almost in a straight line; aimed a little to the refuted side.
    const double share = (evidence - needed - kClose / 2) / (evidence - evidence_open);
    const double next = refuted + std::clamp(share, 0.05, 0.95) * (open - refuted);
    const double found = evidence_of_shift(centred, next);
    (found > needed ? refuted : open) = next;
    (found > needed ? evidence : evidence_open) = found;
  }
  return refuted;
}

// Whether the slowdown may be as large as delta. A smaller one, precisely measured, is nothing to
// stop for: some more pairs will call it clear.
bool is_plausible(std::span<const double> sorted, double delta) {
  constexpr double kErrors = 4;
  const Estimate estimate = trimmed_estimate(sorted);
  return estimate.center + kErrors * estimate.error >= delta * (1 - kRounding);
}

class EvidenceTest final : public PairedTest {
 public:
  // Every pair up to 20, then a tenth more each time.
  bool is_look(int pairs) const override {
    int next = kPairsMin;
    while (next < pairs) next += std::max(1, next / 10);
    return next == pairs;
  }

  Look look(std::span<const double> values, const TestLevels& levels) const override {
    MELISAI_ASSERT(!values.empty() && levels.delta > 0);
    std::vector<double> sorted(values.begin(), values.end());
    std::sort(sorted.begin(), sorted.end());
    Look look{.center = trimmed_mean(sorted), .low = -kInfinite, .high = kInfinite};
    if (sorted.size() < kPairsMin) return look;

    const Rates& rates = levels.rates;
    const Limits trimmed = trimmed_(sorted, {.low = kTrimmedPart * rates.alarm,
                                             .high = kTrimmedPart * rates.miss,
                                             .rounding = kRounding * levels.delta});
    const double low = low_by_evidence(sorted, look.center, levels.delta, rates.alarm);
    std::vector<double> mirrored(sorted.rbegin(), sorted.rend());
    for (double& value : mirrored) value = -value;
    const double high = -low_by_evidence(mirrored, -look.center, levels.delta, rates.miss);
    look.low = std::min(look.center, std::max(trimmed.low, low));
    look.high = std::max(look.center, std::min(trimmed.high, high));
    // A change of exactly delta must not slip through as clear.
    if (look.high < levels.delta * (1 - kRounding)) {
      look.finding = Finding::clear;
    } else if (look.low > 0 && is_plausible(sorted, levels.delta)) {
      look.finding = Finding::slower;
    }
    return look;
  }

  int pairs_expected(std::span<const double> values, const TestLevels& levels) const override {
    MELISAI_ASSERT(values.size() >= kPairsMin && levels.delta > 0);
    // Below this spread a test is decided at its first look anyway.
    constexpr double kSpreadMin = 0.05;
    constexpr double kEvidenceMin = 0.1;
    constexpr double kFar = 1e6;  // where squares still fit
    std::vector<double> scaled(values.begin(), values.end());
    for (double& value : scaled) value = std::clamp(value / levels.delta, -kFar, kFar);
    std::sort(scaled.begin(), scaled.end());
    const double evidence = evidence_of_shift(scaled, 0);
    const auto missing = [&](double level, double have) {
      const double needed = evidence_needed((1 - kTrimmedPart) * level, scaled.size());
      return std::max(kEvidenceMin, needed - have);
    };
    const int pairs = static_cast<int>(scaled.size());
    const double more = pairs_to_decision({.center = trimmed_mean(scaled),
                                           .spread = std::max(kSpreadMin, spread_of(scaled)),
                                           .pairs = pairs,
                                           .to_clear = missing(levels.rates.miss, -evidence),
                                           .to_slower = missing(levels.rates.alarm, evidence)});
    return static_cast<int>(std::min(double{kPairsForetold}, std::ceil(pairs + more)));
  }

  double smallest_found(std::span<const double> values, const TwoStages& stages,
                        int pairs) const override {
    MELISAI_ASSERT(values.size() >= kPairsMin);
    std::vector<double> sorted(values.begin(), values.end());
    std::sort(sorted.begin(), sorted.end());
    const double spread = spread_of(sorted);
    return spread > 0 ? spread * shift_found_within(pairs, stages) : 0;
  }

 private:
  // The largest location against which the evidence for a shift by delta is enough; minus infinity
  // without one. `sorted` ascending.
  double low_by_evidence(std::span<const double> sorted, double center, double delta,
                         double level) const {
    std::vector<double> scaled(sorted.begin(), sorted.end());
    for (double& value : scaled) value = (value - center) / delta;
    const double part = (1 - kTrimmedPart) * level;
    const double needed = evidence_needed(part, sorted.size());
    const double refuted = last_refuted(scaled, needed);
    // A value that lies this far above speaks for the shift.
    constexpr double kAgreeing = 0.3;
    const std::size_t agreeing = agreeing_needed(sorted.size(), part);
    if (agreeing > sorted.size()) return -kInfinite;
    return center + delta * std::min(refuted, scaled[sorted.size() - agreeing] - kAgreeing);
  }

  // Every series of a suite asks for the same few.
  std::size_t agreeing_needed(std::size_t pairs, double level) const {
    const auto [entry, is_new] = agreeing_.try_emplace({pairs, level}, std::size_t{0});
    if (is_new) entry->second = least_agreeing(pairs, level);
    return entry->second;
  }

  TrimmedLimits trimmed_;
  mutable std::map<std::pair<std::size_t, double>, std::size_t> agreeing_;
};

}  // namespace

// Both stages see different pairs, so their alarm rates multiply, and each may take the square
// root. Either may call a slowdown clear; the screening, which every series goes through, has most
// of it.
TwoStages two_stages(const Rates& total) {
  constexpr double kLevelMax = 0.5;
  constexpr double kMissOfScreening = 0.9;
  const double alarm = std::min(kLevelMax, std::sqrt(total.alarm));
  return {.screening = {.alarm = alarm, .miss = kMissOfScreening * total.miss},
          .confirmation = {.alarm = alarm, .miss = (1 - kMissOfScreening) * total.miss}};
}

std::unique_ptr<PairedTest> make_paired_test() { return std::make_unique<EvidenceTest>(); }

}  // namespace melisai::stats
