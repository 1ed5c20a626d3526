// Triggering, waiting for it, and retrying.
#include "core/api/waits.h"
#include "tests/unit/api/api_fixture.h"

namespace melisai::api {
namespace {

class TriggerTest : public ApiTest {
 protected:
  static Asked post(const std::string& target, const std::string& body = "") {
    return {.method = "POST", .target = target, .body = body, .token = "trigger"};
  }
  RunEvent event(std::int64_t id) { return queue.event(id).value(); }
};

TEST_F(TriggerTest, IsOnDiskBeforeItIsAnswered) {
  const http::Response response = ask(
      post("/trigger/build", R"({"ref": "main", "params": {"level": "3", "fast": true, "n": 4}})"));
  EXPECT_EQ(response.status, 202);
  const Json_ body = Json_::parse(response.body);
  EXPECT_EQ(body["state"], "open");
  EXPECT_EQ(body["over"], false);
  const auto id = body["event"].get<std::int64_t>();
  EXPECT_EQ(header(response, "Location"), "/api/v1/triggers/" + std::to_string(id));
  const RunEvent accepted = event(id);
  EXPECT_EQ(accepted.kind, RunEvent::Kind::manual);
  EXPECT_EQ(accepted.project, "demo");
  EXPECT_EQ(accepted.pipeline, "build");
  EXPECT_EQ(accepted.ref, "main");
  EXPECT_EQ(accepted.params,
            (std::map<std::string, std::string>{{"fast", "true"}, {"level", "3"}, {"n", "4"}}));
  EXPECT_EQ(accepted.cause, "build by token trigger");
  EXPECT_TRUE(accepted.trusted);
}

TEST_F(TriggerTest, NamesItsProject) {
  for (const char* const target :
       {"/trigger/demo/build", "/api/v1/trigger/demo/build", "/api/v1/trigger/build"})
    EXPECT_EQ(status(post(target)), 202) << target;
  EXPECT_EQ(status(post("/trigger/other/build")), 404);
  config.projects.push_back({.name = "second"});
  EXPECT_EQ(status(post("/trigger/build")), 400);
  EXPECT_EQ(status(post("/trigger/second/build")), 202);
}

TEST_F(TriggerTest, NamesAPipelineThatIsConfigured) {
  config.pipelines.push_back({.spec = {.name = "build"}});
  config.workflows.push_back({.name = "release"});
  config.workflows.push_back({.name = "elsewhere", .projects = {"second"}});
  EXPECT_EQ(status(post("/trigger/demo/build")), 202);
  EXPECT_EQ(status(post("/trigger/demo/release")), 202);
  EXPECT_EQ(status(post("/trigger/demo/elsewhere")), 404);
  const http::Response response = ask(post("/trigger/demo/biuld"));
  EXPECT_EQ(response.status, 404);
  EXPECT_THAT(response.body, HasSubstr("did you mean 'build'"));
}

TEST_F(TriggerTest, RefusesParamsThatItsPipelineDoesNotDeclare) {
  config.pipelines.push_back({.spec = {.name = "build"}, .params = {{"type", "debug"}}});
  config.pipelines.push_back({.spec = {.name = "deploy"}, .params = {{"where", "staging"}}});
  config.pipelines.push_back({.spec = {.name = "free"}});
  EXPECT_EQ(status(post("/trigger/demo/build", R"({"params": {"type": "x"}})")), 202);
  EXPECT_EQ(status(post("/trigger/demo/build", R"({"params": {"where": "x"}})")), 202)
      << "of what may come after it";
  EXPECT_EQ(status(post("/trigger/demo/free", R"({"params": {"any": "x"}})")), 202);
  const http::Response response = ask(post("/trigger/demo/build", R"({"params": {"tpye": "x"}})"));
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("did you mean 'type'"));
}

TEST_F(TriggerTest, NamesWhatCanBeAPipelineAlsoWhereNoneIsConfigured) {
  for (const std::string& name :
       {std::string("x%0a2026-11-21%20CRITICAL%20-%20forged"), std::string("-x"),
        std::string("a%20b"), std::string("a%1bb"), std::string(101, 'x')}) {
    EXPECT_EQ(status(post("/trigger/demo/" + name)), 400) << name;
    EXPECT_EQ(status(post("/trigger/" + name)), 400) << name;
  }
  EXPECT_THAT(queue.open_events().value(), IsEmpty());
  EXPECT_EQ(status(post("/trigger/demo/" + std::string(100, 'x'))), 202);
}

TEST_F(TriggerTest, RefusesARefWithControlCharacters) {
  for (const char* const body : {R"({"ref": "main\nforged"})", R"({"ref": "ma\u001bin"})"})
    EXPECT_EQ(status(post("/trigger/build", body)), 400) << body;
  EXPECT_EQ(status(post("/trigger/build", R"({"ref": "feature/gr\u00fcn"})")), 202);
}

TEST_F(TriggerTest, RefusesParamsThatAreNone) {
  for (const char* const body :
       {R"({"params": []})", R"({"params": {"a b": "1"}})", R"({"params": {"a": null}})",
        R"({"params": {"a": {}}})", R"({"params": {"a": "\u0000"}})", R"({"ref": 3})",
        R"({"sha": "x"})"})
    EXPECT_EQ(status(post("/trigger/build", body)), 400) << body;
  Json_ many{{"params", Json_::object()}};
  for (int i = 0; i < 101; ++i) many["params"]["p" + std::to_string(i)] = "x";
  EXPECT_EQ(status(post("/trigger/build", many.dump())), 400);
  EXPECT_THAT(queue.open_events().value(), IsEmpty());
}

TEST_F(TriggerTest, KeepsParamsAsTheyAreWritten) {
  for (const char* const number : {"1.10", "1.0", "1e2", "18446744073709551616"}) {
    const std::string value(number);
    const http::Response response =
        ask(post("/trigger/build", R"({"params": {"n": )" + value + "}}"));
    EXPECT_EQ(response.status, 400) << value;
    EXPECT_THAT(response.body, HasSubstr("in quotes"));
    const auto id =
        json(post("/trigger/build", R"({"params": {"n": ")" + value + "\"}}"), 202)["event"];
    EXPECT_EQ(event(id.get<std::int64_t>()).params.at("n"), value);
  }
  const auto id = json(post("/trigger/build", R"({"params": {"n": -9223372036854775808}})"), 202);
  EXPECT_EQ(event(id["event"].get<std::int64_t>()).params.at("n"), "-9223372036854775808");
}

