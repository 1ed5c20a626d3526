#include "core/stats/change_points.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/result.h"
#include "core/stats/median.h"
#include "core/stats/separation.h"
#include "core/stats/standardised.h"
#include "core/stats/stretch_costs.h"

namespace melisai::stats {
namespace {

// All prices are in nats; numbers behind them: core/decisions/0007-change-points.md.
constexpr double kPiecePrice = 6;
constexpr double kChangePrice = 12;
constexpr double kEvidenceMin = 9;

// What follows is quadratic in the number of pieces; a drift has one every few commits.
constexpr std::size_t kPiecesMax = 80;
constexpr std::size_t kPiecePointsMax = 256;  ///< longer levels are several pieces, for speed
constexpr std::size_t kSlopeSideMin = 8;

constexpr std::size_t kWindow = 512;
constexpr std::size_t kKeptMin = kWindow / 2;        ///< later points may still move
constexpr std::size_t kContextMin = kKeptMin + 128;  ///< that changes among those are judged by

struct Pricing {
  double stretch = 0;          ///< of every stretch, besides its cost
  std::size_t length_max = 0;  ///< of a stretch
};

/// The cheapest cut of `size` points into stretches: (start of the last stretch that ends there,
/// for every end). Exact optimal partitioning (Jackson et al., IEEE Signal Processing Letters 12,
/// 2005); `cost` is asked for (begin, end, the largest cost that could matter).
template <class Cost>
std::vector<std::size_t> best_starts(std::size_t size, const Pricing& pricing, const Cost& cost) {
  std::vector<double> total(size + 1, std::numeric_limits<double>::infinity());
  std::vector<std::size_t> starts(size + 1, 0);
  total[0] = 0;
  for (std::size_t end = 1; end <= size; ++end) {
    for (std::size_t begin = end - std::min(end, pricing.length_max); begin < end; ++begin) {
      const double so_far = total[begin] + pricing.stretch;
      if (so_far >= total[end]) continue;
      const double all = so_far + cost(begin, end, total[end] - so_far);
      if (all >= total[end]) continue;
      total[end] = all;
      starts[end] = begin;
    }
  }
  return starts;
}

/// Ascending starts, 0 first, and `size` at the end.
std::vector<std::size_t> unwound(const std::vector<std::size_t>& starts) {
  std::vector<std::size_t> bounds;
  for (std::size_t end = starts.size() - 1; end > 0; end = starts[end]) bounds.push_back(end);
  bounds.push_back(0);
  std::reverse(bounds.begin(), bounds.end());
  return bounds;
}

/// Runs of points with one level each; too many rather than too few.
std::vector<std::size_t> cut_into_pieces(const LevelCost& level, std::size_t points) {
  for (double price = kPiecePrice;; price *= 1.5) {
    std::vector<std::size_t> bounds = unwound(
        best_starts(points, {.stretch = price, .length_max = kPiecePointsMax},
                    [&](std::size_t begin, std::size_t end, double) { return level(begin, end); }));
    if (bounds.size() - 1 <= kPiecesMax) return bounds;
  }
}

/// Stretches between changes, and what speaks for each change.
class Segmentation {
 public:
  Segmentation(std::span<const double> values, const StretchCosts& costs)
      : values_(values), costs_(costs) {
    const double no_limit = std::numeric_limits<double>::infinity();
    bounds_ =
        unwound(best_starts(costs.pieces(), {.stretch = kChangePrice, .length_max = kPiecesMax},
                            [&](std::size_t begin, std::size_t end, double limit) {
                              return costs.describe(begin, end, limit).nats;
                            }));
    for (std::size_t i = 0; i + 1 < bounds_.size(); ++i)
      slopes_.push_back(costs.describe(bounds_[i], bounds_[i + 1], no_limit).shape == Shape::slope);
    evidence_.assign(bounds_.size(), 0);
    for (std::size_t i = 1; i + 1 < bounds_.size(); ++i) evidence_[i] = evidence(i);
  }

