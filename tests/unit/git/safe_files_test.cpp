#include "core/git/safe_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace melisai::git {
namespace {

class SafeFiles : public testing::Test {
 protected:
  SafeFiles() {
    std::string pattern = testing::TempDir() + "/melisai-safe-XXXXXX";
    root_ = mkdtemp(pattern.data());
    std::filesystem::create_directories(root_ / "in/dir");
    std::filesystem::create_directories(root_ / "outside");
    std::filesystem::create_directory_symlink(root_ / "outside", root_ / "in/link");
  }
  ~SafeFiles() override {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  Fd in() const { return open_directory(root_ / "in").value(); }

  std::filesystem::path root_;
};

TEST_F(SafeFiles, NamesThatLeaveTheirDirectoryAreRefused) {
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string("a/b"), std::string("/"),
        std::string(".git"), std::string(".GiT"), std::string(256, 'x')}) {
    EXPECT_FALSE(check_name(name).has_value()) << name;
  }
  for (const std::string& name : {std::string("a"), std::string("..."), std::string(".gitignore"),
                                  std::string(".gi"), std::string("-x"), std::string(255, 'x')}) {
    EXPECT_TRUE(check_name(name).has_value()) << name;
  }
}

TEST_F(SafeFiles, NothingIsOpenedOrMadeThroughALink) {
  EXPECT_TRUE(open_directory_below(in(), "dir").has_value());
  EXPECT_TRUE(make_directories_below(in(), "dir/new/er").has_value());
  EXPECT_FALSE(open_directory_below(in(), "link").has_value());
  EXPECT_FALSE(make_directories_below(in(), "link/new").has_value());
  EXPECT_FALSE(open_directory_below(in(), "dir/../../outside").has_value());
  EXPECT_TRUE(std::filesystem::is_empty(root_ / "outside"));
}

TEST_F(SafeFiles, NothingThatExistsIsOverwrittenOrFollowed) {
  std::ofstream(root_ / "in/file") << "mine";
  std::filesystem::create_symlink(root_ / "outside/new", root_ / "in/dangling");
  for (const char* name : {"file", "dangling", "link", "dir"}) {
    EXPECT_FALSE(write_new_file(in(), name, {.bytes = "evil"}).has_value()) << name;
    EXPECT_FALSE(write_new_link(in(), name, "/etc").has_value()) << name;
    EXPECT_FALSE(make_directory(in(), name).has_value()) << name;
  }
  EXPECT_EQ(std::filesystem::file_size(root_ / "in/file"), 4u);
  EXPECT_TRUE(std::filesystem::is_empty(root_ / "outside"));
}

TEST_F(SafeFiles, CopyingStopsAtTheLimitAndRefusesAFifo) {
  const Fd to = open_directory(root_ / "outside").value();
  const Fd from = in();
  std::ofstream(root_ / "in/file") << "12345";
  ASSERT_EQ(mkfifo((root_ / "in/fifo").c_str(), 0600), 0);
  EXPECT_EQ(copy_entry({.from = from, .to = to, .name = "fifo", .bytes_max = 9}).error().code,
            Errc::git);
  EXPECT_EQ(copy_entry({.from = from, .to = to, .name = "file", .bytes_max = 4}).error().code,
            Errc::limit);
  std::filesystem::remove(root_ / "outside/file");
  EXPECT_EQ(copy_entry({.from = from, .to = to, .name = "file", .bytes_max = 5}).value(), 5u);
}

}  // namespace
}  // namespace melisai::git
