#include <gmock/gmock.h>
#include <sys/mount.h>
#include <unistd.h>

#include "tests/unit/base/git_sandbox.h"

namespace melisai::git_tests {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class GitCheckout : public GitSandbox {
 protected:
  /// A commit of a tree made by hand: lines for `git mktree`. What git's own commands refuse can be
  /// written so.
  std::string commit_tree(const std::string& lines) {
    return sh("printf '" + lines + "' | git mktree --missing | xargs git commit-tree -m crafted");
  }
  std::string blob(const std::string& content) {
    return sh("printf '" + content + "' | git hash-object -w --stdin");
  }
};

TEST_F(GitCheckout, WritesTheFilesOfThatCommitWithModesAndLinks) {
  spill(path("repo/run.sh"), "#!/bin/sh\n");
  sh("chmod +x run.sh && ln -s dir/a link && ln -s /etc absolute");
  const std::string first = commit("dir/deep/a", "one");
  sh("git rm -q run.sh");
  commit("dir/deep/a", "two");
  const std::string out = make_directory("out");
  ASSERT_EQ(failure(open()->checkout(first, out)), "");
  EXPECT_EQ(listing(out), "absolute dir/deep/a link run.sh");
  EXPECT_EQ(slurp(out + "/dir/deep/a"), "one");
  EXPECT_EQ(access((out + "/run.sh").c_str(), X_OK), 0);
  struct stat status {};
  ASSERT_EQ(stat((out + "/dir/deep/a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0111u, 0u);
  EXPECT_EQ(std::filesystem::read_symlink(out + "/link"), "dir/a");
  EXPECT_EQ(std::filesystem::read_symlink(out + "/absolute"), "/etc");
}

TEST_F(GitCheckout, LeavesADirtyRepositoryAsItIsByteForByte) {
  commit("a", "1");
  const std::string sha = commit("b", "1");
  spill(path("repo/a"), "dirty");
  spill(path("repo/staged"), "new");
  spill(path("repo/untracked"), "new");
  sh("git add staged && rm b && touch -d 2020-01-01 staged");
  const auto before = snapshot(path("repo"));
  const auto repo = open();
  ASSERT_EQ(failure(repo->checkout(sha, make_directory("out"))), "");
  ASSERT_EQ(failure(repo->checkout_worktree(make_directory("out2"))), "");
  EXPECT_EQ(snapshot(path("repo")), before);
  EXPECT_EQ(listing(path("out")), "a b");
}

TEST_F(GitCheckout, NoHookNoFilterAndNoLineEndConversionTouchesTheBytes) {
  spill(path("repo/text"), "one\ntwo\n$Id$\n");
  const std::string sha = commit(".gitattributes", "* text eol=crlf ident filter=evil\n");
  const std::string proof = path("proof");
  sh("git config filter.evil.smudge 'touch " + proof +
     "; cat' && git config filter.evil.clean 'touch " + proof +
     "; cat' && git config filter.evil.required true && git config core.autocrlf true");
  for (const char* hook : {"post-checkout", "pre-commit", "reference-transaction"}) {
    spill(path(std::string("repo/.git/hooks/") + hook), "#!/bin/sh\ntouch " + proof + "\n");
    sh(std::string("chmod +x .git/hooks/") + hook);
  }
  const std::string out = make_directory("out");
  ASSERT_EQ(failure(open()->checkout(sha, out)), "");
  EXPECT_EQ(slurp(out + "/text"), "one\ntwo\n$Id$\n");
  ASSERT_EQ(failure(open()->checkout_worktree(make_directory("out2"))), "");
  EXPECT_FALSE(std::filesystem::exists(proof));
}

TEST_F(GitCheckout, WorksFromABareRepository) {
  const std::string sha = commit("a", "1");
  sh("git clone -q --bare . ../bare.git");
  ASSERT_EQ(failure(open("bare.git")->checkout(sha, make_directory("out"))), "");
  EXPECT_EQ(listing(path("out")), "a");
}

TEST_F(GitCheckout, NamesThatLeaveTheDirectoryOrFakeARepositoryAreRefused) {
  const std::string evil = blob("evil");
  const std::string sub = sh("printf '100755 blob " + evil + "\\tpost-checkout\\n' | git mktree");
  int number = 0;
  for (const std::string name : {".git", ".GIT", "..", "."}) {
    const std::string sha = commit_tree("040000 tree " + sub + "\\t" + name + "\\n");
    const std::string out = make_directory("parent/out" + std::to_string(++number));
    EXPECT_THAT(failure(open()->checkout(sha, out)),
                AllOf(StartsWith("git: "), HasSubstr("not allowed")))
        << name;
    EXPECT_EQ(listing(path("parent")), "") << name;
  }
}

TEST_F(GitCheckout, ANameWithASlashIsRefused) {
  // mktree refuses it too, so the tree's bytes are written directly.
  const std::string evil = blob("evil");
  const std::string tree = sh("{ printf '100644 ../escaped\\0'; printf " + evil +
                              " | sed 's/../\\\\x&/g' | xargs -0 printf '%b'; } | git hash-object "
                              "-w -t tree --literally --stdin");
  const std::string sha = sh("git commit-tree -m crafted " + tree);
  EXPECT_THAT(failure(open()->checkout(sha, make_directory("parent/out"))),
              HasSubstr("not allowed"));
  EXPECT_EQ(listing(path("parent")), "");
}

TEST_F(GitCheckout, AFileThroughALinkOfTheSameNameIsNotWritten) {
  const std::string outside = make_directory("outside");
  const std::string target = blob(outside);
  const std::string sub = sh("printf '100644 blob " + blob("evil") + "\\tfile\\n' | git mktree");
  // The same name twice: a link to a directory of ours, then a directory with a file.
  const std::string tree =
      sh("{ printf '120000 x\\0'; printf " + target +
         " | sed 's/../\\\\x&/g' | xargs -0 printf '%b'; printf '40000 x\\0'; printf " + sub +
         " | sed 's/../\\\\x&/g' | xargs -0 printf '%b'; } | git hash-object -w -t tree "
         "--literally --stdin");
  const std::string sha = sh("git commit-tree -m crafted " + tree);
  EXPECT_NE(failure(open()->checkout(sha, make_directory("out"))), "");
  EXPECT_EQ(listing(outside), "");
}

TEST_F(GitCheckout, TreesThatNameThemselvesOverAndOverEndAtALimit) {
  const std::string leaf = sh("printf '100644 blob " + blob("x") + "\\tf\\n' | git mktree");
  const std::string bomb = sh("tree=" + leaf +
                              "; for level in $(seq 10); do\n"
                              "tree=$(for i in 0 1 2 3 4 5 6 7 8 9; do printf \"040000 tree "
                              "$tree\\t$i\\n\"; done | git mktree); done\n"
                              "git commit-tree -m bomb $tree");
  const std::string tower = sh("tree=" + leaf +
                               "; for level in $(seq 140); do tree=$(printf \"040000 tree "
                               "$tree\\td\\n\" | git mktree); done\n"
                               "git commit-tree -m tower $tree");
  EXPECT_THAT(failure(open()->checkout(tower, make_directory("tower"))),
              AllOf(StartsWith("limit: "), HasSubstr("nested")));
  // A million small files take too long for a test; the deadline must be as good an end.
  GitOptions options;
  options.timeout = Milliseconds(300);
  EXPECT_THAT(failure(open("repo", options)->checkout(bomb, make_directory("bomb"))),
              StartsWith("timeout: "));
}

TEST_F(GitCheckout, ACorruptObjectIsAnError) {
  const std::string sha = commit("a", "content that will not match");
  const std::string id = sh("git rev-parse HEAD:a");
  const std::string object = path("repo/.git/objects/" + id.substr(0, 2) + "/" + id.substr(2));
  const std::string other = blob("other");
  sh("chmod u+w " + object + " && cp .git/objects/" + other.substr(0, 2) + "/" + other.substr(2) +
     " " + object);
  EXPECT_THAT(failure(open()->checkout(sha, make_directory("out"))), StartsWith("git: a"));
}

TEST_F(GitCheckout, TheTargetMustBeEmptyAndOutsideOfTheRepository) {
  const std::string sha = commit("a", "1");
  EXPECT_THAT(failure(open()->checkout(sha, make_directory("repo/inside"))),
              HasSubstr("lies inside"));
  EXPECT_THAT(failure(open()->checkout(sha, make_directory("repo/.git/inside"))),
              HasSubstr("lies inside"));
  std::filesystem::create_directory_symlink(path("repo"), path("alias"));
  EXPECT_THAT(failure(open()->checkout(sha, path("alias/inside"))), HasSubstr("lies inside"));
  spill(path("full/file"), "mine");
  EXPECT_THAT(failure(open()->checkout(sha, path("full"))), HasSubstr("not empty"));
  EXPECT_EQ(slurp(path("full/file")), "mine");
  EXPECT_THAT(failure(open()->checkout(sha, path("missing"))), HasSubstr("missing"));
  make_directory("repository-next-to-it");
  EXPECT_EQ(failure(open()->checkout(sha, make_directory("repo2"))), "")
      << "a common prefix is not inside";
}

TEST_F(GitCheckout, AFullDiskIsToldApart) {
  const std::string out = make_directory("small");
  if (mount("none", out.c_str(), "tmpfs", 0, "size=64k") != 0)
    GTEST_SKIP() << "needs the right to mount a tmpfs";
  const std::string sha = commit("large", std::string(1 << 20, 'x'));
  const std::string message = failure(open()->checkout(sha, out));
  umount(out.c_str());
  EXPECT_THAT(message,
              AllOf(StartsWith("disk_full: "), HasSubstr("large"), HasSubstr("No space left")));
}

TEST_F(GitCheckout, SubmodulesAreEmptyDirectoriesByDefault) {
  make_directory("lib");
  sh("git init -q . && echo 1 > code && git add -A && git commit -q -m lib", "lib");
  sh("git submodule --quiet add ../lib vendor/lib");
  const std::string sha = commit("a", "1");
  ASSERT_EQ(failure(open()->checkout(sha, make_directory("out"))), "");
  EXPECT_EQ(listing(path("out")), ".gitmodules a");
  EXPECT_TRUE(std::filesystem::is_empty(path("out/vendor/lib")));
}

}  // namespace
}  // namespace melisai::git_tests