  /// Removes the least certain change until all are certain enough.
  void drop_uncertain() {
    while (bounds_.size() > 2) {
      const auto weakest = std::min_element(evidence_.begin() + 1, evidence_.end() - 1);
      if (*weakest >= kEvidenceMin) return;
      remove(static_cast<std::size_t>(weakest - evidence_.begin()));
    }
  }

  std::vector<ChangePoint> change_points() const {
    std::vector<ChangePoint> out;
    for (std::size_t i = 1; i + 1 < bounds_.size(); ++i) {
      const std::span<const double> before = stretch(i - 1), after = stretch(i);
      const auto points = static_cast<double>(before.size() + after.size());
      // Any of the points might have been the place.
      const double doubt = std::min(1.0, points * std::exp(-evidence_[i]));
      out.push_back({.index = costs_.start(bounds_[i]),
                     .before = level_of(before),
                     .after = level_of(after),
                     .confidence = 1 - doubt});
    }
    return out;
  }

 private:
  std::span<const double> stretch(std::size_t i) const {
    const std::size_t begin = costs_.start(bounds_[i]), end = costs_.start(bounds_[i + 1]);
    return values_.subspan(begin, end - begin);
  }

  static double level_of(std::span<const double> values) {
    std::vector<double> copy(values.begin(), values.end());
    return median_of(copy);
  }

  // Where a slope begins, ends or turns, levels overlap however clear the bend is.
  double evidence(std::size_t i) const {
    const std::span<const double> before = stretch(i - 1), after = stretch(i);
    const double by_rank = separation(before, after);
    const bool bend =
        (slopes_[i - 1] || slopes_[i]) && std::min(before.size(), after.size()) >= kSlopeSideMin;
    return bend ? std::max(by_rank, kChangePrice) : by_rank;
  }

  void remove(std::size_t i) {
    const auto at = static_cast<std::ptrdiff_t>(i);
    bounds_.erase(bounds_.begin() + at);
    evidence_.erase(evidence_.begin() + at);
    slopes_.erase(slopes_.begin() + at);
    // A line through what belongs to two stretches is no evidence of bends at its ends.
    slopes_[i - 1] = false;
    for (const std::size_t near : {i - 1, i})
      if (near > 0 && near + 1 < bounds_.size()) evidence_[near] = evidence(near);
  }

  std::span<const double> values_;
  const StretchCosts& costs_;
  std::vector<std::size_t> bounds_;  ///< pieces at which stretches start, and the number of pieces
  std::vector<bool> slopes_;         ///< which stretches are slopes
  std::vector<double> evidence_;     ///< of the change at each of the bounds; ends unused
};

std::vector<ChangePoint> in_window(std::span<const double> values) {
  if (values.size() < kPointsMin) return {};
  const std::optional<Standardised> points = standardise(values);
  if (!points) return {};
  const LevelCost level(points->clipped);
  const StretchCosts costs(*points, level, cut_into_pieces(level, values.size()));
  Segmentation segmentation(values, costs);
  segmentation.drop_uncertain();
  return segmentation.change_points();
}

}  // namespace

void ChangeDetector::add(double value) {
  MELISAI_ASSERT(std::isfinite(value));
  window_.push_back(value);
  if (window_.size() == kWindow) settle();
}

// What is settled no later point can move. Points before the last settled change say nothing about
// the next one.
void ChangeDetector::settle() {
  std::size_t gone = kWindow - kContextMin;
  for (ChangePoint change : in_window(window_)) {
    if (change.index >= kWindow - kKeptMin) break;
    gone = std::max(gone, change.index);
    change.index += before_window_;
    settled_.push_back(change);
  }
  window_.erase(window_.begin(), window_.begin() + static_cast<std::ptrdiff_t>(gone));
  before_window_ += gone;
}

std::vector<ChangePoint> ChangeDetector::change_points() const {
  std::vector<ChangePoint> all = settled_;
  for (ChangePoint change : in_window(window_)) {
    change.index += before_window_;
    all.push_back(change);
  }
  return all;
}

std::vector<ChangePoint> find_change_points(std::span<const double> values) {
  ChangeDetector detector;
  for (const double value : values) detector.add(value);
  return detector.change_points();
}

}  // namespace melisai::stats
