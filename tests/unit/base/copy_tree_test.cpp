#include "core/base/copy_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/base/files.h"

namespace melisai {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class CopyTree : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(from());
    fs::create_directories(to());
  }
  std::string from() const { return directory_->path() + "/from"; }
  std::string to() const { return directory_->path() + "/to"; }
  void write(const std::string& path, const std::string& text) const {
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path) << text;
  }
  static std::string text_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  Result<Bytes> copy(const std::string& path, Bytes bytes_max = 1 << 20) const {
    return copy_tree({.from = from(), .to = to(), .path = path, .bytes_max = bytes_max});
  }

  Result<TemporaryDirectory> directory_ = TemporaryDirectory::make(::testing::TempDir(), "copy");
};

TEST_F(CopyTree, TakesTreesWithModesTimesAndLinks) {
  write(from() + "/a/b/deep/tool", "run me");
  fs::permissions(from() + "/a/b/deep/tool", fs::perms(04750));
  fs::create_symlink("deep/tool", from() + "/a/b/link");
  fs::create_symlink("/etc/passwd", from() + "/a/b/outside");
  const fs::file_time_type old = fs::file_time_type::clock::now() - std::chrono::hours(1);
  fs::last_write_time(from() + "/a/b/deep/tool", old);
  write(from() + "/other", "not asked for");
  const Result<Bytes> copied = copy("a/b");
  ASSERT_TRUE(copied) << copied.error().message;
  EXPECT_EQ(*copied, 6u);
  EXPECT_EQ(text_of(to() + "/a/b/deep/tool"), "run me");
  EXPECT_EQ(fs::status(to() + "/a/b/deep/tool").permissions(), fs::perms(0750));
  EXPECT_EQ(fs::last_write_time(to() + "/a/b/deep/tool"), old);
  EXPECT_EQ(fs::read_symlink(to() + "/a/b/link"), "deep/tool");
  EXPECT_EQ(fs::read_symlink(to() + "/a/b/outside"), "/etc/passwd");
  EXPECT_FALSE(fs::exists(to() + "/other"));
}

TEST_F(CopyTree, TakesASingleFile) {
  write(from() + "/cache.bin", "bytes");
  ASSERT_TRUE(copy("cache.bin"));
  EXPECT_EQ(text_of(to() + "/cache.bin"), "bytes");
}

TEST_F(CopyTree, SaysWhenThereIsNothing) {
  for (const char* path : {"missing", "missing/below"}) {
    const Result<Bytes> copied = copy(path);
    ASSERT_FALSE(copied);
    EXPECT_EQ(copied.error().code, Errc::not_found);
  }
}

TEST_F(CopyTree, GoesThroughNoLinkOnTheWay) {
  write(directory_->path() + "/secret/key", "secret");
  fs::create_directory_symlink(directory_->path() + "/secret", from() + "/a");
  EXPECT_FALSE(copy("a/key"));
  fs::remove(from() + "/a");
  write(from() + "/a/key", "harmless");
  fs::create_directory_symlink(directory_->path() + "/secret", to() + "/a");
  EXPECT_FALSE(copy("a/key"));
  EXPECT_FALSE(copy("a"));
  EXPECT_EQ(text_of(directory_->path() + "/secret/key"), "secret");
}

TEST_F(CopyTree, OverwritesNothing) {
  write(from() + "/a/one", "kept");
  write(from() + "/a/two", "kept");
  write(to() + "/a/one", "of the commit");
  ASSERT_TRUE(copy("a"));
  EXPECT_EQ(text_of(to() + "/a/one"), "of the commit");
  EXPECT_EQ(text_of(to() + "/a/two"), "kept");
}

TEST_F(CopyTree, StopsAtItsLimit) {
  write(from() + "/a/big", std::string(5000, 'x'));
  EXPECT_TRUE(copy("a/big", 5000));
  write(from() + "/b/big", std::string(5001, 'x'));
  const Result<Bytes> copied = copy("b", 5000);
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().code, Errc::limit);
}

TEST_F(CopyTree, LeavesOutWhatIsNoFile) {
  fs::create_directories(from() + "/a");
  ASSERT_EQ(mkfifo((from() + "/a/fifo").c_str(), 0600), 0);
  write(from() + "/a/file", "x");
  ASSERT_TRUE(copy("a"));
  EXPECT_TRUE(fs::exists(to() + "/a/file"));
  EXPECT_FALSE(fs::exists(to() + "/a/fifo"));
}

TEST_F(CopyTree, RefusesATreeWithoutEnd) {
  std::string path = from();
  for (int i = 0; i < 150; ++i) path += "/d";
  fs::create_directories(path);
  const Result<Bytes> copied = copy("d");
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().code, Errc::limit);
}

}  // namespace
}  // namespace melisai
