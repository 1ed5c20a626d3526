// A front door over a real queue and a real store in a directory of its own; time, pool and loop
// are the test's. Every answer can be kept for the check against openapi.json (answers_test.py).
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "core/api/api.h"
#include "core/api/routes.h"
#include "core/api/tokens.h"
#include "core/base/files.h"
#include "core/store/store.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_git_repo.h"
#include "tests/fakes/fake_scheduler.h"
#include "tests/fakes/fake_workflows.h"

namespace melisai::api {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Json_ = nlohmann::json;
using Outcome = PipelineRun::Outcome;

inline const std::string kSha(40, 'a');

struct Asked {
  std::string method = "GET";
  std::string target;
  std::string body = {};
  std::string token = "admin";  ///< name of one of the fixture's tokens, "" for none
  std::vector<http::Header> headers = {};
  std::string type = "application/json";
};

class ApiTest : public ::testing::Test {
 protected:
  ApiTest() {
    config.projects.push_back({.name = "demo"});
    for (const Scope scope : {Scope::read, Scope::trigger, Scope::admin}) {
      const std::string name(to_string(scope));
      secrets[name] = create_token(state_dir, {.name = name, .scope = scope}, clock)->secret;
    }
  }

  Daemon daemon() {
    return {.clock = clock,
            .scheduler = scheduler,
            .queue = queue,
            .bus = bus,
            .config = config,
            .workflows = workflows,
            .state_dir = state_dir,
            .command =
                [this](const std::string& request, const std::function<void(std::string)>& done) {
                  commands.push_back(Json_::parse(request));
                  done(command_answer);
                },
            .accept = [this](const RunEvent& event) { return queue.accept(event); },
            .approve =
                [this](const store::Approval& approval) {
                  return queue.approve(approval, clock.now());
                },
            .runs_json =
                [](const std::vector<PipelineRun>& runs) {
                  std::vector<std::string> all;
                  for (const PipelineRun& run : runs) all.push_back(json_of(run));
                  return all;
                },
            .health = [this] { return health; },
            .in_pool = [this](std::function<void()> work) { pool.push_back(std::move(work)); },
            .in_loop = [this](std::function<void()> work) { loop.push_back(std::move(work)); },
            .measuring = [this] { return measuring; },
            .open_repo = [](const std::string&) { return std::make_unique<FakeGitRepo>(); },
            .more_metrics =
                [] {
                  return std::vector<Metric>{{.name = "melisai_http_requests_total",
                                              .help = "Requests.",
                                              .type = Metric::Type::counter,
                                              .samples = {{.value = 7}}}};
                }};
  }

  /// The fields of core/serve/run_json.h, which is above this folder.
  static std::string json_of(const PipelineRun& run) {
    const auto time = [](const std::optional<WallTime>& at) {
      return at ? Json_(utc_time_ms(*at)) : Json_(nullptr);
    };
    return Json_{{"run", name_of(run)},
                 {"id", run.id},
                 {"project", run.project},
                 {"pipeline", run.pipeline},
                 {"number", run.number},
                 {"ref", run.ref},
                 {"commit", run.sha},
                 {"state", to_string(run.state)},
                 {"outcome", run.outcome ? Json_(to_string(*run.outcome)) : Json_(nullptr)},
                 {"reason", run.reason},
                 {"waits_for", nullptr},
                 {"attempts", run.attempts},
                 {"created_at", utc_time_ms(run.created_at)},
                 {"started_at", time(run.started_at)},
                 {"finished_at", time(run.finished_at)},
                 {"report", run.report ? Json_(*run.report) : Json_(nullptr)},
                 {"slow", nullptr}}
        .dump();
  }

  /// What was asked of pool and loop is done.
  void settle() {
    while (!pool.empty() || !loop.empty()) {
      std::deque<std::function<void()>>& from = pool.empty() ? loop : pool;
      const auto work = std::move(from.front());
      from.pop_front();
      work();
    }
  }

  /// Without waiting for anything; `reply` is set when the answer comes.
  void send(const Asked& asked, std::optional<http::Response>& reply) {
    const auto target = http::parse_target(asked.target);
    ASSERT_TRUE(target) << target.error().message;
    http::Request request{.method = asked.method,
                          .target = asked.target,
                          .path = target->path,
                          .query = target->query,
                          .headers = asked.headers,
                          .body = asked.body,
                          .peer = "127.0.0.1"};
    if (!asked.token.empty())
      request.headers.push_back({"Authorization", "Bearer " + secrets.at(asked.token)});
    if (!asked.body.empty()) request.headers.push_back({"Content-Type", asked.type});
    api->handle(request, [this, asked, &reply](http::Response response) {
      EXPECT_FALSE(reply) << "answered twice";
      keep(asked, response);
      reply = std::move(response);
    });
  }

