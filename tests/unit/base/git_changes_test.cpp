// Which paths differ between two commits.
#include <gmock/gmock.h>

#include "tests/unit/base/git_sandbox.h"

namespace melisai::git_tests {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

class GitChanges : public GitSandbox {
 protected:
  std::vector<std::string> changed(const std::string& base, const std::string& sha) const {
    const auto paths = open()->changed_paths(base, sha);
    EXPECT_EQ(failure(paths), "");
    return paths ? *paths : std::vector<std::string>{};
  }
};

TEST_F(GitChanges, AreAddedChangedAndRemovedFilesInOrder) {
  commit("src/kept.c", "1");
  commit("src/gone.c", "1");
  const std::string base = commit("src/a.c", "1");
  sh("rm src/gone.c");
  commit("docs/new.md", "1");
  const std::string sha = commit("src/a.c", "2");
  EXPECT_THAT(changed(base, sha), ElementsAre("docs/new.md", "src/a.c", "src/gone.c"));
  EXPECT_THAT(changed(sha, base), SizeIs(3)) << "a commit that was taken back changes as much";
  EXPECT_THAT(changed(sha, sha), IsEmpty());
}

TEST_F(GitChanges, OfARenameAreBothNames) {
  const std::string base = commit("src/a.c", "the same content on both sides\n");
  sh("git mv src/a.c a.md");
  EXPECT_THAT(changed(base, commit("x", "")), ElementsAre("a.md", "src/a.c", "x"));
}

TEST_F(GitChanges, KnowModesLinksAndSubmodules) {
  commit("tool", "1");
  const std::string base = commit("link", "1");
  sh("chmod +x tool && rm link && ln -s tool link");
  sh("git update-index --add --cacheinfo 160000," + base + ",module");
  const std::string sha = sh("git add tool link && git commit -q -m x && git rev-parse HEAD");
  EXPECT_THAT(changed(base, sha), ElementsAre("link", "module", "tool"));
}

TEST_F(GitChanges, KeepHostileNamesAsTheyAre) {
  const std::string base = commit("a", "1");
  const std::string sha = commit("new\nline \xff\x1b[31m", "1");
  EXPECT_THAT(changed(base, sha), ElementsAre("new\nline \xff\x1b[31m"));
}

TEST_F(GitChanges, AreLimited) {
  const std::string base = commit("a", "1");
  sh("for i in $(seq 10001); do echo \"100644 blob "
     "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\tf$i\"; done > ../list && git hash-object -w -t "
     "blob "
     "/dev/null > ../empty");
  const std::string many = sh("git commit-tree -m many $(git mktree < ../list) && true");
  const std::string fewer = sh("git commit-tree -m fewer $(head -n 9999 ../list | git mktree)");
  EXPECT_THAT(failure(open()->changed_paths(base, many)), StartsWith("limit: more than 10000"));
  EXPECT_THAT(changed(base, fewer), SizeIs(10'000)) << "and a, which is gone";
}

TEST_F(GitChanges, AreLimitedAlsoWhereFewObjectsNameManyFiles) {
  const std::string base = commit("a", "1");
  // Nine directories of ten, inside each other: 10^10 files.
  const std::string bomb = sh(
      "tree=$(for i in 0 1 2 3 4 5 6 7 8 9; do printf '100644 blob "
      "%s\\tf%s\\n' $(git hash-object -w -t blob /dev/null) $i; done | git mktree)\n"
      "for level in 1 2 3 4 5 6 7 8 9; do tree=$(for i in 0 1 2 3 4 5 6 7 8 9; do printf '040000 "
      "tree %s\\td%s\\n' $tree $i; done | git mktree); done; git commit-tree -m bomb $tree");
  EXPECT_THAT(failure(open()->changed_paths(base, bomb)), StartsWith("limit: "));
}

TEST_F(GitChanges, NeedBothCommits) {
  const std::string here = commit("a", "1");
  EXPECT_THAT(failure(open()->changed_paths(std::string(40, 'b'), here)),
              HasSubstr(std::string(40, 'b')));
}

}  // namespace
}  // namespace melisai::git_tests
