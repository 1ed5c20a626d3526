// What the file and the flags change, and what they must not.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class PolicyTest : public Sandbox {
 protected:
  void commit_twice() {
    commit("base");
    commit("head");
  }
  std::string status_of(const std::string& stage) const {
    const json all = report();
    for (const json& entry : all["stages"])
      if (entry["name"] == stage) return entry["status"];
    return "missing";
  }
};

TEST_F(PolicyTest, WhatFollowsABenchmarkWaitsForAPassAndNothingLess) {
  write_seeded_pipeline("max_pairs: 4");
  write(".melisai-gate.yaml",
        "version: 1\npipelines:\n  benchmark: { trigger: on_commit, benchmarks: [{ name: seeded, "
        "run: " +
            std::string(MELISAI_SEEDED_BENCH) +
            ", format: google-benchmark }] }\n"
            "  publish: { trigger: after_benchmark, run: \"touch " +
            root() + "/published\" }\n");
  write_numbers("BM_Noisy 1000 0.5\n");
  commit_twice();
  check({"--base", "main~1", "--max-pairs", "4"});
  EXPECT_EQ(report()["verdict"], "inconclusive");
  EXPECT_EQ(status_of("publish"), "skipped");
  EXPECT_FALSE(std::filesystem::exists(root() + "/published"));
}

TEST_F(PolicyTest, NoBuildIsKeptWithoutTheCache) {
  write_pipeline("./app.sh", "cache: { enabled: false }\n", "true");
  write("app.sh", "#!/bin/sh\nexit 0\n");
  commit_twice();
  for (int i = 0; i < 2; ++i) {
    check({"--base", "main~1", "--max-pairs", "4"});
    EXPECT_EQ(status_of("build"), "passed");
  }
  EXPECT_TRUE(std::filesystem::is_empty(state() + "/builds"));
}

TEST_F(PolicyTest, OldBuildsAreEvictedAfterACheck) {
  write_pipeline("./app.sh", "cache: { max_size: 1MiB }\n", "head -c 2000000 /dev/zero > big");
  write("app.sh", "#!/bin/sh\nexit 0\n");
  commit_twice();
  check({"--base", "main~1", "--max-pairs", "4"});
  EXPECT_TRUE(std::filesystem::is_empty(state() + "/builds"));
}

TEST_F(PolicyTest, ABuildSeesANewValueOfAPassedVariable) {
  write_pipeline("cat level", "measure: { pass_env: [LEVEL] }\n", "echo $LEVEL > level");
  commit_twice();
  setenv("LEVEL", "1", 1);
  check({"--base", "main~1", "--max-pairs", "4"});
  setenv("LEVEL", "2", 1);
  check({"--base", "main~1", "--max-pairs", "4"});
  unsetenv("LEVEL");
  EXPECT_EQ(status_of("build"), "passed");
}

TEST_F(PolicyTest, WorktreeUsesThePipelineFileThatIsNotCommittedYet) {
  write_pipeline("exit 1");
  commit_twice();
  write_pipeline("true");
  EXPECT_EQ(check({"--head", "WORKTREE", "--fail-on", "never"}).code, 0);
}

TEST_F(PolicyTest, GitOptionsOfTheFileHold) {
  const std::string library = root() + "/library";
  run_program({"git", "init", "-q", "-b", "main", library}, root());
  std::ofstream(library + "/data") << "x";
  git({"add", "-A"}, library);
  git({"-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "-q", "-m", "x"}, library);
  git({"-c", "protocol.file.allow=always", "submodule", "--quiet", "add", library, "library"});
  write_pipeline("test -e library/data", "git: { submodules: true }\n");
  commit_twice();
  const Ran ran = check({"--base", "main~1", "--max-pairs", "4", "--fail-on", "never"});
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
}

TEST_F(PolicyTest, KeepLeavesTheScratchSpaceAndSaysWhere) {
  write_pipeline("true");
  commit_twice();
  const Ran ran = check({"--base", "main~1", "--max-pairs", "4", "--keep"});
  EXPECT_THAT(ran.err, HasSubstr("/state/runs/"));
  EXPECT_FALSE(std::filesystem::is_empty(state() + "/runs"));
}

TEST_F(PolicyTest, OneCommitIsNotEnoughAndTheMessageSaysWhatIs) {
  write_pipeline("true");
  commit("only");
  EXPECT_EQ(check().code, 4);
  EXPECT_THAT(report()["reason"].get<std::string>(), HasSubstr("no parent"));
}

TEST_F(PolicyTest, TheSameCommitTwiceIsSaidToBeTheSame) {
  write_pipeline("true");
  commit("only");
  const Ran ran = check({"--base", "main", "--head", "main", "--fail-on", "never"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.err, HasSubstr("same commit"));
}

TEST_F(PolicyTest, ABenchmarkThatOnlyLeavesOutDecidesNothing) {
  write(".melisai-gate.yaml",
        "version: 1\npipelines:\n  b:\n    trigger: on_commit\n    benchmarks:\n"
        "      - { name: g, format: google-benchmark, run: [cat, result.json] }\n");
  write("result.json",
        R"({"benchmarks":[{"name":"Good","real_time":5,"cpu_time":5,"time_unit":"ns"},)"
        R"({"name":"Bad","error_occurred":true,"error_message":"broken"}]})");
  commit_twice();
  EXPECT_EQ(check({"--base", "main~1"}).code, 4);
  EXPECT_EQ(check({"--base", "main~1", "--only", "g/Good"}).code, 0);
  EXPECT_EQ(report()["verdict"], "pass");
}

TEST_F(PolicyTest, ABareRepositoryHasNoWorkTreeToJudge) {
  write_pipeline("true");
  commit_twice();
  git({"clone", "-q", "--bare", repo(), root() + "/bare"}, root());
  EXPECT_EQ(check({"-C", root() + "/bare", "--head", "WORKTREE"}).code, 4);
  EXPECT_THAT(report()["reason"].get<std::string>(), HasSubstr("bare"));
}

TEST_F(PolicyTest, TheStateDirectoryMayNotLieInTheWorkTree) {
  write_pipeline("true");
  commit_twice();
  EXPECT_EQ(check({"--base", "main~1", "--state-dir", repo() + "/state"}).code, 2);
  EXPECT_EQ(git({"status", "--porcelain"}).out, "");
}

}  // namespace
}  // namespace melisai::e2e
