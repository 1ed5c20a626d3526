// From a delivery of a forge to what people meet there: the real daemon, a real repository, and a
// GitHub that remembers.
#include "tests/e2e/support/front_door.h"
#include "tests/e2e/support/made_up_forge.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ServePublish : public FrontDoor {
 protected:
  static constexpr const char* kToken = "FORGE_TOKEN=ghp_canary";
  static constexpr const char* kMarker = "<!-- melisai-gate:benchmark -->\n";

  void SetUp() override {
    FrontDoor::SetUp();
    forge_.emplace(root());
    write_seeded_pipeline("budget: 20s, max_pairs: 8, health: { profile: none }");
    write_numbers("BM_Parse 1000 0.001\n");
  }
  void TearDown() override {
    forge_.reset();  // what is left behind is looked for by the directory
    FrontDoor::TearDown();
  }
  void start_with_main(const std::string& login = "token: '${FORGE_TOKEN}'") {
    configure_front("", "", ", untrusted: { sandbox: off }",
                    ", forge: { kind: github, api: '" + forge_->api() + "', " + login +
                        ", publish: comment, allow_private: true }");
    start_at(push("first"), "benchmark#1", {kToken});
    find_door();
  }
  void start_as_app() {
    const Ran made =
        run_program({"openssl", "genrsa", "-out", root() + "/app.pem", "2048"}, root());
    ASSERT_EQ(made.code, 0) << made.err;
    forge_->take_only_apps();
    start_with_main("app: { id: 7, key_file: app.pem }");
  }
  /// A button of that check run, by somebody.
  json press(const std::string& button, const json& check, const std::string& login, int id) {
    return deliver("check_run", {{"action", "requested_action"},
                                 {"requested_action", {{"identifier", button}}},
                                 {"check_run",
                                  {{"id", check["id"]},
                                   {"external_id", check["external_id"]},
                                   {"head_sha", check["head_sha"]}}},
                                 {"sender", {{"id", id}, {"login", login}}},
                                 {"repository", forge_repository()}});
  }
  /// Slower, as the head of pull request 1.
  std::string propose(const std::string& numbers = "BM_Parse 1500 0.001\n") {
    EXPECT_EQ(git({"checkout", "-q", "-B", "topic", "main"}).code, 0);
    write_numbers(numbers);
    const std::string sha = commit(numbers);
    const Ran pushed = git({"push", "-q", "-f", "origin", "topic:refs/pull/1/head"});
    EXPECT_EQ(pushed.code, 0) << pushed.err;
    EXPECT_EQ(git({"checkout", "-q", "main"}).code, 0);
    forge_->set_head(1, sha);
    return sha;
  }
  json deliver(const std::string& kind, const json& body) {
    const std::string text = body.dump();
    const HttpAnswer taken =
        deliver_signed(kind, text, "d-" + std::to_string(++deliveries_), signature(text));
    EXPECT_EQ(taken.status, 202) << taken.body;
    return json::parse(taken.body, nullptr, false);
  }
  json tell(const std::string& sha, const std::string& repository = "team/demo") {
    return deliver(
        "pull_request",
        {{"action", "opened"},
         {"pull_request",
          {{"number", 1},
           {"state", "open"},
           {"user", {{"id", 41}, {"login", "ann"}}},
           {"labels", json::array()},
           {"head", {{"sha", sha}, {"ref", "topic"}, {"repo", {{"full_name", repository}}}}},
           {"base", {{"ref", "main"}, {"repo", {{"full_name", "team/demo"}}}}}}},
         {"sender", {{"id", 41}, {"login", "ann"}}},
         {"repository", forge_repository()}});
  }
  bool is_commented(const std::string& text,
                    std::chrono::seconds limit = std::chrono::seconds(20)) {
    return eventually(
        [&] {
          const json all = forge_->comments();
          return all.size() == 1 &&
                 all[0]["body"].get<std::string>().find(text) != std::string::npos;
        },
        limit);
  }
  bool is_checked(const std::string& sha, std::size_t count) {
    return eventually([&] { return forge_->checks(sha).size() == count; },
                      std::chrono::seconds(20));
  }
  std::string comment() { return forge_->comments()[0]["body"]; }
  std::vector<std::string> waiting() {
    return query(
        "SELECT notice FROM deliveries WHERE sink = 'forge of demo' AND state = 'waiting'");
  }
  /// No token is where people look.
  void expect_no_token() {
    EXPECT_THAT(daemon_log(), AllOf(Not(HasSubstr("ghp_canary")), Not(HasSubstr("ghs_of-the"))));
  }

  std::optional<MadeUpForge> forge_;

 private:
  int deliveries_ = 0;
};