  http::Response ask(const Asked& asked) {
    std::optional<http::Response> reply;
    send(asked, reply);
    settle();
    EXPECT_TRUE(reply) << asked.target << " was not answered";
    return reply ? *std::move(reply) : http::Response{.status = 0};
  }
  Json_ json(const Asked& asked, int status = 200) {
    const http::Response response = ask(asked);
    EXPECT_EQ(response.status, status) << response.body;
    return Json_::parse(response.body, nullptr, false);
  }
  int status(const Asked& asked) { return ask(asked).status; }
  void revoke(const std::string& name) {
    const std::string& secret = secrets.at(name);
    ASSERT_TRUE(revoke_token(state_dir, secret.substr(4, 12)));
  }
  /// Everything that a stream has now.
  static std::string drained(http::Stream& stream) {
    std::string text;
    for (int pieces = 0; pieces < 1000; ++pieces) {
      const std::optional<std::string> piece = stream.next();
      if (!piece || piece->empty()) return text;
      EXPECT_LE(piece->size(), std::size_t{64 << 10} + 4096);
      text += *piece;
    }
    return text + "(without an end)";
  }
  static std::string text_of_answer(const http::Response& response) {
    return response.stream ? drained(*response.stream) : response.body;
  }
  static std::string header(const http::Response& response, std::string_view name) {
    for (const http::Header& header : response.headers)
      if (header.name == name) return header.value;
    return "";
  }

  std::int64_t add_run(const std::string& pipeline = "build", bool trusted = true) {
    RunEvent event;
    event.kind = RunEvent::Kind::manual;
    event.project = "demo";
    event.pipeline = pipeline;
    event.params = {{"level", "3"}};
    event.trusted = trusted;
    event.received_at = clock.now();
    const auto accepted = queue.accept(event).value();
    return plan(accepted.event, pipeline);
  }
  std::int64_t plan(std::int64_t event, const std::string& pipeline) {
    return queue
        .plan(event,
              {.ref = "refs/heads/main",
               .sha = kSha,
               .configuration = "{}",
               .runs = {{.pipeline = pipeline, .after = {}}}},
              clock.now())
        .value()
        ->runs.front()
        .id;
  }
  Attempt begin(std::int64_t run) {
    return queue.begin_attempt(run, state_dir + "/attempts", "boot", clock.now()).value().value();
  }
  void end(const Attempt& attempt, Outcome outcome = Outcome::passed,
           std::optional<std::int64_t> report = std::nullopt) {
    ASSERT_TRUE(queue.end_attempt(
        attempt, {.outcome = outcome, .reason = "it ended", .report = report}, clock.now()));
  }
  static void write_log(const Attempt& attempt, const std::string& name, const std::string& text) {
    ASSERT_TRUE(make_directories(attempt.directory + "/logs"));
    std::ofstream(attempt.directory + "/" + name, std::ios::binary | std::ios::app) << text;
  }

  TemporaryDirectory directory =
      TemporaryDirectory::make(::testing::TempDir(), "api-test-").value();
  std::string state_dir = directory.path();
  FakeClock clock;
  supervise::FakeScheduler scheduler;
  store::Queue queue = store::Queue::open_writer(state_dir).value();
  supervise::EventBus bus{clock, {.events = 50, .per_subscriber = 20}};
  ServeConfig config;
  FakeWorkflows workflows{config};
  supervise::SystemHealth health{.status = supervise::SystemStatus::healthy};
  bool measuring = false;
  std::vector<Json_> commands;
  std::string command_answer = R"({"ok": true})";
  std::deque<std::function<void()>> pool;
  std::deque<std::function<void()>> loop;
  std::map<std::string, std::string> secrets;
  std::unique_ptr<Api> api = std::make_unique<Api>(daemon());

 private:
  /// One file for each answer, where MELISAI_API_ANSWERS says.
  void keep(const Asked& asked, const http::Response& response) {
    const char* const folder = std::getenv("MELISAI_API_ANSWERS");
    const auto target = http::parse_target(asked.target);
    const Found found = find_route(asked.method, target->path);
    if (folder == nullptr || found.route == nullptr) return;
    const auto* const test = ::testing::UnitTest::GetInstance()->current_test_info();
    static int number = 0;
    std::ofstream(std::string(folder) + "/" + test->name() + "-" + std::to_string(++number) +
                  ".json")
        << Json_{{"method", asked.method},
                 {"path", found.route->pattern},
                 {"status", response.status},
                 {"type", response.type},
                 {"body", response.stream ? "" : response.body}}
               .dump(-1, ' ', false, Json_::error_handler_t::replace);
  }
};

}  // namespace melisai::api
