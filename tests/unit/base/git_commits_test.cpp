// What bisect asks a repository: the commits between a good and a bad one.
#include <gmock/gmock.h>

#include "tests/unit/base/git_sandbox.h"

namespace melisai::git_tests {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class GitCommits : public GitSandbox {
 protected:
  std::vector<std::string> shas_between(const std::string& good, const std::string& bad) const {
    std::vector<std::string> shas;
    const auto commits = open()->commits_between(good, bad);
    EXPECT_EQ(failure(commits), "");
    if (!commits) return shas;
    for (const GitCommit& each : *commits) shas.push_back(each.sha);
    return shas;
  }
};

TEST_F(GitCommits, AreThoseAfterGoodUpToBadOldestFirst) {
  const std::string first = commit("a", "1");
  const std::string second = commit("a", "2");
  const std::string third = commit("a", "3");
  commit("a", "4");
  EXPECT_THAT(shas_between(first, third), ElementsAre(second, third));
}

TEST_F(GitCommits, SayTheirParentsAndSubject) {
  const std::string first = commit("a", "1");
  const std::string second =
      sh("git commit -q --allow-empty -m 'Parse twice as much\n\nAnd a body.' && git rev-parse "
         "HEAD");
  const auto commits = open()->commits_between(first, second);
  ASSERT_EQ(failure(commits), "");
  EXPECT_THAT(*commits, ElementsAre(GitCommit{second, {first}, "Parse twice as much"}));
}

TEST_F(GitCommits, ContainBranchesThatWereMergedInBetween) {
  const std::string good = commit("a", "1");
  sh("git checkout -q -b side");
  const std::string side = commit("b", "1");
  sh("git checkout -q main");
  const std::string straight = commit("a", "2");
  sh("git merge -q --no-ff -m merge side");
  const auto commits = open()->commits_between(good, sh("git rev-parse HEAD"));
  ASSERT_EQ(failure(commits), "");
  ASSERT_EQ(commits->size(), 3u);
  EXPECT_THAT(commits->back().parents, ElementsAre(straight, side));
}

TEST_F(GitCommits, OfAStrangersMessageShowNoControlCharacters) {
  const std::string good = commit("a", "1");
  const std::string bad =
      sh("git commit -q --allow-empty -m \"$(printf 'red \\033[31m %0200d' 7)\" && git rev-parse "
         "HEAD");
  const auto commits = open()->commits_between(good, bad);
  ASSERT_EQ(failure(commits), "");
  EXPECT_THAT(commits->front().subject, StartsWith("red ?[31m 000"));
  EXPECT_EQ(commits->front().subject.size(), 120u);
  EXPECT_TRUE(commits->front().subject.ends_with("000..."));
}

TEST_F(GitCommits, NeedAGoodCommitThatIsAnAncestor) {
  const std::string fork = commit("a", "1");
  sh("git checkout -q -b side");
  const std::string side = commit("b", "1");
  sh("git checkout -q main");
  const std::string straight = commit("a", "2");
  EXPECT_THAT(failure(open()->commits_between(side, straight)),
              AllOf(StartsWith("usage: "), HasSubstr("not an ancestor"), HasSubstr(fork)));
  EXPECT_THAT(failure(open()->commits_between(straight, fork)),
              AllOf(StartsWith("usage: "), HasSubstr("did you swap --good and --bad?")));
  EXPECT_THAT(failure(open()->commits_between(fork, fork)),
              AllOf(StartsWith("usage: "), HasSubstr("the same commit")));
}

TEST_F(GitCommits, OfAShallowCloneSayHowToDeepenIt) {
  const std::string first = commit("a", "1");
  const std::string second = commit("a", "2");
  const std::string third = commit("a", "3");
  const std::string fourth = commit("a", "4");
  sh("git clone -q --depth 3 file://" + path("repo") + " ../clone");
  EXPECT_THAT(failure(open("clone")->commits_between(first, fourth)),
              AllOf(StartsWith("git: "), HasSubstr("git fetch --unshallow")));
  const auto within = open("clone")->commits_between(third, fourth);
  ASSERT_EQ(failure(within), "");
  EXPECT_EQ(within->size(), 1u);
  EXPECT_EQ(failure(open("clone")->commits_between(second, fourth)), "");
}

TEST_F(GitCommits, OfAShallowCloneMayNotLackASideBranch) {
  commit("a", "1");
  const std::string good = commit("a", "2");
  sh("git checkout -q -b side HEAD~1");
  commit("b", "1");
  commit("b", "2");
  sh("git checkout -q main && git merge -q --no-ff -m merge side");
  const std::string bad = commit("a", "3");
  sh("git clone -q --depth 3 file://" + path("repo") + " ../clone");
  EXPECT_THAT(failure(open("clone")->commits_between(good, bad)),
              HasSubstr("git fetch --unshallow"));
}

TEST_F(GitCommits, AreAtMostTenThousand) {
  const std::string good = commit("a", "1");
  sh("tree=$(git rev-parse HEAD^{tree})\n"
     "{ for i in $(seq 10001); do\n"
     "    printf 'commit refs/heads/long\\ncommitter A <a@b> %d +0000\\ndata 1\\nx\\n' $i\n"
     "    [ $i = 1 ] && printf 'from refs/heads/main^0\\n'\n"
     "    printf '\\n'\n"
     "  done; } | git fast-import --quiet");
  EXPECT_THAT(failure(open()->commits_between(good, sh("git rev-parse long"))),
              AllOf(StartsWith("limit: "), HasSubstr("10000")));
  EXPECT_EQ(shas_between(good, sh("git rev-parse long~1")).size(), 10'000u);
}

TEST_F(GitCommits, OfOneLineFollowFirstParentsToTheRoot) {
  const std::string root = commit("a", "1");
  sh("git checkout -q -b side");
  commit("b", "1");
  sh("git checkout -q main");
  const std::string straight = commit("a", "2");
  sh("git merge -q --no-ff -m merge side");
  const std::string merge = sh("git rev-parse HEAD");
  const auto line = open()->first_parents(merge);
  ASSERT_EQ(failure(line), "");
  EXPECT_THAT(*line, ElementsAre(merge, straight, root));
  EXPECT_THAT(failure(open()->first_parents(std::string(40, '1'))), StartsWith("git: "));
}

TEST_F(GitCommits, OfOneLineEndAtTheEdgeOfAShallowClone) {
  commit("a", "1");
  const std::string second = commit("a", "2");
  const std::string third = commit("a", "3");
  sh("git clone -q --depth 2 file://" + path("repo") + " ../clone");
  const auto line = open("clone")->first_parents(third);
  ASSERT_EQ(failure(line), "");
  EXPECT_THAT(*line, ElementsAre(third, second));
}

TEST_F(GitCommits, OfOneLineAreAtMostFiftyThousand) {
  commit("a", "1");
  sh("{ for i in $(seq 50000); do\n"
     "    printf 'commit refs/heads/long\\ncommitter A <a@b> %d +0000\\ndata 1\\nx\\n' $i\n"
     "    [ $i = 1 ] && printf 'from refs/heads/main^0\\n'\n"
     "    printf '\\n'\n"
     "  done; } | git fast-import --quiet");
  const auto line = open()->first_parents(sh("git rev-parse long"));
  ASSERT_EQ(failure(line), "");
  EXPECT_EQ(line->size(), kFirstParentsMax);
}

}  // namespace
}  // namespace melisai::git_tests
