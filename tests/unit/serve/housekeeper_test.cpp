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
  fs::create_directories(attempts() + "/77-1");
  measuring = true;
  keeper.start([](const Result<void>&) {});
  for (int turns = 0; turns < 10; ++turns) loop.run_one_for(std::chrono::milliseconds(100));
  EXPECT_THAT(directories(), SizeIs(2));
  measuring = false;
  turn_until([&] { return directories().size() == 1; });
  EXPECT_THAT(directories(), ElementsAre(std::to_string(there) + "-1"));
}

TEST_F(HousekeeperTest, RemovesOnlyDirectoriesOfRunsThatAreGone) {
  const std::int64_t there = add_old(kShaA);
  const std::string mine = std::to_string(there) + "-1";
  for (const char* name : {"77-1", "77-2", "notes", "77"})
    fs::create_directories(attempts() + "/" + name);
  ASSERT_TRUE(remove_attempts_of_nobody(directory.path()));
  EXPECT_THAT(directories(), UnorderedElementsAre(mine, "notes", "77"));
}

TEST_F(HousekeeperTest, NothingIsThereToRemoveAtFirst) {
  EXPECT_TRUE(remove_attempts_of_nobody(directory.path()));
  keeper.check([](const auto& issues) {
    ASSERT_TRUE(issues);
    EXPECT_THAT(*issues, IsEmpty());
  });
}

}  // namespace housekeeper_test
}  // namespace melisai::serve
