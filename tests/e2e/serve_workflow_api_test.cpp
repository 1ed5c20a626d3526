// Workflows that are stored over the API of the real daemon.
#include "tests/e2e/support/front_door.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kAll = "/api/v1/workflows";
constexpr const char* kRelease = "/api/v1/workflows/release";

class ServeWorkflowApi : public FrontDoor {
 protected:
  void SetUp() override {
    FrontDoor::SetUp();
    write_pipelines(
        "build: { trigger: on_commit, run: echo built $MELISAI_PARAM_type }\n"
        "wait: { trigger: manual, run: 'until test -e " +
        root() + "/go; do sleep 0.05; done' }\n");
    configure_front("", "workflows: { nightly: { steps: [ { pipeline: build } ] } }\n");
    start_at(push());
    admin_ = token("admin");
  }
  HttpAnswer send(const std::string& method, const std::string& url, const std::string& body = "",
                  const std::string& tag = "") {
    HttpCall call{.method = method, .url = url, .bearer = admin_, .body = body};
    if (!body.empty()) call.headers.push_back({"Content-Type", "application/yaml"});
    if (!tag.empty()) call.headers.push_back({"If-Match", tag});
    return ask(call);
  }
  std::vector<std::string> names() {
    std::vector<std::string> all;
    const json workflows = json::parse(send("GET", kAll).body)["workflows"];
    for (const json& each : workflows) all.push_back(each["name"]);
    return all;
  }
  static std::string release(const std::string& type) {
    return "release:\n  steps:\n    - { pipeline: wait }\n    - { pipeline: build, params: { "
           "type: " +
           type + " } }\n";
  }

  std::string admin_;
};

TEST_F(ServeWorkflowApi, WhatIsAcknowledgedIsThereAfterAKillAndRunningOnesKeepWhatTheyBeganWith) {
  const HttpAnswer made = send("POST", kAll, release("first"));
  kill_daemon();
  ASSERT_EQ(made.status, 201) << made.body;
  start();
  find_door();
  EXPECT_THAT(names(), ElementsAre("nightly", "release"));
  const std::string tag(made.header("etag"));
  EXPECT_EQ(send("GET", kRelease).header("etag"), tag);

  ASSERT_EQ(send("POST", "/trigger/demo/release").status, 202);
  ASSERT_TRUE(is_in_state("release/wait#1", "running"));
  const HttpAnswer replaced = send("PUT", kRelease, release("second"), tag);
  ASSERT_EQ(replaced.status, 200) << replaced.body;
  EXPECT_EQ(send("PUT", kRelease, release("third"), tag).status, 412);
  ASSERT_EQ(send("POST", "/trigger/demo/release").status, 202);
  std::ofstream(root() + "/go") << "go";
  EXPECT_EQ(outcome_of("release/build#1"), "passed");
  EXPECT_EQ(outcome_of("release/build#2"), "passed");
  EXPECT_THAT(logs_of("release/build#1"), HasSubstr("built first"));
  EXPECT_THAT(logs_of("release/build#2"), HasSubstr("built second"));

  EXPECT_EQ(send("DELETE", kRelease, "", std::string(replaced.header("etag"))).status, 204);
  EXPECT_THAT(names(), ElementsAre("nightly"));
  kill_daemon();
  start();
  find_door();
  EXPECT_THAT(names(), ElementsAre("nightly"));
}

TEST_F(ServeWorkflowApi, TheFileWinsAndWhatItDoesNotAllowAnyMoreIsNotInForce) {
  ASSERT_EQ(send("POST", kAll, release("first")).status, 201);
  ASSERT_EQ(send("POST", kAll, "outer: { steps: [ { workflow: nightly } ] }").status, 201);
  EXPECT_EQ(send("POST", kAll, "nightly: { steps: [ { pipeline: wait } ] }").status, 409);
  EXPECT_EQ(send("DELETE", std::string(kAll) + "/nightly").status, 409);
  const HttpAnswer wrong = send("POST", kAll, "w:\n  stesp: []\n");
  EXPECT_EQ(wrong.status, 422);
  EXPECT_THAT(wrong.body, HasSubstr("body:2:3: unknown key 'stesp'; did you mean 'steps'?"));

  ASSERT_EQ(stop(), 0);
  configure_front("", "workflows: { release: { steps: [ { pipeline: build } ] } }\n");
  start();
  find_door();
  EXPECT_THAT(names(), ElementsAre("outer", "release"));
  EXPECT_EQ(json::parse(send("GET", kRelease).body)["source"], "file");
  const json outer = json::parse(send("GET", std::string(kAll) + "/outer").body);
  EXPECT_THAT(std::string(outer["problem"]), HasSubstr("no workflow is called 'nightly'"));
  EXPECT_THAT(daemon_log(), HasSubstr("workflow 'outer' of the API is not in force"));
  ASSERT_EQ(send("POST", "/trigger/demo/release?wait=30s").status, 200);
  EXPECT_EQ(run_of("release/build#1")["outcome"], "passed");
  EXPECT_TRUE(run_of("release/wait#1").is_null());
}

}  // namespace
}  // namespace melisai::e2e
