#include "core/run/work_directory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "core/base/files.h"

namespace melisai::run {
namespace {

namespace fs = std::filesystem;

TEST(WorkDirectory, IsRemovedAtTheEndUnlessKept) {
  const auto root = TemporaryDirectory::make(::testing::TempDir(), "work");
  ASSERT_TRUE(root);
  std::string removed, kept;
  {
    auto first = WorkDirectory::make(root->path(), "1");
    auto second = WorkDirectory::make(root->path(), "2");
    ASSERT_TRUE(first && second);
    second->keep();
    removed = first->path();
    kept = second->path();
  }
  EXPECT_FALSE(fs::exists(removed));
  EXPECT_TRUE(fs::exists(kept));
  const auto later = WorkDirectory::make(root->path(), "3");
  EXPECT_TRUE(fs::exists(kept));
}

TEST(WorkDirectory, IsMadeWhileOthersSweep) {
  const auto root = TemporaryDirectory::make(::testing::TempDir(), "work");
  ASSERT_TRUE(root);
  const std::jthread sweeper([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) WorkDirectory::sweep(root->path());
  });
  for (int i = 0; i < 300; ++i) {
    const auto made = WorkDirectory::make(root->path(), std::to_string(i));
    ASSERT_TRUE(made) << made.error().message;
    ASSERT_TRUE(fs::is_directory(made->path()));
  }
}

TEST(WorkDirectory, SweepsWhatAKilledGateLeftAndSparesLivingOnes) {
  const auto root = TemporaryDirectory::make(::testing::TempDir(), "work");
  ASSERT_TRUE(root);
  const std::string abandoned = root->path() + "/runs/abandoned";
  ASSERT_TRUE(make_directories(abandoned + "/base/tmp"));
  ASSERT_TRUE(write_file(root->path() + "/runs/died-early.lock", ""));
  const auto living = WorkDirectory::make(root->path(), "living");
  EXPECT_FALSE(fs::exists(abandoned));
  EXPECT_FALSE(fs::exists(root->path() + "/runs/died-early.lock"));
  const auto other = WorkDirectory::make(root->path(), "other");
  EXPECT_TRUE(fs::exists(living->path()));
}

}  // namespace
}  // namespace melisai::run
