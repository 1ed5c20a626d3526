#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/host/mcp_tools.h"
#include "tests/unit/store/store_fixture.h"

namespace melisai::host {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Report slower() {
  Report report;
  report.command = "check";
  report.verdict = Verdict::regression;
  report.reason_code = ReasonCode::regressed;
  report.reason = "parse is 12 % slower";
  report.benchmarks = {
      fixtures::judged("parse", fixtures::cpu_time(),
                       {Decision::regressed, 0.12, 0.1, 0.14, 100, 112}),
      fixtures::judged("print", fixtures::cpu_time(), {Decision::clear, 0, -0.01, 0.01, 50, 50}),
      fixtures::judged("parse", fixtures::switches(),
                       {Decision::regressed, 0.5, 0.4, 0.6, 10, 15, false}),
      fixtures::judged("scan", fixtures::cpu_time(), {Decision::regressed, 0.2, 0.1, 0.3, 10, 12})};
  report.benchmarks.back().acknowledged =
      Acknowledgement{.benchmark = "scan", .metric = "*", .until = "2026-12-31", .reason = "safer"};
  return report;
}

HealthResult sick() {
  return {.profile = "quick",
          .base = 92,
          .head = 77,
          .change = -15,
          .change_low = -17,
          .change_high = -12,
          .decision = Decision::regressed,
          .runs = 4,
          .new_anomalies = {{.severity = Severity::warning,
                             .category = "network",
                             .metric = "tcp_close_wait",
                             .message = "sockets in CLOSE_WAIT: 12",
                             .value = 12,
                             .warning = 1,
                             .critical = 100}},
          .recommendations = {{.id = "sockets_leak", .title = "Close what the peer closed"}}};
}

TEST(ExplainedRun, SaysWhatBecameSlowerAndByHowMuch) {
  store::Run run;
  run.summary = {.id = 12, .state = store::RunState::finished, .verdict = Verdict::regression};
  run.report = slower();
  const ToolAnswer answer = explain(run);
  EXPECT_THAT(answer.text, AllOf(HasSubstr("REGRESSION"), HasSubstr("+12.0 %")));
  const json told = json::parse(answer.structured);
  EXPECT_EQ(told["run"], 12);
  EXPECT_EQ(told["verdict"], "regression");
  EXPECT_EQ(told["reason_code"], "regressed");
  // Metrics without a vote are not news.
  ASSERT_EQ(told["regressions"].size(), 2u);
  const json& parse = told["regressions"][0];
  EXPECT_EQ(parse["benchmark"], "parse");
  EXPECT_EQ(parse["base"], 100.0);
  EXPECT_EQ(parse["head"], 112.0);
  EXPECT_DOUBLE_EQ(parse["change_pct"], 12);
  EXPECT_DOUBLE_EQ(parse["change_high_pct"], 14);
  EXPECT_EQ(parse["fails"], true);
  EXPECT_EQ(parse["acknowledged"], nullptr);
  EXPECT_EQ(told["regressions"][1]["fails"], false);
  EXPECT_EQ(told["regressions"][1]["acknowledged"]["reason"], "safer");
  EXPECT_EQ(told["health"], nullptr);
  EXPECT_THAT(answer.text, Not(HasSubstr("explain_anomaly")));
}

TEST(ExplainedRun, SaysWhatChangedInTheHostsHealth) {
  store::Run run;
  run.report = slower();
  run.report->health = sick();
  const ToolAnswer answer = explain(run);
  EXPECT_THAT(answer.text, AllOf(HasSubstr("score 92 on base, 77 on head"),
                                 HasSubstr("explain_anomaly says what is behind: tcp_close_wait")));
  const json health = json::parse(answer.structured)["health"];
  EXPECT_EQ(health["change"], -15.0);
  EXPECT_EQ(health["decision"], "regressed");
  EXPECT_EQ(health["new_anomalies"][0]["id"], "tcp_close_wait");
  EXPECT_EQ(health["advice"][0]["id"], "sockets_leak");
}

Report explained() {
  Report report = slower();
  report.run = 1;
  report.evidence = {{.benchmark = "parse",
                      .cause = Cause::lock_wait,
                      .confidence = 0.96,
                      .sentence = "lock wait: futex wait 3 ms → 41 ms per run",
                      .advice = "Hold it shorter",
                      .metrics = {{"futex_wait", "ns", 3e6, 41e6}, {"switches", "count", {}, {}}},
                      .functions = {{.name = "Cache::get",
                                     .file = "cache.cpp",
                                     .line = 88,
                                     .when = "off-cpu",
                                     .unit = "ns",
                                     .base = 3e6,
                                     .head = 41e6,
                                     .confidence = 0.99}},
                      .files = {{"flame_graph", "flame/parse.svg"}}}};
  return report;
}

TEST(ExplainedRun, SaysWhy) {
  store::Run run;
  run.summary.id = 1;
  run.report = slower();
  EXPECT_EQ(json::parse(explain(run).structured)["evidence"], json::array());
  run.report = explained();
  const auto output = TemporaryDirectory::make(testing::TempDir(), "explained");
  ASSERT_TRUE(output);
  run.output_dir = output->path();
  const ToolAnswer answer = explain(run);
  EXPECT_THAT(answer.text, HasSubstr("lock wait: futex wait 3 ms → 41 ms per run"));
  const json why = json::parse(answer.structured)["evidence"][0];
  EXPECT_EQ(why["benchmark"], "parse");
  EXPECT_EQ(why["class"], "lock_wait");
  EXPECT_EQ(why["advice"], "Hold it shorter");
  EXPECT_EQ(why["metrics"][0]["head"], 41e6);
  EXPECT_EQ(why["metrics"][1]["base"], nullptr);
  EXPECT_EQ(why["functions"][0]["name"], "Cache::get");
  EXPECT_EQ(why["functions"][0]["line"], 88);
  EXPECT_EQ(why["files"], json::array()) << "nothing lies there any more";
  ASSERT_TRUE(write_file(output->path() + "/report.json", to_json(explained())));
  EXPECT_EQ(json::parse(explain(run).structured)["evidence"][0]["files"][0]["path"],
            output->path() + "/flame/parse.svg");
}

TEST(ExplainedRun, OfAFailedBuildSaysWhichStageAndHow) {
  store::Run run;
  run.report = Report{.verdict = Verdict::error, .reason_code = ReasonCode::build_failed};
  run.report->stages = {{.name = "build",
                         .side = "head",
                         .command = "make",
                         .status = StageResult::Status::failed,
                         .message = "exit code 2",
                         .log_tail = "main.cpp:3: error\n"}};
  const ToolAnswer answer = explain(run);
  EXPECT_THAT(answer.text, HasSubstr("main.cpp:3: error"));
  EXPECT_EQ(json::parse(answer.structured)["failed_stages"][0]["message"], "exit code 2");
}

class ExplainRun : public store::StoreTest {};

TEST_F(ExplainRun, FindsARunByNumberAndTheLast) {
  {
    store::Store store = writer();
    finished(store, slower(), green());
    begin(store);
  }
  const auto first = explain_run("1", state_dir);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(json::parse(first->structured)["regressions"].size(), 2u);
  const auto last = explain_run("last", state_dir);
  ASSERT_TRUE(last) << last.error().message;
  const json told = json::parse(last->structured);
  EXPECT_EQ(told["run"], 2);
  EXPECT_EQ(told["verdict"], nullptr);
  EXPECT_TRUE(told["regressions"].empty());
}

TEST_F(ExplainRun, RefusesWhatIsNotThere) {
  EXPECT_EQ(explain_run("last", state_dir).error().code, Errc::not_found);
  {
    store::Store store = writer();
    finished(store, slower(), green());
  }
  EXPECT_EQ(explain_run("2", state_dir).error().code, Errc::not_found);
  for (const char* name : {"", "newest", "1x", "-1", "0", "99999999999999999999"})
    EXPECT_EQ(explain_run(name, state_dir).error().code, Errc::usage) << name;
}

}  // namespace
}  // namespace melisai::host
