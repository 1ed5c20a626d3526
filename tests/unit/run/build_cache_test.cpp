#include "core/run/build_cache.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "core/base/files.h"

namespace melisai::run {
namespace {

class BuildCacheTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = TemporaryDirectory::make(::testing::TempDir(), "cache");
    ASSERT_TRUE(made);
    root_.emplace(*std::move(made));
  }
  BuildCache cache(CacheOptions options = {}) const { return {root_->path(), options}; }
  static BuildKey key(const std::string& sha = "abc") {
    BuildKey made;
    made.sha = sha;
    made.pipelines.resize(1);
    made.pipelines[0].run.shell = "make";
    return made;
  }
  static void build_into(const BuildSlot& slot) { std::ofstream(slot.tree() + "/app") << "binary"; }
  void build_and_commit(const BuildKey& of) {
    auto slot = cache().acquire(of, "0000000000000001");
    ASSERT_TRUE(slot);
    build_into(*slot);
    ASSERT_TRUE(slot->commit());
  }
  std::optional<TemporaryDirectory> root_;
};

TEST_F(BuildCacheTest, ReusesACommittedBuildOfTheSameKey) {
  build_and_commit(key());
  const auto again = cache().acquire(key(), "0000000000000002");
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->reused());
  EXPECT_TRUE(std::filesystem::exists(again->tree() + "/app"));
}

