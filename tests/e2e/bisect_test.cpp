// Bisections on exact numbers: what they find.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "tests/e2e/support/bisect_sandbox.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

TEST_F(Bisect, FindsTheCulpritAndSaysHowSure) {
  commit_others(5);
  const std::string culprit = commit_time(1100, "Copy everything twice");
  commit_others(5);
  const json result = found();
  EXPECT_EQ(result["result"], "culprit");
  EXPECT_EQ(result["culprit"], culprit);
  EXPECT_EQ(result["subject"], "Copy everything twice");
  EXPECT_THAT(result["suspects"], ElementsAre(culprit));
  EXPECT_GE(result["confidence"], 0.94);
  EXPECT_LT(result["confidence"], 1);
  EXPECT_EQ(result["benchmark"], "cli/BM");
  EXPECT_EQ(result["metric"], "cpu_time");
  EXPECT_NEAR(result["effect"].get<double>(), 0.1, 1e-6);
  EXPECT_LE(result["steps"].size(), 5u);
  EXPECT_EQ(result["steps"].back()["base"], "parent");
  EXPECT_EQ(result["steps"].back()["sha"], culprit);
  EXPECT_THAT(result["skipped"], IsEmpty());
  expect_nothing_left();
}

TEST_F(Bisect, TellsPeopleTheCulpritFirst) {
  const std::string culprit = commit_time(1200, "Copy everything twice");
  commit_others(2);
  const Ran ran = bisect();
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out,
              StartsWith("culprit: " + culprit.substr(0, 12) + " \"Copy everything twice\""));
  EXPECT_THAT(ran.out, AllOf(HasSubstr("cli/BM cpu_time +20.0 %"), HasSubstr("confidence 9"),
                             HasSubstr("slower than parent")));
  EXPECT_THAT(ran.err, HasSubstr("; 1 suspect left\n")) << "a step is told when it is done";
  EXPECT_THAT(bisect({"--quiet"}).out,
              AllOf(HasSubstr(culprit.substr(0, 12)), Not(HasSubstr("Tried"))));
}

TEST_F(Bisect, TheBadCommitItselfMayBeTheCulprit) {
  const std::string culprit = commit_time(1100, "slow");
  const json result = found(0, {"--bad", "main"});
  EXPECT_EQ(result["culprit"], culprit);
  EXPECT_EQ(result["steps"].size(), 1u) << "only the comparison with its parent";
  EXPECT_NEAR(result["confidence"].get<double>(), 0.98, 1e-9)
      << "two answers, bad against good and culprit against parent, each wrong in 1 of 100";
}

TEST_F(Bisect, SkipsMergesAndWhatCannotBeBuiltAndSaysSo) {
  commit_others(3);
  const std::string broken = commit_with("broken", "broken");
  commit_without("broken", "mended");
  git({"checkout", "-q", "-b", "side"});
  write("side", "1");
  commit("on the side");
  git({"checkout", "-q", "main"});
  git({"merge", "-q", "--no-ff", "-m", "the merge", "side"});
  const std::string culprit = commit_time(1100, "slow");
  commit_others(1);
  const json result = found();
  EXPECT_EQ(result["culprit"], culprit) << "the merge before it is measured as its parent";
  std::map<std::string, std::string> skipped;
  for (const json& each : result["skipped"]) skipped[each["subject"]] = each["why"];
  EXPECT_EQ(skipped["the merge"], "a merge");
  EXPECT_THAT(skipped["broken"], HasSubstr("'build' failed on " + broken.substr(0, 12)));
  for (const json& step : result["steps"]) EXPECT_NE(step["subject"], "the merge");
}

TEST_F(Bisect, FindsAMergeByElimination) {
  git({"checkout", "-q", "-b", "side"});
  write("side", "1");
  commit("on the side");
  git({"checkout", "-q", "main"});
  commit_others(1);
  git({"merge", "-q", "--no-ff", "--no-commit", "side"});
  const std::string merge = commit_time(1300, "the merge");
  commit_others(2);
  const json result = found();
  EXPECT_EQ(result["result"], "culprit");
  EXPECT_EQ(result["culprit"], merge);
  EXPECT_THAT(result["skipped"], IsEmpty()) << "it was measured in the end";
}

TEST_F(Bisect, EndsInTheShortestRangeWhenTheCulpritCannotBeBuilt) {
  commit_others(4);
  const std::string culprit = commit_with("broken", "broken");
  write("cli.txt", "1100");
  const std::string second = commit("slow, and still broken");
  const std::string mended = commit_without("broken", "mended");
  commit_others(4);
  const json result = found();
  EXPECT_EQ(result["result"], "range");
  EXPECT_TRUE(result["culprit"].is_null());
  EXPECT_THAT(result["suspects"], ElementsAre(culprit, second, mended));
  EXPECT_GE(result["confidence"], 0.94);
  EXPECT_EQ(result["skipped"].size(), 2u);
  const Ran ran = bisect();
  EXPECT_THAT(ran.out, StartsWith("range: the culprit is one of 3 commits"));
  const std::string quiet = bisect({"--quiet"}).out;
  for (const std::string& suspect : {culprit, second, mended})
    EXPECT_THAT(quiet, HasSubstr(suspect.substr(0, 12)));
  EXPECT_THAT(quiet, Not(HasSubstr("Tried")));
}

