// What a change point is and what is none. Rates: change_points_rates_test.cpp.
#include "core/stats/change_points.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/stats/synthetic_history.h"

namespace melisai::stats {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Values = std::vector<double>;

/// `count` points of noise 1 around `level`, appended.
void append(Values& values, std::size_t count, double level, test::Noise& noise) {
  for (std::size_t i = 0; i < count; ++i) values.push_back(level + noise.normal());
}

Values stretches(const std::vector<std::pair<std::size_t, double>>& counts_and_levels) {
  test::Noise noise(7);
  Values values;
  for (const auto& [count, level] : counts_and_levels) append(values, count, level, noise);
  return values;
}

std::vector<std::size_t> places(const Values& values) {
  std::vector<std::size_t> out;
  for (const ChangePoint& change : find_change_points(values)) out.push_back(change.index);
  return out;
}

TEST(ChangePoints, FindAStepWithItsLevels) {
  const std::vector<ChangePoint> found = find_change_points(stretches({{60, 100}, {40, 110}}));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].index, 60u);
  EXPECT_NEAR(found[0].before, 100, 0.5);
  EXPECT_NEAR(found[0].after, 110, 0.5);
  EXPECT_GT(found[0].confidence, 0.999);
  EXPECT_LE(found[0].confidence, 1);
}

TEST(ChangePoints, FindEveryOneOfSeveralSteps) {
  EXPECT_THAT(places(stretches({{50, 100}, {40, 110}, {60, 95}, {50, 105}})),
              ElementsAre(50u, 90u, 150u));
}

TEST(ChangePoints, FindASlowdownAndItsRepair) {
  EXPECT_THAT(places(stretches({{80, 100}, {60, 110}, {80, 100}})), ElementsAre(80u, 140u));
}

TEST(ChangePoints, AreNoneInAConstantHistory) {
  EXPECT_THAT(find_change_points(Values(300, 42.5)), IsEmpty());
  EXPECT_THAT(find_change_points(Values(300, 0)), IsEmpty());
}

TEST(ChangePoints, AreNoneInRoundingErrors) {
  Values values(100, 0.3);
  for (std::size_t i = 50; i < values.size(); ++i) values[i] = 0.1 + 0.2;
  ASSERT_NE(values.front(), values.back());
  EXPECT_THAT(find_change_points(values), IsEmpty());
}

TEST(ChangePoints, AreNoOutliers) {
  Values values = stretches({{120, 100}});
  for (const std::size_t place : {20u, 70u, 119u}) values[place] = 1e9;
  EXPECT_THAT(find_change_points(values), IsEmpty());
  for (std::size_t i = 40; i < 42; ++i) values[i] = 200;
  EXPECT_THAT(find_change_points(values), IsEmpty());
}

TEST(ChangePoints, AreFoundBesideOutliers) {
  Values values = stretches({{60, 100}, {40, 110}});
  for (const std::size_t place : {10u, 30u, 75u}) values[place] = 1e9;
  EXPECT_THAT(places(values), ElementsAre(60u));
}

TEST(ChangePoints, MustPersist) {
  const Values values = stretches({{100, 100}, {3, 110}});
  EXPECT_THAT(places(Values(values.begin(), values.end() - 2)), IsEmpty());
  EXPECT_THAT(places(values), ElementsAre(100u));
}

TEST(ChangePoints, AreWithdrawnWhenTheLevelReturns) {
  EXPECT_THAT(places(stretches({{100, 100}, {3, 110}, {20, 100}})), IsEmpty());
}

TEST(ChangePoints, NeedAReference) {
  const Values values = stretches({{10, 100}, {30, 150}});
  EXPECT_THAT(places(Values(values.begin(), values.begin() + kPointsMin - 1)), IsEmpty());
  EXPECT_THAT(places(values), ElementsAre(10u));
  EXPECT_THAT(find_change_points({}), IsEmpty());
  EXPECT_THAT(find_change_points(Values{1}), IsEmpty());
}

