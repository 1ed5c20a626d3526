#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <limits>

#include "core/store/logs.h"
#include "tests/unit/store/store_fixture.h"

namespace melisai::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class StoredRuns : public StoreTest {};

TEST_F(StoredRuns, AreNothingBeforeTheFirst) {
  const auto none = Store::open_reader(state_dir);
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->has_value());

  const Store store = writer();
  EXPECT_THAT(*store.runs({}), IsEmpty());
  EXPECT_EQ(store.newest_run().error().code, Errc::not_found);
  EXPECT_THAT(store.run(1).error().message, HasSubstr("there are no runs yet"));
}

TEST_F(StoredRuns, BelongToTheirUserOnly) {
  Store store = writer();
  begin(store);
  struct stat status {};
  for (const std::string name : {"", "/store.db", "/store.db-wal", "/store.db-shm", "/lock"}) {
    ASSERT_EQ(stat((state_dir + name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 0777, name.empty() ? 0700u : 0600u) << name;
  }
}

TEST_F(StoredRuns, ShowWhatARunningOneStartedWith) {
  Store store = writer();
  RunStart known_project = start();
  known_project.project = "my-app";
  const RunId run = *store.begin_run(known_project);
  ASSERT_TRUE(store.add_pair(run, "parse", measured(1, {{{"parse", "wall_time"}, {1, 2}}})));
  const auto stored = reader().run(run);
  ASSERT_TRUE(stored) << stored.error().message;
  RunSummary expected;
  expected.id = run;
  expected.command = "check";
  expected.project = "my-app";
  expected.directory = "/repo";
  expected.started_at = "2026-11-21T02:00:00Z";
  expected.pairs = 1;
  EXPECT_EQ(stored->summary, expected);
  EXPECT_EQ(stored->output_dir, output_dir);
  EXPECT_FALSE(stored->report);
  EXPECT_FALSE(stored->machine);
  EXPECT_THAT(stored->stages, IsEmpty());
}

TEST_F(StoredRuns, GiveBackEveryReport) {
  Store store = writer();
  for (const auto& [name, report] : fixtures::all_reports()) {
    const RunId run = finished(store, report, green());
    const auto stored = reader().run(run);
    ASSERT_TRUE(stored) << stored.error().message;
    RunSummary expected;
    expected.id = run;
    expected.state = RunState::finished;
    expected.command = "check";
    expected.project = report.project;
    expected.directory = "/repo";
    expected.started_at = "2026-11-21T02:00:00Z";
    expected.branch = "main";
    expected.base = report.base;
    expected.head = report.head;
    expected.verdict = report.verdict;
    expected.reason = report.reason;
    expected.pairs = 1;
    expected.seconds = report.seconds;
    expected.fingerprint = report.machine.fingerprint;
    expected.trusted = true;
    EXPECT_EQ(stored->summary, expected) << name;
    EXPECT_EQ(stored->configuration, "c0ffee");
    EXPECT_EQ(stored->machine, report.machine);
    ASSERT_TRUE(stored->report);
    EXPECT_EQ(to_json(*stored->report), to_json(report)) << name;
    ASSERT_EQ(stored->stages.size(), report.stages.size());
    for (std::size_t i = 0; i < report.stages.size(); ++i)
      EXPECT_EQ(stored->stages[i].result, report.stages[i]) << name;
  }
}

TEST_F(StoredRuns, AreListedNewestFirstUpToTheLimitAndByProject) {
  Store store = writer();
  Report report = fixtures::pass_report();
  const RunId first = finished(store, report, green());
  report.project = "other";
  const RunId second = finished(store, report, green());
  const RunId third = begin(store);
  const auto ids = [&](const RunFilter& filter) {
    std::vector<RunId> found;
    const auto runs = store.runs(filter);
    EXPECT_TRUE(runs) << runs.error().message;
    for (const RunSummary& run : *runs) found.push_back(run.id);
    return found;
  };
  EXPECT_THAT(ids({}), ElementsAre(third, second, first));
  EXPECT_THAT(ids({.limit = 2}), ElementsAre(third, second));
  EXPECT_THAT(ids({.project = "other"}), ElementsAre(second));
  EXPECT_THAT(ids({.limit = std::numeric_limits<std::size_t>::max()}).size(), 3);
  EXPECT_EQ(*store.newest_run(), third);
  const auto missing = store.run(99);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::not_found);
  EXPECT_THAT(missing.error().message, HasSubstr("the newest is 3"));
}

TEST_F(StoredRuns, FinishOnce) {
  Store store = writer();
  const RunId run = finished(store, fixtures::pass_report(), green());
  const auto again = store.finish_run(run, fixtures::regression_report(), green());
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().message, HasSubstr("run 1 is not running"));
  EXPECT_EQ(store.run(run)->summary.verdict, Verdict::pass);
}

