#include "core/run/kept_paths.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/base/file_lock.h"
#include "core/base/files.h"

namespace melisai::run {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class KeptPathsTest : public ::testing::Test {
 protected:
  KeptPaths kept(CacheOptions options = {}, KeptOwner owner = {.project = "demo"}) const {
    return {state(), options, std::move(owner)};
  }
  std::string state() const { return root_->path() + "/state"; }
  static PipelineSpec pipeline(const std::string& name = "build",
                               std::vector<std::string> cache = {"deps", "out/cache"}) {
    PipelineSpec made;
    made.name = name;
    made.cache = std::move(cache);
    return made;
  }
  /// A tree with `text` in deps/lib.
  std::string tree_with(const std::string& text) {
    const std::string tree = fresh_tree();
    fs::create_directories(tree + "/deps");
    std::ofstream(tree + "/deps/lib") << text;
    return tree;
  }
  std::string fresh_tree() {
    std::string tree = root_->path() + "/tree-" + std::to_string(++trees_);
    fs::create_directories(tree);
    return tree;
  }
  static std::string lib_of(const std::string& tree) {
    const Result<std::string> text = read_file(tree + "/deps/lib", 1 << 20);
    return text ? *text : "";
  }
  std::vector<std::string> entries() const {
    std::vector<std::string> all;
    for (const auto& entry : fs::directory_iterator(state() + "/cache"))
      all.push_back(entry.path());
    return all;
  }
  static void age(const std::string& file, std::chrono::minutes by) {
    fs::last_write_time(file, fs::file_time_type::clock::now() - by);
  }

  Result<TemporaryDirectory> root_ = TemporaryDirectory::make(::testing::TempDir(), "kept");
  int trees_ = 0;
};

TEST_F(KeptPathsTest, AreInTheNextTree) {
  const std::string next = fresh_tree();
  EXPECT_FALSE(*kept().restore(pipeline(), next)) << "the first run finds nothing";
  ASSERT_TRUE(kept().save(pipeline(), tree_with("1")));
  EXPECT_TRUE(*kept().restore(pipeline(), next));
  EXPECT_EQ(lib_of(next), "1");
  EXPECT_FALSE(fs::exists(next + "/out"));
  ASSERT_TRUE(kept().save(pipeline(), tree_with("2")));
  const std::string later = fresh_tree();
  EXPECT_TRUE(*kept().restore(pipeline(), later));
  EXPECT_EQ(lib_of(later), "2");
}

TEST_F(KeptPathsTest, AreNeitherMadeNorRemovedByStrangers) {
  const KeptOwner stranger{.project = "demo", .trusted = false};
  ASSERT_TRUE(kept().save(pipeline(), tree_with("1")));
  ASSERT_TRUE(kept({}, stranger).save(pipeline(), tree_with("theirs")));
  EXPECT_EQ(entries().size(), 1u);
  EXPECT_FALSE(*kept({}, stranger).restore(pipeline(), fresh_tree()));
  kept({.size_max = 0}, stranger).evict();
  EXPECT_EQ(entries().size(), 1u);
}

TEST_F(KeptPathsTest, AreSharedWithNobodyElse) {
  ASSERT_TRUE(kept().save(pipeline(), tree_with("1")));
  const std::string tree = fresh_tree();
  EXPECT_FALSE(*kept({}, {.project = "other"}).restore(pipeline(), tree));
  EXPECT_FALSE(*kept({}, {.project = "demo", .branch = "x"}).restore(pipeline(), tree));
  EXPECT_FALSE(*kept({}, {.project = "demo", .trusted = false}).restore(pipeline(), tree));
  EXPECT_FALSE(*kept().restore(pipeline("test"), tree));
  EXPECT_FALSE(*kept().restore(pipeline("build", {"deps"}), tree)) << "other paths";
  EXPECT_FALSE(*kept({.enabled = false}).restore(pipeline(), tree));
  EXPECT_TRUE(*kept().restore(pipeline(), tree));
}

TEST_F(KeptPathsTest, ExpireAndAreEvicted) {
  ASSERT_TRUE(kept().save(pipeline(), tree_with("1")));
  ASSERT_EQ(entries().size(), 1u);
  age(entries()[0] + "/kept", 61min);
  const std::string tree = fresh_tree();
  EXPECT_FALSE(*kept({.age_max = 1h}).restore(pipeline(), tree));
  EXPECT_TRUE(*kept({.age_max = 2h}).restore(pipeline(), tree));
  kept({.age_max = 2h}).evict();
  EXPECT_EQ(entries().size(), 1u);
  kept({.age_max = 1h}).evict();
  EXPECT_TRUE(entries().empty());
}

TEST_F(KeptPathsTest, MakeRoomBeginningWithTheLeastRecentlyUsed) {
  const std::string text(1000, 'x');
  for (const char* name : {"a", "b", "c"}) {
    ASSERT_TRUE(kept().save(pipeline(name), tree_with(text)));
    for (const std::string& entry : entries()) age(entry + "/used", 10min);
  }
  EXPECT_TRUE(*kept().restore(pipeline("a"), fresh_tree()));
  kept({.size_max = 2500}).evict();
  EXPECT_EQ(entries().size(), 2u);
  EXPECT_TRUE(*kept().restore(pipeline("a"), fresh_tree())) << "it was used last";
}

TEST_F(KeptPathsTest, ThatAreTooLargeAreNotKeptAndWhatWasKeptStays) {
  ASSERT_TRUE(kept().save(pipeline(), tree_with("small")));
  const Result<void> saved =
      kept({.size_max = 100}).save(pipeline(), tree_with(std::string(1000, 'x')));
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code, Errc::limit);
  const std::string tree = fresh_tree();
  EXPECT_TRUE(*kept().restore(pipeline(), tree));
  EXPECT_EQ(lib_of(tree), "small");
}

TEST_F(KeptPathsTest, ThatAreInUseAreNotWaitedFor) {
  ASSERT_TRUE(kept().save(pipeline(), tree_with("1")));
  const auto lock = FileLock::try_take(entries()[0] + "/lock");
  ASSERT_TRUE(lock);
  EXPECT_FALSE(*kept().restore(pipeline(), fresh_tree()));
  EXPECT_TRUE(kept().save(pipeline(), tree_with("2")));
  kept({.age_max = 0s}).evict();
  EXPECT_EQ(entries().size(), 1u);
}

TEST_F(KeptPathsTest, ThatNobodyFinishedSavingAreNone) {
  ASSERT_TRUE(kept().save(pipeline(), tree_with("1")));
  fs::remove(entries()[0] + "/kept");
  EXPECT_FALSE(*kept().restore(pipeline(), fresh_tree()));
  kept().evict();
  EXPECT_TRUE(entries().empty());
}

TEST_F(KeptPathsTest, ThatCannotBeRestoredAreForgotten) {
  ASSERT_TRUE(kept().save(pipeline(), tree_with("1")));
  const std::string tree = fresh_tree();
  fs::create_symlink("/etc", tree + "/deps");
  EXPECT_FALSE(kept().restore(pipeline(), tree));
  EXPECT_FALSE(*kept().restore(pipeline(), fresh_tree()));
}

}  // namespace
}  // namespace melisai::run
