// Baselines, acknowledgements and history.
#include "tests/unit/api/api_fixture.h"
#include "tests/unit/model/report_fixtures.h"

namespace melisai::api {
namespace {

class RecordsApiTest : public ApiTest {
 protected:
  store::Store writer() {
    return store::Store::open_writer(state_dir, {.command = "test"}, clock.now()).value();
  }
  /// A check of that commit; the number of its report.
  store::RunId check(char sha, Report report = fixtures::pass_report(), bool trusted = true) {
    report.project = "demo";
    report.command = "check";
    report.head.sha = std::string(40, sha);
    store::Store store = writer();
    const store::RunId run = store
                                 .begin_run({.command = "check",
                                             .directory = "/repo",
                                             .output_dir = "/out",
                                             .started_at = "2026-11-21T02:00:00Z",
                                             .tool_version = "1",
                                             .project = "demo"})
                                 .value();
    const auto done = store.finish_run(
        run, report,
        {.branch = "main", .configuration = "c0ffee", .trusted = trusted, .accepts = false});
    EXPECT_TRUE(done) << done.error().message;
    return run;
  }
  static Asked post(const std::string& target, const Json_& body) {
    return {.method = "POST", .target = "/api/v1/" + target, .body = body.dump()};
  }
};

TEST_F(RecordsApiTest, WithoutAStoreThereIsNothing) {
  EXPECT_EQ(json({.target = "/api/v1/baselines", .token = "read"})["baselines"], Json_::array());
  EXPECT_EQ(json({.target = "/api/v1/acknowledgements"})["acknowledgements"], Json_::array());
  EXPECT_EQ(status({.target = "/api/v1/history"}), 404);
}

TEST_F(RecordsApiTest, BaselinesArePinnedAndRemoved) {
  const store::RunId report = check('a');
  const Json_ set = json(post("baselines", {{"report", report}}), 201);
  EXPECT_EQ(set["branch"], "main");
  EXPECT_EQ(set["report"], report);
  EXPECT_EQ(set["pinned"], true);
  EXPECT_EQ(json(post("baselines", {{"report", report}, {"branch", "next"}}), 201)["branch"],
            "next");
  EXPECT_EQ(json({.target = "/api/v1/baselines"})["baselines"].size(), 2u);
  EXPECT_EQ(json({.target = "/api/v1/baselines?project=x"})["baselines"].size(), 0u);
  const std::string target = "/api/v1/baselines/" + set["id"].dump();
  EXPECT_EQ(status({.method = "DELETE", .target = target}), 204);
  EXPECT_EQ(status({.method = "DELETE", .target = target}), 404);
  EXPECT_EQ(status({.method = "DELETE", .target = "/api/v1/baselines/x"}), 404);
}

TEST_F(RecordsApiTest, WhatIsNoReportIsNoBaseline) {
  check('a');
  EXPECT_EQ(status(post("baselines", {{"report", 99}})), 404);
  for (const Json_& bad : {Json_{{"branch", "main"}}, Json_{{"report", "1"}}, Json_{{"report", 0}},
                           Json_{{"report", 1}, {"branch", 3}}, Json_{{"run", 1}}})
    EXPECT_EQ(status(post("baselines", bad)), 400) << bad;
  store::RunId open = 0;
  {
    store::Store store = writer();
    open = store.begin_run({.command = "check"}).value();
  }
  EXPECT_EQ(status(post("baselines", {{"report", open}})), 409);
}

TEST_F(RecordsApiTest, ACheckThatWritesIsInTheWayForAWhile) {
  const store::RunId report = check('a');
  const store::Store busy = writer();
  const http::Response response = ask(post("baselines", {{"report", report}}));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(header(response, "Retry-After"), "30");
}

TEST_F(RecordsApiTest, SlowdownsAreAcknowledgedForAWhile) {
  const Json_ good{{"project", "demo"},     {"benchmark", "parse/*"}, {"metric", "wall_time"},
                   {"until", "2099-12-31"}, {"reason", "known"},      {"up_to", 0.1}};
  const Json_ made = json(post("acknowledgements", good), 201);
  EXPECT_EQ(made["benchmark"], "parse/*");
  EXPECT_EQ(made["up_to"], 0.1);
  EXPECT_EQ(json({.target = "/api/v1/acknowledgements?project=demo"})["acknowledgements"][0], made);
  const std::map<std::string, Json_> bad = {
      {"until", "2099-02-30"}, {"until ", "x"}, {"reason", ""}, {"up_to", "x"}, {"benchmark", 3}};
  for (const auto& [key, value] : bad) {
    Json_ body = good;
    body[key] = value;
    EXPECT_EQ(status(post("acknowledgements", body)), 400) << body;
  }
  for (const Json_& value : {Json_("2020-01-01"), Json_("tomorrow"), Json_("")}) {
    Json_ body = good;
    body["until"] = value;
    EXPECT_EQ(status(post("acknowledgements", body)), 400) << body;
  }
  for (const double value : {0.0, -1.0, 101.0}) {
    Json_ body = good;
    body["up_to"] = value;
    EXPECT_EQ(status(post("acknowledgements", body)), 400) << body;
  }
  const std::string target = "/api/v1/acknowledgements/" + made["id"].dump();
  EXPECT_EQ(status({.method = "DELETE", .target = target}), 204);
  EXPECT_EQ(status({.method = "DELETE", .target = target}), 404);
}

TEST_F(RecordsApiTest, HistoryIsWhatChecksMeasured) {
  for (const char sha : {'a', 'b', 'c'}) check(sha);
  const Json_ all = json({.target = "/api/v1/history?project=demo", .token = "read"});
  ASSERT_FALSE(all["series"].empty());
  const Json_& points = all["series"][0]["points"];
  ASSERT_EQ(points.size(), 3u);
  EXPECT_EQ(points[0]["commit"], std::string(40, 'a'));
  EXPECT_EQ(json({.target = "/api/v1/history?limit=1"})["series"][0]["points"].size(), 1u);
  EXPECT_EQ(json({.target = "/api/v1/history?limit=1"})["series"][0]["points"][0]["commit"],
            std::string(40, 'c'));
  EXPECT_EQ(status({.target = "/api/v1/history?benchmark=none"}), 404);
  EXPECT_EQ(status({.target = "/api/v1/history?limit=0"}), 400);
  EXPECT_EQ(status({.target = "/api/v1/history?limit=1001"}), 400);
}

TEST_F(RecordsApiTest, HistoryIsNotOfStrangersCode) {
  check('a');
  check('b', fixtures::pass_report(), false);
  const Json_ all = json({.target = "/api/v1/history"});
  ASSERT_FALSE(all["series"].empty());
  const Json_& points = all["series"][0]["points"];
  ASSERT_EQ(points.size(), 1u);
  EXPECT_EQ(points[0]["commit"], std::string(40, 'a'));
}

TEST_F(RecordsApiTest, HistoryIsNarrowedByWhoAsks) {
  Report report = fixtures::pass_report();
  for (int i = 0; i <= 200; ++i) {
    report.benchmarks.push_back(report.benchmarks.front());
    report.benchmarks.back().name = "many/" + std::to_string(i);
  }
  check('a', report);
  const http::Response refused = ask({.target = "/api/v1/history?benchmark=many/*"});
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("more than 200 series match"));
  EXPECT_EQ(status({.target = "/api/v1/history?benchmark=many/1"}), 200);
}

TEST_F(RecordsApiTest, HistoryIsReadForOneAtATime) {
  check('a');
  std::optional<http::Response> first;
  send({.target = "/api/v1/history"}, first);
  std::optional<http::Response> second;
  send({.target = "/api/v1/history?benchmark=x"}, second);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->status, 429);
  EXPECT_EQ(header(*second, "Retry-After"), "1");
  EXPECT_EQ(pool.size(), 1u);
  settle();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->status, 200);
  EXPECT_EQ(status({.target = "/api/v1/history?benchmark=none"}), 404);
  EXPECT_EQ(status({.target = "/api/v1/history"}), 200);  // a refusal ends it as well
}

TEST_F(RecordsApiTest, HistoryIsNotReadWhileABenchmarkIsMeasured) {
  check('a');
  measuring = true;
  std::optional<http::Response> reply;
  send({.target = "/api/v1/history"}, reply);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 503);
  EXPECT_EQ(header(*reply, "Retry-After"), "10");
  EXPECT_THAT(pool, IsEmpty());
  measuring = false;
  EXPECT_EQ(status({.target = "/api/v1/history"}), 200);
}

}  // namespace
}  // namespace melisai::api