TEST_F(StoredRuns, KeepNumbersThatAreNotFinite) {
  Store store = writer();
  Report report = fixtures::pass_report();
  report.seconds = std::numeric_limits<double>::quiet_NaN();
  report.stages[0].seconds = std::numeric_limits<double>::infinity();
  report.benchmarks[0].threshold = std::numeric_limits<double>::quiet_NaN();
  const RunId run = finished(store, report, green());
  EXPECT_EQ(store.run(run)->summary.seconds, 0);
}

TEST_F(StoredRuns, KeepTextOfStrangersAsItIs) {
  Store store = writer();
  Report report = fixtures::pass_report();
  report.stages[0].name = std::string("a'); DROP TABLE runs; --\0\xff\n", 26);
  const RunId run = finished(store, report, green());
  EXPECT_EQ(store.run(run)->stages.at(0).result.name, report.stages[0].name);
}

TEST_F(StoredRuns, RefuseWhatIsLargerThanAnyReport) {
  Store store = writer();
  RunStart huge = start();
  huge.directory.assign(33 << 20, 'x');
  const auto run = store.begin_run(huge);
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, Errc::limit);
  EXPECT_THAT(*store.runs({}), IsEmpty());
}

class StoredLogs : public StoreTest {
 protected:
  /// Of one run whose first stage's log is what `make` puts at its path.
  StoredStage stage_with(const std::function<void(const std::string&)>& make) {
    Store store = writer();
    const Report report = fixtures::pass_report();
    std::filesystem::create_directories(output_dir + "/logs");
    make(output_dir + "/" + report.stages[0].log);
    const RunId run = finished(store, report, green());
    return store.run(run)->stages.at(0);
  }
};

TEST_F(StoredLogs, AreCopied) {
  const StoredStage stage =
      stage_with([](const std::string& path) { write_text(path, "compiling\nlinking\n"); });
  EXPECT_EQ(stage.log_file, state_dir + "/logs/1/1.log");
  EXPECT_EQ(read_text(stage.log_file), "compiling\nlinking\n");
}

TEST_F(StoredLogs, KeepTheirLastLinesWhenTheyAreLong) {
  const StoredStage stage = stage_with([](const std::string& path) {
    write_text(path, "first\n" + std::string(kLogMax, 'x') + "\nlast\n");
  });
  EXPECT_EQ(read_text(stage.log_file), "last\n");
}

TEST_F(StoredLogs, AreLeftOutWhenThereIsNone) {
  EXPECT_EQ(stage_with([](const std::string&) {}).log_file, "");
}

TEST_F(StoredLogs, FollowNoLink) {
  write_text(temporary.path() + "/secret", "secret\n");
  const StoredStage stage = stage_with([&](const std::string& path) {
    std::filesystem::create_symlink(temporary.path() + "/secret", path);
  });
  EXPECT_EQ(stage.log_file, "");
}

TEST_F(StoredLogs, DoNotWaitForAPipe) {
  EXPECT_EQ(stage_with([](const std::string& path) { mkfifo(path.c_str(), 0600); }).log_file, "");
}

class StoredPairs : public StoreTest {};

