#include "core/base/git.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "tests/fakes/fake_git_repo.h"
#include "tests/unit/base/git_sandbox.h"

namespace melisai::git_tests {
namespace {

using testing::AllOf;
using testing::Eq;
using testing::HasSubstr;
using testing::StartsWith;

class GitRefs : public GitSandbox {};

TEST_F(GitRefs, ResolveFindsBranchesTagsIdsAndAncestors) {
  const std::string first = commit("a", "1");
  const std::string second = commit("a", "2");
  sh("git tag -a -m release v1 && git branch topic HEAD~1");
  const auto repo = open();
  EXPECT_EQ(repo->resolve("HEAD").value(), second);
  EXPECT_EQ(repo->resolve("main").value(), second);
  EXPECT_EQ(repo->resolve("v1").value(), second) << "an annotated tag stands for its commit";
  EXPECT_EQ(repo->resolve("topic").value(), first);
  EXPECT_EQ(repo->resolve("HEAD~1").value(), first);
  EXPECT_EQ(repo->resolve(first).value(), first);
  EXPECT_EQ(repo->resolve(first.substr(0, 10)).value(), first);
}

TEST_F(GitRefs, AFullNameIsThatReferenceOrNone) {
  const std::string first = commit("a", "1");
  const auto repo = open();
  EXPECT_EQ(repo->resolve("refs/heads/main").value(), first);
  EXPECT_EQ(repo->resolve("refs/heads/main~0").value(), first) << "an expression stays one";
  const std::string described = "v1-3-g" + first.substr(0, 10);
  EXPECT_EQ(repo->resolve(described).value(), first);
  EXPECT_FALSE(repo->resolve("refs/heads/" + described)) << "no branch is called so";
}

TEST_F(GitRefs, ResolveFindsABranchThatOnlyOriginHas) {
  commit("a", "1");
  sh("git branch topic && git checkout -q -b other");
  sh("git clone -q --single-branch --branch other . ../clone && git -C ../clone fetch -q origin "
     "topic:refs/remotes/origin/topic");
  EXPECT_EQ(open("clone")->resolve("topic").value(), sh("git rev-parse topic"));
  EXPECT_EQ(open("clone")->resolve("topic~0").value(), sh("git rev-parse topic"));
}

TEST_F(GitRefs, UnknownReferenceNamesTheNearestOne) {
  commit("a", "1");
  sh("git branch release-1.0");
  EXPECT_THAT(failure(open()->resolve("mian")),
              AllOf(StartsWith("not_found: "), HasSubstr("unknown git reference 'mian'"),
                    HasSubstr("mean 'main'?")));
  EXPECT_THAT(failure(open()->resolve("release-1.1")), HasSubstr("did you mean 'release-1.0'?"));
  EXPECT_THAT(failure(open()->resolve("something else")), HasSubstr("git fetch"));
}

TEST_F(GitRefs, OptionLikeAndOversizedReferencesAreJustUnknown) {
  commit("a", "1");
  const std::string proof = path("proof");
  for (const std::string& ref :
       {std::string("-x"), std::string("--help"), "--upload-pack=touch " + proof,
        "$(touch " + proof + ")", std::string("main..main"), std::string("abc"), std::string("@{"),
        std::string("0000000000000000000000000000000000000000")}) {
    EXPECT_THAT(failure(open()->resolve(ref)), StartsWith("not_found: unknown git reference"))
        << ref;
  }
  EXPECT_FALSE(std::filesystem::exists(proof));
  EXPECT_THAT(failure(open()->resolve(std::string(2000, 'x'))),
              AllOf(StartsWith("not_found: "), HasSubstr("1000")));
  EXPECT_THAT(failure(open()->resolve("")), StartsWith("not_found: "));
  EXPECT_THAT(failure(open()->resolve("main\n")), HasSubstr("control character"));
  EXPECT_THAT(failure(open()->resolve(std::string("main\0x", 6))), HasSubstr("NUL"));
  EXPECT_THAT(failure(open()->resolve("\xff\xfe")), HasSubstr("UTF-8"));
}

TEST_F(GitRefs, AmbiguousShortIdSaysSo) {
  commit("a", "1");
  // Some of 1,000 blobs share their first four digits.
  const std::string prefix = sh(
      "mkdir ../blobs && for i in $(seq 1000); do echo $i > ../blobs/$i; done\n"
      "ls -d ../blobs/* | git hash-object -w --stdin-paths | cut -c1-4 | sort | uniq -d | head -1");
  ASSERT_EQ(prefix.size(), 4u);
  EXPECT_THAT(failure(open()->resolve(prefix)),
              AllOf(StartsWith("not_found: "), HasSubstr("ambiguous")));
}

TEST_F(GitRefs, ReferenceToAFileIsNoCommit) {
  commit("a", "1");
  EXPECT_THAT(failure(open()->resolve("HEAD:a")),
              AllOf(StartsWith("not_found: "), HasSubstr("names a blob")));
}

TEST_F(GitRefs, EmptyRepositorySaysThatItHasNoCommit) {
  EXPECT_THAT(failure(open()->resolve("HEAD")), HasSubstr("no commit yet"));
  EXPECT_THAT(failure(open()->resolve("main")), HasSubstr("no commit yet"));
  EXPECT_THAT(failure(open()->default_branch()), HasSubstr("no commit yet"));
  EXPECT_THAT(failure(open()->checkout_worktree(make_directory("out"))),
              HasSubstr("no commit yet"));
}

TEST_F(GitRefs, EscapeSequencesOfAReferenceDoNotReachTheTerminal) {
  commit("a", "1");
  const std::string message = failure(open()->resolve("\x1b[31mred"));
  EXPECT_THAT(message, HasSubstr("[31mred"));
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
}

class GitHistory : public GitSandbox {};

TEST_F(GitHistory, MergeBaseIsWhereTheBranchLeft) {
  const std::string fork = commit("a", "1");
  sh("git checkout -q -b topic");
  const std::string topic = commit("b", "1");
  sh("git checkout -q main");
  const std::string main = commit("c", "1");
  EXPECT_EQ(open()->merge_base(main, topic).value(), fork);
  EXPECT_EQ(open()->merge_base(fork, topic).value(), fork);
}

TEST_F(GitHistory, UnrelatedHistoriesHaveNoMergeBase) {
  const std::string main = commit("a", "1");
  sh("git checkout -q --orphan other");
  const std::string other = commit("b", "1");
  EXPECT_THAT(failure(open()->merge_base(main, other)),
              AllOf(StartsWith("git: no common ancestor"), HasSubstr("--base")));
}

TEST_F(GitHistory, ShallowCloneWithoutTheMergeBaseSaysHowToDeepenIt) {
  commit("a", "1");
  sh("git checkout -q -b topic");
  commit("b", "1");
  commit("b", "2");
  sh("git checkout -q main");
  commit("c", "1");
  sh("git clone -q --depth 1 --no-single-branch file://$PWD ../clone");
  const auto clone = open("clone");
  const auto result =
      clone->merge_base(clone->resolve("main").value(), clone->resolve("topic").value());
  EXPECT_THAT(failure(result),
              AllOf(StartsWith("git: no common ancestor"), HasSubstr("git fetch --unshallow"),
                    HasSubstr("fetch-depth: 0")));
  EXPECT_THAT(failure(clone->resolve("HEAD~1")), HasSubstr("git fetch --unshallow"));
}

TEST_F(GitHistory, ShallowCloneThatHoldsTheMergeBaseFindsIt) {
  commit("a", "0");
  const std::string fork = commit("a", "1");
  sh("git checkout -q -b topic");
  commit("b", "1");
  sh("git checkout -q main");
  commit("c", "1");
  sh("git merge -q --no-ff -m merge topic");
  sh("git clone -q --depth 3 --no-single-branch file://$PWD ../clone");
  const auto clone = open("clone");
  EXPECT_EQ(
      clone->merge_base(clone->resolve("HEAD^1").value(), clone->resolve("HEAD^2").value()).value(),
      fork);
  EXPECT_EQ(
      clone->merge_base(clone->resolve("HEAD").value(), clone->resolve("HEAD^1").value()).value(),
      clone->resolve("HEAD^1").value());
}

TEST_F(GitHistory, DefaultBranchPrefersWhatOriginSays) {
  commit("a", "1");
  sh("git branch develop && git branch -m main production && git branch main");
  sh("git checkout -q production && git clone -q . ../clone");
  EXPECT_EQ(open()->default_branch().value(), "main");
  EXPECT_EQ(open("clone")->default_branch().value(), "origin/production");
  sh("git remote set-head origin -d && git fetch -q", "clone");
  EXPECT_EQ(open("clone")->default_branch().value(), "origin/main") << "no local main there";
  sh("git symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/gone", "clone");
  EXPECT_EQ(open("clone")->default_branch().value(), "origin/main")
      << "origin/HEAD names a branch that is not there";
}

TEST_F(GitHistory, BranchIsTheOneCheckedOut) {
  EXPECT_EQ(open()->branch().value(), "") << "no commit yet";
  commit("a", "1");
  EXPECT_EQ(open()->branch().value(), "main");
  sh("git checkout -q -b topic/x");
  EXPECT_EQ(open()->branch().value(), "topic/x");
  sh("git checkout -q --detach");
  EXPECT_EQ(open()->branch().value(), "");
}

TEST_F(GitHistory, LastTagIsTheNearestMatchingAncestor) {
  commit("a", "1");
  sh("git tag v1.0");
  commit("a", "2");
  sh("git tag -a -m release v1.9 && git tag v1.10 && git tag nightly");
  const std::string middle = commit("a", "3");
  sh("git tag nightly-2");
  sh("git checkout -q -b side HEAD~2");
  commit("b", "1");
  sh("git tag v2.0 && git checkout -q main");
  const std::string head = commit("a", "4");
  sh("git tag v3.0");
  EXPECT_EQ(open()->last_tag("v*", head).value(), "v1.10") << "v3.0 is head, v2.0 elsewhere";
  EXPECT_EQ(open()->last_tag("nightly*", head).value(), "nightly-2");
  EXPECT_EQ(open()->last_tag("nightly*", middle).value(), "nightly");
  EXPECT_THAT(failure(open()->last_tag("v2*", head)),
              AllOf(StartsWith("not_found: "), HasSubstr("ancestor")));
  EXPECT_THAT(failure(open()->last_tag("x*", head)), HasSubstr("no tag matches 'x*'"));
}

TEST_F(GitHistory, LastTagIsFoundInAShallowClone) {
  commit("a", "0");
  commit("a", "1");
  sh("git tag v1");
  commit("a", "2");
  sh("git clone -q --depth 2 file://$PWD ../clone");
  const auto clone = open("clone");
  EXPECT_EQ(clone->last_tag("v*", clone->resolve("HEAD").value()).value(), "v1");
}

TEST_F(GitHistory, DefaultBranchIsTheOnlyOneOrAnError) {
  commit("a", "1");
  sh("git branch -m main stable");
  EXPECT_EQ(open()->default_branch().value(), "stable");
  sh("git branch other");
  EXPECT_THAT(failure(open()->default_branch()),
              AllOf(StartsWith("not_found: "), HasSubstr("--base")));
}

class GitFiles : public GitSandbox {};

TEST_F(GitFiles, ReadFileReturnsTheBytesOfThatCommit) {
  const std::string bytes("\0\xff\r\nline", 8);
  const std::string first = commit("dir/a", bytes);
  const std::string second = commit("dir/a", "");
  EXPECT_EQ(open()->read_file(first, "dir/a").value(), bytes);
  EXPECT_EQ(open()->read_file(second, "dir/a").value(), "");
  EXPECT_EQ(open()->read_file(second, "absent").value(), std::nullopt);
  EXPECT_EQ(open()->read_file(second, "../repo/dir/a").value(), std::nullopt);
  EXPECT_EQ(open()->read_file(second, "/etc/passwd").value(), std::nullopt);
}

TEST_F(GitFiles, ReadFileRefusesLinksDirectoriesAndLargeFiles) {
  std::filesystem::create_symlink("/etc/passwd", path("repo/link"));
  spill(path("repo/large"), std::string((1 << 20) + 1, 'x'));
  spill(path("repo/largest"), std::string(1 << 20, 'x'));
  const std::string sha = commit("dir/a", "1");
  EXPECT_THAT(failure(open()->read_file(sha, "link")),
              AllOf(StartsWith("usage: "), HasSubstr("is not a regular file")));
  EXPECT_THAT(failure(open()->read_file(sha, "dir")), HasSubstr("is not a regular file"));
  EXPECT_THAT(failure(open()->read_file(sha, "large")),
              AllOf(StartsWith("limit: "), HasSubstr("1 MiB")));
  EXPECT_EQ(open()->read_file(sha, "largest").value().value().size(), 1u << 20);
}

TEST_F(GitFiles, ACommitThatIsNotThereIsAnError) {
  commit("a", "1");
  EXPECT_THAT(failure(open()->read_file("main", "a")), HasSubstr("not a full commit id"));
  EXPECT_THAT(failure(open()->read_file(std::string(40, '1'), "a")),
              StartsWith("git: commit 1111"));
}

class GitOpening : public GitSandbox {};

TEST_F(GitOpening, WorktreeIsFoundFromASubdirectoryAndALinkedWorktree) {
  const std::string sha = commit("dir/a", "1");
  sh("git worktree add -q --detach ../linked");
  EXPECT_EQ(open("repo/dir")->worktree().value(), path("repo"));
  EXPECT_EQ(open("linked")->worktree().value(), path("linked"));
  EXPECT_EQ(open("linked")->resolve("HEAD").value(), sha);
}

TEST_F(GitOpening, BareRepositoryHasNoWorktree) {
  const std::string sha = commit("a", "1");
  sh("git clone -q --bare . ../bare.git");
  EXPECT_EQ(open("bare.git")->worktree().value(), "");
  EXPECT_EQ(open("bare.git")->resolve("main").value(), sha);
  EXPECT_THAT(failure(open("bare.git")->checkout_worktree(make_directory("out"))),
              HasSubstr("bare"));
}

TEST_F(GitOpening, OutsideOfARepositoryTheMessageSaysWhatToDo) {
  make_directory("plain");
  EXPECT_THAT(failure(open("plain")->resolve("HEAD")),
              AllOf(StartsWith("git: "), HasSubstr("-C DIR")));
  EXPECT_THAT(failure(open("missing")->resolve("HEAD")), HasSubstr("No such file or directory"));
}

TEST_F(GitOpening, ForeignOwnerIsRefusedWithAdviceThatHelps) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a repository to another user";
  commit("a", "1");
  sh("chown -R 12345 .");
  EXPECT_THAT(failure(open()->resolve("HEAD")),
              AllOf(StartsWith("git: "), HasSubstr("another user"), HasSubstr("chown"),
                    Not(HasSubstr("safe.directory"))));
}

TEST_F(GitOpening, SparseAndPartialClonesAreRead) {
  spill(path("repo/dir/b"), "2");
  const std::string sha = commit("a", "1");
  sh("git config uploadpack.allowFilter true && git clone -q --filter=blob:none file://$PWD "
     "../partial");
  sh("git sparse-checkout set --no-cone /a", "partial");
  EXPECT_EQ(open("partial")->resolve("HEAD").value(), sha);
  EXPECT_EQ(open("partial")->read_file(sha, "a").value(), "1");
}

TEST_F(GitOpening, UserConfigurationIsNotRead) {
  commit("a", "1");
  spill(path("home/.gitconfig"), "[core\nbroken");
  EXPECT_TRUE(open()->resolve("HEAD").has_value());
}

TEST_F(GitOpening, AHelperThatIsMissingIsAnErrorNotACrash) {
  const auto repo =
      make_git_repo({.path = "/nonexistent/melisai-gate-git"}, path("repo"), {}, no_interrupt());
  EXPECT_FALSE(repo->resolve("HEAD").has_value());
}

TEST_F(GitOpening, TheFakeWritesWhatItsTablesSay) {
  FakeGitRepo fake;
  fake.commits["c0ffee"] = {{"dir/a", "1"}};
  fake.refs["main"] = "c0ffee";
  ASSERT_EQ(failure(fake.checkout(fake.resolve("main").value(), make_directory("out"))), "");
  EXPECT_EQ(slurp(path("out/dir/a")), fake.read_file("c0ffee", "dir/a").value());
  EXPECT_THAT(failure(fake.resolve("other")), StartsWith("not_found: "));
}

}  // namespace
}  // namespace melisai::git_tests
