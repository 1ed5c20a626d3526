// Runs, their reports and benchmarks.
#include "tests/unit/api/api_fixture.h"
#include "tests/unit/model/report_fixtures.h"

namespace melisai::api {
namespace {

class RunsTest : public ApiTest {
 protected:
  std::vector<std::int64_t> ids(const std::string& query) {
    std::vector<std::int64_t> found;
    const Json_ page = json({.target = "/api/v1/runs" + query, .token = "read"});
    for (const Json_& run : page["runs"]) found.push_back(run["id"].get<std::int64_t>());
    return found;
  }
};

TEST_F(RunsTest, AreListedNewestFirstAndFiltered) {
  const std::int64_t first = add_run("build");
  const std::int64_t second = add_run("test");
  end(begin(second), Outcome::failed);
  EXPECT_THAT(ids(""), ElementsAre(second, first));
  EXPECT_THAT(ids("?pipeline=build"), ElementsAre(first));
  EXPECT_THAT(ids("?project=other"), IsEmpty());
  EXPECT_THAT(ids("?state=queued"), ElementsAre(first));
  EXPECT_THAT(ids("?outcome=failed"), ElementsAre(second));
  EXPECT_THAT(ids("?outcome=passed"), IsEmpty());
}

TEST_F(RunsTest, ComeInPages) {
  for (int i = 0; i < 5; ++i) add_run();
  Json_ page = json({.target = "/api/v1/runs?limit=2"});
  EXPECT_EQ(page["runs"].size(), 2u);
  EXPECT_EQ(page["next"], 4);
  EXPECT_THAT(ids("?limit=2&before=4"), ElementsAre(3, 2));
  page = json({.target = "/api/v1/runs?limit=2&before=2"});
  EXPECT_EQ(page["runs"].size(), 1u);
  EXPECT_TRUE(page["next"].is_null());
}

TEST_F(RunsTest, ParametersHaveLimits) {
  for (const char* const query : {"?limit=0", "?limit=201", "?limit=x", "?limit=-1", "?limit=1.5",
                                  "?before=0", "?state=done", "?outcome=green", "?limit="})
    EXPECT_EQ(status({.target = std::string("/api/v1/runs") + query}), 400) << query;
  EXPECT_EQ(status({.target = "/api/v1/runs?project=" + std::string(501, 'x')}), 400);
}

TEST_F(RunsTest, OneShowsItsAttemptsAndTheirLogs) {
  const std::int64_t id = add_run();
  const Attempt attempt = begin(id);
  write_log(attempt, "logs/head-build.log", "text");
  end(attempt);
  const Json_ shown = json({.target = "/api/v1/runs/" + std::to_string(id), .token = "read"});
  EXPECT_EQ(shown["run"]["run"], "demo/build#1");
  EXPECT_EQ(shown["attempts"][0]["outcome"], "passed");
  EXPECT_EQ(shown["attempts"][0]["logs"][0]["stage"], "head-build");
  EXPECT_EQ(shown["attempts"][0]["logs"][0]["bytes"], 4);
}

TEST_F(RunsTest, UnknownOnesAreNotThere) {
  for (const char* const id : {"99", "0", "-1", "abc", "1x", "99999999999999999999", "+1", "%201"})
    for (const char* const what : {"", "/logs", "/logs/stream", "/report", "/benchmarks"})
      EXPECT_EQ(status({.target = std::string("/api/v1/runs/") + id + what}), 404) << id << what;
}

TEST_F(RunsTest, HaveAReportWhenTheyMeasured) {
  store::RunId stored = 0;
  {
    auto store = store::Store::open_writer(state_dir, {.command = "test"}, clock.now()).value();
    stored = store
                 .begin_run({.command = "check",
                             .directory = "/repo",
                             .output_dir = "/out",
                             .started_at = "2026-11-21T02:00:00Z",
                             .tool_version = "1"})
                 .value();
    ASSERT_TRUE(store.finish_run(stored, fixtures::regression_report(), {.branch = "main"}));
  }
  const std::int64_t with = add_run();
  end(begin(with), Outcome::regression, stored);
  const std::int64_t without = add_run();
  end(begin(without));
  const std::int64_t gone = add_run();
  end(begin(gone), Outcome::regression, stored + 1);

  const std::string base = "/api/v1/runs/" + std::to_string(with);
  EXPECT_EQ(json({.target = base + "/report", .token = "read"})["verdict"], "regression");
  const Json_ benchmarks = json({.target = base + "/benchmarks", .token = "read"});
  EXPECT_EQ(benchmarks["verdict"], "regression");
  EXPECT_EQ(benchmarks["run"], with);
  EXPECT_EQ(benchmarks["benchmarks"].size(), fixtures::regression_report().benchmarks.size());
  EXPECT_EQ(status({.target = "/api/v1/runs/" + std::to_string(without) + "/report"}), 404);
  EXPECT_EQ(status({.target = "/api/v1/runs/" + std::to_string(gone) + "/benchmarks"}), 404);
}

}  // namespace
}  // namespace melisai::api
