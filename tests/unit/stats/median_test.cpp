#include "core/stats/median.h"

#include <gtest/gtest.h>

#include <limits>

namespace melisai::stats {
namespace {

double median(std::vector<double> values) { return median_of(values); }

TEST(Median, IsTheMiddleOneOfAnOddNumber) {
  EXPECT_EQ(median({7}), 7);
  EXPECT_EQ(median({9, 1, 2, 8, 3}), 3);
}

TEST(Median, IsTheMeanOfTheMiddleTwoOfAnEvenNumber) {
  EXPECT_EQ(median({4, 1}), 2.5);
  EXPECT_EQ(median({9, 1, 2, 100, 4, 3}), 3.5);
}

TEST(Median, OfTheLargestNumbersIsFinite) {
  constexpr double kLargest = std::numeric_limits<double>::max();
  EXPECT_EQ(median({kLargest, kLargest}), kLargest);
}

}  // namespace
}  // namespace melisai::stats