TEST_F(TriggerTest, TellsWhatBecameOfIt) {
  const auto id = json(post("/trigger/build"), 202)["event"].get<std::int64_t>();
  const std::string target = "/api/v1/triggers/" + std::to_string(id);
  EXPECT_EQ(json({.target = target})["state"], "open");
  const std::int64_t run = plan(id, "build");
  Json_ now = json({.target = target});
  EXPECT_EQ(now["state"], "planned");
  EXPECT_EQ(now["over"], false);
  EXPECT_EQ(now["runs"][0]["id"], run);
  end(begin(run));
  EXPECT_EQ(json({.target = target})["over"], true);
  const auto other = json(post("/trigger/build"), 202)["event"].get<std::int64_t>();
  ASSERT_TRUE(queue.reject(other, "there is none"));
  now = json({.target = "/api/v1/triggers/" + std::to_string(other)});
  EXPECT_EQ(now["state"], "rejected");
  EXPECT_EQ(now["reason"], "there is none");
  EXPECT_EQ(now["over"], true);
  EXPECT_EQ(status({.target = "/api/v1/triggers/99"}), 404);
  EXPECT_EQ(status({.target = "/api/v1/triggers/x"}), 404);
}

TEST_F(TriggerTest, WaitsUntilItsRunsHaveEnded) {
  for (const std::string target : {"/trigger/build", "/trigger/demo/build", "/api/v1/trigger/build",
                                   "/api/v1/trigger/demo/build"}) {
    std::optional<http::Response> reply;
    send(post(target + "?wait=30s"), reply);
    settle();
    EXPECT_FALSE(reply);
    const std::int64_t run = plan(queue.open_events().value().front().event.id, "build");
    scheduler.run_for(kGrowthPause);
    EXPECT_FALSE(reply);
    end(begin(run));
    scheduler.run_for(kGrowthPause);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(Json_::parse(reply->body)["runs"][0]["outcome"], "passed");
    scheduler.run_for(std::chrono::hours(1));  // the deadline is gone with it
  }
}

TEST_F(TriggerTest, WaitsNoLongerThanItWasTold) {
  std::optional<http::Response> reply;
  send(post("/trigger/build?wait=30s"), reply);
  scheduler.run_for(std::chrono::seconds(30) - Milliseconds(1));
  EXPECT_FALSE(reply);
  scheduler.run_for(Milliseconds(1));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 202);
  EXPECT_EQ(Json_::parse(reply->body)["state"], "open");
  scheduler.run_for(kGrowthPause);
  EXPECT_EQ(scheduler.waiting(), 0u);  // nobody looks for it any more
  for (const char* const bad : {"x", "61s", "-1s"})
    EXPECT_EQ(status(post(std::string("/trigger/build?wait=") + bad)), 400) << bad;
}

