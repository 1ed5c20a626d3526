#include "core/base/machine_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "core/base/files.h"
#include "tests/fakes/other_process.h"

namespace melisai {
namespace {

using ::testing::HasSubstr;

class MachineLockTest : public ::testing::Test {
 protected:
  MachineLock open() const {
    auto lock = MachineLock::open(path());
    EXPECT_TRUE(lock);
    return *std::move(lock);
  }
  std::string path() const { return directory_->path() + "/machine.lock"; }

  Result<TemporaryDirectory> directory_ = TemporaryDirectory::make(::testing::TempDir(), "machine");
};

TEST_F(MachineLockTest, IsSharedByManyOrHeldByOne) {
  MachineLock first = open(), second = open(), third = open();
  EXPECT_TRUE(*first.try_share());
  EXPECT_TRUE(*second.try_share());
  EXPECT_FALSE(*third.try_claim());
  first.release();
  second.release();
  EXPECT_TRUE(*third.try_claim());
  EXPECT_FALSE(*first.try_share());
  EXPECT_FALSE(*second.try_claim());
  third.release();
  EXPECT_TRUE(*second.try_claim());
}

TEST_F(MachineLockTest, WhoWaitsToBeAloneIsNotOvertakenByNewBuilds) {
  MachineLock builds = open(), waits = open(), late = open();
  ASSERT_TRUE(*builds.try_share());
  ASSERT_FALSE(*waits.try_claim());
  EXPECT_FALSE(*late.try_share());
  builds.release();
  EXPECT_FALSE(*late.try_share());
  EXPECT_TRUE(*waits.try_claim());
  waits.release();
  EXPECT_TRUE(*late.try_share());
}

TEST_F(MachineLockTest, GivingUpOpensTheDoorAgain) {
  MachineLock builds = open(), waits = open(), late = open();
  ASSERT_TRUE(*builds.try_share());
  ASSERT_FALSE(*waits.try_claim());
  waits.release();
  EXPECT_TRUE(*late.try_share());
}

TEST_F(MachineLockTest, OneWhoSharesCanClaimAndGoBack) {
  MachineLock lock = open(), other = open();
  ASSERT_TRUE(*lock.try_share());
  EXPECT_TRUE(*lock.try_claim());
  EXPECT_FALSE(*other.try_share());
  EXPECT_TRUE(*lock.try_share());
  EXPECT_TRUE(*other.try_share());
}

TEST_F(MachineLockTest, IsForEveryUserWhateverTheUmask) {
  const mode_t before = umask(077);
  open();
  umask(before);
  struct stat status {};
  ASSERT_EQ(stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0666u);
}

TEST_F(MachineLockTest, WorksWithAFileThatMayOnlyBeRead) {
  if (getuid() == 0) GTEST_SKIP() << "root may write everything";
  ASSERT_TRUE(write_file(path(), "not ours to write"));
  ASSERT_EQ(chmod(path().c_str(), 0444), 0);
  MachineLock first = open(), second = open();
  EXPECT_TRUE(*first.try_claim());
  EXPECT_FALSE(*second.try_share());
}

TEST_F(MachineLockTest, RefusesWhatIsNoFile) {
  std::filesystem::create_symlink("elsewhere", path());
  EXPECT_FALSE(MachineLock::open(path()));
  EXPECT_FALSE(std::filesystem::exists(directory_->path() + "/elsewhere"));
  std::filesystem::remove(path());
  ASSERT_EQ(mkfifo(path().c_str(), 0666), 0);
  const auto fifo = MachineLock::open(path());
  ASSERT_FALSE(fifo);
  EXPECT_THAT(fifo.error().message, HasSubstr("no regular file"));
  EXPECT_FALSE(MachineLock::open(directory_->path() + "/missing/lock"));
}

TEST_F(MachineLockTest, AFileThatWasReplacedProtectsNothing) {
  MachineLock old = open();
  std::filesystem::remove(path());
  MachineLock fresh = open();
  ASSERT_TRUE(*fresh.try_claim());
  EXPECT_FALSE(*old.try_claim());  // it finds the new file
  EXPECT_FALSE(*old.try_claim());
  fresh.release();
  EXPECT_TRUE(*old.try_claim());
}

TEST_F(MachineLockTest, EndsWithItsProcessAndTellsWhoThatWas) {
  MachineLock lock = open();
  OtherProcess other([this] { claim_for_ever(path()); });
  ASSERT_FALSE(*lock.try_share());
  const std::vector<MachineLock::Holder> holders = lock.holders();
  ASSERT_EQ(holders.size(), 1u);
  EXPECT_EQ(holders[0].pid, other.pid());
  EXPECT_TRUE(holders[0].alone);
  EXPECT_FALSE(holders[0].above_us);
  EXPECT_THAT(command_line_of(other.pid()), HasSubstr("unit_base"));
  other.end();
  EXPECT_TRUE(*lock.try_claim());
  EXPECT_TRUE(lock.holders().empty()) << "we are not one of the others";
}

TEST_F(MachineLockTest, SaysWhenItIsHeldByAParent) {
  MachineLock ours = open();
  ASSERT_TRUE(*ours.try_share());
  Result<Pipe> answer = Pipe::make();
  OtherProcess child([&] {
    const pid_t grandchild = fork();
    if (grandchild == 0) {
      const std::vector<MachineLock::Holder> holders = open().holders();
      const bool right = holders.size() == 1 && holders[0].above_us && !holders[0].alone;
      [[maybe_unused]] const ssize_t said = write(answer->write_end.get(), right ? "y" : "n", 1);
      _exit(0);
    }
    waitpid(grandchild, nullptr, 0);
  });
  char byte = 0;
  ASSERT_EQ(read(answer->read_end.get(), &byte, 1), 1);
  EXPECT_EQ(byte, 'y');
}

}  // namespace
}  // namespace melisai
