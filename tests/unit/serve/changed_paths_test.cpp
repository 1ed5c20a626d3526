#include "core/serve/changed_paths.h"

#include <gmock/gmock.h>

#include "tests/fakes/fake_git_repo.h"

namespace melisai::serve {
namespace changed_paths_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

ChangedPathsQuestion push_to(const std::string& ref, const std::string& since) {
  return {.kind = RunEvent::Kind::push,
          .ref = ref,
          .sha = "new",
          .since = since,
          .main_ref = "refs/heads/main",
          .main_sha = "tip"};
}

class ChangedPathsTest : public ::testing::Test {
 protected:
  ChangedPathsTest() { git.changed = {"docs/a.md"}; }
  FakeGitRepo git;
};

TEST_F(ChangedPathsTest, AreThoseSinceTheRefWasSeenLast) {
  EXPECT_THAT(changed_paths(push_to("refs/heads/main", "old"), git).paths,
              Optional(ElementsAre("docs/a.md")));
  EXPECT_THAT(git.diffs, ElementsAre("old..new"));
}

TEST_F(ChangedPathsTest, OfANewBranchAreThoseSinceItLeftTheDefaultBranch) {
  git.base_sha = "fork";
  EXPECT_THAT(changed_paths(push_to("refs/heads/topic", ""), git).paths,
              Optional(ElementsAre("docs/a.md")));
  EXPECT_THAT(git.diffs, ElementsAre("fork..new"));
}

TEST_F(ChangedPathsTest, AreUnknownWithoutAnythingOlder) {
  const ChangedPaths first = changed_paths(push_to("refs/heads/main", ""), git);
  EXPECT_EQ(first.paths, std::nullopt);
  EXPECT_THAT(first.why_unknown, HasSubstr("nothing older of refs/heads/main"));
  EXPECT_THAT(changed_paths(push_to("refs/heads/topic", ""), git).why_unknown,
              HasSubstr("no common ancestor"));
  EXPECT_THAT(git.diffs, IsEmpty());
}

TEST_F(ChangedPathsTest, AreUnknownOfWhatIsNoPush) {
  ChangedPathsQuestion question = push_to("refs/heads/main", "old");
  question.kind = RunEvent::Kind::cron;
  EXPECT_EQ(changed_paths(question, git).paths, std::nullopt);
  EXPECT_THAT(git.diffs, IsEmpty());
}

TEST_F(ChangedPathsTest, AreUnknownWhenGitCannotTell) {
  git.failure = Error{Errc::limit, "more than 10000 paths"};
  const ChangedPaths changes = changed_paths(push_to("refs/heads/main", "old"), git);
  EXPECT_EQ(changes.paths, std::nullopt);
  EXPECT_EQ(changes.why_unknown, "more than 10000 paths");
}

}  // namespace changed_paths_test
}  // namespace melisai::serve