TEST_F(StoredPairs, ComeBackInTimeOrder) {
  Store store = writer();
  const RunId run = begin(store);
  Pair pair = measured(1, {{{"b", "wall_time"}, {1.5, 2.5}}, {{"b", "peak_rss"}, {4096, 8192}}});
  pair.base.values[{"b", "peak_rss"}].metric = {"peak_rss", "B", Better::higher, Tier::near_exact};
  pair.cpu = 3;
  ASSERT_TRUE(store.add_pair(run, "b", pair));
  ASSERT_TRUE(store.add_pair(run, "a", measured(1, {{{"a/x", "wall_time"}, {7, 8}}})));
  pair.index = 2;
  pair.base_first = false;
  ASSERT_TRUE(store.add_pair(run, "b", pair));

  const auto pairs = pairs_of(reader(), run);
  std::vector<std::string> order;
  for (const StoredPair& p : pairs)
    order.push_back(p.id.benchmark + "/" + p.id.metric + "#" + std::to_string(p.index));
  EXPECT_THAT(order, ElementsAre("b/peak_rss#1", "b/wall_time#1", "a/x/wall_time#1", "b/peak_rss#2",
                                 "b/wall_time#2"));
  EXPECT_EQ(pairs[0].metric, (Metric{"peak_rss", "B", Better::higher, Tier::near_exact}));
  EXPECT_EQ(pairs[1].metric, (Metric{"wall_time", "ns", Better::lower, Tier::time}));
  EXPECT_EQ(pairs[1].base, 1.5);
  EXPECT_EQ(pairs[1].head, 2.5);
  EXPECT_EQ(pairs[1].cpu, 3);
  EXPECT_TRUE(pairs[1].base_first);
  EXPECT_FALSE(pairs[4].base_first);
  EXPECT_EQ(pairs[2].cpu, -1);
  EXPECT_EQ(store.run(run)->summary.pairs, 3);
}

TEST_F(StoredPairs, LeaveOutWarmUpsOneSidedAndNonFiniteValues) {
  Store store = writer();
  const RunId run = begin(store);
  ASSERT_TRUE(store.add_pair(run, "b", measured(0, {{{"b", "wall_time"}, {1, 2}}})));
  Pair pair = measured(1, {{{"b", "wall_time"}, {1, std::numeric_limits<double>::quiet_NaN()}},
                           {{"b", "cpu_time"}, {std::numeric_limits<double>::infinity(), 1}},
                           {{"b", "removed"}, {1, 2}},
                           {{"b", "kept"}, {1, 2}}});
  pair.head.values.erase({"b", "removed"});
  ASSERT_TRUE(store.add_pair(run, "b", pair));
  const auto pairs = pairs_of(store, run);
  ASSERT_EQ(pairs.size(), 1u);
  EXPECT_EQ(pairs[0].id.metric, "kept");
}

TEST_F(StoredPairs, BelongToTheirRun) {
  Store store = writer();
  const RunId first = begin(store);
  const RunId second = begin(store);
  const auto pair = [](int index, double base) {
    return measured(index, {{{"b", "wall_time"}, {base, base}}});
  };
  ASSERT_TRUE(store.add_pair(first, "b", pair(1, 10)));
  ASSERT_TRUE(store.add_pair(second, "b", pair(1, 20)));
  ASSERT_TRUE(store.add_pair(first, "b", pair(2, 30)));
  EXPECT_EQ(pairs_of(store, first).size(), 2u);
  ASSERT_EQ(pairs_of(store, second).size(), 1u);
  EXPECT_EQ(pairs_of(store, second)[0].base, 20);
}

TEST_F(StoredPairs, AreRefusedForARunThatIsNotThereAndLaterOnesStillWork) {
  Store store = writer();
  const Pair pair = measured(1, {{{"b", "wall_time"}, {1, 2}}});
  EXPECT_FALSE(store.add_pair(7, "b", pair));
  const RunId run = begin(store);
  ASSERT_TRUE(store.add_pair(run, "b", pair));
  EXPECT_FALSE(store.add_pair(run, "b", pair));  // the same one twice
  ASSERT_TRUE(store.add_pair(run, "b", measured(2, {{{"b", "wall_time"}, {3, 4}}})));
  EXPECT_EQ(pairs_of(store, run).size(), 2u);
}

