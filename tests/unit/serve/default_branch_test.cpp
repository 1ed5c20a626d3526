#include "core/serve/default_branch.h"

#include <gtest/gtest.h>

namespace melisai::serve {
namespace default_branch_test {

std::string chosen(const std::vector<std::string>& patterns,
                   const std::vector<std::string>& names) {
  WatchedProject project;
  project.branches = patterns;
  std::vector<RemoteRef> refs;
  for (const std::string& name : names) refs.push_back({.name = name, .sha = std::string(40, 'a')});
  return default_branch(project, refs);
}

TEST(DefaultBranch, TheFirstThatTheConfigurationNames) {
  EXPECT_EQ(chosen({"release/*", "next", "main"}, {"refs/heads/main", "refs/heads/next"}),
            "refs/heads/next");
  EXPECT_EQ(chosen({"refs/heads/next"}, {"refs/heads/main", "refs/heads/next"}), "refs/heads/next");
}

TEST(DefaultBranch, OneThatIsNotThereIsPassedOver) {
  EXPECT_EQ(chosen({"gone", "next"}, {"refs/heads/next", "refs/heads/main"}), "refs/heads/next");
  EXPECT_EQ(chosen({"gone"}, {"refs/heads/develop", "refs/heads/master"}), "refs/heads/master");
}

TEST(DefaultBranch, AWildcardNamesNothing) {
  EXPECT_EQ(chosen({"*", "fix-?"}, {"refs/heads/*", "refs/heads/fix-1", "refs/heads/trunk"}),
            "refs/heads/trunk");
}

TEST(DefaultBranch, TagsAreNoBranches) {
  EXPECT_EQ(chosen({"main"}, {"refs/tags/main"}), "");
  EXPECT_EQ(chosen({}, {}), "");
  EXPECT_EQ(chosen({}, {"refs/heads/topic"}), "");
}

}  // namespace default_branch_test
}  // namespace melisai::serve