TEST_F(ServePublish, APullRequestGetsItsVerdictAndItsComment) {
  start_with_main();
  const std::string head = propose();
  tell(head);
  ASSERT_EQ(outcome_of("benchmark#2"), "regression") << run_of("benchmark#2");
  ASSERT_TRUE(is_commented("REGRESSION")) << daemon_log();
  EXPECT_THAT(comment(),
              AllOf(StartsWith(kMarker), HasSubstr("BM_Parse"), HasSubstr(head.substr(0, 7))));
  ASSERT_TRUE(is_checked(head, 1));
  EXPECT_EQ(forge_->checks(head)[0]["conclusion"], "failure");
  EXPECT_EQ(forge_->checks(head)[0]["name"], "melisai-gate/benchmark");
  EXPECT_TRUE(eventually([&] { return waiting().empty(); }));
  expect_no_token();
}

TEST_F(ServePublish, AKillBeforeTheForgeAnsweredMakesNoSecondComment) {
  start_with_main();
  EXPECT_TRUE(eventually([&] { return waiting().empty(); }));
  forge_->hold();
  const std::string head = propose();
  tell(head);
  ASSERT_EQ(outcome_of("benchmark#2"), "regression");
  ASSERT_TRUE(eventually([&] { return forge_->is_holding(); }, std::chrono::seconds(20)));
  kill_daemon();
  EXPECT_EQ(waiting().size(), 1u);
  forge_->let_go();
  ASSERT_TRUE(is_checked(head, 1)) << "what had been sent arrives";
  start({kToken});
  ASSERT_TRUE(is_commented("REGRESSION")) << daemon_log();
  EXPECT_TRUE(eventually([&] { return waiting().empty(); }));
  EXPECT_EQ(forge_->comments().size(), 1u);
  EXPECT_EQ(forge_->checks(head).size(), 1u);
}

TEST_F(ServePublish, AForkIsToldWhatTheDaemonMeasured) {
  start_with_main();
  const std::string head = propose();
  tell(head, "eve/demo");
  deliver("issue_comment", {{"action", "created"},
                            {"issue", {{"number", 1}, {"pull_request", {{"url", "x"}}}}},
                            {"comment",
                             {{"id", 9},
                              {"body", "/melisai-gate approve " + head},
                              {"user", {{"id", 50}, {"login", "wen"}}}}},
                            {"repository", forge_repository()}});
  ASSERT_EQ(outcome_of("benchmark#2"), "regression") << run_of("benchmark#2");
  EXPECT_TRUE(is_commented("REGRESSION")) << daemon_log();
  EXPECT_TRUE(is_checked(head, 1));
}

TEST_F(ServePublish, LogsInAsAnApp) {
  start_as_app();
  const std::string head = propose();
  tell(head);
  ASSERT_EQ(outcome_of("benchmark#2"), "regression");
  EXPECT_TRUE(is_commented("REGRESSION")) << daemon_log();
  for (const json& each : forge_->asked()) {
    if (each[1].get<std::string>().find("/installation") == std::string::npos) continue;
    EXPECT_THAT(each[2].get<std::string>(), StartsWith("Bearer eyJ"));
  }
  expect_no_token();
}

