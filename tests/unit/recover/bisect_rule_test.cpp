#include "core/recover/bisect_rule.h"

#include <gmock/gmock.h>

namespace melisai::recover {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

BenchmarkResult result_of(const std::string& name, Decision decision, double effect) {
  BenchmarkResult result;
  result.name = name;
  result.metric = {.name = "cpu_time", .unit = "ns", .tier = Tier::time};
  result.decision = decision;
  result.effect = effect;
  result.gating = true;
  result.confirmed = decision == Decision::regressed;
  return result;
}

BisectRule rule_for(const std::vector<BenchmarkResult>& results, int answers = 1) {
  return bisect_rule(Policy{}, results, answers);
}

TEST(BisectRule, SearchesForConfirmedGatingRegressionsOnly) {
  BenchmarkResult shown = result_of("shown", Decision::regressed, 0.3);
  shown.gating = false;
  BenchmarkResult suspect = result_of("suspect", Decision::regressed, 0.3);
  suspect.confirmed = false;
  const BisectRule rule =
      rule_for({result_of("slow", Decision::regressed, 0.1), shown, suspect,
                result_of("equal", Decision::clear, 0), result_of("?", Decision::inconclusive, 1)});
  EXPECT_THAT(rule.series, ElementsAre(SeriesId{"slow", "cpu_time"}));
}

TEST(BisectRule, FindsNothingToSearchForWhenNothingRegressed) {
  EXPECT_THAT(rule_for({result_of("equal", Decision::clear, 0.04)}).series, IsEmpty());
}

TEST(BisectRule, AsksForHalfOfTheSlowdown) {
  const BisectRule rule = rule_for({result_of("slow", Decision::regressed, 0.21)});
  ASSERT_EQ(rule.policy.rules.size(), 2u);
  EXPECT_EQ(rule.policy.rules[0].level, Level::off);
  EXPECT_EQ(rule.policy.rules[1].benchmark, "slow");
  EXPECT_EQ(rule.policy.rules[1].metric, "cpu_time");
  EXPECT_EQ(rule.policy.rules[1].level, Level::fail);
  EXPECT_NEAR(*rule.policy.rules[1].threshold, 0.1, 1e-12);
}

TEST(BisectRule, AllowsEightTimesThePairs) {
  EXPECT_EQ(rule_for({result_of("slow", Decision::regressed, 0.21)}).policy.max_pairs, 480);
}

TEST(BisectRule, KeepsTheThresholdOfASlowdownWithoutASize) {
  BenchmarkResult from_zero = result_of("slow", Decision::regressed, 0);
  from_zero.effect.reset();
  EXPECT_EQ(rule_for({from_zero}).policy.rules.back().threshold, std::nullopt);
}

TEST(BisectRule, KeepsTheRulesOfTheProjectBeforeItsOwn) {
  Policy policy;
  policy.rules.push_back({.benchmark = "slow", .metric = "*", .level = Level::warn});
  const BisectRule rule = bisect_rule(policy, {result_of("slow", Decision::regressed, 0.1)}, 1);
  EXPECT_EQ(rule.policy.rules.front(), policy.rules.front());
  EXPECT_EQ(rule.policy.rules.size(), 3u);
}

TEST(BisectRule, SplitsTheErrorsOverTheAnswers) {
  const BisectRule rule = rule_for({result_of("slow", Decision::regressed, 0.1)}, 5);
  EXPECT_DOUBLE_EQ(rule.policy.false_alarm, 0.002);
  EXPECT_DOUBLE_EQ(rule.policy.miss, 0.01);
  EXPECT_DOUBLE_EQ(error_of(Answer::slow, rule.policy), 0.002);
  EXPECT_DOUBLE_EQ(error_of(Answer::fast, rule.policy), 0.01);
  EXPECT_DOUBLE_EQ(error_of(Answer::unknown, rule.policy), 0);
}

class BisectJudge : public ::testing::Test {
 protected:
  const BisectRule rule_ = rule_for(
      {result_of("a", Decision::regressed, 0.1), result_of("b", Decision::regressed, 0.2)});
};

TEST_F(BisectJudge, AnyRegressionIsSlow) {
  const Judged judged =
      judge({result_of("a", Decision::inconclusive, 0.5), result_of("b", Decision::regressed, 0.1)},
            rule_);
  EXPECT_EQ(judged.answer, Answer::slow);
  EXPECT_EQ(judged.result.name, "b");
  EXPECT_EQ(judged.why, "");
}

TEST_F(BisectJudge, OfTwoRegressionsTheWorseIsShown) {
  EXPECT_EQ(
      judge({result_of("a", Decision::regressed, 0.3), result_of("b", Decision::regressed, 0.2)},
            rule_)
          .result.name,
      "a");
}

TEST_F(BisectJudge, AllClearOrImprovedIsFast) {
  const Judged judged = judge(
      {result_of("a", Decision::clear, 0.01), result_of("b", Decision::improved, -0.2)}, rule_);
  EXPECT_EQ(judged.answer, Answer::fast);
  EXPECT_EQ(judged.result.name, "a");
}

TEST_F(BisectJudge, OneUndecidedSeriesIsUnknownWithItsReason) {
  BenchmarkResult open = result_of("b", Decision::inconclusive, 0.04);
  open.note = "60 pairs were not enough";
  const Judged judged = judge({result_of("a", Decision::clear, 0), open}, rule_);
  EXPECT_EQ(judged.answer, Answer::unknown);
  EXPECT_EQ(judged.why, "b cpu_time: 60 pairs were not enough");
}

TEST_F(BisectJudge, ABenchmarkThatIsGoneIsUnknown) {
  EXPECT_THAT(judge({result_of("a", Decision::clear, 0)}, rule_).why,
              HasSubstr("b cpu_time was not measured"));
  EXPECT_EQ(judge({}, rule_).answer, Answer::unknown);
}

TEST_F(BisectJudge, AFailureToldByAnotherMetricIsTheReason) {
  BenchmarkResult failed = result_of("b", Decision::failed, 0);
  failed.metric.name = "wall_time";
  failed.note = "head: exit code 3";
  EXPECT_THAT(judge({result_of("a", Decision::clear, 0), failed}, rule_).why,
              HasSubstr("exit code 3"));
}

TEST_F(BisectJudge, OtherSeriesDoNotMatter) {
  EXPECT_EQ(judge({result_of("a", Decision::clear, 0), result_of("b", Decision::clear, 0),
                   result_of("c", Decision::regressed, 0.9)},
                  rule_)
                .answer,
            Answer::fast);
}

}  // namespace
}  // namespace melisai::recover