// Nothing tells the first runner of a second class from a change, but that it leaves again.
TEST(ChangePoints, OfAYoungHistoryAreToldLaterWhenARunnerCouldExplainThem) {
  EXPECT_THAT(places(stretches({{20, 100}, {10, 110}})), IsEmpty());
  EXPECT_THAT(places(stretches({{20, 100}, {60, 110}})), ElementsAre(20u));
}

// Once told, it stays: also when the new level has come to have more points than the old one.
TEST(ChangePoints, OfAYoungHistoryStayToldWhenTooLargeForARunner) {
  for (const double factor : {1.3, 1 / 1.3}) {
    test::Noise noise(19);
    for (int trial = 0; trial < 10; ++trial) {
      Values values;
      for (int i = 0; i < 60; ++i) values.push_back((i < 14 ? 1 : factor) * (100 + noise.normal()));
      for (std::size_t points = 14 + 8; points <= values.size(); ++points)
        ASSERT_THAT(places(Values(values.begin(), values.begin() + static_cast<long>(points))),
                    ElementsAre(14u))
            << factor << " at " << points;
    }
  }
}

TEST(ChangePoints, AreToldOfAYoungHistoryWhenItHasTheNumberOfPointsThatIsSaid) {
  test::Noise noise(23);
  int told = 0;
  for (int trial = 0; trial < 60; ++trial) {
    const auto before = static_cast<std::size_t>(14 + trial % 30);
    Values values;
    append(values, before, 100, noise);
    append(values, kYoungPoints - before, 105, noise);
    told += places(values).size() == 1;
  }
  EXPECT_GE(told, 57);
}

TEST(ChangePoints, FindTheSmallestStepOfACounter) {
  Values values(60, 1'000'000);
  for (std::size_t i = 40; i < values.size(); ++i) ++values[i];
  const std::vector<ChangePoint> found = find_change_points(values);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].index, 40u);
  EXPECT_EQ(found[0].after - found[0].before, 1);
}

TEST(ChangePoints, AreNoneWhereACounterWavers) {
  test::Noise noise(3);
  Values values;
  for (int i = 0; i < 200; ++i) values.push_back(1'000 + (noise.uniform() < 0.2 ? 1 : 0));
  EXPECT_THAT(find_change_points(values), IsEmpty());
}

TEST(ChangePoints, AreNotTheClassesOfRunners) {
  test::Noise noise(11);
  for (int trial = 0; trial < 20; ++trial)
    EXPECT_THAT(places(test::history_with_step(test::HistoryShape::bimodal, 0, noise)), IsEmpty());
}

// Both classes become slower: what counts is not that a level is new, but that the old ones are
// gone.
TEST(ChangePoints, AreFoundUnderTheClassesOfRunners) {
  Values values;
  test::Noise noise(5);
  for (int i = 0; i < 200; ++i) {
    const double runner = i / 7 % 2 == 0 ? 98 : 102;
    values.push_back(runner * (i < 120 ? 1 : 1.05) + 0.3 * noise.normal());
  }
  EXPECT_THAT(places(values), ElementsAre(120u));
}

TEST(ChangePoints, AreBendsOfADriftAndNotTheDrift) {
  test::Noise noise(9);
  Values straight, bent;
  for (int i = 0; i < 200; ++i) {
    straight.push_back(i + noise.normal());
    bent.push_back(std::max(0, i - 120) + noise.normal());
  }
  EXPECT_THAT(places(straight), IsEmpty());
  const std::vector<ChangePoint> found = find_change_points(bent);
  ASSERT_FALSE(found.empty());
  EXPECT_THAT(static_cast<double>(found[0].index), DoubleNear(120, 5));
}

TEST(ChangePoints, DoNotDependOnUnitAndOrigin) {
  const Values values = stretches({{50, 100}, {40, 104}, {60, 95}});
  const std::vector<ChangePoint> found = find_change_points(values);
  ASSERT_THAT(found, SizeIs(2));
  for (const auto& [unit, origin] : {std::pair(1e6, 0.0), {1e-9, 0.0}, {8.0, -5000.0}}) {
    Values other = values;
    for (double& value : other) value = value * unit + origin;
    const std::vector<ChangePoint> same = find_change_points(other);
    ASSERT_THAT(same, SizeIs(found.size())) << unit;
    for (std::size_t i = 0; i < same.size(); ++i) {
      EXPECT_EQ(same[i].index, found[i].index);
      EXPECT_NEAR((same[i].after - origin) / unit, found[i].after, 1e-9 * found[i].after);
      EXPECT_NEAR(same[i].confidence, found[i].confidence, 1e-9);
    }
  }
}

TEST(ChangePoints, MirrorWithTheSign) {
  const Values values = stretches({{50, 100}, {40, 104}, {60, 95}});
  Values mirrored = values;
  for (double& value : mirrored) value = -value;
  const std::vector<ChangePoint> found = find_change_points(values);
  const std::vector<ChangePoint> other = find_change_points(mirrored);
  ASSERT_THAT(other, SizeIs(found.size()));
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(other[i].index, found[i].index);
    EXPECT_EQ(other[i].before, -found[i].before);
    EXPECT_EQ(other[i].after, -found[i].after);
  }
}