TEST_F(Bisect, NamesEveryCommitOfALongRange) {
  commit_with("broken", "broken");
  commit_others(23);
  const std::string culprit = commit_time(1100, "slow, and still broken");
  commit_without("broken", "mended");
  const std::string text = bisect().out;
  EXPECT_THAT(text, StartsWith("range: the culprit is one of 26 commits"));
  EXPECT_THAT(text, HasSubstr(culprit.substr(0, 12) + " \"slow, and still broken\"\n"));
}

TEST_F(Bisect, ACommitWhoseBenchmarkFailsIsSkipped) {
  commit_others(2);
  commit_with("crashes", "crashes");
  commit_without("crashes", "runs again");
  commit_others(1);
  const std::string culprit = commit_time(1100, "slow");
  const json result = found();
  EXPECT_EQ(result["culprit"], culprit);
  ASSERT_EQ(result["skipped"].size(), 1u);
  EXPECT_THAT(result["skipped"][0]["why"].get<std::string>(), HasSubstr("7"));
}

TEST_F(Bisect, EndsAtTheLargerOfTwoCulprits) {
  for (const int small : {1040, 1080}) {
    commit_time(1000, "start");
    git({"tag", "-f", "good"});
    commit_others(1);
    const std::string first = commit_time(small, "first");
    commit_others(4);
    const std::string second = commit_time(1120, "second");
    commit_others(2);
    EXPECT_EQ(found()["culprit"], small == 1040 ? second : first);
  }
}

/// The first commit that is half as slow as the bad one adds too little to be a culprit; what it
/// inherited is searched for instead.
TEST_F(Bisect, SearchesAnewWhenItEndsAtACommitThatIsAsSlowAsItsParent) {
  commit_others(1);
  const std::string first = commit_time(1055, "first");
  commit_others(1);
  const std::string little = commit_time(1065, "a little more");
  commit_others(1);
  commit_time(1130, "second");
  const json result = found();
  EXPECT_EQ(result["culprit"], first);
  EXPECT_GE(result["confidence"], 0.9);
  const auto ended_there = [&](const json& step) {
    return step["sha"] == little && step["base"] == "parent" && step["answer"] == "fast";
  };
  EXPECT_TRUE(std::any_of(result["steps"].begin(), result["steps"].end(), ended_there));
}

TEST_F(Bisect, CannotTellWhenEveryCommitAddsALittle) {
  for (int i = 1; i <= 10; ++i) commit_time(1000 + 10 * i, "creep " + std::to_string(i));
  const json result = found(3);
  EXPECT_EQ(result["result"], "cannot_tell");
  EXPECT_TRUE(result["culprit"].is_null());
  EXPECT_THAT(result["reason"].get<std::string>(),
              HasSubstr("fresh pairs do not show it slower than its parent"));
}

TEST_F(Bisect, MeasuresOnlyWhatGotSlower) {
  commit_others(6);
  const std::string culprit = commit_time(1100, "slow");
  EXPECT_EQ(found()["culprit"], culprit);
  EXPECT_EQ(lines_of("measured", "other"), 10) << "five pairs of bad and good";
  EXPECT_GT(lines_of("measured", "cli"), 30);
}

TEST_F(Bisect, SaysThatTooFewPairsCannotTurnRed) {
  commit_time(1100, "slow");
  const json result = found(3, {"--max-pairs", "7"});
  EXPECT_EQ(result["result"], "cannot_tell");
  EXPECT_THAT(result["reason"].get<std::string>(),
              EndsWith("max-pairs 7 cannot turn red: a regression takes at least 8"));
}

TEST_F(Bisect, CannotTellWhenTheBadCommitIsNotSlower) {
  commit_time(1010, "a little");
  commit_others(3);
  const json result = found(3);
  EXPECT_EQ(result["result"], "not_slower");
  EXPECT_TRUE(result["culprit"].is_null());
  EXPECT_TRUE(result["confidence"].is_null());
  EXPECT_THAT(result["steps"], IsEmpty());
  const Ran ran = bisect();
  EXPECT_THAT(ran.out,
              AllOf(StartsWith("cannot tell: bad is not slower than good"), HasSubstr("+1.0 %")));
  EXPECT_EQ(found(0, {"--threshold", "0.5%"})["result"], "culprit");
}

TEST_F(Bisect, CannotTellASlowdownBelowTheNoise) {
  write_seeded_pipeline();
  write_numbers("BM_Noisy 1000 0.5\n");
  commit("noisy");
  git({"tag", "-f", "good"});
  write_numbers("BM_Noisy 1060 0.5\n");
  commit("slow");
  const json result = found(3, {"--max-pairs", "12"});
  EXPECT_EQ(result["result"], "cannot_tell");
  EXPECT_THAT(result["reason"].get<std::string>(), StartsWith("cannot tell: "));
}

}  // namespace
}  // namespace melisai::e2e
