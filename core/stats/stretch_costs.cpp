#include "core/stats/stretch_costs.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/stats/change_points.h"
#include "core/stats/median.h"

namespace melisai::stats {
namespace {

constexpr double kSlopePrice = 8;
constexpr std::size_t kSlopePointsMin = 4;

// A second level costs its place and the share of points in it. The low price goes with flips that
// come about every tenth commit: then a stretch of many commits without one is unlikely and pays
// for that, so that what persists becomes a change.
constexpr double kClassesPrice = 11;
constexpr double kClassesPriceAtKnownRate = 4;
constexpr double kFlipRate = 0.1;

constexpr double kOutlierNats = kOutlier * kOutlier / 2;
constexpr double kCleanDistance = 3.5;
constexpr std::size_t kCleanPointsMin = 3;

double squared_half(double x) { return x * x / 2; }

}  // namespace

LevelCost::LevelCost(const std::vector<double>& values)
    : sum_(values.size() + 1),
      squares_(values.size() + 1),
      per_point_(values.size() + 1),
      moments_(values.size() + 1) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    sum_[i + 1] = sum_[i] + values[i];
    per_point_[i + 1] = 1 / static_cast<double>(i + 1);
    squares_[i + 1] = squares_[i] + values[i] * values[i];
    moments_[i + 1] = moments_[i] + values[i] * static_cast<double>(i);
  }
}

double LevelCost::around_slope(std::size_t begin, std::size_t end) const {
  const auto count = static_cast<double>(end - begin);
  const double center = static_cast<double>(begin + end - 1) / 2;
  const double moment = moments_[end] - moments_[begin] - center * (sum_[end] - sum_[begin]);
  const double spread = count * (count * count - 1) / 12;
  return (*this)(begin, end) - moment * moment / spread / 2;
}

/// Goes through a stretch and adds up what its points cost as members of two classes.
class StretchCosts::Walk {
 public:
  explicit Walk(const Classes& classes) : classes_(classes) {}

  void add(const Piece& piece) {
    const bool rare = is_rare(piece.level);
    const double nats = squared_half(piece.level - level(rare));
    if (nats > kOutlierNats) return add_outliers(piece.points);
    nats_ += nats * piece.points + piece.scatter;
    step(rare, piece.points);
  }

  /// `middle` decides the class: one point for itself is an outlier rather than two flips.
  void add_point(double raw, double middle) {
    const bool rare = is_rare(middle);
    if (squared_half(middle - level(rare)) > kOutlierNats) return add_outliers(1);
    nats_ += std::min(kOutlierNats, squared_half(raw - level(rare)));
    step(rare, 1);
  }

  double nats(bool may_be_new) const {
    const double stays = -std::log1p(-kFlipRate);
    const double flips = -std::log(kFlipRate);
    const double rare = back_ * flips + rare_ * stays;
    const double rate = std::clamp((away_ + 0.5) / (often_ + 1), 1e-4, 0.5);
    const double at_own_rate =
        kClassesPrice - away_ * std::log(rate) - (often_ - away_) * std::log1p(-rate);
    // One flip alone looks like a change; only where no earlier points vouch for one class, a
    // second class that was not seen yet is as likely.
    const bool known = away_ + back_ >= 2 || may_be_new;
    const double at_known_rate =
        kClassesPriceAtKnownRate + away_ * flips + (often_ - away_) * stays;
    return nats_ + rare + (known ? std::min(at_own_rate, at_known_rate) : at_own_rate);
  }

 private:
  bool is_rare(double value) const {
    return std::abs(value - classes_.rare) < std::abs(value - classes_.often);
  }
  double level(bool rare) const { return rare ? classes_.rare : classes_.often; }

  void add_outliers(double points) {
    nats_ += kOutlierNats * points;
    step(in_rare_, points);
  }

  void step(bool rare, double points) {
    if (often_ + rare_ > 0 && in_rare_ != rare) ++(rare ? away_ : back_);
    in_rare_ = rare;
    (rare ? rare_ : often_) += points;
  }

