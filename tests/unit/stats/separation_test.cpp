#include "core/stats/separation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace melisai::stats {
namespace {

using Values = std::vector<double>;

Values run_of(std::size_t count, double first) {
  Values out(count);
  for (double& value : out) value = first++;
  return out;
}

TEST(Separation, IsTheLogOfTheNumberOfChoicesWhenNothingOverlaps) {
  for (const std::size_t count : {3u, 10u, 40u}) {
    const double ways = std::lgamma(101 + count) - std::lgamma(101) - std::lgamma(1 + count);
    EXPECT_NEAR(separation(run_of(100, 0), run_of(count, 1000)), ways, 0.1) << count;
  }
}

TEST(Separation, IsTheSameBothWaysAndForEveryScale) {
  const Values low = {1, 2, 3, 4, 5, 9}, high = {6, 7, 8, 10, 11};
  const double nats = separation(low, high);
  EXPECT_DOUBLE_EQ(separation(high, low), nats);
  Values far = high;
  far.back() = 1e12;
  EXPECT_DOUBLE_EQ(separation(low, far), nats);
}

TEST(Separation, GrowsAsTheOverlapShrinks) {
  EXPECT_GT(separation(run_of(20, 0), run_of(20, 18)), separation(run_of(20, 0), run_of(20, 10)));
}

TEST(Separation, IsNoneBetweenEqualValues) {
  EXPECT_LE(separation(Values(50, 3), Values(50, 3)), 0);
  EXPECT_LE(separation(run_of(50, 0), run_of(50, 0)), 0);
}

}  // namespace
}  // namespace melisai::stats
