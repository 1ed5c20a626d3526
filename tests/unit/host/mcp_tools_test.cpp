#include "core/host/mcp_tools.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace melisai::host {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

HostReport sick_report() {
  HostReport report;
  report.metadata.hostname = "build7";
  report.metadata.profile = "quick";
  report.metadata.window_seconds = 2;
  report.summary.health_score = 85;
  report.summary.deductions = {{"tcp_close_wait is critical", 10}, {"swap_usage is a warning", 5}};
  report.summary.anomalies = {{.severity = Severity::critical,
                               .category = "network",
                               .metric = "tcp_close_wait",
                               .message = "sockets in CLOSE_WAIT: 120",
                               .value = 120,
                               .warning = 1,
                               .critical = 100}};
  report.summary.resources["cpu"] = {12.5, 0, 0};
  report.summary.recommendations = {{.id = "somaxconn_small",
                                     .title = "Longer accept queues",
                                     .commands = {"sysctl net.core.somaxconn"},
                                     .evidence = "somaxconn is 128"}};
  HostResult lost;
  lost.collector = "runqlat";
  lost.errors = {"unavailable: no BTF"};
  report.categories["cpu"] = {lost};
  return report;
}

class McpTools : public ::testing::Test {
 protected:
  struct Called {
    bool failed = false;
    std::string text;
    json structured;
    int code = 0;  ///< of a refusal
  };

  Called call(const std::string& tool, const json& arguments = json::object()) {
    Server server(make_tools({.collect =
                                  [this](const CollectRequest& request) {
                                    asked.push_back(request);
                                    return report;
                                  },
                              .plugin_dirs = {"/plugins"},
                              .state_dir = "/no/such/state"}));
    const json answer =
        json::parse(server
                        .answer(json{{"jsonrpc", "2.0"},
                                     {"id", 1},
                                     {"method", "tools/call"},
                                     {"params", {{"name", tool}, {"arguments", arguments}}}}
                                    .dump())
                        .value_or("{}"));
    if (answer.contains("error"))
      return {.failed = true, .text = answer["error"]["message"], .code = answer["error"]["code"]};
    const json& result = answer.at("result");
    return {.failed = result["isError"],
            .text = result["content"][0]["text"],
            .structured = result.value("structuredContent", json())};
  }

  Result<HostReport> report = sick_report();
  std::vector<CollectRequest> asked;
};

TEST_F(McpTools, HealthIsTwoSecondsOfProcAlone) {
  const Called health = call("get_health");
  ASSERT_FALSE(health.failed) << health.text;
  EXPECT_THAT(health.text, AllOf(HasSubstr("Health score 85 of 100"), HasSubstr("tcp_close_wait")));
  EXPECT_EQ(health.structured["health_score"], 85);
  EXPECT_EQ(health.structured["deductions"][0]["points"], 10);
  EXPECT_EQ(health.structured["anomalies"][0]["id"], "tcp_close_wait");
  EXPECT_EQ(health.structured["anomalies"][0]["severity"], "critical");
  EXPECT_EQ(health.structured["resources"]["cpu"]["utilization_pct"], 12.5);
  EXPECT_EQ(health.structured["advice"][0]["commands"][0], "sysctl net.core.somaxconn");
  EXPECT_EQ(health.structured["not_seen"], json({"runqlat: unavailable: no BTF"}));
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].profile.duration, seconds(2));
  EXPECT_EQ(asked[0].profile.timeout, seconds(20));  // and 10 s to hand over
  EXPECT_TRUE(asked[0].profile.tools.empty());
  EXPECT_THAT(asked[0].plugin_dirs, ElementsAre("/plugins"));
}

TEST_F(McpTools, AHostThatNobodySawIsNotHealthy) {
  report = HostReport();
  const Called health = call("get_health");
  EXPECT_EQ(health.structured["health_score"], nullptr);
  EXPECT_THAT(health.text, HasSubstr("Nothing of this host could be seen"));
}

TEST_F(McpTools, MetricsAreTheWholeReport) {
  const Called metrics = call("collect_metrics");
  EXPECT_EQ(metrics.text, to_json(*report));
  EXPECT_EQ(metrics.structured["health_score"], 85);
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].profile, *find_profile("quick", {}));
  EXPECT_TRUE(asked[0].pids.empty());
}

