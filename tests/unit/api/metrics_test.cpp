// What Prometheus gets.
#include "core/api/metrics.h"

#include "core/api/process_numbers.h"
#include "core/api/totals.h"
#include "tests/unit/api/api_fixture.h"

namespace melisai::api {
namespace {

TEST(MetricText, EscapesWhatStrangersSay) {
  const std::vector<Metric> metrics = {
      {.name = "a_total",
       .help = "One\nline \\ \"quoted\".",
       .type = Metric::Type::counter,
       .samples = {{.labels = {{"x", "q\"b\\n\nz\xff\xC3\xBC"}, {"y", ""}}, .value = 1.5}}},
      {.name = "none", .help = "", .samples = {}}};
  EXPECT_EQ(render_metrics(metrics),
            "# HELP a_total One\\nline \\\\ \"quoted\".\n# TYPE a_total counter\n"
            "a_total{x=\"q\\\"b\\\\n\\nz?\xC3\xBC\",y=\"\"} 1.5\n");
}

TEST(ProcessNumbers, AreThoseOfThisProcess) {
  const auto numbers = process_numbers();
  ASSERT_TRUE(numbers);
  EXPECT_GT(numbers->resident_bytes, 1u << 20);
  EXPECT_GE(numbers->open_fds, 3u);
  EXPECT_GT(numbers->max_fds, numbers->open_fds);
  EXPECT_GE(numbers->cpu_seconds, 0);
}

class MetricsTest : public ApiTest {
 protected:
  std::string scrape() {
    const http::Response response = ask({.target = "/metrics", .token = "read"});
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.type, kMetricType);
    return response.body;
  }
};

TEST_F(MetricsTest, CountRunsByHowTheyEnded) {
  const Attempt attempt = begin(add_run());
  clock.advance(std::chrono::seconds(20));
  end(attempt);
  end(begin(add_run()), Outcome::failed);
  add_run();
  clock.advance(std::chrono::seconds(5));
  const std::string text = scrape();
  const std::string labels = R"(project="demo",pipeline="build")";
  for (const std::string& line :
       {"cicd_pipeline_success_total{" + labels + "} 1\n",
        "cicd_pipeline_failure_total{" + labels + "} 1\n",
        "cicd_pipeline_duration_seconds_bucket{" + labels + ",le=\"10\"} 1\n",
        "cicd_pipeline_duration_seconds_bucket{" + labels + ",le=\"30\"} 2\n",
        "cicd_pipeline_duration_seconds_bucket{" + labels + ",le=\"+Inf\"} 2\n",
        "cicd_pipeline_duration_seconds_sum{" + labels + "} 20\n",
        "cicd_pipeline_duration_seconds_count{" + labels + "} 2\n",
        std::string("cicd_queue_size 1\n"), std::string("melisai_queue_oldest_seconds 5\n"),
        std::string("melisai_runs_finished_total{outcome=\"failed\"} 1\n"),
        std::string("melisai_http_requests_total 7\n"),
        std::string("melisai_system_status{status=\"healthy\"} 1\n"),
        std::string("# TYPE process_resident_memory_bytes gauge\n")})
    EXPECT_THAT(text, HasSubstr(line));
}

TEST_F(MetricsTest, AreCountedAgainWhenTheyAreOld) {
  scrape();
  end(begin(add_run()));
  EXPECT_THAT(scrape(), ::testing::Not(HasSubstr("cicd_pipeline_success_total{")));
  clock.advance(kTotalsFresh);
  EXPECT_THAT(scrape(), HasSubstr("cicd_pipeline_success_total{"));
  end(begin(add_run()));
  clock.advance(kTotalsFresh);
  measuring = true;
  EXPECT_THAT(scrape(), HasSubstr("cicd_queue_size 0"));
  EXPECT_THAT(pool, IsEmpty());
  EXPECT_THAT(scrape(), HasSubstr(R"(pipeline="build"} 1)"));
}

TEST_F(MetricsTest, CountEachWaitingRequest) {
  EXPECT_THAT(scrape(), HasSubstr("melisai_streams 0\n"));
  const http::Response events = ask({.target = "/api/v1/events"});
  events.stream->on_more([] {});
  EXPECT_THAT(scrape(), HasSubstr("melisai_streams 1\n"));
  std::vector<std::optional<http::Response>> replies(3);
  for (auto& reply : replies) send({.method = "POST", .target = "/trigger/build?wait=30s"}, reply);
  EXPECT_THAT(scrape(), HasSubstr("melisai_streams 4\n"));
}

TEST_F(MetricsTest, ManyScrapesCountOnce) {
  std::optional<http::Response> first;
  std::optional<http::Response> second;
  send({.target = "/metrics"}, first);
  send({.target = "/metrics"}, second);
  EXPECT_EQ(pool.size(), 1u);
  settle();
  EXPECT_TRUE(first && second);
}

TEST_F(MetricsTest, WhoAsksAtTheEndGetsNoAnswer) {
  std::optional<http::Response> reply;
  send({.target = "/metrics"}, reply);
  api.reset();
  settle();
  EXPECT_FALSE(reply);
}

}  // namespace
}  // namespace melisai::api
