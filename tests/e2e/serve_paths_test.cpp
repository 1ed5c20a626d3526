// `if: { paths, paths_ignore }`: what a push changed decides what runs.
#include <gmock/gmock.h>

#include "tests/e2e/support/serve.h"

namespace melisai::e2e {
namespace {

using ::testing::HasSubstr;

class ServePaths : public Serve {
 protected:
  void SetUp() override {
    Serve::SetUp();
    configure("demo.git",
              "pipelines:\n"
              "  build: { trigger: on_commit, run: echo built, if: { paths_ignore: ['**.md', "
              "'docs/**'] } }\n"
              "  page: { trigger: on_commit, run: echo page, if: { paths: 'docs/**' } }\n");
  }
  std::string push_file(const std::string& path) {
    write(path, "content of " + path);
    return push(path);
  }
};

TEST_F(ServePaths, DecideWhatAPushRuns) {
  push_file("src/a.c");
  start();
  ASSERT_EQ(outcome_of("build#1"), "passed");
  EXPECT_THAT(std::string(run_of("build#1")["reason"]), HasSubstr("changed paths are not known"));
  ASSERT_EQ(outcome_of("page#1"), "passed") << "nobody knows what changed before";
  push_file("docs/a.html");
  EXPECT_EQ(outcome_of("build#2"), "skipped");
  EXPECT_THAT(std::string(run_of("build#2")["reason"]),
              HasSubstr("nothing changed outside of **.md, docs/**"));
  EXPECT_EQ(outcome_of("page#2"), "passed");
  EXPECT_EQ(run_of("page#2")["reason"], "");
  push_file("src/a.md");
  EXPECT_EQ(outcome_of("build#3"), "skipped");
  EXPECT_EQ(outcome_of("page#3"), "skipped");
  push_file("src/b.c");
  EXPECT_EQ(outcome_of("build#4"), "passed");
  EXPECT_EQ(outcome_of("page#4"), "skipped");
}

TEST_F(ServePaths, OfANewBranchAreThoseSinceItLeftTheDefaultBranch) {
  push_file("src/a.c");
  start();
  ASSERT_EQ(outcome_of("build#1"), "passed");
  git({"checkout", "-q", "-b", "topic"});
  write("README.md", "words");
  commit("words");
  git({"push", "-q", "origin", "topic"});
  EXPECT_EQ(outcome_of("build#2"), "skipped");
  EXPECT_EQ(run_of("build#2")["ref"], "refs/heads/topic");
}

TEST_F(ServePaths, OfACommitThatNeverRanAreNotForgotten) {
  push_file("src/a.c");
  start();
  ASSERT_EQ(outcome_of("build#1"), "passed");
  ASSERT_EQ(gate({"pause"}).code, 0);
  push_file("src/b.c");
  ASSERT_TRUE(is_in_state("build#2", "queued"));
  push_file("README.md");
  ASSERT_EQ(outcome_of("build#2"), "superseded");
  ASSERT_EQ(gate({"resume"}).code, 0);
  EXPECT_EQ(outcome_of("build#3"), "passed") << "src/b.c has not been built yet";
}

}  // namespace
}  // namespace melisai::e2e
