#include <filesystem>

#include "tests/unit/store/store_fixture.h"

namespace melisai::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class GarbageOfTheStore : public StoreTest {
 protected:
  RunId run_of(Store& store, const std::string& started_at, const RunContext& context) {
    RunStart begin_with = start();
    begin_with.started_at = started_at;
    const RunId run = *store.begin_run(begin_with);
    const auto pair = store.add_pair(run, "parse", measured(1, {{{"parse", "wall_time"}, {1, 2}}}));
    EXPECT_TRUE(pair) << pair.error().message;
    const auto done = store.finish_run(run, fixtures::pass_report(), context);
    EXPECT_TRUE(done) << done.error().message;
    return run;
  }
  static RunContext red() {
    RunContext context = green();
    context.accepts = false;
    return context;
  }
  static std::vector<RunId> left(const Store& store) {
    std::vector<RunId> ids;
    for (const RunSummary& run : *store.runs({})) ids.push_back(run.id);
    return ids;
  }
  static std::size_t collect(Store& store, const Retention& retention) {
    const auto collected = store.collect_garbage(retention, at(kNow));
    EXPECT_TRUE(collected) << collected.error().message;
    return collected->runs;
  }
};

TEST_F(GarbageOfTheStore, IsNothingWithoutALimit) {
  Store store = writer();
  run_of(store, "2020-01-01T00:00:00Z", red());
  EXPECT_EQ(collect(store, {}), 0u);
  EXPECT_THAT(left(store), ElementsAre(1));
}

TEST_F(GarbageOfTheStore, IsWhatLiesBeyondTheNewest) {
  Store store = writer();
  for (int i = 0; i < 5; ++i) run_of(store, "2020-01-01T00:00:00Z", red());
  EXPECT_EQ(collect(store, {.runs_max = 2}), 3u);
  EXPECT_THAT(left(store), ElementsAre(5, 4));
  EXPECT_EQ(pairs_of(store, 4).size(), 1u);
  EXPECT_EQ(run_of(store, "2020-01-01T00:00:00Z", red()), 6);
}

TEST_F(GarbageOfTheStore, IsWhatIsOlderThanItsAge) {
  Store store = writer();
  run_of(store, "2026-11-18T01:59:59Z", red());
  run_of(store, "2026-11-18T02:00:00Z", red());
  run_of(store, "2026-11-21T01:00:00Z", red());
  const Milliseconds three_days = std::chrono::hours(72);
  EXPECT_EQ(collect(store, {.age_max = three_days}), 1u);
  EXPECT_THAT(left(store), ElementsAre(3, 2));
  EXPECT_EQ(collect(store, {.runs_max = 1, .age_max = three_days}), 1u);
  EXPECT_THAT(left(store), ElementsAre(3));
}

TEST_F(GarbageOfTheStore, IsNeverABaselineNorARunningRun) {
  Store store = writer();
  const RunId accepted = run_of(store, "2020-01-01T00:00:00Z", green());
  run_of(store, "2020-01-01T00:00:00Z", red());
  const RunId running = begin(store);
  EXPECT_EQ(collect(store, {.runs_max = 0, .age_max = Milliseconds(0)}), 1u);
  EXPECT_THAT(left(store), ElementsAre(running, accepted));
  EXPECT_TRUE(store.run(accepted)->report);
}

TEST_F(GarbageOfTheStore, GivesItsBytesBack) {
  Store store = writer();
  std::map<SeriesId, Values> values;
  for (int i = 0; i < 2'000; ++i) values[{"suite", "m" + std::to_string(i)}] = {1, 2};
  const RunId run = begin(store);
  for (int index = 1; index <= 20; ++index)
    ASSERT_TRUE(store.add_pair(run, "suite", measured(index, values)));
  std::filesystem::create_directories(output_dir + "/logs");
  const Report report = fixtures::pass_report();
  write_text(output_dir + "/" + report.stages[0].log, std::string(100'000, 'x') + "\n");
  ASSERT_TRUE(store.finish_run(run, report, red()));
  const std::string log = store.run(run)->stages.at(0).log_file;
  EXPECT_TRUE(std::filesystem::exists(log));

  const auto collected = store.collect_garbage({.runs_max = 0}, at(kNow));
  ASSERT_TRUE(collected) << collected.error().message;
  EXPECT_EQ(collected->runs, 1u);
  EXPECT_GT(collected->bytes, Bytes{1'100'000});
  EXPECT_FALSE(std::filesystem::exists(log));
  EXPECT_LT(std::filesystem::file_size(database), 200'000u);
  EXPECT_LT(std::filesystem::file_size(database + "-wal"), 100'000u);
}

TEST_F(GarbageOfTheStore, IncludesLogsWithoutARun) {
  Store store = writer();
  run_of(store, "2020-01-01T00:00:00Z", red());
  std::filesystem::create_directories(state_dir + "/logs/1");
  std::filesystem::create_directories(state_dir + "/logs/99");
  write_text(state_dir + "/logs/99/1.log", std::string(5'000, 'x'));
  const auto collected = store.collect_garbage({}, at(kNow));
  ASSERT_TRUE(collected) << collected.error().message;
  EXPECT_EQ(collected->runs, 0u);
  EXPECT_GE(collected->bytes, Bytes{5'000});
  EXPECT_FALSE(std::filesystem::exists(state_dir + "/logs/99"));
  EXPECT_TRUE(std::filesystem::exists(state_dir + "/logs/1"));
}

TEST_F(GarbageOfTheStore, LeavesAReaderItsView) {
  Store store = writer();
  for (int i = 0; i < 3; ++i) run_of(store, "2020-01-01T00:00:00Z", red());
  const Store other = reader();
  int seen = 0;
  const auto done = other.for_each_pair(2, [&](const StoredPair&) -> Result<void> {
    ++seen;
    return {};
  });
  ASSERT_TRUE(done);
  EXPECT_EQ(seen, 1);
  EXPECT_EQ(collect(store, {.runs_max = 1}), 2u);
  EXPECT_THAT(left(other), ElementsAre(3));
  EXPECT_THAT(*store.baselines(""), IsEmpty());
}

}  // namespace
}  // namespace melisai::store
