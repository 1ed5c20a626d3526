// What the values of a series look like where no change was told: a description for people, which
// decides nothing. Private to history.
#pragma once

#include <string>

#include "core/history_input.h"

namespace melisai {

/// A drift, last points that lie elsewhere, or levels that differ, if people would see it in a
/// plot: "the last 3 points lie at 200, those before at 100: whether that lasts cannot be told
/// yet". "" when there is nothing to see, or fewer than stats::kPointsMin points.
std::string visible_shape(const HistorySeries& series);

/// (1234567, "ns") -> "1.235 ms"; a bare number when the unit is not known.
std::string quantity(double value, const std::string& unit);

}  // namespace melisai
