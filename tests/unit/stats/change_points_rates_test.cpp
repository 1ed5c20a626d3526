// Rates on synthetic CI histories with fixed seeds; the longer runs are in tests/bench.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "core/stats/change_points.h"
#include "tests/unit/stats/synthetic_history.h"

namespace melisai::stats {
namespace {

using test::HistoryShape;

constexpr int kSeries = 100;
constexpr std::size_t kTolerance = 5;

bool is_at_step(const ChangePoint& change) {
  return change.index + kTolerance >= test::kHistoryStepAt &&
         change.index <= test::kHistoryStepAt + kTolerance;
}

bool found_step(const std::vector<ChangePoint>& changes) {
  return std::any_of(changes.begin(), changes.end(), is_at_step);
}

struct Counted {
  int hits = 0;
  int false_alarms = 0;
};

Counted count(HistoryShape shape, double step) {
  test::Noise noise(20'261);
  Counted counted;
  for (int i = 0; i < kSeries; ++i) {
    const auto changes = find_change_points(test::history_with_step(shape, step, noise));
    counted.hits += found_step(changes);
    counted.false_alarms += static_cast<int>(
        std::count_if(changes.begin(), changes.end(),
                      [&](const ChangePoint& change) { return step == 0 || !is_at_step(change); }));
  }
  return counted;
}

/// Points of the new level that are needed to tell it; the last of the sorted share of series.
std::size_t delay(double step, double share) {
  test::Noise noise(20'262);
  std::vector<std::size_t> delays;
  for (int i = 0; i < kSeries; ++i) {
    const auto values = test::history_with_step(HistoryShape::gauss, step, noise);
    std::size_t points = 1;
    while (points < 50 &&
           !found_step(find_change_points(std::span(values).first(test::kHistoryStepAt + points))))
      ++points;
    delays.push_back(points);
  }
  std::sort(delays.begin(), delays.end());
  return delays[static_cast<std::size_t>(share * kSeries) - 1];
}

std::string shape_name(const testing::TestParamInfo<HistoryShape>& info) {
  switch (info.param) {
    case HistoryShape::gauss: return "Gauss";
    case HistoryShape::lognormal: return "Lognormal";
    case HistoryShape::bimodal: return "Bimodal";
  }
  return "";
}

class ChangePointRates : public testing::TestWithParam<HistoryShape> {};

// One per 1,000 commits are 20 in 100 series of 200.
TEST_P(ChangePointRates, FalseAlarmsAreRare) {
  EXPECT_LE(count(GetParam(), 0).false_alarms, 20);
  EXPECT_LE(count(GetParam(), 0.05).false_alarms, 20);
}

TEST_P(ChangePointRates, StepsAreFound) {
  EXPECT_GE(count(GetParam(), 0.05).hits, 97);
  EXPECT_GE(count(GetParam(), 0.10).hits, 99);
}

INSTANTIATE_TEST_SUITE_P(Shapes, ChangePointRates,
                         testing::Values(HistoryShape::gauss, HistoryShape::lognormal,
                                         HistoryShape::bimodal),
                         shape_name);

TEST(ChangePointDelay, IsAFewCommits) {
  EXPECT_LE(delay(0.10, 0.9), 2u);
  EXPECT_LE(delay(0.05, 0.5), 5u);
}

// A change that was told and taken back is an alarm too.
TEST(ChangePointDelay, NoAlarmComesAndGoes) {
  test::Noise noise(20'263);
  int told = 0;
  for (int i = 0; i < 30; ++i) {
    const auto values = test::history_with_step(HistoryShape::bimodal, 0, noise);
    ChangeDetector detector;
    std::size_t known = 0;
    for (const double value : values) {
      detector.add(value);
      const std::size_t now = detector.change_points().size();
      if (now > known) ++told;
      known = now;
    }
  }
  EXPECT_LE(told, 9);
}

}  // namespace
}  // namespace melisai::stats