TEST_F(BuildCacheTest, GivesATreeWhileOthersClearAway) {
  const std::jthread other([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) cache({.enabled = true, .size_max = 0}).evict();
  });
  for (int i = 0; i < 300; ++i) {
    const auto slot = cache().acquire(BuildKey(), std::to_string(1'000'000'000'000'000 + i));
    ASSERT_TRUE(slot) << slot.error().message;
    ASSERT_TRUE(std::filesystem::is_directory(slot->tree()));
  }
}

TEST_F(BuildCacheTest, GivesNobodyATreeThatIsBeingRemoved) {
  const auto use = [this](int who) {
    for (int i = 0; i < 100; ++i) {
      const auto slot = cache().acquire(key(), std::to_string(who * 1'000'000'000'000'000 + i));
      ASSERT_TRUE(slot) << slot.error().message;
      const std::string mine = slot->tree() + "/" + std::to_string(who);
      for (const char* const below : {"/a/b", "/c/d", "/e/f"}) {
        ASSERT_TRUE(make_directories(mine + below));
        ASSERT_TRUE(write_file(mine + below + "/file", "content"));
      }
      const auto read = read_file(mine + "/a/b/file", 100);
      ASSERT_TRUE(read) << read.error().message;
    }
  };
  const std::jthread other([&] { use(2); });
  use(1);
}

TEST_F(BuildCacheTest, ForgetsABuildThatWasNeverCommitted) {
  std::string tree;
  {
    const auto slot = cache().acquire(key(), "0000000000000001");
    build_into(*slot);
    tree = slot->tree();
  }
  EXPECT_FALSE(std::filesystem::exists(tree));
  EXPECT_FALSE(cache().acquire(key(), "0000000000000002")->reused());
}

TEST_F(BuildCacheTest, RebuildsWhenSomebodyTouchedTheTree) {
  build_and_commit(key());
  const std::string tree = cache().acquire(key(), "0000000000000002")->tree();
  std::ofstream(tree + "/left-by-a-benchmark") << "x";
  const auto slot = cache().acquire(key(), "0000000000000003");
  EXPECT_FALSE(slot->reused());
  EXPECT_TRUE(std::filesystem::is_empty(slot->tree()));
}

TEST_F(BuildCacheTest, KeepsCommitsConfigurationsAndMachinesApart) {
  build_and_commit(key());
  EXPECT_FALSE(cache().acquire(key("def"), "0000000000000002")->reused());
  BuildKey other = key();
  other.pipelines[0].run.shell = "make CFLAGS=-O0";
  EXPECT_FALSE(cache().acquire(other, "0000000000000003")->reused());
  other = key();
  other.fingerprint = "another machine";
  EXPECT_FALSE(cache().acquire(other, "0000000000000004")->reused());
  other = key();
  other.submodules = true;
  EXPECT_FALSE(cache().acquire(other, "0000000000000005")->reused());
  other = key();
  other.environment = {"CFLAGS=-O0"};
  EXPECT_FALSE(cache().acquire(other, "0000000000000006")->reused());
  other.environment = {"TMPDIR=/elsewhere"};
  EXPECT_TRUE(cache().acquire(other, "0000000000000007")->reused());
  other = key();
  other.trusted = false;
  EXPECT_FALSE(cache().acquire(other, "0000000000000008")->reused()) << "built by a stranger";
  other = key();
  other.pipelines[0].secret_env = {{"KEY", "${secret:KEY}"}};
  EXPECT_FALSE(cache().acquire(other, "0000000000000009")->reused());
}

TEST_F(BuildCacheTest, ANewCompilerMeansNewBuilds) {
  const std::string path = std::getenv("PATH");
  ASSERT_TRUE(make_directories(root_->path() + "/bin"));
  setenv("PATH", (root_->path() + "/bin").c_str(), 1);
  ASSERT_TRUE(write_file(root_->path() + "/bin/cc", "compiler 1"));
  const std::string before = toolchain_stamp();
  EXPECT_EQ(toolchain_stamp(), before);
  ASSERT_TRUE(write_file(root_->path() + "/bin/cc", "compiler 1.1"));
  EXPECT_NE(toolchain_stamp(), before);
  setenv("PATH", path.c_str(), 1);
}

TEST_F(BuildCacheTest, GivesAPrivateTreeOfTheSamePathLengthWhileTheKeyIsHeld) {
  const auto first = cache().acquire(key(), "0000000000000001");
  const auto second = cache().acquire(key(), "0000000000000002");
  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  EXPECT_NE(first->tree(), second->tree());
  EXPECT_EQ(first->tree().size(), second->tree().size());
}

TEST_F(BuildCacheTest, NeverReusesAWorkTree) {
  for (int i = 0; i < 2; ++i) {
    auto slot = cache().acquire(key(""), "0000000000000001");
    ASSERT_TRUE(slot);
    EXPECT_FALSE(slot->reused());
    build_into(*slot);
    ASSERT_TRUE(slot->commit());
  }
  EXPECT_TRUE(std::filesystem::is_empty(root_->path() + "/builds"));
}

TEST_F(BuildCacheTest, EvictsTheLeastRecentlyUsedBeyondItsSize) {
  for (const char* sha : {"forgotten", "used"}) {
    build_and_commit(key(sha));
    const std::filesystem::path tree = cache().acquire(key(sha), "0000000000000002")->tree();
    const auto past = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
    std::filesystem::last_write_time(tree.parent_path() / "built", past);
  }
  EXPECT_TRUE(cache().acquire(key("used"), "0000000000000003")->reused());
  cache({.size_max = 16 << 10}).evict();  // one tree with its marker takes 12 KiB of blocks
  EXPECT_FALSE(cache().acquire(key("forgotten"), "0000000000000004")->reused());
  EXPECT_TRUE(cache().acquire(key("used"), "0000000000000005")->reused());
}

TEST_F(BuildCacheTest, WhoKeepsNothingLeavesTheBuildsOfOthers) {
  build_and_commit(key());
  BuildCache off = cache({.enabled = false});
  EXPECT_FALSE(off.acquire(key(), "0000000000000002")->reused());
  off.evict();
  EXPECT_TRUE(cache().acquire(key(), "0000000000000003")->reused());
}

TEST_F(BuildCacheTest, EvictsWhatIsTooOldAndSparesWhatIsInUse) {
  build_and_commit(key());
  const auto held = cache().acquire(key(), "0000000000000002");
  cache({.age_max = Milliseconds{0}}).evict();
  EXPECT_TRUE(std::filesystem::exists(held->tree() + "/app"));
}

}  // namespace
}  // namespace melisai::run
