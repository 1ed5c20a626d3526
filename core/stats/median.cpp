#include "core/stats/median.h"

#include <algorithm>

#include "core/base/result.h"

namespace melisai::stats {

double median_of(std::vector<double>& values) {
  MELISAI_ASSERT(!values.empty());
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 != 0) return *middle;
  // Halves first: the sum of two large values may not be finite.
  return *middle / 2 + *std::max_element(values.begin(), middle) / 2;
}

}  // namespace melisai::stats