// A pipeline file of some branch may have a name that never ran: only the commit tells.
TEST_F(TriggerTest, LooksWhetherThereIsANameThatNeverRan) {
  add_run("build");
  EXPECT_EQ(status(post("/trigger/build")), 202) << "at once";
  std::optional<http::Response> mistyped;
  send(post("/trigger/biuld"), mistyped);
  EXPECT_FALSE(mistyped);
  ASSERT_TRUE(queue.reject(queue.open_events()->back().event.id, "did you mean 'build'?"));
  scheduler.run_for(kGrowthPause);
  ASSERT_TRUE(mistyped);
  EXPECT_EQ(mistyped->status, 404);
  EXPECT_THAT(mistyped->body, HasSubstr("did you mean 'build'?"));

  std::optional<http::Response> of_a_branch;
  send(post("/trigger/nightly"), of_a_branch);
  plan(queue.open_events()->back().event.id, "nightly");
  scheduler.run_for(kGrowthPause);
  ASSERT_TRUE(of_a_branch);
  EXPECT_EQ(of_a_branch->status, 202) << "it is planned, and goes on";

  std::optional<http::Response> slow;
  send(post("/trigger/weekly"), slow);
  scheduler.run_for(std::chrono::milliseconds(1'999));
  EXPECT_FALSE(slow);
  scheduler.run_for(std::chrono::milliseconds(1));
  ASSERT_TRUE(slow);
  EXPECT_EQ(slow->status, 202) << "its git server is slow";
}

TEST_F(TriggerTest, LooksForNoNameThatIsConfigured) {
  add_run("build");
  config.workflows.push_back({.name = "release"});
  EXPECT_EQ(status(post("/trigger/release")), 202);
  config.pipelines.push_back({.spec = {.name = "nightly"}});
  EXPECT_EQ(status(post("/trigger/nightly")), 202);
}

TEST_F(TriggerTest, OnlySoManyWait) {
  std::vector<std::optional<http::Response>> replies(kWaitsMax);
  for (auto& reply : replies) send(post("/trigger/build?wait=1m"), reply);
  const http::Response refused = ask(post("/trigger/build?wait=1m"));
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(header(refused, "Retry-After"), "10");
  EXPECT_EQ(queue.open_events()->size(), kWaitsMax);  // the refused one was not accepted
  EXPECT_EQ(status(post("/trigger/build")), 202);
  scheduler.run_for(std::chrono::minutes(1));
  for (const auto& reply : replies) EXPECT_TRUE(reply);
  std::optional<http::Response> again;
  send(post("/trigger/build?wait=1m"), again);
  EXPECT_FALSE(again);
}

// A loop with a token would fill the disk.
TEST_F(TriggerTest, StartsNoMoreThanTheQueueMayHold) {
  const std::int64_t ended = add_run("build");
  end(begin(ended));
  api.reset();
  api = std::make_unique<Api>(daemon(), ApiOptions{.open_max = 2});
  EXPECT_EQ(status(post("/trigger/build")), 202) << "what has ended does not count";
  const std::int64_t open = add_run("build");
  const http::Response full = ask(post("/trigger/build"));
  EXPECT_EQ(full.status, 429);
  EXPECT_EQ(header(full, "Retry-After"), "60");
  EXPECT_THAT(full.body, HasSubstr("2 events and runs have not ended"));
  EXPECT_EQ(status(post("/api/v1/runs/" + std::to_string(ended) + "/retry")), 429);
  EXPECT_EQ(queue.open_events()->size(), 1u) << "nothing of it was accepted";
  end(begin(open));
  EXPECT_EQ(status(post("/trigger/build")), 202);
}

TEST_F(TriggerTest, NothingIsAcceptedThatTheDiskDoesNotTake) {
  Daemon broken = daemon();
  broken.accept = [](const RunEvent&) -> Result<store::Accepted> {
    return Error{Errc::disk_full, "No space left on device"};
  };
  api.reset();
  api = std::make_unique<Api>(std::move(broken));
  EXPECT_EQ(status(post("/trigger/build")), 503);
  EXPECT_EQ(status(post("/trigger/build?wait=1s")), 503);
}

TEST_F(TriggerTest, ARetryIsTheSamePipelineOnTheSameCommit) {
  const std::int64_t run = add_run("release/staging");
  const std::string target = "/api/v1/runs/" + std::to_string(run) + "/retry";
  EXPECT_EQ(status(post(target)), 409);
  end(begin(run), Outcome::failed);
  const auto id = json(post(target), 202)["event"].get<std::int64_t>();
  EXPECT_EQ(event(id).pipeline, "release");
  EXPECT_EQ(event(id).sha, kSha);
  EXPECT_EQ(event(id).ref, "refs/heads/main");
  EXPECT_EQ(event(id).params.at("level"), "3");
  EXPECT_EQ(event(id).kind, RunEvent::Kind::manual);
  EXPECT_EQ(event(id).again, run) << "whose stored workflows hold";
  EXPECT_THAT(event(id).cause, HasSubstr("its workflow as it was then"));
  EXPECT_EQ(status(post(target, R"({"ref": "main"})")), 400);
  EXPECT_EQ(status(post("/api/v1/runs/99/retry")), 404);
}

TEST_F(TriggerTest, ARetryOfStrangersCodeNeedsAnAdmin) {
  const std::int64_t run = add_run("build", false);
  end(begin(run), Outcome::failed);
  Asked asked = post("/api/v1/runs/" + std::to_string(run) + "/retry");
  EXPECT_EQ(status(asked), 403);
  asked.token = "admin";
  const auto id = json(asked, 202)["event"].get<std::int64_t>();
  EXPECT_FALSE(event(id).trusted);
}

TEST_F(TriggerTest, AFollowUpIsNotRetried) {
  const std::int64_t run = add_run("build:fix");
  end(begin(run), Outcome::failed);
  EXPECT_EQ(status(post("/api/v1/runs/" + std::to_string(run) + "/retry")), 409);
}

}  // namespace
}  // namespace melisai::api
