#include <gtest/gtest.h>

#include "core/gate/gate.h"
#include "tests/unit/gate/fake_suite.h"

namespace melisai::gate {
namespace acknowledge_test {

BenchmarkResult regressed(std::optional<double> effect = 0.08) {
  BenchmarkResult result;
  result.name = "parse/BM_A";
  result.metric = test::cpu_time();
  result.decision = Decision::regressed;
  result.confirmed = result.gating = true;
  result.effect = effect;
  return result;
}

Acknowledgement accept(const std::string& benchmark, const std::string& metric,
                       std::optional<double> up_to = {}) {
  return {.benchmark = benchmark,
          .metric = metric,
          .until = "2026-11-21",
          .reason = "new parser",
          .up_to = up_to};
}

std::optional<Acknowledgement> acknowledged(const BenchmarkResult& result,
                                            const std::vector<Acknowledgement>& accepted,
                                            const std::string& today = "2026-11-21") {
  std::vector<BenchmarkResult> results = {result};
  acknowledge(results, accepted, today);
  return results[0].acknowledged;
}

TEST(Acknowledge, MarksARegressionThatBothGlobsMatch) {
  EXPECT_EQ(acknowledged(regressed(), {accept("parse/*", "cpu_?ime")}),
            accept("parse/*", "cpu_?ime"));
  EXPECT_FALSE(acknowledged(regressed(), {accept("parse", "cpu_time")}));
  EXPECT_FALSE(acknowledged(regressed(), {accept("parse/*", "peak_rss")}));
}

TEST(Acknowledge, OfOneTimeHoldsForTheOtherSinceEitherMayGate) {
  EXPECT_TRUE(acknowledged(regressed(), {accept("parse/*", "wall_time")}));
  BenchmarkResult memory = regressed();
  memory.metric.name = "peak_rss";
  EXPECT_FALSE(acknowledged(memory, {accept("parse/*", "wall_time")}));
  EXPECT_FALSE(acknowledged(memory, {accept("parse/*", "cpu_time")}));
}

TEST(Acknowledge, MarksNothingButRegressions) {
  for (const Decision decision : {Decision::clear, Decision::improved, Decision::inconclusive,
                                  Decision::added, Decision::removed, Decision::failed}) {
    BenchmarkResult result = regressed();
    result.decision = decision;
    EXPECT_FALSE(acknowledged(result, {accept("*", "*")})) << to_string(decision);
  }
}

TEST(Acknowledge, HoldsThroughItsLastDay) {
  const std::vector<Acknowledgement> accepted = {accept("*", "*")};
  EXPECT_TRUE(acknowledged(regressed(), accepted, "2026-11-20"));
  EXPECT_TRUE(acknowledged(regressed(), accepted, "2026-11-21"));
  EXPECT_FALSE(acknowledged(regressed(), accepted, "2026-11-22"));
  EXPECT_FALSE(acknowledged(regressed(), accepted, "2027-01-01"));
}

TEST(Acknowledge, NeverHoldsWithADateThatIsNone) {
  for (const std::string until : {"", "never", "2026-11-211", "9999", "2026/12/31"}) {
    Acknowledgement odd = accept("*", "*");
    odd.until = until;
    EXPECT_FALSE(acknowledged(regressed(), {odd})) << until;
  }
}

TEST(Acknowledge, CoversSlowdownsUpToItsLimit) {
  EXPECT_TRUE(acknowledged(regressed(0.08), {accept("*", "*", 0.08)}));
  EXPECT_FALSE(acknowledged(regressed(0.081), {accept("*", "*", 0.08)}));
  EXPECT_FALSE(acknowledged(regressed(std::nullopt), {accept("*", "*", 0.08)})) << "from zero";
  EXPECT_TRUE(acknowledged(regressed(std::nullopt), {accept("*", "*")}));
}

TEST(Acknowledge, TakesTheFirstThatCovers) {
  const std::vector<Acknowledgement> accepted = {accept("other", "*"), accept("*", "*", 0.01),
                                                 accept("parse/*", "*"), accept("*", "*")};
  EXPECT_EQ(acknowledged(regressed(), accepted), accepted[2]);
}

}  // namespace acknowledge_test
}  // namespace melisai::gate
