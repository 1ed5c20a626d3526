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

using Runs = std::vector<double>;

constexpr double kWork = 115'607'305;

Counts instructions(std::vector<double> base, std::vector<double> head) {
  return {.id = {"app", "instructions"},
          .metric = {"instructions", "count", Better::lower, Tier::exact},
          .base = std::move(base),
          .head = std::move(head)};
}

constexpr int kAlone = 1;       // of a suite
constexpr int kOneCommand = 6;  // series that gate of one command, with its instructions

Policy fine() { return {.threshold = 0.0025}; }

/// Runs until nobody needs more, as the counter does.
BenchmarkResult counted(const Policy& policy, const std::function<double()>& base,
                        const std::function<double()>& head, int suite = kOneCommand) {
  Counts counts = instructions({}, {});
  while (needs_another_run(counts, policy, suite)) {
    counts.base.push_back(base());
    counts.head.push_back(head());
  }
  return judge_counts(counts, policy, suite);
}

TEST(Counts, AnIncreaseOfHalfAPercentIsCalledOnceChanceIsRuledOut) {
  const BenchmarkResult judged = counted(
      fine(), [] { return kWork; }, [] { return kWork * 1.005; });
  EXPECT_EQ(judged.decision, Decision::regressed);
  EXPECT_TRUE(judged.confirmed);
  EXPECT_TRUE(judged.gating);
  EXPECT_EQ(judged.base->values, 5) << "4^-5 is within a sixth of one per cent";
  EXPECT_EQ(judged.head->values, 5);
  EXPECT_EQ(judged.pairs, 0);
  EXPECT_NEAR(*judged.effect, 0.005, 1e-9);
  EXPECT_NEAR(*judged.effect_low, 0.005, 1e-9);
  EXPECT_DOUBLE_EQ(judged.threshold, 0.0025);
}

TEST(Counts, WhatDrawsNothingIsCalledAfterThree) {
  Counts counts = instructions({}, {});
  counts.without_chance = true;
  while (needs_another_run(counts, fine(), kOneCommand)) {
    counts.base.push_back(kWork);
    counts.head.push_back(kWork * 1.005);
  }
  const BenchmarkResult judged = judge_counts(counts, fine(), kOneCommand);
  EXPECT_EQ(judged.decision, Decision::regressed);
  EXPECT_EQ(judged.base->values, 3);
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
    return judge_counts(instructions(Runs(4, 1000), Runs(4, 1008)), policy, kAlone).decision;
  };
  EXPECT_EQ(judged({}), Decision::clear);
  EXPECT_EQ(judged(fine()), Decision::regressed);
  EXPECT_EQ(judged({.rules = {{.metric = "instructions", .threshold = 0.005}}}),
            Decision::regressed);
}

TEST(Counts, RunsThatDisagreeAreNeverRed) {
  const Counts counts = instructions({1000, 1020}, {2000, 2001});
  EXPECT_FALSE(needs_another_run(counts, {}, kAlone)) << "more would not help";
  const BenchmarkResult judged = judge_counts(counts, {}, kAlone);
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
  EXPECT_TRUE(judge_counts(counts, {}, kAlone).gating);
  counts.base = counts.head = {};
  counts.problem = "valgrind is not installed";
  const BenchmarkResult judged = judge_counts(counts, {}, kAlone);
  EXPECT_EQ(judged.decision, Decision::inconclusive);
  EXPECT_TRUE(judged.gating);
  EXPECT_EQ(judged.note, "valgrind is not installed");
  EXPECT_FALSE(needs_another_run(counts, {}, kAlone));
}

TEST(Counts, WhatGrewAndWasNotSeenOftenEnoughIsNotDecided) {
  Counts counts = instructions(Runs(4, 1000), Runs(4, 1100));
  EXPECT_FALSE(needs_another_run(counts, {}, kAlone));
  EXPECT_EQ(judge_counts(counts, {}, kAlone).decision, Decision::regressed);
  EXPECT_TRUE(needs_another_run(counts, {}, kOneCommand)) << "each has a part of the false alarms";
  counts.problem = "gate.exact.budget was spent";
  const BenchmarkResult judged = judge_counts(counts, {}, kOneCommand);
  EXPECT_EQ(judged.decision, Decision::inconclusive);
  EXPECT_TRUE(judged.gating) << "a slowdown may hide there";
  EXPECT_EQ(judged.note, counts.problem);
}

TEST(Counts, ToleranceIsAQuarterOfTheThresholdAtMost) {
  const Counts counts = instructions({100'000, 100'080}, {100'400, 100'400});
  EXPECT_TRUE(needs_another_run(counts, {.threshold = 0.004}, kAlone));
  EXPECT_EQ(judge_counts(counts, {.threshold = 0.003}, kAlone).level, Level::off);
  Policy wide;
  wide.exact.tolerance = 0.0005;
  EXPECT_EQ(judge_counts(counts, wide, kAlone).level, Level::off);
}