TEST_F(StoredPairs, RememberWhatDisturbedThem) {
  Store store = writer();
  const RunId run = begin(store);
  for (int index = 1; index <= 4; ++index) {
    const Pair pair = measured(index, {{{"b", "wall_time"}, {1, 2}}});
    ASSERT_TRUE(store.add_pair(run, "b", pair));
    ASSERT_TRUE(store.add_pair(run, "c", pair));
  }
  ASSERT_TRUE(store.mark_disturbed(run, "b", {2, 3, "other processes used 0.62 CPUs"}));
  std::string disturbed;
  for (const StoredPair& pair : pairs_of(store, run))
    disturbed += pair.disturbed.empty() ? '.' : 'X';
  EXPECT_EQ(disturbed, "..X.X...");
  EXPECT_EQ(pairs_of(store, run)[2].disturbed, "other processes used 0.62 CPUs");
}

TEST_F(StoredPairs, StopAtTheFirstErrorOfTheReader) {
  Store store = writer();
  const RunId run = begin(store);
  for (int index = 1; index <= 3; ++index)
    ASSERT_TRUE(store.add_pair(run, "b", measured(index, {{{"b", "wall_time"}, {1, 2}}})));
  int calls = 0;
  const auto done = store.for_each_pair(run, [&](const StoredPair&) -> Result<void> {
    ++calls;
    return Error{Errc::io, "the pipe is closed"};
  });
  EXPECT_EQ(done.error().message, "the pipe is closed");
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(
      store.for_each_pair(99, [](const StoredPair&) -> Result<void> { return {}; }).error().code,
      Errc::not_found);
}

TEST_F(StoredPairs, OfThousandsOfMetricsAreQuickAndSmall) {
  constexpr int kMetrics = 5'000;
  constexpr int kPairs = 20;
  std::map<SeriesId, Values> values;
  for (int i = 0; i < kMetrics; ++i)
    values[{"suite/BM_Benchmark_With_A_Name/" + std::to_string(i), "cpu_time"}] = {1.0 / (i + 1),
                                                                                   2};
  {
    Store store = writer();
    const RunId run = begin(store);
    const auto begun = std::chrono::steady_clock::now();
    for (int index = 1; index <= kPairs; ++index)
      ASSERT_TRUE(store.add_pair(run, "suite", measured(index, values)));
    const std::chrono::duration<double, std::milli> spent =
        std::chrono::steady_clock::now() - begun;
    RecordProperty("ms_per_pair", std::to_string(spent.count() / kPairs));
    EXPECT_LT(spent.count() / kPairs, 500);  // about 10 on a quiet machine
    EXPECT_EQ(pairs_of(store, run).size(), std::size_t{kMetrics * kPairs});
  }
  EXPECT_LT(std::filesystem::file_size(database), std::uintmax_t{kMetrics * kPairs * 64});
}

TEST(PairLine, IsWhatReplayReads) {
  StoredPair pair;
  pair.id = {"gzip", "wall_time"};
  pair.base = 139.5;
  pair.head = 140.2;
  EXPECT_EQ(pair_line(pair, {}), R"({"series":"gzip/wall_time","a":139.5,"b":140.2,"first":"a"})"
                                 "\n");
  pair.base_first = false;
  pair.metric.better = Better::higher;
  pair.metric.tier = Tier::near_exact;
  EXPECT_EQ(pair_line(pair, {.level = Level::off, .threshold = 0.005}),
            R"({"series":"gzip/wall_time","a":139.5,"b":140.2,"first":"b","better":"higher",)"
            R"("tier":2,"level":"off","threshold":0.005})"
            "\n");
  EXPECT_TRUE(pair_line(pair, {.counted = 2})
                  .ends_with(R"("tier":2,"counted":2})"
                             "\n"));
  EXPECT_TRUE(pair_line(pair, {.health_votes = true})
                  .ends_with(R"("tier":2,"health":"fail"})"
                             "\n"));
}

TEST(PairLine, EscapesNamesAndKeepsEveryDigit) {
  StoredPair pair;
  pair.id = {"a\"b\\\n\xff", "m"};
  pair.base = 0.1 + 0.2;
  pair.head = 1e300;
  EXPECT_EQ(pair_line(pair, {}),
            "{\"series\":\"a\\\"b\\\\\\n\xEF\xBF\xBD/m\",\"a\":0.30000000000000004,"
            "\"b\":1e+300,\"first\":\"a\"}\n");
}

}  // namespace
}  // namespace melisai::store
