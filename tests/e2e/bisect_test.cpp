// Bisections on exact numbers: benchmarks print what their commit says, so every answer is certain.
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class Bisect : public Sandbox {
 protected:
  /// A build that fails where `broken` exists, and two benchmarks that report the time in cli.txt
  /// and other.txt. How often something was built or measured is counted outside the repository.
  void SetUp() override {
    Sandbox::SetUp();
    std::string pipeline =
        "version: 1\npipelines:\n  build: { trigger: on_commit, run: sh build.sh }\n"
        "  benchmark:\n    trigger: after_build\n    benchmarks:\n";
    for (const std::string name : {"cli", "other"})
      pipeline += "      - { name: " + name + ", run: sh bench.sh " + name +
                  ", format: google-benchmark }\n";
    write(".melisai-gate.yaml", pipeline);
    write("build.sh", "echo built >> " + root() + "/builds; test ! -e broken\n");
    write(
        "bench.sh",
        "echo $1 >> " + root() +
            "/measured; test ! -e crashes || exit 7\n"
            "test ! -e hangs || sh -c 'echo hangs >> " +
            root() +
            "/hanging; sleep 600; :'\n"
            "printf '{\"context\": {}, \"benchmarks\": [{\"name\": \"BM\", \"run_type\": "
            "\"iteration\", \"iterations\": 1, \"real_time\": %s, \"cpu_time\": %s, \"time_unit\": "
            "\"ns\"}]}' $(cat $1.txt) $(cat $1.txt) > $MELISAI_RESULT\n");
    write("other.txt", "500");
    commit_time(1000, "start");
    git({"tag", "good"});
  }

  std::string commit_time(int time, const std::string& subject) {
    write("cli.txt", std::to_string(time));
    return commit(subject);
  }
  /// Commits that change nothing.
  void commit_others(int count) {
    for (int i = 0; i < count; ++i) commit("nothing " + std::to_string(i));
  }
  std::string commit_with(const std::string& file, const std::string& subject) {
    write(file, "");
    return commit(subject);
  }
  std::string commit_without(const std::string& file, const std::string& subject) {
    std::filesystem::remove(repo() + "/" + file);
    return commit(subject);
  }

  Ran bisect(Words options = {}, const std::function<void(pid_t)>& started = {}) {
    Words argv = {MELISAI_BIN_DIR "/melisai-gate",
                  "bisect",
                  "-C",
                  repo(),
                  "--good",
                  "good",
                  "--output-dir",
                  output(),
                  "--state-dir",
                  state(),
                  "--seed",
                  "1"};
    argv.insert(argv.end(), options.begin(), options.end());
    return run_program(argv, root(), started);
  }
  json found(int code = 0, Words options = {}) {
    options.push_back("--json");
    const Ran ran = bisect(options);
    EXPECT_EQ(ran.code, code) << ran.out << ran.err;
    return json::parse(ran.out, nullptr, false);
  }
  /// Lines of a file outside the repository.
  long lines_of(const std::string& name, const std::string& line) const {
    std::ifstream file(root() + "/" + name);
    long count = 0;
    for (std::string each; std::getline(file, each);) count += each == line;
    return count;
  }
};

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
  EXPECT_THAT(ran.err, HasSubstr("suspects left")) << "a step is told when it is done";
  EXPECT_THAT(bisect({"--quiet"}).out, Not(HasSubstr("Tried")));
}

