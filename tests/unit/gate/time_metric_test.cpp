#include "core/gate/time_metric.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "tests/unit/gate/fake_suite.h"

namespace melisai::gate {
namespace {

using test::put;
using test::StartedGate;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// What one run of "app" measured, in ms; nothing where it does not report the metric.
struct Run {
  std::optional<double> wall;
  std::optional<double> cpu;
  std::optional<double> delay = std::nullopt;
  std::optional<double> stolen = std::nullopt;
};

Observation observed(const Run& run) {
  Observation half;
  const auto put = [&](const Metric& metric, const std::optional<double>& value) {
    if (value) half.values[{"app", metric.name}] = {metric, *value * 1e6};
  };
  put(test::wall_time(), run.wall);
  put(test::cpu_time(), run.cpu);
  put({"run_delay", "ns", Better::lower, Tier::explain}, run.delay);
  put({"steal_time", "ns", Better::lower, Tier::explain}, run.stolen);
  return half;
}

Pair warm_up(const Run& base, const Run& head) {
  return {.base = observed(base), .head = observed(head)};
}

/// A further warm-up, of which both sides measured the same.
Pair one_more(int index, const Run& run) {
  Pair pair = warm_up(run, run);
  pair.index = index;
  return pair;
}

TimeChoice choice_of(const std::vector<Pair>& warm_ups) {
  return choose_time_metric(warm_ups, "app");
}

struct TimeCase {
  const char* name;
  Run base;
  Run head;
  const char* metric;
  const char* why;
};

class TimeMetric : public testing::TestWithParam<TimeCase> {};

TEST_P(TimeMetric, IsChosenByTheWarmUp) {
  const TimeChoice choice = choice_of({warm_up(GetParam().base, GetParam().head)});
  EXPECT_EQ(choice.metric, GetParam().metric);
  EXPECT_THAT(choice.why, HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(
    Ratios, TimeMetric,
    testing::Values(
        TimeCase{
            "OneBusyThread", {100, 99}, {100, 105}, "cpu_time", "99 % (base) and 105 % (head)"},
        TimeCase{"WaitsOnBase", {100, 95}, {100, 99}, "wall_time", "waits"},
        TimeCase{"WaitsOnHead", {100, 99}, {100, 20}, "wall_time", "waits"},
        TimeCase{"ParallelOnBase", {100, 106}, {100, 99}, "wall_time", "in parallel"},
        TimeCase{"ParallelOnHead", {100, 99}, {100, 380}, "wall_time", "in parallel"},
        TimeCase{"QueuesBehindOthers", {200, 99, 100}, {150, 99, 50}, "cpu_time", "queueing"},
        TimeCase{"QueuesAndWaits", {200, 60, 100}, {150, 60, 50}, "wall_time", "waits"},
        TimeCase{"LosesTimeToTheHypervisor",
                 {1000, 900, 0, 110},
                 {1000, 990, 0, 10},
                 "cpu_time",
                 "without stolen time"},
        TimeCase{"LosesAndQueues",
                 {2000, 900, 1000, 210},
                 {2000, 900, 1000, 210},
                 "cpu_time",
                 "without queueing and stolen time"},
        TimeCase{"LosesAndWaits", {1000, 500, 0, 210}, {1000, 500, 0, 210}, "wall_time", "waits"},
        TimeCase{"OnlyWall", {100, {}}, {100, 99}, "wall_time", "only time metric"},
        TimeCase{"OnlyCpu", {100, 99}, {{}, 99}, "cpu_time", "only time metric"},
        TimeCase{"ZeroWall", {0, 99}, {100, 99}, "wall_time", "no wall time"},
        TimeCase{"None", {100, {}}, {{}, 99}, "", ""}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(TimeMetricNoise, OneTickOfStolenTimeExcusesNothing) {
  EXPECT_EQ(choice_of({warm_up({50, 42, 0, 10}, {50, 42, 0, 10})}).metric, "wall_time")
      << "two readings of a counter may differ by a tick without any theft";
}

TEST(TimeMetricNoise, WhatWasStolenFromOthersIsNotSubtractedTwice) {
  // Half of the theft fell on the other program, and is in the delay: the rest of 100 ms was
  // waited.
  EXPECT_EQ(choice_of({warm_up({1000, 400, 400, 210}, {1000, 400, 400, 210})}).metric, "wall_time");
}

TEST(TimeMetricNoise, StolenTimeNeverMakesAProgramParallel) {
  EXPECT_THAT(choice_of({warm_up({100, 90, 0, 500}, {100, 90, 0, 500})}).why,
              HasSubstr("100 % (base) and 100 % (head)"));
}

TEST(TimeMetricNoise, OfEachSideTheLeastDisturbedReadingCounts) {
  const TimeChoice choice = choice_of({warm_up({100, 90}, {100, 99}), one_more(-1, {100, 97})});
  EXPECT_EQ(choice.metric, "cpu_time");
  EXPECT_THAT(choice.why,
              HasSubstr("97 % (base) and 99 % (head) of wall time, the most of 2 warm-up pairs"));
}

TEST(TimeMetricNoise, OnePairIsNotCounted) {
  EXPECT_THAT(choice_of({warm_up({100, 99}, {100, 99})}).why, Not(HasSubstr("pairs")));
}

TEST(TimeMetricCertainty, EndsWhereNoiseCouldHaveTurnedTheChoice) {
  const auto certain = [](double base, double head) {
    return choice_of({warm_up({100, base}, {100, head})}).is_certain;
  };
  EXPECT_TRUE(certain(99, 100));
  EXPECT_TRUE(certain(96, 102));
  EXPECT_FALSE(certain(99, 103)) << "may be parallel, disturbed by noise";
  EXPECT_FALSE(certain(95, 99));
  EXPECT_FALSE(certain(99, 81));
  EXPECT_TRUE(certain(79, 90)) << "one side that waits is enough";
  EXPECT_TRUE(certain(90, 106));
}

TEST(UncertainBenchmarks, AreThoseThatOneMorePairMayDecide) {
  Pair first = warm_up({100, 90}, {100, 99});
  put(first, "other", test::wall_time(), {100, 100});
  put(first, "other", test::cpu_time(), {99, 99});
  EXPECT_THAT(uncertain_benchmarks(std::vector{first}), ElementsAre("app"));
  EXPECT_THAT(uncertain_benchmarks(std::vector{first, one_more(-1, {100, 99})}), IsEmpty());
}

TEST(GateWarmUps, FurtherOnesOfAProcessChooseItsTimeOnly) {
  const Pair borderline = warm_up({100, 90}, {100, 90});
  const StartedGate alone({borderline});
  const StartedGate helped({borderline, one_more(-1, {100, 99})});
  EXPECT_EQ(alone.results().front().metric.name, "wall_time");
  ASSERT_EQ(helped.results().size(), alone.results().size()) << "still one process";
  EXPECT_EQ(helped.results().front().metric.name, "cpu_time");
  EXPECT_EQ(helped.results().front().pairs, 0) << "warm-ups are never judged";
}

TEST(GateWarmUps, AFailureInAFurtherOneFailsTheBenchmark) {
  Pair broken;
  broken.index = -1;
  broken.head.failed["app"] = "head: exit code 3";
  const StartedGate gate({warm_up({100, 90}, {100, 90}), broken});
  EXPECT_EQ(gate.results().front().decision, Decision::failed);
  EXPECT_THAT(gate.results().front().note, HasSubstr("exit code 3"));
}

TEST(GateWarmUps, StolenTimeIsShownAndNeverGates) {
  const StartedGate gate({warm_up({100, 99, 0, 0}, {100, 99, 0, 0})});
  for (const BenchmarkResult& result : gate.results())
    if (result.metric.name == "steal_time") {
      EXPECT_FALSE(result.gating);
      return;
    }
  FAIL() << "steal_time is not shown";
}

}  // namespace
}  // namespace melisai::gate