TEST(Counts, RulesSayWhatTheyMean) {
  const SeriesId id{"app", "instructions"};
  EXPECT_TRUE(is_worth_counting(id, {}));
  const Policy off{.rules = {{.metric = "instructions", .level = Level::off}}};
  EXPECT_FALSE(is_worth_counting(id, off));
  const Policy warn{.rules = {{.level = Level::warn}}};
  EXPECT_TRUE(is_worth_counting(id, warn));
  const BenchmarkResult judged = judge_counts(instructions(Runs(4, 10), Runs(4, 20)), warn, kAlone);
  EXPECT_EQ(judged.decision, Decision::regressed);
  EXPECT_FALSE(judged.gating);
  EXPECT_EQ(judged.level, Level::warn);
}

TEST(Counts, OfAllocationsAreShown) {
  Counts counts = instructions(Runs(4, 100), Runs(4, 104));
  counts.id.metric = counts.metric.name = "allocations";
  constexpr int kHundred = 100;
  EXPECT_EQ(judge_counts(counts, {}, kHundred).level, Level::off);
  EXPECT_EQ(judge_counts(counts, {}, kHundred).decision, Decision::clear) << "fewer than five more";
  counts.head = Runs(4, 105);
  EXPECT_EQ(judge_counts(counts, {}, kHundred).decision, Decision::regressed)
      << "what is shown shares no false alarms";
}

TEST(Counts, OfNothingAreNoNumbers) {
  EXPECT_FALSE(judge_counts(instructions({}, {}), {}, kAlone).base);
  const Counts odd = instructions({1000, std::nan("")}, {1000, 1000});
  EXPECT_FALSE(needs_another_run(odd, {}, kAlone));
  EXPECT_EQ(judge_counts(odd, {}, kAlone).decision, Decision::inconclusive);
  EXPECT_FALSE(judge_counts(odd, {}, kAlone).base);
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

TEST(Counts, MoreRunsAreForWhatGrewAlone) {
  const Policy strict{.false_alarm = 0.0001};
  constexpr int kLarge = 1000;
  EXPECT_FALSE(needs_another_run(instructions(Runs(2, 1000), Runs(2, 1000)), strict, kLarge));
  EXPECT_FALSE(needs_another_run(instructions(Runs(3, 1000), Runs(3, 900)), strict, kLarge));
  EXPECT_TRUE(needs_another_run(instructions(Runs(11, 1000), Runs(11, 1100)), strict, kLarge));
  EXPECT_FALSE(needs_another_run(instructions(Runs(12, 1000), Runs(12, 1100)), strict, kLarge));
  Policy patient;
  patient.exact.runs = 7;
  EXPECT_TRUE(needs_another_run(instructions(Runs(6, 1000), Runs(6, 1100)), patient, kAlone));
}

/// A program that draws its work: `shares` of each of several amounts, all of them apart.
double drawn(const Runs& shares, std::mt19937_64& random) {
  std::discrete_distribution<int> amount(shares.begin(), shares.end());
  return kWork * (1 + 0.02 * amount(random));
}

/// Of so many suites of programs that draw their work, on both sides alike, those with a red one.
int red_suites(int suites, int programs, const std::function<Runs()>& shares,
               std::mt19937_64& random) {
  int red = 0;
  for (int i = 0; i < suites; ++i) {
    bool is_red = false;
    for (int k = 0; k < programs && !is_red; ++k) {
      const Runs of_program = shares();
      const auto run = [&] { return drawn(of_program, random); };
      is_red = counted(fine(), run, run, programs).decision == Decision::regressed;
    }
    red += is_red ? 1 : 0;
  }
  return red;
}

// Equal coins are the worst of all that a program may draw: 4^-n.
TEST(Counts, OfProgramsThatTossACoinOnePercentOfSuitesAreRedAtMost) {
  std::mt19937_64 random(1);
  constexpr int kSuites = 10'000;
  constexpr int kMost = 100 + 30;  // three standard deviations of what was promised
  for (const int programs : {1, 2, 10}) {
    const auto coin = [] { return Runs{0.5, 0.5}; };
    EXPECT_LE(red_suites(kSuites, programs, coin, random), kMost) << programs;
  }
}

TEST(Counts, OfProgramsThatDrawOneOfManyAmountsFewerAreRed) {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> share(0, 1);
  constexpr int kSuites = 10'000;
  for (std::size_t amounts = 2; amounts <= 8; ++amounts) {
    const auto any = [&] {
      Runs shares(amounts);
      for (double& each : shares) each = share(random);
      return shares;
    };
    EXPECT_LE(red_suites(kSuites, 2, any, random), 100) << amounts;
  }
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
