#include "core/serve/housekeeper.h"

#include <filesystem>

#include "tests/unit/serve/loop_fixture.h"

namespace melisai::serve {
namespace housekeeper_test {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class HousekeeperTest : public WithLoop {
 protected:
  ~HousekeeperTest() override {
    keeper.stop([](const Result<void>&) {});
  }
  void SetUp() override { config.orchestrator.persistence.keep_runs = 1; }

  std::string attempts() const { return directory.path() + "/attempts"; }
  /// A run that is over since the times of kNow, with what it left.
  std::int64_t add_old(const std::string& sha) {
    const PipelineRun run = add_run("demo", sha, "build");
    fs::create_directories(attempts() + "/" + std::to_string(run.id) + "-1");
    const auto attempt = queue.begin_attempt(run.id, attempts(), "boot", kNow);
    EXPECT_TRUE(
        queue.end_attempt(attempt->value(), {.outcome = PipelineRun::Outcome::passed}, kNow));
    return run.id;
  }
  /// What a run left that the queue has forgotten.
  std::string add_forgotten(const std::string& sha) {
    const std::int64_t id = add_old(sha);
    EXPECT_TRUE(queue.forget_events({queue.run(id)->event}));
    return attempts() + "/" + std::to_string(id) + "-1";
  }
  std::vector<std::string> directories() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(attempts()))
      names.push_back(entry.path().filename());
    return names;
  }

  bool measuring = false;
  Housekeeper keeper{
      context,
      [this] { return measuring; },
      {.first = Milliseconds{0}, .interval = Milliseconds{3'600'000}, .gap = Milliseconds{0}}};
};

TEST_F(HousekeeperTest, ForgetsWhatIsLongOverAndItsDirectories) {
  // What was over at kNow is too old, whatever this machine's clock says.
  config.orchestrator.persistence.keep =
      std::chrono::floor<Milliseconds>(clock.now() - kNow) - std::chrono::hours(1);
  add_old(kShaA);
  add_old(kShaB);
  const std::int64_t newest = add_old(std::string(40, 'c'));
  keeper.start([](const Result<void>&) {});
  const std::string stays = std::to_string(newest) + "-1";
  turn_until([&] { return directories() == std::vector{stays}; });
  // The newest run that ended stays as that from which changed paths are counted.
  ASSERT_EQ(queue.run_ids().value(), std::vector{newest});
}

TEST_F(HousekeeperTest, WaitsForTheEndOfABenchmark) {
  const std::int64_t there = add_old(kShaA);
  add_forgotten(kShaB);
  measuring = true;
  keeper.start([](const Result<void>&) {});
  for (int turns = 0; turns < 10; ++turns) loop.run_one_for(std::chrono::milliseconds(100));
  EXPECT_THAT(directories(), SizeIs(2));
  measuring = false;
  turn_until([&] { return directories().size() == 1; });
  EXPECT_THAT(directories(), ElementsAre(std::to_string(there) + "-1"));
}

TEST_F(HousekeeperTest, ABenchmarkThatBeginsMeanwhileWaitsForOneDirectoryOnly) {
  add_old(std::string(40, 'e'));
  for (const char sha : {'a', 'b', 'c', 'd'}) add_forgotten(std::string(40, sha));
  // Asked at the start, before the first one, before the second one, before the third one.
  int asked = 0;
  std::size_t there = 0;
  Housekeeper slow{context,
                   [&] {
                     there = directories().size();
                     return ++asked == 4;
                   },
                   {.first = Milliseconds{0}, .gap = Milliseconds{0}, .turn = Milliseconds{0}}};
  slow.start([](const Result<void>&) {});
  turn_until([&] { return asked == 4; });
  EXPECT_EQ(there, 3u) << "one is removed a turn";
  EXPECT_THAT(directories(), SizeIs(3));
  turn_until([&] { return directories().size() == 1; });
  slow.stop([](const Result<void>&) {});
}

TEST_F(HousekeeperTest, RemovesOnlyDirectoriesOfRunsThatAreGone) {
  const std::string gone = add_forgotten(kShaA);
  const std::string again = gone.substr(0, gone.rfind('-')) + "-2";
  fs::create_directories(again);
  add_old(kShaB);
  for (const char* name : {"1-backup", "1-", "1", "01-1", "1-01", "1-1-1", "0-1", "notes"})
    fs::create_directories(attempts() + "/" + name);
  EXPECT_THAT(attempts_of_nobody(directory.path()).value(), UnorderedElementsAre(gone, again));
}

TEST_F(HousekeeperTest, LeavesWhatAnOlderQueueDoesNotKnowYet) {
  const std::string gone = add_forgotten(kShaA);
  fs::create_directories(attempts() + "/2-1");
  EXPECT_THAT(attempts_of_nobody(directory.path()).value(), ElementsAre(gone));
}

TEST_F(HousekeeperTest, NothingIsThereToRemoveAtFirst) {
  EXPECT_THAT(attempts_of_nobody(directory.path()).value(), IsEmpty());
  keeper.check([](const auto& issues) {
    ASSERT_TRUE(issues);
    EXPECT_THAT(*issues, IsEmpty());
  });
}

}  // namespace housekeeper_test
}  // namespace melisai::serve
