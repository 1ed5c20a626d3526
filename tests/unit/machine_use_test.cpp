#include "core/machine_use.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/files.h"
#include "tests/fakes/fake_process_runner.h"
#include "tests/fakes/hasty_clock.h"

namespace melisai {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Notes final : public ProgressSink {
 public:
  void stage_started(const std::string&, const std::string&) override {}
  void stage_finished(const StageResult&) override {}
  void pair_finished(const PairProgress&) override {}
  void note(const std::string& sentence) override { all.push_back(sentence); }
  void waits_for(const std::string& what) override { waits.push_back(what); }
  std::vector<std::string> all;
  std::vector<std::string> waits;  // "": it is over
};

class MachineUseTest : public ::testing::Test {
 protected:
  MachineLock other() const { return *MachineLock::open(world_.machine_lock); }

  Result<TemporaryDirectory> directory_ = TemporaryDirectory::make(::testing::TempDir(), "use");
  HastyClock clock_;
  FakeProcessRunner processes_;
  Notes notes_;
  bool interrupted_ = false;
  World world_{.clock = clock_,
               .processes = processes_,
               .progress = notes_,
               .env = {},
               .open_repo = {},
               .interrupted = [this] { return interrupted_; },
               .plugins = {},
               .machine_lock = directory_->path() + "/machine.lock"};
};

TEST_F(MachineUseTest, BuildsBesideOthersAndTimesAlone) {
  MachineUse ours(world_);
  MachineLock theirs = other();
  ASSERT_TRUE(ours.share(0s));
  EXPECT_TRUE(*theirs.try_share());
  theirs.release();
  ASSERT_TRUE(ours.claim(0s));
  EXPECT_FALSE(*theirs.try_share());
  ours.release();
  EXPECT_TRUE(*theirs.try_claim());
  EXPECT_EQ(ours.unprotected(), "");
  EXPECT_TRUE(notes_.all.empty());
}

TEST_F(MachineUseTest, TellsOnceForWhatItWaitsAndGivesUpAsBusy) {
  MachineLock theirs = other();
  ASSERT_TRUE(*theirs.try_claim());
  MachineUse ours(world_);
  const Step<void> shared = ours.share(3s);
  ASSERT_FALSE(shared);
  EXPECT_EQ(shared.error().code, ReasonCode::busy);
  EXPECT_THAT(shared.error().reason, HasSubstr("measure.machine_wait"));
  ASSERT_EQ(notes_.all.size(), 1u);
  EXPECT_THAT(notes_.all[0], HasSubstr("waiting: another melisai-gate"));
  EXPECT_THAT(notes_.waits, ElementsAre(HasSubstr("the machine: another melisai-gate"), ""));
}

TEST_F(MachineUseTest, WhoGaveUpKeepsNobodyWaiting) {
  MachineLock builds = other(), late = other();
  ASSERT_TRUE(*builds.try_share());
  MachineUse ours(world_);
  ASSERT_FALSE(ours.claim(2s));
  EXPECT_TRUE(*late.try_share());
}

TEST_F(MachineUseTest, AnInterruptEndsTheWait) {
  MachineLock theirs = other();
  ASSERT_TRUE(*theirs.try_claim());
  MachineUse ours(world_);
  interrupted_ = true;
  const Step<void> claimed = ours.claim(1h);
  ASSERT_FALSE(claimed);
  EXPECT_EQ(claimed.error().code, ReasonCode::interrupted);
}

TEST_F(MachineUseTest, GoesOnWithoutAUsableFileAndSaysSo) {
  world_.machine_lock = directory_->path() + "/missing/machine.lock";
  MachineUse ours(world_);
  EXPECT_TRUE(ours.share(0s));
  EXPECT_TRUE(ours.claim(0s));
  EXPECT_THAT(ours.unprotected(), HasSubstr("other gates on this machine may disturb"));
  EXPECT_THAT(ours.unprotected(), HasSubstr("missing/machine.lock"));
}

}  // namespace
}  // namespace melisai
