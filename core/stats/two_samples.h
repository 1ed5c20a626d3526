// How much larger one sample lies than another when their values are not paired. Pure.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace melisai::stats {

struct Shift {
  double estimate = 0;        ///< Hodges-Lehmann: median of all differences head - base
  std::optional<double> low;  ///< nothing: too few values for the level
  std::optional<double> high;
};

/// Limits of a shift by the order of the differences, exact whatever the values are distributed
/// like; with ties they are a little wider than they need be. Source: Hollander, Wolfe, Chicken,
/// Nonparametric Statistical Methods (2014), 4.2-4.3; null distribution: Mann, Whitney (1947).
class ShiftLimits {
 public:
  /// More values a side are not looked at one by one: so many are taken, evenly spread.
  static constexpr std::size_t kValuesMax = 1'000;

  /// `base`, `head`: independent finite values, at least one each. Each limit is wrong with a
  /// probability of at most its level, in (0, 0.5). Not const: tails are kept.
  Shift between(std::span<const double> base, std::span<const double> head, double level_low,
                double level_high);

  /// Fewest values a side for which there is a limit of this level, both sides alike.
  static int values_needed(double level);

 private:
  /// Number c of the smallest difference that is a limit of this level, from 1; 0: there is none.
  std::size_t rank_of(std::size_t base, std::size_t head, double level);

  /// P(U <= u) for u = 0, 1, ... up to the mean, by the sizes of base and head.
  std::map<std::pair<std::size_t, std::size_t>, std::vector<double>> tails_;
};

}  // namespace melisai::stats
