// How clearly two neighbouring stretches differ, by ranks alone: no outlier, skew or unit changes
// the answer. Private to change points. Pure.
#pragma once

#include <span>

namespace melisai::stats {

/// Evidence in nats that a level between the two is crossed more often on one side: the largest log
/// likelihood ratio of two shares against one, over all levels, less what the number of points
/// gives away. Where all values differ it is about the log of the number of ways to choose the
/// later points, so two points beyond a hundred earlier ones say about as much as four beyond
/// twenty. Neither may be empty. O(n log n).
double separation(std::span<const double> before, std::span<const double> after);

}  // namespace melisai::stats
