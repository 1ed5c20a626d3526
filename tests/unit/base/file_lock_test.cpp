#include "core/base/file_lock.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "core/base/files.h"

namespace melisai {
namespace {

TEST(FileLock, IsHeldByOneAndFreeAfterItsEnd) {
  const auto directory = TemporaryDirectory::make(::testing::TempDir(), "lock");
  ASSERT_TRUE(directory);
  const std::string path = directory->path() + "/lock";
  {
    const auto first = FileLock::try_take(path);
    EXPECT_TRUE(first);
    EXPECT_FALSE(FileLock::try_take(path));
  }
  EXPECT_TRUE(FileLock::try_take(path));
}

TEST(FileLock, IsAskedForWithoutBeingTaken) {
  const auto directory = TemporaryDirectory::make(::testing::TempDir(), "lock");
  ASSERT_TRUE(directory);
  const std::string path = directory->path() + "/lock";
  EXPECT_EQ(FileLock::is_held(path).value(), false);
  EXPECT_FALSE(std::filesystem::exists(path)) << "nothing is made by asking";
  {
    const auto lock = FileLock::try_take(path);
    EXPECT_EQ(FileLock::is_held(path).value(), true);
    EXPECT_EQ(FileLock::is_held(path).value(), true);
  }
  EXPECT_EQ(FileLock::is_held(path).value(), false);
  EXPECT_TRUE(FileLock::try_take(path));
  std::filesystem::create_symlink(path, directory->path() + "/link");
  EXPECT_FALSE(FileLock::is_held(directory->path() + "/link"));
}

TEST(FileLock, MovesWithItsOwner) {
  const auto directory = TemporaryDirectory::make(::testing::TempDir(), "lock");
  ASSERT_TRUE(directory);
  const std::string path = directory->path() + "/lock";
  auto first = FileLock::try_take(path);
  ASSERT_TRUE(first);
  const FileLock second = *std::move(first);
  first.reset();
  EXPECT_FALSE(FileLock::try_take(path));
}

TEST(FileLock, FollowsNoLinkAndNeedsItsDirectory) {
  const auto directory = TemporaryDirectory::make(::testing::TempDir(), "lock");
  ASSERT_TRUE(directory);
  std::filesystem::create_symlink("elsewhere", directory->path() + "/link");
  EXPECT_FALSE(FileLock::try_take(directory->path() + "/link"));
  EXPECT_FALSE(FileLock::try_take(directory->path() + "/missing/lock"));
}

TEST(FileLock, TellsHeldFromImpossible) {
  const auto directory = TemporaryDirectory::make(::testing::TempDir(), "lock");
  ASSERT_TRUE(directory);
  const std::string path = directory->path() + "/lock";
  const auto first = FileLock::take(path);
  ASSERT_TRUE(first && first->has_value());
  const auto second = FileLock::take(path);
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->has_value());
  const auto impossible = FileLock::take(directory->path() + "/missing/lock");
  ASSERT_FALSE(impossible);
  EXPECT_EQ(impossible.error().code, Errc::not_found);
}

TEST(FileLock, CarriesTheNoteOfItsLastHolder) {
  const auto directory = TemporaryDirectory::make(::testing::TempDir(), "lock");
  ASSERT_TRUE(directory);
  const std::string path = directory->path() + "/lock";
  {
    auto lock = FileLock::try_take(path);
    ASSERT_TRUE(lock && lock->write_note("a long note of the first"));
  }
  auto lock = FileLock::try_take(path);
  ASSERT_TRUE(lock && lock->write_note("short"));
  EXPECT_EQ(*read_file(path, 100), "short");
  EXPECT_FALSE(FileLock::try_take(path));
}

}  // namespace
}  // namespace melisai
