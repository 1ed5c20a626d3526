// Lines: trees that go on from commit to commit.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/base/files.h"
#include "core/run/build_cache.h"

namespace melisai::run {
namespace build_line_test {

namespace fs = std::filesystem;

class BuildLine : public ::testing::Test {
 protected:
  Result<BuildSlot> acquire(const BuildKey& key) {
    return BuildCache(root_.path(), {}).acquire(key, "000000000000000" + std::to_string(++slots_));
  }
  static BuildKey key(const std::string& sha, const std::string& line = "demo main build") {
    BuildKey made;
    made.sha = sha;
    made.pipelines.resize(1);
    made.pipelines[0].run.shell = "make";
    made.line = line;
    return made;
  }
  enum class End { passed, failed, forgotten };
  void run_at(const std::string& sha, End end = End::passed) {
    auto slot = acquire(key(sha));
    ASSERT_TRUE(slot);
    std::ofstream(slot->tree() + "/object") << sha;
    ASSERT_TRUE(slot->commit());
    if (end == End::passed) {
      ASSERT_TRUE(slot->pass());
    }
    if (end == End::forgotten) slot->forget();
  }

  TemporaryDirectory root_ = TemporaryDirectory::make(::testing::TempDir(), "line").value();
  int slots_ = 0;
};

TEST_F(BuildLine, GoesOnAfterAPass) {
  EXPECT_FALSE(acquire(key("a"))->goes_on());
  run_at("a");
  const auto next = acquire(key("b"));
  EXPECT_TRUE(next->goes_on());
  EXPECT_FALSE(next->reused());
  EXPECT_TRUE(fs::exists(next->tree() + "/object"));
}

TEST_F(BuildLine, ItsCommitIsAFinishedBuildToo) {
  run_at("a");
  const auto again = acquire(key("a"));
  EXPECT_TRUE(again->reused());
  EXPECT_TRUE(again->goes_on()) << "what is in it may be of earlier commits";
}

TEST_F(BuildLine, StartsFromNothingAfterWhatDidNotPass) {
  run_at("a");
  run_at("b", End::failed);
  const auto next = acquire(key("c"));
  EXPECT_FALSE(next->goes_on());
  EXPECT_TRUE(fs::is_empty(next->tree()));
}

TEST_F(BuildLine, StartsFromNothingAfterARunThatWasCutShort) {
  run_at("a");
  { const auto cut = acquire(key("b")); }
  EXPECT_FALSE(acquire(key("c"))->goes_on());
}

TEST_F(BuildLine, ForgetsWhatItIsToldToForget) {
  run_at("a", End::forgotten);
  const auto again = acquire(key("a"));
  EXPECT_FALSE(again->reused());
  EXPECT_FALSE(again->goes_on());
}

TEST_F(BuildLine, StartsFromNothingWhenTheClockWasSetBack) {
  run_at("a");
  for (const auto& entry : fs::directory_iterator(root_.path() + "/builds"))
    fs::last_write_time(entry.path() / "passed",
                        fs::file_time_type::clock::now() + std::chrono::hours(1));
  EXPECT_FALSE(acquire(key("b"))->goes_on());
}

TEST_F(BuildLine, IsNobodyElses) {
  run_at("a");
  EXPECT_FALSE(acquire(key("a", ""))->reused()) << "what is measured is built from nothing";
  EXPECT_FALSE(acquire(key("b", "demo topic build"))->goes_on());
  BuildKey other = key("b");
  other.pipelines[0].run.shell = "make -O3";
  EXPECT_FALSE(acquire(other)->goes_on());
  other = key("b");
  other.fingerprint = "another machine";
  EXPECT_FALSE(acquire(other)->goes_on());
}

TEST_F(BuildLine, WhatIsInUseIsNotWaitedFor) {
  run_at("a");
  const auto held = acquire(key("b"));
  const auto beside = acquire(key("c"));
  EXPECT_FALSE(beside->goes_on());
  EXPECT_NE(held->tree(), beside->tree());
}

}  // namespace build_line_test
}  // namespace melisai::run
