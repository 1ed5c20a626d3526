// Values that are not paired, as `compare` finds them in result files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "tests/unit/gate/fake_suite.h"

namespace melisai::gate {
namespace {

using ::testing::HasSubstr;
using Values = std::vector<double>;

Metric instructions() { return {"instructions", "count", Better::lower, Tier::exact}; }
Metric allocated() { return {"allocated_bytes", "B", Better::lower, Tier::near_exact}; }
Metric rate() { return {"throughput", "1/s", Better::higher, Tier::time}; }

SampledSeries series(const Metric& metric, Values base, Values head,
                     const std::string& name = "app") {
  return {.id = {name, metric.name},
          .metric = metric,
          .base = std::move(base),
          .head = std::move(head),
          .defect = ""};
}

BenchmarkResult judged(const Metric& metric, Values base, Values head,
                       std::optional<double> noise_floor = {}) {
  return judge_samples({series(metric, std::move(base), std::move(head))}, {}, noise_floor).front();
}

Values around(double mean, std::size_t count, test::Noise& noise, double spread = 0.01) {
  Values values(count);
  for (double& value : values) value = mean * std::exp(spread * noise.normal());
  return values;
}

TEST(JudgeSamples, AHundredAndTwentyMetricsAreRarelyRedWithoutReason) {
  constexpr int kSuites = 400;
  test::Noise noise(11);
  int red = 0;
  for (int i = 0; i < kSuites; ++i) {
    std::vector<SampledSeries> suite;
    for (int k = 0; k < 40; ++k)
      for (const Metric& metric : {test::wall_time(), allocated(), rate()})
        suite.push_back(series(metric, around(1e6, 10, noise, 0.05), around(1e6, 10, noise, 0.05),
                               "b" + std::to_string(k)));
    Report report;
    report.benchmarks = judge_samples(suite, {}, {});
    conclude(report);
    red += report.verdict == Verdict::regression;
  }
  EXPECT_LE(red, test::most_expected(kSuites, 0.01));
}

TEST(JudgeSamples, FindWhatIsSlowerAndSayWhatIsNot) {
  test::Noise noise(5);
  const Values base = around(1e6, 10, noise);
  const BenchmarkResult slow = judged(test::wall_time(), base, around(1.1e6, 10, noise));
  EXPECT_EQ(slow.decision, Decision::regressed);
  EXPECT_TRUE(slow.confirmed && slow.gating);
  EXPECT_NEAR(*slow.effect, 0.1, 0.02);
  EXPECT_EQ(slow.base->values, 10);
  EXPECT_EQ(judged(test::wall_time(), base, around(1e6, 10, noise)).decision, Decision::clear);
  EXPECT_EQ(judged(test::wall_time(), base, around(0.8e6, 9, noise)).decision, Decision::improved);
  EXPECT_EQ(judged(rate(), base, around(0.9e6, 10, noise)).decision, Decision::regressed);
  EXPECT_EQ(judged(rate(), base, around(1.2e6, 10, noise)).decision, Decision::improved);
}

TEST(JudgeSamples, OneValueASideSaysNothingUnlessItIsExact) {
  const BenchmarkResult open = judged(test::wall_time(), {100}, {200});
  EXPECT_EQ(open.decision, Decision::inconclusive);
  EXPECT_THAT(open.note, HasSubstr("--noise-floor"));
  EXPECT_NEAR(*open.effect, 1.0, 1e-9);
  EXPECT_EQ(judged(allocated(), {1e9}, {2e9}).decision, Decision::inconclusive);
  EXPECT_EQ(judged(instructions(), {1e6}, {1.02e6}).decision, Decision::regressed);
  EXPECT_EQ(judged(instructions(), {1e6}, {1.005e6}).decision, Decision::clear);
  EXPECT_EQ(judged(instructions(), {1e6}, {0.9e6}).decision, Decision::improved);
}

TEST(JudgeSamples, FewValuesAreToldHowManyItTakes) {
  const BenchmarkResult open =
      judged(test::wall_time(), {100, 101, 102, 103}, {120, 121, 122, 123});
  EXPECT_EQ(open.decision, Decision::inconclusive);
  EXPECT_EQ(open.note, "4 and 4 values: a verdict takes 5 on each side");
  EXPECT_EQ(
      judged(test::wall_time(), {100, 101, 102, 103, 104}, {120, 121, 122, 123, 124}).decision,
      Decision::regressed);
}

TEST(JudgeSamples, NothingWithinTheNoiseFloorCounts) {
  constexpr double kFloor = 0.02;
  EXPECT_EQ(judged(test::wall_time(), {100}, {110}, kFloor).decision, Decision::regressed);
  EXPECT_EQ(judged(test::wall_time(), {100}, {101}, kFloor).decision, Decision::clear);
  const BenchmarkResult open = judged(test::wall_time(), {100}, {104.5}, 0.05);
  EXPECT_EQ(open.decision, Decision::inconclusive);
  EXPECT_THAT(open.note, HasSubstr("noise floor of 5 %"));
  // Repetitions that agree to the last digit are still of one run.
  const Values base(20, 100), head(20, 104.5);
  EXPECT_EQ(judged(test::wall_time(), base, head, 0.05).decision, Decision::inconclusive);
  EXPECT_EQ(judged(instructions(), {1e6}, {1.02e6}, 0.05).decision, Decision::regressed);
}

TEST(JudgeSamples, AChangeFromZeroHasNoPercentage) {
  const Metric allocations{"allocations", "count", Better::lower, Tier::exact};
  const BenchmarkResult result = judged(allocations, {0}, {12});
  EXPECT_EQ(result.decision, Decision::regressed);
  EXPECT_TRUE(result.from_zero);
  EXPECT_FALSE(result.effect);
  const Metric bytes{"allocated_bytes", "B", Better::lower, Tier::exact};
  EXPECT_EQ(judged(bytes, {0}, {4}).decision, Decision::clear);
  EXPECT_EQ(judged(allocations, {0}, {0}).decision, Decision::clear);
}

TEST(JudgeSamples, OneMoreAllocationOfAFewCounts) {
  const Metric allocations{"allocations", "count", Better::lower, Tier::exact};
  EXPECT_EQ(judged(allocations, {2}, {3}).decision, Decision::regressed);
  EXPECT_EQ(judged(allocations, Values(6, 2), Values(6, 3)).decision, Decision::regressed);
  EXPECT_EQ(judged(allocations, {1'000}, {1'001}).decision, Decision::clear);
}

TEST(JudgeSamples, ShowWhatHasNoDirection) {
  const BenchmarkResult moved = judged(test::wait_share(), Values(10, 1), Values(10, 2));
  EXPECT_EQ(moved.decision, Decision::inconclusive);
  EXPECT_EQ(moved.level, Level::off);
  EXPECT_EQ(moved.note, "direction unknown: shown, not judged");
  EXPECT_EQ(judged(test::wait_share(), Values(10, 1), Values(10, 1)).decision, Decision::clear);
}

TEST(JudgeSamples, TellWhatIsOnOneSideOrCannotBeCompared) {
  SampledSeries units = series(test::wall_time(), {1}, {2}, "units");
  units.defect = "base and head report different units or directions";
  const auto results = judge_samples(
      {series(test::wall_time(), {}, {7, 8, 9}, "new"), series(test::wall_time(), {7}, {}, "old"),
       units,
       series(test::wall_time(), {1, std::numeric_limits<double>::infinity()}, {2}, "endless"),
       series(test::wall_time(), {0, 0}, {0}, "nothing")},
      {}, {});
  EXPECT_EQ(results[0].decision, Decision::added);
  EXPECT_EQ(results[0].head->median, 8);
  EXPECT_FALSE(results[0].gating || results[0].base);
  EXPECT_EQ(results[1].decision, Decision::removed);
  for (std::size_t i = 2; i < results.size(); ++i) {
    EXPECT_EQ(results[i].decision, Decision::failed) << i;
    EXPECT_TRUE(results[i].gating) << i;
  }
  EXPECT_EQ(results[2].note, units.defect);
  EXPECT_EQ(results[3].note, "base holds a value that is not a finite number");
  EXPECT_THAT(results[4].note, HasSubstr("measured 0 ns"));
}

TEST(JudgeSamples, ATimeInStepsAboveTheThresholdIsNotClear) {
  const Values ticks = {10, 10, 10, 10, 11, 10, 10, 10};
  const BenchmarkResult result = judged(test::wall_time(), ticks, ticks);
  EXPECT_EQ(result.decision, Decision::inconclusive);
  EXPECT_THAT(result.note, HasSubstr("too coarse"));
}

TEST(JudgeSamples, GateOneOfWallAndCpuTime) {
  test::Noise noise(3);
  const auto both = [&](double share) {
    return judge_samples(
        {series(test::wall_time(), around(1e6, 10, noise), around(1e6, 10, noise)),
         series(test::cpu_time(), around(share * 1e6, 10, noise), around(share * 1e6, 10, noise))},
        {}, {});
  };
  const auto busy = both(1.0), waiting = both(0.5);
  EXPECT_FALSE(busy[0].gating);
  EXPECT_TRUE(busy[1].gating);
  EXPECT_TRUE(waiting[0].gating);
  EXPECT_FALSE(waiting[1].gating);
}

TEST(JudgeSamples, OnlyWhatGatesSharesTheFalseAlarms) {
  // Five values a side reach the level of one series, not a 21st of it.
  const auto suite = [](int gating) {
    std::vector<SampledSeries> all{series(test::wall_time(), {1, 2, 3, 4, 5}, {6, 7, 8, 9, 10})};
    for (int i = 0; i < 20; ++i)
      all.push_back(series(i < gating ? rate() : test::throughput(), {1}, {1}, std::to_string(i)));
    return judge_samples(all, {}, {}).front().decision;
  };
  EXPECT_EQ(suite(0), Decision::regressed);
  EXPECT_EQ(suite(20), Decision::inconclusive);
}

}  // namespace
}  // namespace melisai::gate