TEST_F(ServePublish, ButtonsCountOfThoseWhoMayWriteAndOfNobodyElse) {
  start_as_app();
  const std::string head = propose();
  tell(head);
  ASSERT_EQ(outcome_of("benchmark#2"), "regression");
  ASSERT_TRUE(is_commented("REGRESSION")) << daemon_log();
  const json check = forge_->checks(head)[0];
  ASSERT_EQ(check["actions"].size(), 2u) << check;

  EXPECT_EQ(press("accept", check, "ann", 41)["asked"], true) << "the author, who may only read";
  EXPECT_TRUE(eventually([&] {
    return daemon_log().find("acceptance by button of 'ann' is refused") != std::string::npos;
  })) << daemon_log();
  EXPECT_EQ(press("re-measure", check, "stranger", 66)["asked"], true);
  EXPECT_TRUE(eventually([&] {
    return daemon_log().find("measurement by button of 'stranger' is refused") != std::string::npos;
  })) << daemon_log();
  EXPECT_EQ(press("deploy", check, "wen", 50)["event"], nullptr);
  EXPECT_TRUE(run_of("benchmark#3").is_null());
  EXPECT_EQ(forge_->checks(head).size(), 1u);
  EXPECT_EQ(answer_of({"ack", "--list", "--json"}).size(), 0u);

  press("re-measure", check, "wen", 50);
  ASSERT_EQ(outcome_of("benchmark#3"), "regression") << daemon_log();
  EXPECT_EQ(run_of("benchmark#3")["commit"], head);
  ASSERT_TRUE(is_checked(head, 2)) << daemon_log();

  press("accept", forge_->checks(head)[1], "wen", 50);
  ASSERT_TRUE(is_checked(head, 3)) << daemon_log();
  EXPECT_EQ(forge_->checks(head)[2]["conclusion"], "success");
  ASSERT_TRUE(is_commented("acknowledged")) << comment();
  const json kept = answer_of({"ack", "--list", "--json"});
  ASSERT_FALSE(kept.empty());
  EXPECT_EQ(kept[0]["commit"], head);
  expect_no_token();
}

TEST_F(ServePublish, AForkIsApprovedByTheButtonAtItsHead) {
  start_as_app();
  const std::string head = propose();
  tell(head, "eve/demo");
  ASSERT_TRUE(is_checked(head, 1)) << daemon_log();
  const json check = forge_->checks(head)[0];
  EXPECT_EQ(check["name"], "melisai-gate/approval.1");
  EXPECT_EQ(check["conclusion"], "action_required");
  ASSERT_EQ(check["actions"].size(), 1u) << check;
  EXPECT_EQ(check["actions"][0]["identifier"], "approve");

  EXPECT_EQ(press("approve", check, "ann", 41)["asked"], true) << "the author, who may only read";
  EXPECT_TRUE(eventually([&] {
    return daemon_log().find("approval by button of 'ann' is refused") != std::string::npos;
  })) << daemon_log();
  json other = check;
  other["head_sha"] = std::string(40, 'd');
  EXPECT_TRUE(press("approve", other, "wen", 50).contains("ignored"));
  EXPECT_TRUE(press("re-measure", check, "wen", 50).contains("ignored"));
  EXPECT_TRUE(run_of("benchmark#2").is_null());

  EXPECT_EQ(press("approve", check, "wen", 50)["asked"], true);
  ASSERT_EQ(outcome_of("benchmark#2"), "regression") << daemon_log();
  ASSERT_TRUE(is_checked(head, 3)) << daemon_log();
  const json all = forge_->checks(head);
  EXPECT_EQ(all[1]["name"], "melisai-gate/approval.1");
  EXPECT_EQ(all[1]["conclusion"], "neutral");
  EXPECT_THAT(all[1]["output"]["title"].get<std::string>(), HasSubstr("wen"));
  EXPECT_FALSE(all[1].contains("actions"));
  EXPECT_EQ(all[2]["name"], "melisai-gate/benchmark");
  EXPECT_EQ(all[2]["conclusion"], "failure");
  EXPECT_TRUE(press("approve", check, "wen", 50).contains("ignored")) << "it runs, or ran";

  // A new push waits again, and has a button of its own.
  const std::string next = propose("BM_Parse 1600 0.001\n");
  tell(next, "eve/demo");
  ASSERT_TRUE(is_checked(next, 1)) << daemon_log();
  EXPECT_TRUE(press("approve", check, "wen", 50).contains("ignored")) << "that of the old head";
  EXPECT_TRUE(run_of("benchmark#3").is_null());
  expect_no_token();
}

}  // namespace
}  // namespace melisai::e2e
