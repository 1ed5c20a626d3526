#include <gmock/gmock.h>

#include "tests/unit/base/git_sandbox.h"

namespace melisai::git_tests {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class GitPatch : public GitSandbox {
 protected:
  void SetUp() override {
    spill(path("repo/run.sh"), "one\ntwo\nthree\n");
    sh("chmod +x run.sh");
    base_ = commit("docs/read.me", "hello\n");
  }
  Result<std::string> apply(const std::string& patch, const std::string& ref = kRef) {
    spill(path("patch"), patch);
    return open()->commit_patch(
        {.sha = base_, .file = path("patch"), .message = "A fix", .ref = ref});
  }
  std::string problem(const std::string& patch, const std::string& ref = kRef) {
    const Result<std::string> made = apply(patch, ref);
    EXPECT_EQ(sh("git for-each-ref refs/melisai-gate"), "");
    return made ? "made " + *made : made.error().message;
  }
  /// What `git diff` prints after `change` was done to the work tree, which is then as before.
  std::string diff_of(const std::string& change) {
    const std::string text = sh(change + "; git add -A; git diff --cached --binary HEAD");
    sh("git reset -q --hard");
    return text + "\n";
  }
  static constexpr const char* kRef = "refs/melisai-gate/fixes/1";
  std::string base_;
};

TEST_F(GitPatch, BecomesACommitThatNobodySees) {
  const std::string patch =
      diff_of("echo four >> run.sh; git mv docs/read.me docs/README; echo new > new; rm -f x");
  const auto before = snapshot(path("repo"));
  const Result<std::string> made = apply(patch);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(sh("git show " + *made + ":run.sh"), "one\ntwo\nthree\nfour");
  EXPECT_EQ(sh("git ls-tree -r --name-only " + *made), "docs/README\nnew\nrun.sh");
  EXPECT_THAT(sh("git ls-tree " + *made + " run.sh"), StartsWith("100755"));
  EXPECT_EQ(sh("git log -1 --format='%P %s' " + *made), base_ + " A fix");
  EXPECT_EQ(sh("git rev-parse " + std::string(kRef)), *made);
  EXPECT_EQ(sh("git rev-parse HEAD"), base_);
  EXPECT_EQ(sh("git status --porcelain"), "");
  EXPECT_EQ(snapshot(path("repo")).at("run.sh"), before.at("run.sh"));
  ASSERT_TRUE(apply(diff_of("echo other > other"))) << "the ref moves on";
}

TEST_F(GitPatch, ThatIsNoneIsRefused) {
  EXPECT_THAT(problem(""), HasSubstr("is empty"));
  EXPECT_THAT(problem("I have fixed it for you!\n"), HasSubstr("the patch "));
  EXPECT_THAT(
      problem("diff --git a/run.sh b/run.sh\n--- a/run.sh\n+++ b/run.sh\n@@ -1 +1 @@\n-x\n"),
      HasSubstr("the patch "));
  EXPECT_THAT(problem("diff --git a/run.sh b/run.sh\n--- a/run.sh\n+++ b/run.sh\n@@ -1,3 +1,3 @@\n "
                      "one\n-zwei\n+2\n three\n"),
              HasSubstr("does not fit the commit"));
  EXPECT_THAT(problem(std::string((1 << 20) + 1, 'x')), HasSubstr("1 MiB"));
  spill(path("patch"), "");
  EXPECT_THAT(problem(std::string("\0\xff\0", 3)), HasSubstr("the patch "));
}

TEST_F(GitPatch, LeavesTheTreeByNoName) {
  for (const char* name :
       {"../evil", "a/../../evil", ".git/hooks/post-checkout", "sub/.GIT/config", "./x"}) {
    const std::string text =
        std::string("--- /dev/null\n+++ b/") + name + "\n@@ -0,0 +1 @@\n+evil\n";
    EXPECT_THAT(problem(text), HasSubstr("the patch ")) << name;
    EXPECT_THAT(problem("diff --git a/" + std::string(name) + " b/" + name +
                        "\nnew file mode 100644\n" + text),
                HasSubstr("the patch "))
        << name;
  }
}

TEST_F(GitPatch, WithoutModesKeepsThem) {
  const std::string hunk = "@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n";
  const auto changed = apply("diff --git a/run.sh b/run.sh\n--- a/run.sh\n+++ b/run.sh\n" + hunk);
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_THAT(sh("git ls-tree " + *changed + " run.sh"), StartsWith("100755"));
  const auto moved = apply(diff_of("git mv run.sh go.sh"));
  ASSERT_TRUE(moved) << moved.error().message;
  EXPECT_THAT(sh("git ls-tree " + *moved + " go.sh"), StartsWith("100755"));
}

TEST_F(GitPatch, WithoutModesChangesNoLinkAndNothingOutside) {
  sh("ln -s read.me docs/link");
  base_ = commit("other", "x\n");
  EXPECT_THAT(problem("diff --git a/docs/link b/docs/link\n--- a/docs/link\n+++ b/docs/link\n"
                      "@@ -1 +1 @@\n-read.me\n\\ No newline at end of file\n+/etc/passwd\n"
                      "\\ No newline at end of file\n"),
              HasSubstr("the patch "));
  EXPECT_THAT(problem("diff --git a/../x b/../x\n--- a/../x\n+++ b/../x\n@@ -1 +1,2 @@\n a\n+b\n"),
              HasSubstr("names the path"));
}

TEST_F(GitPatch, MakesNoLinksAndNoSubmodules) {
  EXPECT_THAT(problem(diff_of("ln -s /etc/passwd link")), HasSubstr("something else than a file"));
  EXPECT_THAT(problem("diff --git a/sub b/sub\nnew file mode 160000\n--- /dev/null\n+++ b/sub\n"
                      "@@ -0,0 +1 @@\n+Subproject commit " +
                      base_ + "\n"),
              HasSubstr("the patch "));
}

TEST_F(GitPatch, WritesOnlyRefsOfItsOwn) {
  const std::string patch = diff_of("echo four >> run.sh");
  for (const char* ref : {"refs/heads/main", "HEAD", "refs/melisai-gate/../heads/main",
                          "refs/melisai-gate/", "refs/melisai-gate/a b", ""})
    EXPECT_THAT(problem(patch, ref), HasSubstr("no name below")) << ref;
  EXPECT_EQ(sh("git rev-parse main"), base_);
}

}  // namespace
}  // namespace melisai::git_tests