TEST(ChangePoints, AreTheSameBackwards) {
  const Values values = stretches({{50, 100}, {40, 110}, {60, 95}});
  EXPECT_THAT(places(Values(values.rbegin(), values.rend())), ElementsAre(60u, 100u));
}

TEST(ChangePoints, SurviveNumbersAtTheEdgeOfTheRange) {
  for (const double unit : {1e-320, 1e-300, 1e150, 1e300}) {
    Values values = stretches({{50, 1}, {50, -1}});
    for (double& value : values) value *= unit;
    for (const ChangePoint& change : find_change_points(values)) {
      EXPECT_TRUE(std::isfinite(change.before) && std::isfinite(change.after)) << unit;
      EXPECT_TRUE(change.confidence >= 0 && change.confidence <= 1) << unit;
    }
  }
}

// Far more points than the window holds, with steps at all places relative to it.
TEST(ChangeDetector, TellsOfALongHistoryWhatItToldOfTheParts) {
  test::Noise noise(13);
  ChangeDetector detector;
  Values values;
  std::vector<std::size_t> steps;
  for (int i = 0; i < 12; ++i) {
    append(values, 150 + 17 * static_cast<std::size_t>(i), i % 2 == 0 ? 100 : 108, noise);
    steps.push_back(values.size());
  }
  steps.pop_back();
  std::vector<std::size_t> found;
  for (const double value : values) detector.add(value);
  for (const ChangePoint& change : detector.change_points()) found.push_back(change.index);
  EXPECT_THAT(found, ::testing::Pointwise(::testing::Truly([](const auto& pair) {
                                            return std::get<0>(pair) + 1 >= std::get<1>(pair) &&
                                                   std::get<0>(pair) <= std::get<1>(pair) + 1;
                                          }),
                                          steps));
  EXPECT_EQ(detector.change_points(), find_change_points(values));
}

TEST(ChangeDetector, NeverTakesBackWhatIsOld) {
  constexpr std::size_t kWindow = 512;
  test::Noise noise(17);
  Values values;
  for (int i = 0; i < 20; ++i) append(values, 90, noise.coin() ? 100 : 104, noise);
  ChangeDetector detector;
  std::vector<ChangePoint> old;
  for (std::size_t i = 0; i < values.size(); ++i) {
    detector.add(values[i]);
    if (i % 10 != 0) continue;
    std::vector<ChangePoint> now = detector.change_points();
    ASSERT_GE(now.size(), old.size()) << i;
    now.erase(std::remove_if(now.begin(), now.end(),
                             [&](const ChangePoint& c) { return c.index + kWindow > i; }),
              now.end());
    ASSERT_TRUE(std::equal(old.begin(), old.end(), now.begin())) << i;
    old = now;
  }
  EXPECT_GE(old.size(), 5u);
}

}  // namespace
}  // namespace melisai::stats