TEST_F(McpTools, MetricsOfAChoice) {
  call("collect_metrics",
       {{"profile", "standard"}, {"focus", "disk, stacks"}, {"pid", 17}, {"duration", "5s"}});
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].profile.name, "standard");
  EXPECT_EQ(asked[0].profile.duration, seconds(5));
  EXPECT_THAT(asked[0].profile.focus, ElementsAre("disk", "stacks"));
  EXPECT_THAT(asked[0].pids, ElementsAre(17));
}

TEST_F(McpTools, NoCollectionTakesLongerThanFiveMinutes) {
  call("collect_metrics", {{"profile", "deep"}, {"duration", "4m"}});
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].profile.duration, seconds(240));
  EXPECT_EQ(asked[0].profile.timeout, seconds(290));
}

TEST_F(McpTools, WrongChoicesAreNamedAndNothingIsCollected) {
  EXPECT_EQ(call("collect_metrics", {{"profile", "fast"}}).code, -32602);
  EXPECT_EQ(call("collect_metrics", {{"pid", 0}}).code, -32602);
  EXPECT_EQ(call("collect_metrics", {{"pid", "1"}}).code, -32602);
  EXPECT_EQ(call("get_health", {{"profile", "quick"}}).code, -32602);
  EXPECT_EQ(call("explain_anomaly").code, -32602);
  EXPECT_THAT(call("collect_metrics", {{"focus", "disks"}}).text, HasSubstr("no category 'disks'"));
  EXPECT_THAT(call("collect_metrics", {{"focus", ",disk"}}).text, HasSubstr("focus"));
  for (const char* duration : {"500ms", "241s", "long", "1h"}) {
    const Called refused = call("collect_metrics", {{"duration", duration}});
    EXPECT_TRUE(refused.failed);
    EXPECT_THAT(refused.text, HasSubstr("duration"));
  }
  EXPECT_TRUE(asked.empty());
}

TEST_F(McpTools, ACollectionThatFailsSaysWhy) {
  report = Error{Errc::process, "the worker is gone"};
  const Called health = call("get_health");
  EXPECT_TRUE(health.failed);
  EXPECT_EQ(health.text, "the worker is gone");
}

TEST_F(McpTools, AnAnomalyIsExplainedWithItsLevels) {
  const Called explained = call("explain_anomaly", {{"anomaly_id", "tcp_abort_on_memory"}});
  EXPECT_THAT(explained.text, AllOf(HasSubstr("warning from 0.1 /s, critical from 1.0 /s"),
                                    HasSubstr("Likely causes:\n- "), HasSubstr("Look at:\n- ")));
  EXPECT_EQ(explained.structured["levels"]["warning"], 0.1);
  EXPECT_EQ(explained.structured["category"], "network");
  EXPECT_EQ(call("explain_anomaly", {{"anomaly_id", "disk_latency"}}).structured["levels"],
            nullptr);
  const Called unknown = call("explain_anomaly", {{"anomaly_id", "tcp_closewait"}});
  EXPECT_TRUE(unknown.failed);
  EXPECT_EQ(unknown.code, 0);
  EXPECT_THAT(unknown.text, HasSubstr("did you mean 'tcp_close_wait'?"));
}

TEST_F(McpTools, AllFortyAnomaliesAreListedAndExplained) {
  const Called list = call("list_anomalies");
  const json& all = list.structured["anomalies"];
  ASSERT_EQ(all.size(), 40u);
  for (const json& each : all) {
    EXPECT_THAT(list.text, HasSubstr(each["id"].get<std::string>() + " ("));
    EXPECT_FALSE(call("explain_anomaly", {{"anomaly_id", each["id"]}}).failed);
  }
}

TEST_F(McpTools, ARunIsLookedForInTheServersStateOrTheOneNamed) {
  EXPECT_THAT(call("explain_run").text, HasSubstr("/no/such/state"));
  EXPECT_THAT(call("explain_run", {{"run", 3}, {"state_dir", "/other"}}).text, HasSubstr("/other"));
  EXPECT_THAT(call("explain_run", {{"state_dir", "here"}}).text, HasSubstr("not an absolute path"));
  EXPECT_EQ(call("explain_run", {{"run", 0}}).code, -32602);
}

}  // namespace
}  // namespace melisai::host
