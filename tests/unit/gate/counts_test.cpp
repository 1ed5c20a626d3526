// Counts of runs apart from the pairs: when they say something, and what.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "core/gate/gate.h"
#include "core/stats/paired_test.h"

namespace melisai::gate {
namespace counts_test {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr double kWork = 115'607'305;

Counts instructions(std::vector<double> base, std::vector<double> head) {
  return {.id = {"app", "instructions"},
          .metric = {"instructions", "count", Better::lower, Tier::exact},
          .base = std::move(base),
          .head = std::move(head)};
}

Policy fine() { return {.threshold = 0.0025}; }

/// Runs until nobody needs more, as the counter does.
BenchmarkResult counted(const Policy& policy, const std::function<double()>& base,
                        const std::function<double()>& head) {
  Counts counts = instructions({}, {});
  while (needs_another_run(counts, policy)) {
    counts.base.push_back(base());
    counts.head.push_back(head());
  }
  return judge_counts(counts, policy);
}

TEST(Counts, AnIncreaseOfHalfAPercentIsCalledAfterThreeRuns) {
  const BenchmarkResult judged = counted(
      fine(), [] { return kWork; }, [] { return kWork * 1.005; });
  EXPECT_EQ(judged.decision, Decision::regressed);
  EXPECT_TRUE(judged.confirmed);
  EXPECT_TRUE(judged.gating);
  EXPECT_EQ(judged.base->values, 3);
  EXPECT_EQ(judged.head->values, 3);
  EXPECT_EQ(judged.pairs, 0);
  EXPECT_NEAR(*judged.effect, 0.005, 1e-9);
  EXPECT_NEAR(*judged.effect_low, 0.005, 1e-9);
  EXPECT_DOUBLE_EQ(judged.threshold, 0.0025);
}

TEST(Counts, EqualWorkIsClearAfterTwo) {
  const auto same = [] { return kWork; };
  const BenchmarkResult judged = counted(fine(), same, same);
  EXPECT_EQ(judged.decision, Decision::clear);
  EXPECT_EQ(judged.base->values, 2);
  EXPECT_DOUBLE_EQ(*judged.effect, 0);
}

TEST(Counts, LessWorkIsImprovedOnceItWasSeenThreeTimes) {
  const BenchmarkResult judged = counted(
      fine(), [] { return kWork; }, [] { return kWork * 0.9; });
  EXPECT_EQ(judged.decision, Decision::improved);
  EXPECT_EQ(judged.base->values, 3);
  EXPECT_NEAR(*judged.effect, -0.1, 1e-9);
}

TEST(Counts, ThresholdIsOnePercentUnlessSomebodySaysElse) {
  const auto judged = [](const Policy& policy) {
    return judge_counts(instructions({1000, 1000, 1000}, {1008, 1008, 1008}), policy).decision;
  };
  EXPECT_EQ(judged({}), Decision::clear);
  EXPECT_EQ(judged(fine()), Decision::regressed);
  EXPECT_EQ(judged({.rules = {{.metric = "instructions", .threshold = 0.005}}}),
            Decision::regressed);
}

TEST(Counts, RunsThatDisagreeAreNeverRed) {
  const Counts counts = instructions({1000, 1020}, {2000, 2001});
  EXPECT_FALSE(needs_another_run(counts, {})) << "more would not help";
  const BenchmarkResult judged = judge_counts(counts, {});
  EXPECT_EQ(judged.decision, Decision::inconclusive);
  EXPECT_EQ(judged.level, Level::off) << "nobody asked for it, so the verdict stands without it";
  EXPECT_FALSE(judged.gating);
  EXPECT_FALSE(judged.effect);
  EXPECT_EQ(judged.base->values, 2);
  EXPECT_THAT(judged.note, AllOf(HasSubstr("two runs of base"), HasSubstr("differ by 2 %"),
                                 HasSubstr("depends on time or randomness")));
}

TEST(Counts, WhoAsksForThemIsToldThatTheyAreNotDecided) {
  Counts counts = instructions({1000, 1020}, {1000, 1000});
  counts.required = true;
  EXPECT_TRUE(judge_counts(counts, {}).gating);
  counts.base = counts.head = {};
  counts.problem = "valgrind is not installed";
  const BenchmarkResult judged = judge_counts(counts, {});
  EXPECT_EQ(judged.decision, Decision::inconclusive);
  EXPECT_TRUE(judged.gating);
  EXPECT_EQ(judged.note, "valgrind is not installed");
  EXPECT_FALSE(needs_another_run(counts, {}));
}

TEST(Counts, WhatGrewInTwoRunsAndHasNoThirdIsNotDecided) {
  Counts counts = instructions({1000, 1000}, {1100, 1100});
  EXPECT_TRUE(needs_another_run(counts, {}));
  counts.problem = "gate.exact.budget was spent";
  const BenchmarkResult judged = judge_counts(counts, {});
  EXPECT_EQ(judged.decision, Decision::inconclusive);
  EXPECT_TRUE(judged.gating) << "a slowdown may hide there";
  EXPECT_EQ(judged.note, counts.problem);
}

TEST(Counts, ToleranceIsAQuarterOfTheThresholdAtMost) {
  const Counts counts = instructions({100'000, 100'080}, {100'400, 100'400});
  EXPECT_TRUE(needs_another_run(counts, {.threshold = 0.004}));
  EXPECT_EQ(judge_counts(counts, {.threshold = 0.003}).level, Level::off);
  Policy wide;
  wide.exact.tolerance = 0.0005;
  EXPECT_EQ(judge_counts(counts, wide).level, Level::off);
}

TEST(Counts, RulesSayWhatTheyMean) {
  const SeriesId id{"app", "instructions"};
  EXPECT_TRUE(is_worth_counting(id, {}));
  const Policy off{.rules = {{.metric = "instructions", .level = Level::off}}};
  EXPECT_FALSE(is_worth_counting(id, off));
  const Policy warn{.rules = {{.level = Level::warn}}};
  EXPECT_TRUE(is_worth_counting(id, warn));
  const BenchmarkResult judged = judge_counts(instructions({10, 10, 10}, {20, 20, 20}), warn);
  EXPECT_EQ(judged.decision, Decision::regressed);
  EXPECT_FALSE(judged.gating);
  EXPECT_EQ(judged.level, Level::warn);
}

TEST(Counts, OfAllocationsAreShown) {
  Counts counts = instructions({100, 100, 100}, {104, 104, 104});
  counts.id.metric = counts.metric.name = "allocations";
  EXPECT_EQ(judge_counts(counts, {}).level, Level::off);
  EXPECT_EQ(judge_counts(counts, {}).decision, Decision::clear) << "fewer than five more";
  counts.head = {105, 105, 105};
  EXPECT_EQ(judge_counts(counts, {}).decision, Decision::regressed);
}

TEST(Counts, OfNothingAreNoNumbers) {
  EXPECT_FALSE(judge_counts(instructions({}, {}), {}).base);
  const Counts odd = instructions({1000, std::nan("")}, {1000, 1000});
  EXPECT_FALSE(needs_another_run(odd, {}));
  EXPECT_EQ(judge_counts(odd, {}).decision, Decision::inconclusive);
  EXPECT_FALSE(judge_counts(odd, {}).base);
}

TEST(Counts, ShareTheFalseAlarmsOfTheSuiteWhereTheySaySomething) {
  Pair warm_up;
  for (Observation* half : {&warm_up.base, &warm_up.head})
    for (const char* name : {"app", "other"})
      half->values[{name, "wall_time"}] = {{"wall_time", "ns", Better::lower, Tier::time}, 1e6};
  const auto suite = [&](std::vector<Counts> counts) {
    Gate gate({}, stats::make_paired_test());
    gate.take_counts(std::move(counts));
    gate.start(std::vector<Pair>{warm_up});
    return std::pair(gate.gating_series(), gate.results());
  };
  EXPECT_EQ(suite({}).first, 2);
  EXPECT_EQ(suite({instructions({10, 20}, {10, 10})}).first, 2) << "they disagree";
  Counts none = instructions({}, {});
  none.required = true;
  none.problem = "it forks";
  EXPECT_EQ(suite({none}).first, 2);
  const auto [gating, results] = suite({instructions({10, 10}, {10, 10})});
  EXPECT_EQ(gating, 3);
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[0].metric.name, "wall_time");
  EXPECT_EQ(results[1].metric.name, "instructions") << "beside its benchmark";
  EXPECT_EQ(results[1].decision, Decision::clear);
  EXPECT_EQ(results[2].name, "other");
}

// However wide the noise is: where it is narrow its runs agree, where it is wide they do not.
TEST(Counts, NoiseIsRedInFewerThanOneInAThousandSuites) {
  std::mt19937_64 random(1);
  constexpr int kRepeats = 10'000;
  for (const double spread : {0.00001, 0.0002, 0.0005, 0.0008, 0.0012, 0.002, 0.004, 0.01, 0.1}) {
    std::normal_distribution<double> noise(0, spread);
    int red = 0;
    for (int i = 0; i < kRepeats; ++i) {
      const auto run = [&] { return kWork * std::exp(noise(random)); };
      red += counted(fine(), run, run).decision == Decision::regressed;
    }
    EXPECT_LE(red, kRepeats / 1000) << spread;
  }
}

}  // namespace counts_test
}  // namespace melisai::gate
