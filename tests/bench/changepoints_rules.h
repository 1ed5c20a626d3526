// Rules of other tools for change points, in our own words and code: enough to compare with, no
// more. Each yields the first points of new levels, ascending.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace melisai::bench {

struct HistoryRule {
  std::string name;
  std::vector<std::size_t> (*find)(std::span<const double> values);
};

/// core/stats.
std::vector<std::size_t> ours(std::span<const double> values);
/// As in Perfherder: t of the 12 points from here against the 12 to 24 before, weighted by
/// nearness, above 7 and the largest around.
std::vector<std::size_t> like_perfherder(std::span<const double> values);
/// As in github-action-benchmark: more than 110 % of the commit before.
std::vector<std::size_t> like_gab(std::span<const double> values);
/// Binary segmentation by means, at most five cuts, penalty 3 log n in units of the variance of the
/// whole history: the best published default on the Turing change point data set.
std::vector<std::size_t> binary_segmentation(std::span<const double> values);

}  // namespace melisai::bench
