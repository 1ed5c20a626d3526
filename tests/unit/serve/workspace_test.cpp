#include "core/serve/workspace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "core/base/files.h"
#include "core/run/run.h"

namespace melisai::serve {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Workspace : public ::testing::Test {
 protected:
  std::string path() const { return directory_->path() + "/a/workspace"; }
  static mode_t mode_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(stat(path.c_str(), &status), 0);
    return status.st_mode & 07777;
  }
  std::string refusal() const {
    const Result<void> prepared = prepare_workspace(path());
    if (prepared) return "";
    EXPECT_EQ(prepared.error().code, Errc::config);
    return prepared.error().message;
  }

  Result<TemporaryDirectory> directory_ = TemporaryDirectory::make(::testing::TempDir(), "space");
};

TEST_F(Workspace, IsInTheStateDirectoryUnlessSomebodySaysOtherwise) {
  EXPECT_EQ(workspace_of({}, "/state"), "/state/workspace");
  OrchestratorOptions options;
  options.workspace = "/tmp/cicd-workspace";
  EXPECT_EQ(workspace_of(options, "/state"), "/tmp/cicd-workspace");
}

TEST_F(Workspace, IsMadePrivate) {
  ASSERT_TRUE(prepare_workspace(path()));
  EXPECT_EQ(mode_of(path()), 0700u);
  ASSERT_TRUE(prepare_workspace(path()));
}

TEST_F(Workspace, IsNeverMadePrivateBehindItsOwnersBack) {
  fs::create_directories(path());
  fs::permissions(path(), fs::perms(0755));
  EXPECT_THAT(refusal(), HasSubstr("can be entered by others"));
  EXPECT_EQ(mode_of(path()), 0755u);
  fs::permissions(path(), fs::perms(0700));
  ASSERT_TRUE(prepare_workspace(path())) << "an empty directory becomes ours";
  fs::permissions(path(), fs::perms(0755));
  EXPECT_THAT(refusal(), HasSubstr("can be entered by others"));
}

TEST_F(Workspace, HoldsNothingThatIsNotOurs) {
  fs::create_directories(path());
  fs::permissions(path(), fs::perms(0700));
  ASSERT_TRUE(write_file(path() + "/thesis.tex", ""));
  EXPECT_THAT(refusal(), HasSubstr("holds files of others"));
  fs::remove(path() + "/thesis.tex");
  ASSERT_TRUE(prepare_workspace(path()));
  fs::create_directories(path() + "/builds");
  EXPECT_EQ(refusal(), "");
}

TEST_F(Workspace, IsNoLinkAndNoFile) {
  fs::create_directories(directory_->path() + "/a");
  fs::create_directories(directory_->path() + "/elsewhere");
  fs::create_directory_symlink(directory_->path() + "/elsewhere", path());
  EXPECT_THAT(refusal(), HasSubstr("is a link"));
  fs::remove(path());
  fs::create_symlink("nowhere", path());
  EXPECT_THAT(refusal(), HasSubstr("is a link"));
  fs::remove(path());
  ASSERT_TRUE(write_file(path(), ""));
  EXPECT_THAT(refusal(), HasSubstr("not a directory"));
}

TEST_F(Workspace, IsNobodyElses) {
  if (getuid() != 0) GTEST_SKIP() << "only root can give a directory away";
  constexpr uid_t kNobody = 65534;
  fs::create_directories(path());
  ASSERT_EQ(chown(path().c_str(), kNobody, kNobody), 0);
  EXPECT_THAT(refusal(), HasSubstr("belongs to another user"));
}

TEST_F(Workspace, KeepsFinishedBuildsAndWhatIsHeldAndLosesTheRest) {
  run::BuildCache cache(path(), {});
  run::BuildKey key;
  key.sha = "finished";
  std::string finished;
  {
    auto slot = cache.acquire(key, "1111111111111111");
    ASSERT_TRUE(slot && slot->commit());
    finished = slot->tree();
  }
  const auto held = cache.acquire({}, "2222222222222222");
  ASSERT_TRUE(held);
  const std::string killed = path() + "/builds/3333333333333333/tree";
  fs::create_directories(killed);
  fs::create_directories(path() + "/runs/4444");
  sweep_workspace(path());
  EXPECT_TRUE(fs::exists(finished));
  EXPECT_TRUE(fs::exists(held->tree()));
  EXPECT_FALSE(fs::exists(killed));
  EXPECT_FALSE(fs::exists(path() + "/runs/4444"));
}

}  // namespace
}  // namespace melisai::serve
