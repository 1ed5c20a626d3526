// The median. Pure.
#pragma once

#include <vector>

namespace melisai::stats {

/// The mean of the two middle ones of an even number. `values` not empty; reordered.
double median_of(std::vector<double>& values);

}  // namespace melisai::stats
