// The front door of the real daemon: deliveries of a forge, tokens, metrics.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include "tests/e2e/support/front_door.h"
#include "tests/e2e/support/web_server.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kNobody = "0000000000000000000000000000000000000000";

class ServeFront : public FrontDoor {
 protected:
  void SetUp() override {
    FrontDoor::SetUp();
    write_pipelines("build: { trigger: on_commit, run: echo built }\n");
  }
  static std::string push_body(const std::string& ref, const std::string& sha,
                               const std::string& before) {
    return json{{"ref", ref},       {"before", before},
                {"after", sha},     {"created", before == kNobody},
                {"deleted", false}, {"repository", forge_repository()}}
        .dump();
  }
  HttpAnswer deliver(const std::string& body, const std::string& id,
                     const std::string& signed_with) {
    return deliver_signed("push", body, id, signed_with);
  }
};

TEST_F(ServeFront, ADeliveryStartsWhatAPollWouldFind) {
  configure_front();
  const std::string first = push("first");
  start_at(first);
  const std::string second = push("second");
  const std::string body = push_body("refs/heads/main", second, first);
  EXPECT_EQ(deliver(body, "d-1", "sha256=" + std::string(64, '0')).status, 401);
  EXPECT_TRUE(run_of("build#2").is_null());
  const HttpAnswer taken = deliver(body, "d-1", signature(body));
  EXPECT_EQ(taken.status, 202) << taken.body;
  EXPECT_FALSE(json::parse(taken.body)["event"].is_null()) << taken.body;
  EXPECT_EQ(outcome_of("build#2"), "passed");
  EXPECT_EQ(run_of("build#2")["commit"], second);
  // Once more, and as another delivery of the same.
  for (const char* id : {"d-1", "d-2"}) {
    const HttpAnswer again = deliver(body, id, signature(body));
    EXPECT_EQ(again.status, 202) << again.body;
    EXPECT_EQ(json::parse(again.body)["duplicate"], true) << again.body;
  }
  EXPECT_TRUE(run_of("build#3").is_null());
}

TEST_F(ServeFront, WhatWasAcknowledgedIsThereAfterAKill) {
  configure_front();
  const std::string first = push("first");
  start_at(first);
  ASSERT_EQ(gate({"pause"}).code, 0);
  constexpr int kKills = 5;
  for (int i = 1; i <= kKills; ++i) {
    const std::string branch = "topic-" + std::to_string(i);
    ASSERT_EQ(git({"checkout", "-q", "-b", branch}).code, 0);
    write("file", branch);
    const std::string sha = commit(branch);
    ASSERT_EQ(git({"push", "-q", "origin", branch}).code, 0);
    const std::string body = push_body("refs/heads/" + branch, sha, kNobody);
    const HttpAnswer taken = deliver(body, branch, signature(body));
    kill_daemon();
    ASSERT_EQ(taken.status, 202) << taken.body;
    const std::int64_t event = json::parse(taken.body)["event"];
    EXPECT_THAT(query("SELECT sha FROM events WHERE id = " + std::to_string(event)),
                ::testing::ElementsAre(sha));
    start();
    find_door();
  }
  ASSERT_EQ(gate({"resume"}).code, 0);
  for (int i = 1; i <= kKills; ++i)
    EXPECT_EQ(outcome_of("build#" + std::to_string(i + 1)), "passed");
}

TEST_F(ServeFront, ATokenOpensTheApiAsFarAsItGoes) {
  configure_front();
  start_at(push("first"));
  EXPECT_EQ(ask({.url = "/healthz"}).status, 200);
  EXPECT_EQ(ask({.url = "/readyz"}).status, 200);
  EXPECT_EQ(ask({.url = "/api/v1/runs"}).status, 401);
  EXPECT_EQ(ask({.url = "/metrics"}).status, 401);
  EXPECT_EQ(ask({.url = "/api/v1/runs", .bearer = "mgt_guess"}).status, 401);
  const std::string reader = token("read");
  const HttpAnswer runs = ask({.url = "/api/v1/runs", .bearer = reader});
  ASSERT_EQ(runs.status, 200) << runs.body;
  EXPECT_EQ(json::parse(runs.body)["runs"][0]["run"], "demo/build#1");
  EXPECT_THAT(ask({.url = "/metrics", .bearer = reader}).body, HasSubstr("# TYPE melisai"));
  const HttpCall trigger{.method = "POST",
                         .url = "/trigger/demo/build?wait=30s",
                         .headers = {{"Content-Type", "application/json"}},
                         .bearer = reader,
                         .body = R"({"params": {"k": "v"}})"};
  EXPECT_EQ(ask(trigger).status, 403);
  HttpCall allowed = trigger;
  allowed.bearer = token("trigger");
  const HttpAnswer ended = ask(allowed);
  EXPECT_EQ(ended.status, 200) << ended.body;
  EXPECT_EQ(run_of("build#2")["outcome"], "passed");
  EXPECT_THAT(daemon_log(), Not(HasSubstr("mgt_")));
}

TEST_F(ServeFront, StagesSeeTheLimitOfWhoStartedIt) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{.rlim_cur = 1000, .rlim_max = before.rlim_max};
  write_pipelines("build: { trigger: on_commit, run: ulimit -n }\n");
  configure_front();
  const std::string first = push("first");
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  start_at(first);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_THAT(logs_of("build#1"), HasSubstr("1000\n"));
}

TEST_F(ServeFront, SpeaksTls) {
  ASSERT_TRUE(make_certificate(root()));
  configure_front(", tls: { certificate: cert.pem, key: key.pem }");
  start_at(push("first"));
  EXPECT_THAT(door(), HasSubstr("https://"));
  EXPECT_EQ(ask({.url = "/healthz", .ca_file = root() + "/cert.pem"}).status, 200);
}

TEST_F(ServeFront, TakesANewCertificateWithoutARestart) {
  ASSERT_TRUE(make_certificate(root()));
  configure_front(", tls: { certificate: cert.pem, key: key.pem }");
  start_at(push("first"));
  ASSERT_EQ(ask({.url = "/healthz", .ca_file = root() + "/cert.pem"}).status, 200);
  ASSERT_TRUE(make_certificate(root()));
  const Interrupt nobody;
  EXPECT_TRUE(eventually(
      [&] {
        const auto answer = make_http_client(MELISAI_BIN_DIR "/melisai-gate-https")
                                ->send({.url = door() + "/healthz",
                                        .ca_file = root() + "/cert.pem",
                                        .allow_private = true},
                                       nobody);
        return answer && answer->status == 200;
      },
      std::chrono::seconds(60)))
      << daemon_log();
  EXPECT_THAT(daemon_log(), HasSubstr("the certificate of the front door was renewed"));
}

TEST_F(ServeFront, StatusSaysWhereItListens) {
  configure_front();
  start_at(push("first"));
  EXPECT_THAT(gate({"status"}).out, HasSubstr("listening at " + door()));
}

}  // namespace
}  // namespace melisai::e2e
