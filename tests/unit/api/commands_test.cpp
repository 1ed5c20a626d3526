// Commands of the control socket, and what the daemon shows of itself.
#include "tests/unit/api/api_fixture.h"

namespace melisai::api {
namespace {

class CommandsTest : public ApiTest {
 protected:
  CommandsTest() {
    health.modules.push_back({.id = "queue",
                              .name = "queue",
                              .version = "1",
                              .required = true,
                              .state = supervise::Running{},
                              .health = supervise::Healthy{}});
    health.modules.push_back({.id = "poller",
                              .name = "poller",
                              .version = "1",
                              .required = false,
                              .state = supervise::Running{},
                              .health = supervise::Unhealthy{"cannot reach /srv/secret.git"},
                              .last_error = "cannot reach"});
    health.issues.push_back({"poller", {supervise::IssueSeverity::high, "slow", {}}});
  }
  static Asked post(const std::string& target, const std::string& body = "") {
    return {.method = "POST", .target = target, .body = body};
  }
};

TEST_F(CommandsTest, PauseAndResumeOneOrAll) {
  EXPECT_EQ(status(post("/api/v1/pause")), 200);
  EXPECT_EQ(commands.back(), Json_({{"command", "pause"}}));
  EXPECT_EQ(status(post("/api/v1/resume", R"({"project": "demo", "pipeline": "build"})")), 200);
  EXPECT_EQ(commands.back(),
            Json_({{"command", "resume"}, {"project", "demo"}, {"pipeline", "build"}}));
  EXPECT_EQ(status(post("/api/v1/pause", R"({"pipeline": "build"})")), 400);
  EXPECT_EQ(status(post("/api/v1/pause", R"({"project": "other", "pipeline": "build"})")), 404);
  EXPECT_EQ(commands.size(), 2u);
}

TEST_F(CommandsTest, AnswersOfTheDaemonBecomeStatuses) {
  command_answer = R"({"ok": false, "error": "demo/build is not paused", "usage": true})";
  const Json_ problem = json(post("/api/v1/resume"), 409);
  EXPECT_EQ(problem["detail"], "demo/build is not paused");
  command_answer = R"({"ok": false, "error": "No space left"})";
  EXPECT_EQ(status(post("/api/v1/pause")), 503);
  for (const char* const odd : {"", "[]", "{}", R"({"ok": 1})"}) {
    command_answer = odd;
    EXPECT_EQ(status(post("/api/v1/pause")), 500) << odd;
  }
}

TEST_F(CommandsTest, StopEndsTheDaemon) {
  command_answer = R"({"ok": true, "pid": 7})";
  EXPECT_EQ(json(post("/api/v1/stop"), 202)["pid"], 7);
  EXPECT_EQ(commands.back(), Json_({{"command", "stop"}}));
  EXPECT_EQ(status(post("/api/v1/stop", R"({"now": true})")), 400);
  EXPECT_EQ(commands.size(), 1u);
}

TEST_F(CommandsTest, CancelIsForWhatHasNotEnded) {
  const std::int64_t run = add_run();
  const std::string target = "/api/v1/runs/" + std::to_string(run) + "/cancel";
  EXPECT_EQ(status({.method = "POST", .target = target, .token = "trigger"}), 202);
  EXPECT_EQ(commands.back(), Json_({{"command", "cancel"}, {"run", run}}));
  command_answer = R"({"ok": false, "error": "demo/build#1 has ended already", "usage": true})";
  EXPECT_EQ(json(post(target), 409)["detail"], "demo/build#1 has ended already");
  EXPECT_EQ(status(post("/api/v1/runs/99/cancel")), 404);
}

TEST_F(CommandsTest, StatusIsTheAnswerOfTheDaemon) {
  command_answer = R"({"ok": true, "pid": 7, "status": "healthy", "problems": []})";
  EXPECT_EQ(json({.target = "/api/v1/status", .token = "read"}),
            Json_({{"pid", 7}, {"status", "healthy"}, {"problems", Json_::array()}}));
}

TEST_F(CommandsTest, ModulesShowStateHealthAndIssues) {
  health.status = supervise::SystemStatus::degraded;
  const Json_ shown = json({.target = "/api/v1/modules", .token = "read"});
  EXPECT_EQ(shown["status"], "degraded");
  EXPECT_EQ(shown["modules"][0]["state"], "running");
  EXPECT_EQ(shown["modules"][1]["health"], "unhealthy");
  EXPECT_EQ(shown["modules"][1]["issues"][0]["message"], "slow");
}

TEST_F(CommandsTest, ModulesAreRestarted) {
  EXPECT_EQ(status(post("/api/v1/modules/poller/restart")), 200);
  EXPECT_EQ(commands.back(), Json_({{"command", "restart-module"}, {"module", "poller"}}));
  EXPECT_EQ(status(post("/api/v1/modules/none/restart")), 404);
  EXPECT_EQ(commands.size(), 1u);
}

TEST_F(CommandsTest, WhatTheAnswerNeedsIsRestartedAfterIt) {
  health.modules.push_back({.id = "http", .name = "front door", .version = "1"});
  for (const std::string id : {"http", "queue"}) {
    commands.clear();
    std::optional<http::Response> reply;
    send(post("/api/v1/modules/" + id + "/restart"), reply);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 202);
    EXPECT_THAT(commands, IsEmpty());
    settle();
    EXPECT_THAT(commands, ElementsAre(Json_({{"command", "restart-module"}, {"module", id}})));
  }
}

TEST_F(CommandsTest, TheQueueSaysWhatWaitsAndHowLong) {
  add_run("build");
  begin(add_run("test"));
  ASSERT_TRUE(queue.accept({.kind = RunEvent::Kind::manual,
                            .project = "demo",
                            .cause = "by hand",
                            .received_at = clock.now()}));
  ASSERT_TRUE(queue.set_paused(true, "by hand"));
  ASSERT_TRUE(queue.pause_pipeline({"demo", "speed", "it failed", clock.now()}));
  clock.advance(std::chrono::seconds(90));
  const Json_ shown = json({.target = "/api/v1/queue", .token = "read"});
  EXPECT_EQ(shown["queued"], 1);
  EXPECT_EQ(shown["running"], 1);
  EXPECT_EQ(shown["events"], 1);
  EXPECT_EQ(shown["oldest_seconds"], 90);
  EXPECT_EQ(shown["paused"], true);
  EXPECT_EQ(shown["paused_pipelines"][0]["pipeline"], "speed");
  EXPECT_EQ(shown["runs"].size(), 2u);
  EXPECT_EQ(shown["waiting_events"][0]["cause"], "by hand");
}

TEST_F(CommandsTest, HealthNamesPartsButNotWhatTheySay) {
  health.status = supervise::SystemStatus::degraded;
  const http::Response response = ask({.target = "/healthz", .token = ""});
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr(R"([{"module":"poller","state":"unhealthy"}])"));
  EXPECT_THAT(response.body, ::testing::Not(HasSubstr("secret.git")));
}

TEST_F(CommandsTest, HealthAndReadinessFollowTheSystem) {
  using supervise::SystemStatus;
  const std::map<SystemStatus, std::pair<int, int>> expected = {
      {SystemStatus::healthy, {200, 200}},  {SystemStatus::degraded, {200, 200}},
      {SystemStatus::starting, {200, 503}}, {SystemStatus::stopping, {200, 503}},
      {SystemStatus::critical, {503, 503}}, {SystemStatus::stopped, {503, 503}}};
  for (const auto& [system, statuses] : expected) {
    health.status = system;
    EXPECT_EQ(status({.target = "/healthz", .token = ""}), statuses.first) << name_of(system);
    EXPECT_EQ(status({.target = "/readyz", .token = ""}), statuses.second) << name_of(system);
  }
}

}  // namespace
}  // namespace melisai::api