TEST_F(Bisect, TheBadCommitItselfMayBeTheCulprit) {
  const std::string culprit = commit_time(1100, "slow");
  const json result = found(0, {"--bad", "main"});
  EXPECT_EQ(result["culprit"], culprit);
  EXPECT_EQ(result["steps"].size(), 1u) << "only the comparison with its parent";
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
  EXPECT_THAT(ran.out, HasSubstr("slow, and still broken"));
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

TEST_F(Bisect, ADryRunShowsThePlanAndTouchesNothing) {
  commit_others(3);
  git({"checkout", "-q", "-b", "side"});
  write("side", "1");
  commit("on the side");
  git({"checkout", "-q", "main"});
  git({"merge", "-q", "--no-ff", "-m", "the merge", "side"});
  commit_time(1100, "slow");
  const json plan = found(0, {"--dry-run"});
  EXPECT_EQ(plan["result"], "plan");
  EXPECT_EQ(plan["commits"], 6);
  EXPECT_EQ(plan["steps"], 3);
  EXPECT_EQ(plan["first"]["subject"], "nothing 2");
  ASSERT_EQ(plan["merges"].size(), 1u);
  EXPECT_EQ(plan["merges"][0]["subject"], "the merge");
  EXPECT_THAT(bisect({"--dry-run"}).out,
              AllOf(HasSubstr("6 commits"), HasSubstr("never tried: 1 merge")));
  EXPECT_FALSE(std::filesystem::exists(state()));
  EXPECT_FALSE(std::filesystem::exists(output()));
  EXPECT_EQ(lines_of("builds", "built"), 0);
}

TEST_F(Bisect, ASecondSearchBuildsNothing) {
  commit_others(4);
  const std::string culprit = commit_time(1100, "slow");
  commit_others(3);
  found();
  const long builds = lines_of("builds", "built");
  EXPECT_GE(builds, 4);
  EXPECT_EQ(found()["culprit"], culprit);
  EXPECT_EQ(lines_of("builds", "built"), builds);
}

TEST_F(Bisect, IsRememberedAsARunOfBadAgainstGood) {
  commit_time(1100, "slow");
  found();
  EXPECT_EQ(report()["verdict"], "regression");
  const json runs = answer_of({"runs", "--json"});
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_EQ(runs[0]["command"], "bisect");
  EXPECT_EQ(runs[0]["verdict"], "regression");
  EXPECT_EQ(runs[0]["base"]["ref"], "good");
}

TEST_F(Bisect, NeedsAGoodCommitThatIsAnAncestor) {
  git({"checkout", "-q", "-b", "elsewhere"});
  commit_others(1);
  git({"tag", "-f", "good"});
  git({"checkout", "-q", "main"});
  commit_time(1100, "slow");
  const Ran ran = bisect();
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("is not an ancestor"), HasSubstr("merge base")));
  EXPECT_EQ(ran.out, "");
}

TEST_F(Bisect, WrongRequestsSayWhatToDo) {
  commit_time(1100, "slow");
  EXPECT_EQ(bisect({"--only", "nothing"}).code, 2);
  EXPECT_THAT(bisect({"--bad", "mian"}).err, HasSubstr("did you mean 'main'?"));
  EXPECT_EQ(bisect({"--bad", "good"}).code, 4);
}

TEST_F(Bisect, AGoodCommitThatCannotBeBuiltIsAnError) {
  commit_with("broken", "broken");
  git({"tag", "-f", "good"});
  commit_without("broken", "mended");
  const Ran ran = bisect();
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.err, HasSubstr("'build' failed"));
  EXPECT_EQ(report()["reason_code"], "build_failed");
}

TEST_F(Bisect, InterruptedItTellsWhatIsKnown) {
  commit_others(1);
  const std::string culprit = commit_time(1100, "slow");
  commit_others(1);
  commit_with("hangs", "hangs");
  commit_without("hangs", "mended");
  commit_others(3);
  const Ran ran = bisect({"--json"}, [&](pid_t pid) {
    EXPECT_TRUE(eventually([&] { return lines_of("hanging", "hangs") > 0; }));
    kill(pid, SIGINT);
  });
  EXPECT_EQ(ran.code, 4);
  const json result = json::parse(ran.out, nullptr, false);
  ASSERT_TRUE(result.is_object()) << ran.out << ran.err;
  EXPECT_EQ(result["result"], "cannot_tell");
  EXPECT_THAT(result["reason"].get<std::string>(), HasSubstr("interrupted"));
  EXPECT_THAT(result["suspects"].get<Words>(), testing::Contains(culprit));
  expect_nothing_left();
}

}  // namespace
}  // namespace melisai::e2e
