// Bisections on exact numbers: how they are asked for, shown beforehand, remembered and ended.
#include <gmock/gmock.h>
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "tests/e2e/support/bisect_sandbox.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

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

TEST_F(Bisect, NeedsNoCollectorThatAProjectRequires) {
  std::ofstream(repo() + "/.melisai-gate.yaml", std::ios::app)
      << "collect: { required: [process] }\n";
  commit_time(1100, "slow");
  EXPECT_EQ(found(0, {"--dry-run", "--collectors", "off"})["result"], "plan");
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

TEST_F(Bisect, IsStoredLikeACheckOfTheSameCommit) {
  commit_time(1100, "slow");
  found();
  ASSERT_EQ(check({"--base", "good"}).code, 1);
  const json bisection = answer_of({"show", "1", "--json"});
  const json checked = answer_of({"show", "2", "--json"});
  for (const char* field : {"branch", "configuration", "trusted", "project"})
    EXPECT_EQ(bisection[field], checked[field]) << field;
  EXPECT_EQ(bisection["trusted"], true);
}

TEST_F(Bisect, SaysWhenPairsCouldNotBeStored) {
  commit_time(1100, "slow");
  found();
  const Ran sabotaged =
      run_program({"python3", "-c",
                   "import sqlite3, sys\n"
                   "db = sqlite3.connect(sys.argv[1])\n"
                   "db.execute('CREATE UNIQUE INDEX one ON pairs (process) WHERE run > 1')\n"
                   "db.commit()\n",
                   state() + "/store.db"},
                  root());
  ASSERT_EQ(sabotaged.code, 0) << sabotaged.err;
  const Ran ran = bisect();
  EXPECT_THAT(ran.out, StartsWith("culprit: ")) << "what is not stored was measured";
  EXPECT_THAT(ran.err, HasSubstr("not every pair could be stored"));
  EXPECT_THAT(report()["warnings"].dump(), HasSubstr("not every pair could be stored"));
}

TEST_F(Bisect, NeedsAGoodCommitThatIsAnAncestor) {
  git({"checkout", "-q", "-b", "elsewhere"});
  commit_others(1);
  git({"tag", "-f", "good"});
  git({"checkout", "-q", "main"});
  commit_time(1100, "slow");
  const Ran ran = bisect();
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("is not an ancestor"), HasSubstr("merge base")));
  EXPECT_EQ(ran.out, "");
}

TEST_F(Bisect, WrongRequestsSayWhatToDo) {
  commit_time(1100, "slow");
  git({"tag", "first", "good"});
  git({"tag", "last"});
  const struct {
    Words options;
    const char* said;
  } kRequests[] = {
      {{"--only", "nothing"}, "'nothing' matches no benchmark; benchmarks: cli, other"},
      {{"--only", "cli/BM_No"}, "matches no benchmark on either side"},
      {{"--bad", "mian"}, "--bad: unknown git reference 'mian'; did you mean 'main'?"},
      {{"--good", "nope"}, "--good: unknown git reference 'nope'"},
      {{"--bad", "good"}, "name an older --good"},
      {{"--good", "last", "--bad", "first"}, "did you swap --good and --bad?"},
      {{"--bench", ""}, "--bench is empty; give the command"},
      {{"--bench", "true", "--bench", " "}, "--bench is empty"},
      {{"--config", repo()}, "is not a regular file"}};
  for (const auto& request : kRequests) {
    const Ran ran = bisect(request.options);
    EXPECT_EQ(ran.code, 2) << request.said;
    EXPECT_EQ(ran.out, "");
    EXPECT_THAT(ran.err, HasSubstr(request.said));
  }
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
