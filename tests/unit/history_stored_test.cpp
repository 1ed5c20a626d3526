// Histories out of the store: which runs make a series, and which values a point.
#include "core/history_stored.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/files.h"
#include "core/store/store.h"

namespace melisai {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

struct Check {
  std::string sha;
  double median = 0;
  std::string machine = "m1";
  std::string branch = "main";
};

class StoredHistories : public testing::Test {
 protected:
  void finish(const Check& check) {
    auto store = store::Store::open_writer(state_dir_, {.command = "test"}, {});
    ASSERT_TRUE(store) << store.error().message;
    const auto run = store->begin_run({.command = "check",
                                       .directory = "/repo",
                                       .output_dir = temporary_.path() + "/out",
                                       .started_at = "2026-11-21T02:00:00Z",
                                       .tool_version = "1",
                                       .project = "app"});
    ASSERT_TRUE(run) << run.error().message;
    Report report;
    report.run = *run;
    report.project = "app";
    report.started_at = "2026-11-21T02:00:00Z";
    report.verdict = Verdict::pass;
    report.head.sha = check.sha;
    report.machine.fingerprint = check.machine;
    BenchmarkResult& result = report.benchmarks.emplace_back();
    result.name = "parse/BM_A";
    result.metric = {"cpu_time", "ns", Better::lower, Tier::time};
    result.base = Side{1};
    result.head = Side{check.median};
    report.benchmarks.emplace_back(result).metric.name = "peak_rss";
    const auto done =
        store->finish_run(*run, report, {.branch = check.branch, .configuration = "c"});
    ASSERT_TRUE(done) << done.error().message;
  }

  Histories read(const HistoryRequest& wanted = {}) {
    HistoryRequest request = wanted;
    request.state_dir = state_dir_;
    if (request.benchmark.empty()) request.benchmark = "*";
    auto histories = stored_histories(request);
    EXPECT_TRUE(histories) << histories.error().message;
    return histories ? *std::move(histories) : Histories();
  }

 private:
  TemporaryDirectory temporary_ = *TemporaryDirectory::make(testing::TempDir(), "history");
  std::string state_dir_ = temporary_.path() + "/state";
};

TEST_F(StoredHistories, HoldTheMedianOfACommitAtItsFirstRun) {
  finish({.sha = "aaa", .median = 10});
  finish({.sha = "bbb", .median = 20});
  finish({.sha = "aaa", .median = 14});
  finish({.sha = "", .median = 99});
  const Histories histories = read({.metric = "cpu_*"});
  ASSERT_THAT(histories.series, SizeIs(1));
  const HistorySeries& series = histories.series[0];
  EXPECT_EQ(series.name, "parse/BM_A/cpu_time");
  EXPECT_EQ(series.unit, "ns");
  EXPECT_THAT(series.values, ElementsAre(12, 20));
  EXPECT_THAT(series.indexes, ElementsAre(1, 2));
  EXPECT_EQ(histories.commits[series.commits[0]], "aaa");
  EXPECT_EQ(histories.commits[series.commits[1]], "bbb");
}

TEST_F(StoredHistories, KeepMachinesApartAndNameThemThen) {
  finish({.sha = "aaa", .median = 10});
  finish({.sha = "bbb", .median = 20, .machine = "m2"});
  const Histories histories = read({.metric = "cpu_time"});
  ASSERT_THAT(histories.series, SizeIs(2));
  EXPECT_EQ(histories.series[0].name, "parse/BM_A/cpu_time, machine m1");
  EXPECT_THAT(histories.series[0].values, ElementsAre(10));
  EXPECT_EQ(histories.series[1].name, "parse/BM_A/cpu_time, machine m2");
  EXPECT_THAT(histories.series[1].values, ElementsAre(20));
}

TEST_F(StoredHistories, CanBeNarrowed) {
  finish({.sha = "aaa", .median = 10});
  finish({.sha = "bbb", .median = 20, .branch = "side"});
  EXPECT_THAT(read().series, SizeIs(2));
  EXPECT_EQ(read().points, 4u);
  EXPECT_EQ(read({.branch = "side"}).points, 2u);
  EXPECT_EQ(read({.benchmark = "parse/BM_?"}).points, 4u);
  EXPECT_EQ(read({.benchmark = "other/*"}).points, 0u);
  EXPECT_EQ(read({.project = "app"}).points, 4u);
  EXPECT_EQ(read({.project = "other"}).points, 0u);
}

}  // namespace
}  // namespace melisai
