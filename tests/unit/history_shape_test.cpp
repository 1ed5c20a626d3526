// What a series without a change looks like nevertheless.
#include "core/history_shape.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "core/stats/change_points.h"

namespace melisai {
namespace {

struct Stretch {
  std::size_t points = 0;
  double value = 0;
};

HistorySeries of_stretches(const std::vector<Stretch>& stretches) {
  HistorySeries series;
  for (const Stretch& each : stretches)
    series.values.insert(series.values.end(), each.points, each.value);
  return series;
}

/// Growing by that share a point.
HistorySeries growing(double from, double share, std::size_t points) {
  HistorySeries series;
  for (std::size_t i = 0; i < points; ++i)
    series.values.push_back(from * std::pow(1 + share, static_cast<double>(i)));
  return series;
}

struct ShapeCase {
  std::string name;
  HistorySeries series;
  std::string expected;
};

class SeriesShape : public testing::TestWithParam<ShapeCase> {};

std::string shape_name(const testing::TestParamInfo<ShapeCase>& info) { return info.param.name; }

TEST_P(SeriesShape, IsSaidInWords) {
  EXPECT_EQ(visible_shape(GetParam().series), GetParam().expected);
}

/// Of these the change points say nothing, so the shape is all that a reader gets.
TEST_P(SeriesShape, IsWhatTheChangePointsDoNotTell) {
  EXPECT_TRUE(stats::find_change_points(GetParam().series.values).empty());
}

INSTANTIATE_TEST_SUITE_P(
    Cases, SeriesShape,
    testing::Values(
        ShapeCase{"Flat", of_stretches({{60, 100}}), ""},
        ShapeCase{"TooShort", of_stretches({{12, 100}, {3, 200}}), ""},
        ShapeCase{"FivePercentIsNotSeen", of_stretches({{17, 100}, {3, 105}}), ""},
        ShapeCase{"OneOutlier", of_stretches({{17, 100}, {1, 900}, {2, 100}}), ""},
        ShapeCase{"TwoLastPoints", of_stretches({{18, 100}, {2, 200}}), ""},
        ShapeCase{"ThreeLastPoints", of_stretches({{17, 100}, {3, 200}}),
                  "the last 3 points lie at 200, those before at 100: whether that lasts cannot be "
                  "told yet"},
        ShapeCase{"LowerLastPoints", of_stretches({{30, 100}, {10, 90}}),
                  "the last 10 points lie at 90, those before at 100: whether that lasts cannot be "
                  "told yet"},
        ShapeCase{
            "FromZero", of_stretches({{17, 0}, {3, 7}}),
            "the last 3 points lie at 7, those before at 0: whether that lasts cannot be told "
            "yet"},
        ShapeCase{"ABump", of_stretches({{20, 100}, {15, 140}, {15, 100}}),
                  "medians of 5 points in a row lie between 100 and 140"},
        ShapeCase{"AnExcursion", of_stretches({{60, 100}, {20, 150}, {60, 100}}),
                  "medians of 5 points in a row lie between 100 and 150"},
        ShapeCase{"ABriefExcursion", of_stretches({{60, 100}, {10, 150}, {70, 100}}),
                  "medians of 5 points in a row lie between 100 and 150"},
        ShapeCase{"ADriftUpwards", growing(100, 0.03, 45), "it drifts from about 106.09 to 346.07"},
        ShapeCase{"ADriftDownwards", growing(100, -0.01, 45),
                  "it drifts from about 98.01 to 65.5659"}),
    shape_name);

/// Noise is no shape, however long and of whichever tails.
TEST(VisibleShape, IsNothingInNoise) {
  for (const double deviation : {0.01, 0.05, 0.3})
    for (const std::size_t points : {16u, 60u, 2'000u}) {
      std::mt19937_64 random(points);
      std::normal_distribution<double> normal(0, deviation);
      int seen = 0;
      for (int i = 0; i < 100; ++i) {
        HistorySeries series;
        while (series.values.size() < points)
          series.values.push_back(100 * std::exp(normal(random)));
        seen += !visible_shape(series).empty();
      }
      EXPECT_LE(seen, 5) << points << " points, deviation " << deviation;
    }
}

TEST(VisibleShape, HasTheUnit) {
  HistorySeries series = of_stretches({{17, 1e6}, {3, 2e6}});
  series.unit = "ns";
  EXPECT_EQ(visible_shape(series),
            "the last 3 points lie at 2.000 ms, those before at 1.000 ms: whether that lasts "
            "cannot be told "
            "yet");
}

}  // namespace
}  // namespace melisai
