// What cannot be compared: benchmarks that fail, vanish, exist on one side, or report nonsense.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/gate/gate.h"
#include "tests/unit/gate/fake_suite.h"

namespace melisai::gate {
namespace {

using test::one_pair;
using test::put;
using test::StartedGate;
using testing::ElementsAre;
using testing::IsEmpty;

Pair failing(const std::string& name, const std::string& note) {
  Pair pair;
  pair.head.failed[name] = note;
  return pair;
}

TEST(GateFailures, ABenchmarkOnOneSideIsNewOrRemoved) {
  Pair pair;
  pair.head.values[{"fresh", "wall_time"}] = {test::wall_time(), 7};
  pair.base.values[{"gone", "wall_time"}] = {test::wall_time(), 8};
  const StartedGate gate({pair});
  EXPECT_THAT(gate.open_benchmarks(), IsEmpty());
  const auto results = gate.results();
  EXPECT_EQ(results[0].decision, Decision::added);
  EXPECT_EQ(results[0].head, Side{7});
  EXPECT_EQ(results[0].base, std::nullopt);
  EXPECT_EQ(results[0].effect, std::nullopt);
  EXPECT_FALSE(results[0].gating);
  EXPECT_EQ(results[1].decision, Decision::removed);
  EXPECT_EQ(results[1].base, Side{8});
  EXPECT_EQ(results[1].head, std::nullopt);
}

TEST(GateFailures, ABenchmarkThatFailsInTheWarmUpIsReported) {
  Pair pair = failing("app", "head: exit code 3");
  pair.base.values[{"app", "wall_time"}] = {test::wall_time(), 8};
  const auto results = StartedGate({pair}).results();
  ASSERT_EQ(results.size(), 1);
  EXPECT_EQ(results[0].decision, Decision::failed);
  EXPECT_EQ(results[0].note, "head: exit code 3");
  EXPECT_TRUE(results[0].gating);
}

TEST(GateFailures, AFailureWithoutAnySeriesGetsAResultOfItsOwn) {
  const StartedGate gate({failing("app", "timed out")});
  const auto results = gate.results();
  ASSERT_EQ(results.size(), 1);
  EXPECT_EQ(results[0].name, "app");
  EXPECT_EQ(results[0].metric, test::wall_time());
  EXPECT_EQ(results[0].decision, Decision::failed);
  EXPECT_EQ(results[0].note, "head: timed out") << "the side is named once";
  EXPECT_TRUE(results[0].gating);
  EXPECT_THAT(gate.open_benchmarks(), IsEmpty());
}

TEST(GateFailures, AProcessThatFailsInTheWarmUpTakesItsBenchmarksWithIt) {
  Pair pair = one_pair("parse/BM_A", test::wall_time(), {1, 1});
  put(pair, "parse/BM_B", test::wall_time(), {1, 1});
  pair.base.failed["parse"] = "killed by SIGSEGV";
  const StartedGate gate({pair, one_pair("parser", test::wall_time(), {1, 1})});
  EXPECT_THAT(gate.open_benchmarks(), ElementsAre("parser")) << "a prefix is not a parent";
  EXPECT_EQ(gate.results()[0].note, "base: killed by SIGSEGV");
  EXPECT_EQ(gate.results()[1].decision, Decision::failed);
}

TEST(GateFailures, AFailureDuringMeasuringFailsWhatWasOpenOnly) {
  Pair pair = one_pair("p/slow", test::wall_time(), {100, 200});
  put(pair, "p/clear", test::wall_time(), {100, 100});
  StartedGate gate({pair});
  for (int i = 0; i < 4; ++i) gate.add(pair);
  ASSERT_THAT(gate.open_benchmarks(), ElementsAre("p/slow"));
  gate.add(failing("p", "exit code 1"));
  EXPECT_THAT(gate.open_benchmarks(), IsEmpty());
  EXPECT_EQ(gate.results()[0].decision, Decision::clear);
  EXPECT_EQ(gate.results()[1].decision, Decision::failed);
  EXPECT_EQ(gate.results()[1].pairs, 4);
}

TEST(GateFailures, AFailureDoesNotHideAConfirmedRegression) {
  Pair pair = one_pair("app", test::rchar(), {1'000, 2'000});
  StartedGate gate({pair});
  for (int i = 0; i < 8; ++i) gate.add(pair);
  gate.add(failing("app", "exit code 1"));
  EXPECT_EQ(gate.results()[0].decision, Decision::regressed);
}

TEST(GateFailures, AnUnknownBenchmarkThatFailsLaterIsReportedOnce) {
  const Pair known = one_pair("p/a", test::wall_time(), {100, 100});
  StartedGate gate({known});
  for (int i = 0; i < 2; ++i) {
    Pair pair = known;
    pair.head.failed["p/late"] = "error";
    gate.add(pair);
  }
  ASSERT_EQ(gate.results().size(), 2);
  EXPECT_EQ(gate.results()[1].decision, Decision::failed);
  EXPECT_THAT(gate.open_benchmarks(), ElementsAre("p/a"));
  EXPECT_EQ(gate.standing("p/a")->benchmarks, 2);
}

TEST(GateFailures, AnOpenSeriesThatVanishesHasFailed) {
  const Pair both = one_pair("app", test::wall_time(), {100, 100});
  for (const bool on_head : {true, false}) {
    StartedGate gate({both});
    Pair pair = both;
    (on_head ? pair.head : pair.base).values.clear();
    gate.add(pair);
    EXPECT_EQ(gate.results()[0].decision, Decision::failed);
    EXPECT_EQ(gate.results()[0].note,
              on_head ? "no longer reported on head" : "no longer reported on base");
    EXPECT_EQ(gate.results()[0].gates_because, "gates as the only time metric");
  }
}

TEST(GateFailures, AnEmptyPairOfTheOnlyProcessIsAFailure) {
  StartedGate gate({one_pair("app", test::rchar(), {100, 100})});
  gate.add(Pair{});
  EXPECT_EQ(gate.results()[0].note, "no longer reported on either side");
  EXPECT_THAT(gate.open_benchmarks(), IsEmpty());
}

TEST(GateFailures, ValuesThatAreNotFiniteFail) {
  for (const double nonsense : {std::numeric_limits<double>::quiet_NaN(),
                                -std::numeric_limits<double>::infinity(), 1e300}) {
    const Pair warm_up = one_pair("app", test::wall_time(), {nonsense, 1});
    EXPECT_EQ(StartedGate({warm_up}).results()[0].decision, Decision::failed);
    EXPECT_TRUE(StartedGate({warm_up}).results()[0].gating) << "must not pass in silence";

    StartedGate gate({one_pair("app", test::rchar(), {1, 1})});
    gate.add(one_pair("app", test::rchar(), {1, nonsense}));
    EXPECT_EQ(gate.results()[0].decision, Decision::failed);
    EXPECT_EQ(gate.results()[0].note, "head measured a value that is not a finite number");
  }
}

TEST(GateFailures, ABrokenCounterDoesNotFailTheVerdict) {
  Pair pair = one_pair("app", test::wall_time(), {100, 100});
  put(pair, "app", test::throughput(), {1, std::numeric_limits<double>::quiet_NaN()});
  const auto results = StartedGate({pair}).results();
  EXPECT_EQ(results[1].decision, Decision::failed);
  EXPECT_FALSE(results[1].gating);
}

TEST(GateFailures, DifferentUnitsAreNotCompared) {
  Pair pair = one_pair("app", test::wall_time(), {100, 100});
  pair.head.values.begin()->second.metric.unit = "B";
  EXPECT_EQ(StartedGate({pair}).results()[0].decision, Decision::failed);
  EXPECT_TRUE(StartedGate({pair}).results()[0].gating);
}

TEST(GateFailures, HugeAndTinyValuesStayFinite) {
  Metric time = test::wall_time();
  for (const auto& [base, head] : {std::pair{1e-300, 1e149}, {-1e149, 1e149}, {1e149, 1e-300}}) {
    for (const BenchmarkResult& result : test::judge(
             [&, halves = test::Halves{base, head}] { return one_pair("app", time, halves); })) {
      EXPECT_TRUE(std::isfinite(result.effect.value_or(0)));
      EXPECT_NE(result.decision, Decision::inconclusive);
    }
  }
}

}  // namespace
}  // namespace melisai::gate
