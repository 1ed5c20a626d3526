// What is found on a machine, here on one made of folders.
#include "core/sandbox/layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/base/files.h"

namespace melisai::sandbox {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class SandboxLayout : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = TemporaryDirectory::make(::testing::TempDir(), "layout");
    ASSERT_TRUE(made);
    directory_ = std::make_unique<TemporaryDirectory>(*std::move(made));
    fs::create_directories(root() + "/etc");
  }
  std::string root() const { return directory_->path(); }
  void file(const std::string& path, int mode) {
    fs::create_directories(fs::path(root() + path).parent_path());
    std::ofstream(root() + path) << "x";
    fs::permissions(root() + path, static_cast<fs::perms>(mode));
  }
  Layout layout() {
    Result<Layout> read = read_layout(root());
    EXPECT_TRUE(read) << read.error().message;
    return *read;
  }
  std::unique_ptr<TemporaryDirectory> directory_;
};

TEST_F(SandboxLayout, TellsFoldersFromLinksToThem) {
  fs::create_directories(root() + "/usr/bin");
  fs::create_symlink("usr/bin", root() + "/bin");
  std::vector<std::string> found;
  for (const SystemPath& each : layout().system) found.push_back(each.path + "=" + each.link);
  EXPECT_THAT(found, ElementsAre("/usr=", "/bin=usr/bin", "/etc="));
}

TEST_F(SandboxLayout, FindsWhatIsNotForEverybody) {
  file("/etc/passwd", 0644);
  file("/etc/shadow", 0640);
  file("/etc/gate/serve.yaml", 0600);
  file("/etc/ssl/private/key", 0644);
  fs::permissions(root() + "/etc/ssl/private", static_cast<fs::perms>(0710));
  fs::create_symlink("shadow", root() + "/etc/link");
  EXPECT_THAT(layout().secret_files, UnorderedElementsAre("/etc/shadow", "/etc/gate/serve.yaml"));
  EXPECT_THAT(layout().secret_directories, ElementsAre("/etc/ssl/private"));
}

TEST_F(SandboxLayout, FollowsTheResolverOutOfEtc) {
  EXPECT_EQ(layout().resolver, "");
  file("/run/resolve/stub", 0644);
  fs::create_symlink("../run/resolve/stub", root() + "/etc/resolv.conf");
  EXPECT_EQ(layout().resolver, "/run/resolve/stub");
}

TEST_F(SandboxLayout, CoversOnlyWhatIsThereOfProc) {
  EXPECT_THAT(layout().proc_files, IsEmpty());
  EXPECT_THAT(layout().proc_directories, IsEmpty());
  fs::create_directories(root() + "/proc/sys");
  EXPECT_THAT(layout().proc_directories, ElementsAre("/proc/sys"));
  file("/proc/kcore", 0400);
  EXPECT_THAT(layout().proc_files, ElementsAre("/proc/kcore"));
}

}  // namespace
}  // namespace melisai::sandbox
