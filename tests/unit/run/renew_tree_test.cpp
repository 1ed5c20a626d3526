#include "core/run/renew_tree.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "core/base/files.h"

namespace melisai::run {
namespace renew_tree_test {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using Files = std::map<std::string, std::string>;  // path -> content

class RenewTree : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(tree()); }
  std::string tree() const { return root_.path() + "/tree"; }
  std::string at(const std::string& path) const { return tree() + "/" + path; }
  static void put(const std::string& path, const std::string& content) {
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path) << content;
  }
  /// Brings the tree to a commit with these files, and with these links.
  Result<void> renew(const Files& files, const Files& links = {}) {
    const std::string fresh = root_.path() + "/fresh";
    fs::create_directories(fresh);
    for (const auto& [path, content] : files) put(fresh + "/" + path, content);
    for (const auto& [path, to] : links) fs::create_symlink(to, fresh + "/" + path);
    return renew_tree({.from = fresh, .to = tree(), .list = root_.path() + "/files"});
  }
  std::vector<std::string> paths() const {
    std::vector<std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(tree()))
      all.push_back(entry.path().native().substr(tree().size() + 1));
    std::sort(all.begin(), all.end());
    return all;
  }
  std::string text(const std::string& path) const { return text_of(at(path)); }
  static std::string text_of(const std::string& file) {
    const Result<std::string> text = read_file(file, 1 << 20);
    return text ? *text : "(nothing)";
  }

  TemporaryDirectory root_ = TemporaryDirectory::make(::testing::TempDir(), "renew").value();
};

TEST_F(RenewTree, LeavesAloneWhatIsTheSameAndWhatTheBuildMade) {
  ASSERT_TRUE(renew({{"src/a.c", "a"}, {"src/b.c", "b"}}));
  put(at("out/a.o"), "object");
  const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(2);
  for (const char* path : {"src/a.c", "src/b.c"}) fs::last_write_time(at(path), long_ago);
  ASSERT_TRUE(renew({{"src/a.c", "a"}, {"src/b.c", "B"}}));
  EXPECT_EQ(fs::last_write_time(at("src/a.c")), long_ago);
  EXPECT_GT(fs::last_write_time(at("src/b.c")), long_ago) << "of the same size, but not the same";
  EXPECT_EQ(text("src/b.c"), "B");
  EXPECT_EQ(text("out/a.o"), "object");
  EXPECT_FALSE(fs::exists(root_.path() + "/fresh"));
}

TEST_F(RenewTree, RemovesFilesThatTheCommitHasNoMore) {
  ASSERT_TRUE(renew({{"src/deep/gone.c", "a"}, {"stays.c", "b"}, {"made/x.c", "c"}}));
  put(at("made/x.o"), "object");
  ASSERT_TRUE(renew({{"stays.c", "b"}}));
  EXPECT_THAT(paths(), ElementsAre("made", "made/x.o", "stays.c"));
}

TEST_F(RenewTree, PutsBackWhatAStageChanged) {
  ASSERT_TRUE(renew({{"a", "a"}, {"run.sh", "echo"}}, {{"link", "a"}}));
  put(at("a"), "formatted");
  fs::permissions(at("run.sh"), fs::perms::owner_all);
  fs::remove(at("link"));
  fs::create_symlink("run.sh", at("link"));
  ASSERT_TRUE(renew({{"a", "a"}, {"run.sh", "echo"}}, {{"link", "a"}}));
  EXPECT_EQ(text("a"), "a");
  EXPECT_EQ(fs::status(at("run.sh")).permissions() & fs::perms::owner_exec, fs::perms::none);
  EXPECT_EQ(fs::read_symlink(at("link")), "a");
}

TEST_F(RenewTree, AFileMayBecomeADirectoryAndTheOtherWayRound) {
  ASSERT_TRUE(renew({{"a", "a"}, {"b/c", "c"}}));
  ASSERT_TRUE(renew({{"a/x", "x"}, {"b", "b"}}));
  EXPECT_EQ(text("a/x"), "x");
  EXPECT_EQ(text("b"), "b");
}

TEST_F(RenewTree, NeverWritesThroughALink) {
  const std::string outside = root_.path() + "/outside";
  put(outside + "/src/a", "mine");
  put(outside + "/old/b", "mine");
  ASSERT_TRUE(renew({{"src/a", "a"}, {"old/b", "b"}}));
  for (const char* name : {"src", "old"}) {
    fs::remove_all(at(name));
    fs::create_directory_symlink(outside + "/" + name, at(name));
  }
  ASSERT_TRUE(renew({{"src/a", "new"}}));
  EXPECT_EQ(text("src/a"), "new");
  EXPECT_EQ(text_of(outside + "/src/a"), "mine");
  EXPECT_EQ(text_of(outside + "/old/b"), "mine");
}

}  // namespace renew_tree_test
}  // namespace melisai::run
