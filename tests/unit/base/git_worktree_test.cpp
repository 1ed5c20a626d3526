#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/base/git_sandbox.h"

namespace melisai::git_tests {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class GitWorktree : public GitSandbox {
 protected:
  /// The copy's listing after checkout_worktree(), which must leave the repository alone.
  std::string copy() {
    const auto before = snapshot(path("repo"));
    EXPECT_EQ(failure(open()->checkout_worktree(make_directory("out"))), "");
    EXPECT_EQ(snapshot(path("repo")), before);
    return listing(path("out"));
  }
};

TEST_F(GitWorktree, ACleanWorkTreeIsHead) {
  commit("dir/a", "1");
  EXPECT_EQ(copy(), "dir/a");
  EXPECT_EQ(slurp(path("out/dir/a")), "1");
}

TEST_F(GitWorktree, EveryKindOfChangeIsTakenOver) {
  for (const char* name : {"kept", "modified", "deleted", "staged", "renamed-from", "dir/only"}) {
    spill(path(std::string("repo/") + name), name);
  }
  commit(".gitignore", "*.o\nbuild/\n");
  spill(path("repo/modified"), "changed");
  spill(path("repo/staged"), "staged change");
  spill(path("repo/staged-new"), "new");
  sh("git add staged staged-new && git mv renamed-from renamed-to && rm deleted && git rm -q "
     "dir/only");
  spill(path("repo/staged"), "changed after staging");
  spill(path("repo/new/untracked"), "new");
  spill(path("repo/ignored.o"), "object");
  spill(path("repo/build/ignored"), "object");
  sh("chmod +x new/untracked");
  EXPECT_EQ(copy(), ".gitignore kept modified new/untracked renamed-to staged staged-new");
  EXPECT_EQ(slurp(path("out/modified")), "changed");
  EXPECT_EQ(slurp(path("out/staged")), "changed after staging");
  EXPECT_EQ(slurp(path("out/renamed-to")), "renamed-from");
  EXPECT_EQ(access(path("out/new/untracked").c_str(), X_OK), 0);
  EXPECT_FALSE(std::filesystem::exists(path("out/dir")))
      << "a directory without files is no part of the state";
}

TEST_F(GitWorktree, TouchedButEqualFilesAndChangedModesAreSeen) {
  commit("a", "1");
  sh("touch -d 2020-01-01 a");
  EXPECT_EQ(copy(), "a");
  sh("chmod +x a && rm -rf ../out");
  EXPECT_EQ(copy(), "a");
  EXPECT_EQ(access(path("out/a").c_str(), X_OK), 0);
}

TEST_F(GitWorktree, FilesDirectoriesAndLinksMayReplaceEachOther) {
  spill(path("repo/dir/inside"), "1");
  spill(path("repo/file"), "1");
  commit("other", "1");
  sh("rm -r dir file other && echo now a file > dir && mkdir file && echo x > file/inside && ln -s "
     "dir other");
  EXPECT_EQ(copy(), "dir file/inside other");
  EXPECT_EQ(slurp(path("out/dir")), "now a file\n");
  EXPECT_EQ(std::filesystem::read_symlink(path("out/other")), "dir");
}

TEST_F(GitWorktree, ALinkToADirectoryIsCopiedAsALinkNotFollowed) {
  spill(path("secret/file"), "secret");
  spill(path("repo/dir/file"), "1");
  commit("a", "1");
  sh("rm -r dir && ln -s ../secret dir");
  EXPECT_EQ(copy(), "a dir");
  EXPECT_EQ(std::filesystem::read_symlink(path("out/dir")), "../secret");
}

TEST_F(GitWorktree, RemovedFromTheIndexAndIgnoredIsGone) {
  spill(path("repo/cached"), "1");
  spill(path("repo/cached.o"), "1");
  commit("a", "1");
  sh("git rm -q --cached cached cached.o");
  spill(path("repo/.gitignore"), "*.o\n");
  EXPECT_EQ(copy(), ".gitignore a cached") << "the first is untracked now, the second ignored";
}

TEST_F(GitWorktree, FifosAndNestedRepositoriesAreLeftOut) {
  commit("a", "1");
  ASSERT_EQ(mkfifo(path("repo/fifo").c_str(), 0600), 0);
  sh("rm a && mkfifo a && git init -q nested && echo 1 > nested/file");
  EXPECT_EQ(copy(), "");
}

TEST_F(GitWorktree, ChangedSubmodulesStayAsHeadRecordsThem) {
  sh("git init -q ../lib && cd ../lib && echo 1 > code && git add -A && git commit -q -m lib");
  sh("git submodule --quiet add ../lib moved && git submodule --quiet add ../lib gone");
  spill(path("repo/file"), "1");
  commit("a", "1");
  sh("git rm -q gone file && git submodule --quiet add ../lib added");
  sh("git submodule --quiet add ../lib file && echo 2 > moved/code");
  sh("git commit -q -a -m newer", "repo/moved");
  sh("git add moved");
  EXPECT_EQ(copy(), ".gitmodules a");
  EXPECT_TRUE(std::filesystem::is_empty(path("out/moved")));
  EXPECT_FALSE(std::filesystem::exists(path("out/gone")));
  EXPECT_FALSE(std::filesystem::exists(path("out/added")));
}

TEST_F(GitWorktree, FilesLeftOutBySparseCheckoutAreNotDeletions) {
  spill(path("repo/dir/b"), "2");
  commit("a", "1");
  sh("git sparse-checkout set --no-cone /a");
  EXPECT_EQ(copy(), "a dir/b");
}

TEST_F(GitWorktree, LineEndsThatGitConvertedAreNoChange) {
  spill(path("repo/text"), "one\ntwo\n");
  commit(".gitattributes", "* text eol=crlf\n");
  sh("rm text && git checkout -q text && touch -d 2020-01-01 text");
  ASSERT_EQ(slurp(path("repo/text")), "one\r\ntwo\r\n");
  copy();
  EXPECT_EQ(slurp(path("out/text")), "one\ntwo\n") << "as in a checkout of the commit";
}

TEST_F(GitWorktree, ChangesOfALinkedWorktreeAreItsOwn) {
  commit("a", "1");
  sh("git worktree add -q --detach ../linked");
  spill(path("linked/a"), "linked");
  ASSERT_EQ(failure(open("linked")->checkout_worktree(make_directory("out"))), "");
  EXPECT_EQ(listing(path("out")), "a");
  EXPECT_EQ(slurp(path("out/a")), "linked");
}

TEST_F(GitWorktree, UnresolvedConflictsAreAnError) {
  commit("a", "1");
  sh("git checkout -q -b topic");
  commit("a", "topic");
  sh("git checkout -q main");
  commit("a", "main");
  sh("git merge topic || true");
  EXPECT_THAT(failure(open()->checkout_worktree(make_directory("out"))),
              AllOf(StartsWith("git: a "), HasSubstr("merge conflict")));
}

}  // namespace
}  // namespace melisai::git_tests
