// What it costs to describe a stretch of a history, in nats (negative log likelihood up to a
// constant, plus a price for every free parameter): as one level, as a straight slope, or as two
// levels between which it flips, as runners of two classes make it do. Change points are where a
// new description is cheaper than going on with the old one. Private to change points. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/stats/standardised.h"

namespace melisai::stats {

enum class Shape { level, slope, two_classes };

struct Description {
  Shape shape = Shape::level;
  double nats = 0;
};

/// Half the squared distances of the points [begin, end) from their mean, in O(1).
class LevelCost {
 public:
  explicit LevelCost(const std::vector<double>& values);
  double operator()(std::size_t begin, std::size_t end) const {
    const double sum = sum_[end] - sum_[begin];
    return (squares_[end] - squares_[begin] - sum * sum * per_point_[end - begin]) / 2;
  }
  /// The same from their least-squares line; at least three points.
  double around_slope(std::size_t begin, std::size_t end) const;

 private:
  std::vector<double> sum_;
  std::vector<double> squares_;
  std::vector<double> per_point_;  ///< 1/n, because a division is what would cost most
  std::vector<double> moments_;    ///< of value times index
};

/// Stretches are made of whole pieces: runs of points with one level each.
class StretchCosts {
 public:
  /// `starts`: first points of the pieces, ascending from 0, and the number of points at the end.
  StretchCosts(const Standardised& points, const LevelCost& level, std::vector<std::size_t> starts);

  std::size_t pieces() const { return starts_.size() - 1; }
  std::size_t start(std::size_t piece) const { return starts_[piece]; }
  /// The cheapest description of the pieces [begin, end); not empty. Whatever costs `limit` or more
  /// need not be looked at: the answer may then be any that does. O(pieces), and O(points) of
  /// pieces that are no clean level.
  Description describe(std::size_t begin, std::size_t end, double limit) const;

 private:
  struct Classes {
    double often = 0;  ///< level of the class with more points
    double rare = 0;
  };
  struct Piece {
    double level = 0;  ///< median
    double points = 0;
    double scatter = 0;  ///< half the squared distances from the level
    bool clean = false;  ///< long enough to have a level, and no point is far from it
  };
  class Walk;

  std::optional<Classes> classes(std::size_t begin, std::size_t end) const;
  double two_classes(std::size_t begin, std::size_t end) const;

  const Standardised& points_;
  const LevelCost& level_;
  std::vector<std::size_t> starts_;
  std::vector<Piece> pieces_;
};

}  // namespace melisai::stats
