#include "core/model/condition.h"

#include <gtest/gtest.h>

namespace melisai {
namespace condition_test {

using Paths = std::vector<std::string>;

ConditionFacts on_branch(const std::string& branch) {
  return {.branch = branch, .tag = "", .changed_paths = {}, .results = {}};
}
ConditionFacts changed(const Paths& paths) {
  return {.branch = "main", .tag = "", .changed_paths = paths, .results = {}};
}

TEST(Condition, AnEmptyOneHolds) {
  EXPECT_EQ(why_not({}, {}), "");
  EXPECT_EQ(why_not({}, changed({})), "");
  EXPECT_TRUE(Condition{}.empty());
}

TEST(Condition, ABranchMatchesOneOfThePatterns) {
  const Condition condition{.branches = {"main", "release/*"}};
  EXPECT_EQ(why_not(condition, on_branch("main")), "");
  EXPECT_EQ(why_not(condition, on_branch("release/1/x")), "");
  EXPECT_EQ(why_not(condition, on_branch("feature")),
            "branch 'feature' is none of main, release/*");
}

TEST(Condition, ATagHasNoBranchAndABranchNoTag) {
  const ConditionFacts tag{.branch = "", .tag = "v1", .changed_paths = {}, .results = {}};
  EXPECT_EQ(why_not({.branches = {"*"}}, tag), "it has no branch");
  EXPECT_EQ(why_not({.tags = {"v*"}}, tag), "");
  EXPECT_EQ(why_not({.tags = {"v*"}}, on_branch("v1")), "it has no tag");
}

TEST(Condition, OneChangedPathIsEnough) {
  const Condition condition{.paths = {"src/**", "CMakeLists.txt"}};
  EXPECT_EQ(why_not(condition, changed({"README.md", "src/a/b.cpp"})), "");
  EXPECT_EQ(why_not(condition, changed({"README.md", "lib/src/a.cpp"})),
            "nothing changed in src/**, CMakeLists.txt");
}

TEST(Condition, IgnoredPathsCountForNothing) {
  const Condition ignore{.paths_ignore = {"docs/**", "*.md"}};
  EXPECT_EQ(why_not(ignore, changed({"docs/a", "README.md"})),
            "nothing changed outside of docs/**, *.md");
  EXPECT_EQ(why_not(ignore, changed({"docs/a", "src/a.cpp"})), "");
  const Condition both{.paths = {"src/**"}, .paths_ignore = {"**/*.md"}};
  EXPECT_EQ(why_not(both, changed({"src/a.md", "lib/a.cpp"})),
            "nothing changed in src/** outside of **/*.md");
  EXPECT_EQ(why_not(both, changed({"src/a.md", "src/a.cpp"})), "");
}

TEST(Condition, UnknownPathsMatchAndNoPathsDoNot) {
  const Condition condition{.paths = {"src/**"}, .paths_ignore = {"**"}};
  EXPECT_EQ(why_not(condition, on_branch("main")), "");
  EXPECT_NE(why_not(condition, changed({})), "");
  EXPECT_NE(why_not({.paths_ignore = {"docs/**"}}, changed({})), "");
}

TEST(Condition, EveryNamedPipelineMustHaveEndedSo) {
  const Condition condition{.results = {{"build", {"passed"}}, {"test", {"failed", "error"}}}};
  ConditionFacts facts;
  EXPECT_EQ(why_not(condition, facts), "build has not ended");
  facts.results = {{"build", "passed"}, {"test", "passed"}};
  EXPECT_EQ(why_not(condition, facts), "test ended with passed, not with failed, error");
  facts.results["test"] = "error";
  EXPECT_EQ(why_not(condition, facts), "");
}

TEST(Condition, AllPartsMustHold) {
  const Condition condition{
      .branches = {"main"}, .paths = {"src/**"}, .results = {{"build", {"passed"}}}};
  ConditionFacts facts = changed({"src/a"});
  facts.results = {{"build", "passed"}};
  EXPECT_EQ(why_not(condition, facts), "");
  facts.branch = "other";
  EXPECT_NE(why_not(condition, facts), "");
}

}  // namespace condition_test
}  // namespace melisai