  const Classes& classes_;
  bool in_rare_ = false;  ///< the class of the last point
  double nats_ = 0;
  double often_ = 0, rare_ = 0;  ///< points in each class
  double away_ = 0, back_ = 0;   ///< flips from the frequent class, and to it
};

StretchCosts::StretchCosts(const Standardised& points, const LevelCost& level,
                           std::vector<std::size_t> starts)
    : points_(points), level_(level), starts_(std::move(starts)) {
  for (std::size_t piece = 0; piece + 1 < starts_.size(); ++piece) {
    const auto from = points.raw.begin() + static_cast<std::ptrdiff_t>(starts_[piece]);
    const auto to = points.raw.begin() + static_cast<std::ptrdiff_t>(starts_[piece + 1]);
    std::vector<double> values(from, to);
    Piece& made = pieces_.emplace_back();
    made.level = median_of(values);
    made.points = static_cast<double>(values.size());
    made.clean = values.size() >= kCleanPointsMin;
    for (const double value : values) {
      made.scatter += squared_half(value - made.level);
      made.clean = made.clean && std::abs(value - made.level) <= kCleanDistance;
    }
  }
}

Description StretchCosts::describe(std::size_t begin, std::size_t end, double limit) const {
  const std::size_t first = starts_[begin], last = starts_[end];
  Description best{.shape = Shape::level, .nats = level_(first, last)};
  if (best.nats > kSlopePrice && last - first >= kSlopePointsMin)
    if (const double slope = level_.around_slope(first, last) + kSlopePrice; slope < best.nats)
      best = {.shape = Shape::slope, .nats = slope};
  if (end - begin < 2 || std::min(limit, best.nats) <= kClassesPriceAtKnownRate) return best;
  if (const double classes = two_classes(begin, end); classes < best.nats)
    best = {.shape = Shape::two_classes, .nats = classes};
  return best;
}

/// The two levels around which the pieces lie closest: the best cut of their sorted levels.
std::optional<StretchCosts::Classes> StretchCosts::classes(std::size_t begin,
                                                           std::size_t end) const {
  std::vector<std::pair<double, double>> levels;  // and points
  double points = 0, sum = 0;
  for (std::size_t i = begin; i < end; ++i) {
    const Piece& piece = pieces_[i];
    if (piece.points < kCleanPointsMin) continue;
    levels.emplace_back(piece.level, piece.points);
    points += piece.points;
    sum += piece.level * piece.points;
  }
  if (levels.size() < 2) return std::nullopt;
  std::sort(levels.begin(), levels.end());
  Classes best;
  double best_between = -1, low_points = 0, low_sum = 0;
  for (std::size_t i = 0; i + 1 < levels.size(); ++i) {
    low_points += levels[i].second;
    low_sum += levels[i].first * levels[i].second;
    const double low = low_sum / low_points;
    const double high = (sum - low_sum) / (points - low_points);
    const double between = low_points * (points - low_points) * (high - low) * (high - low);
    if (between <= best_between) continue;
    best_between = between;
    const bool low_is_rare = low_points < points / 2;
    best = low_is_rare ? Classes{.often = high, .rare = low} : Classes{.often = low, .rare = high};
  }
  return best;
}

double StretchCosts::two_classes(std::size_t begin, std::size_t end) const {
  const std::optional<Classes> found = classes(begin, end);
  if (!found) return std::numeric_limits<double>::infinity();
  Walk walk(*found);
  for (std::size_t i = begin; i < end; ++i) {
    if (pieces_[i].clean) {
      walk.add(pieces_[i]);
      continue;
    }
    for (std::size_t point = starts_[i]; point < starts_[i + 1]; ++point)
      walk.add_point(points_.raw[point], points_.middle[point]);
  }
  // Runners of one fleet are no further apart. Of the lower level, because which of the two has
  // more points changes as they come in.
  const double lower =
      std::min(std::abs(found->often + points_.center), std::abs(found->rare + points_.center));
  const double apart = std::abs(found->often - found->rare);
  return walk.nats(begin == 0 && apart <= kYoungStepMax * lower);
}

}  // namespace melisai::stats
