// Pull requests of the real daemon: a bare repository with refs/pull/N/head, as a forge has it, and
// what the forge delivers.
#include "tests/e2e/support/front_door.h"
#include "tests/e2e/support/web_server.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ServePullRequest : public FrontDoor {
 protected:
  /// main says what is built; started. `api`: where the forge is asked who may write, "" for
  /// nowhere.
  void start_with_main(const std::string& api = "") {
    write("file", "of main");
    write_pipelines(
        "build: { trigger: on_commit, run: \"cat file; echo built as main says; echo "
        "pr=$MELISAI_PULL_REQUEST base=$MELISAI_BASE_BRANCH branch=$MELISAI_BRANCH\" }\n");
    configure_forge(api);
    start_at(push("first"), "build#1", {kToken});
    ASSERT_EQ(run_of("build#1")["outcome"], "passed");
    admin_ = token("admin");
  }
  /// The sandbox has tests of its own.
  void configure_forge(const std::string& api) {
    configure_front("", "", ", untrusted: { sandbox: off }",
                    api.empty() ? ""
                                : ", forge: { kind: github, api: '" + api +
                                      "', token: '${FORGE_TOKEN}', allow_private: true }");
  }
  static constexpr const char* kToken = "FORGE_TOKEN=ghp_canary";
  /// What GitHub answers about user 50.
  static std::string permission(const std::string& role) {
    return json{{"permission", role}, {"role_name", role}, {"user", {{"id", 50}, {"login", "wen"}}}}
        .dump();
  }
  /// Of user 50.
  json comment(const std::string& text) {
    return deliver("issue_comment", {{"action", "created"},
                                     {"issue", {{"number", 1}, {"pull_request", {{"url", "x"}}}}},
                                     {"comment",
                                      {{"id", 9},
                                       {"body", text},
                                       {"author_association", "OWNER"},
                                       {"user", {{"id", 50}, {"login", "wen"}}}}},
                                     {"repository", forge_repository()}});
  }
  /// How the last approval ended that somebody asked for.
  bool approval_is(const std::string& state) {
    return eventually([&] {
      const auto states = query("SELECT state FROM approvals ORDER BY id DESC LIMIT 1");
      return states == std::vector<std::string>{state};
    });
  }
  /// A commit on top of `from` where the forge keeps the head of pull request 1.
  std::string propose(const std::string& what, const std::string& from = "main") {
    EXPECT_EQ(git({"checkout", "-q", "-B", "theirs", from}).code, 0);
    write("file", what);
    write_pipelines("build: { trigger: on_commit, run: \"cat file; echo built as I like\" }\n");
    const std::string sha = commit(what);
    const Ran pushed = git({"push", "-q", "-f", "origin", "theirs:refs/pull/1/head"});
    EXPECT_EQ(pushed.code, 0) << pushed.err;
    EXPECT_EQ(git({"checkout", "-q", "main"}).code, 0);
    return sha;
  }
  json tell(const std::string& action, const std::string& sha,
            const std::string& repository = "eve/demo") {
    const json body = {
        {"action", action},
        {"pull_request",
         {{"number", 1},
          {"state", action == "closed" ? "closed" : "open"},
          {"user", {{"id", 41}, {"login", "ann"}}},
          {"labels", json::array()},
          {"head", {{"sha", sha}, {"ref", "main"}, {"repo", {{"full_name", repository}}}}},
          {"base", {{"ref", "main"}, {"repo", {{"full_name", "team/demo"}}}}}}},
        {"sender", {{"id", 41}, {"login", "ann"}}},
        {"repository", forge_repository()}};
    return deliver("pull_request", body);
  }
  json deliver(const std::string& kind, const json& body) {
    const std::string text = body.dump();
    const HttpAnswer taken =
        deliver_signed(kind, text, "d-" + std::to_string(++deliveries_), signature(text));
    EXPECT_EQ(taken.status, 202) << taken.body;
    return json::parse(taken.body, nullptr, false);
  }
  HttpAnswer approve(const std::string& sha) {
    return ask({.method = "POST",
                .url = "/api/v1/pull_requests/demo/1/approve",
                .headers = {{"Content-Type", "application/json"}},
                .bearer = admin_,
                .body = json{{"commit", sha}}.dump()});
  }
  /// Commits that wait for approval.
  std::vector<std::string> waiting() {
    std::vector<std::string> shas;
    const json now = status();
    for (const json& each : now["waiting_for_approval"]) shas.push_back(each["commit"]);
    return shas;
  }

 private:
  std::string admin_;
  int deliveries_ = 0;
};

TEST_F(ServePullRequest, OfAForkWaitsAndRunsAsTheBaseSays) {
  start_with_main();
  const std::string head = propose("of a stranger");
  EXPECT_EQ(tell("opened", head)["waits"], true);
  EXPECT_THAT(waiting(), ::testing::ElementsAre(head));
  EXPECT_THAT(gate({"status"}).out, HasSubstr("`melisai-gate approve demo 1 " + head + "`"));
  EXPECT_EQ(approve(std::string(40, 'a')).status, 409);
  EXPECT_TRUE(run_of("build#2").is_null());
  const HttpAnswer approved = approve(head);
  EXPECT_EQ(approved.status, 200) << approved.body;
  EXPECT_EQ(outcome_of("build#2"), "passed") << run_of("build#2");
  EXPECT_EQ(run_of("build#2")["commit"], head);
  EXPECT_EQ(run_of("build#2")["ref"], "refs/pull/1/head");
  EXPECT_THAT(logs_of("build#2"),
              AllOf(HasSubstr("of a stranger"), HasSubstr("built as main says"),
                    HasSubstr("pr=1 base=main branch=\n"), Not(HasSubstr("as I like"))));
  EXPECT_THAT(waiting(), IsEmpty());
  // No commit of theirs lies where trusted runs look.
  EXPECT_NE(
      run_program({"git", "--git-dir", state() + "/repositories/demo.git", "cat-file", "-e", head},
                  root())
          .code,
      0);
}

// The branch is moved on to the very commit that strangers' code ran on: nothing of that run
// counts.
TEST_F(ServePullRequest, OfAForkThatIsMergedByFastForwardRunsAnewOnTheBranch) {
  start_with_main();
  const std::string head = propose("of a stranger");
  tell("opened", head);
  ASSERT_EQ(approve(head).status, 200);
  ASSERT_EQ(outcome_of("build#2"), "passed") << run_of("build#2");
  const std::string before = git({"rev-parse", "main"}).out.substr(0, 40);
  ASSERT_EQ(git({"push", "-q", "origin", head + ":refs/heads/main"}).code, 0);
  deliver("push", {{"ref", "refs/heads/main"},
                   {"before", before},
                   {"after", head},
                   {"created", false},
                   {"deleted", false},
                   {"repository", forge_repository()}});
  EXPECT_EQ(outcome_of("build#3"), "passed") << run_of("build#3");
  EXPECT_EQ(run_of("build#3")["commit"], head);
  EXPECT_EQ(run_of("build#3")["ref"], "refs/heads/main");
  EXPECT_EQ(run_of("build#3")["reason"], "");
  EXPECT_THAT(logs_of("build#3"), HasSubstr("built as I like")) << "main's own rules by now";
}

TEST_F(ServePullRequest, ANewPushWaitsAgain) {
  start_with_main();
  const std::string first = propose("first of a stranger");
  tell("opened", first);
  ASSERT_EQ(approve(first).status, 200);
  ASSERT_EQ(outcome_of("build#2"), "passed");
  const std::string second = propose("second of a stranger");
  EXPECT_EQ(tell("synchronize", second)["waits"], true);
  const HttpAnswer late = approve(first);
  EXPECT_EQ(late.status, 409);
  EXPECT_THAT(late.body, HasSubstr(second));
  EXPECT_TRUE(run_of("build#3").is_null());
  const Ran wrong = gate({"approve", "demo", "1", first});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, HasSubstr(second));
  const Ran right = gate({"approve", "demo", "1", second});
  EXPECT_EQ(right.code, 0) << right.err;
  EXPECT_EQ(outcome_of("build#3"), "passed");
  EXPECT_EQ(run_of("build#3")["commit"], second);
}

TEST_F(ServePullRequest, AnApprovalIsNotOfWhatWasPushedUnnoticed) {
  start_with_main();
  const std::string told = propose("harmless");
  tell("opened", told);
  const std::string there = propose("evil");
  ASSERT_EQ(approve(told).status, 200);
  // It is asked for again and again, because a forge may be late.
  EXPECT_TRUE(eventually(
      [&] { return daemon_log().find("refs/pull/1/head is at " + there) != std::string::npos; }));
  EXPECT_FALSE(status()["waiting_events"].empty());
  EXPECT_TRUE(run_of("build#2").is_null());
}

TEST_F(ServePullRequest, WaitsAcrossAKill) {
  start_with_main();
  const std::string head = propose("of a stranger");
  tell("opened", head);
  kill_daemon();
  start();
  find_door();
  EXPECT_THAT(waiting(), ::testing::ElementsAre(head));
  ASSERT_EQ(approve(head).status, 200);
  kill_daemon();
  start();
  EXPECT_EQ(outcome_of("build#2"), "passed");
}

TEST_F(ServePullRequest, ACommentIsNoApprovalByItself) {
  start_with_main();
  const std::string head = propose("of a stranger");
  tell("opened", head);
  EXPECT_EQ(comment("/melisai-gate approve " + head)["asked"], true);
  EXPECT_TRUE(approval_is("refused")) << "nobody says whom to ask";
  EXPECT_THAT(waiting(), ::testing::ElementsAre(head));
  EXPECT_THAT(daemon_log(), HasSubstr("approval by comment of 'wen' is refused"));
}

TEST_F(ServePullRequest, ACommentCountsWhenTheForgeSaysThatItsAuthorMayWrite) {
  const WebServer forge(root());
  forge.answers(permission("read"));
  start_with_main(forge.url(""));
  const std::string head = propose("of a stranger");
  tell("opened", head);
  comment("/melisai-gate approve " + head);
  EXPECT_TRUE(approval_is("refused"));
  EXPECT_THAT(waiting(), ::testing::ElementsAre(head));
  EXPECT_TRUE(run_of("build#2").is_null());
  forge.answers(permission("write"));
  comment("/melisai-gate approve " + head.substr(0, 12));
  EXPECT_EQ(outcome_of("build#2"), "passed") << daemon_log();
  EXPECT_THAT(logs_of("build#2"), HasSubstr("built as main says"));
  comment("/melisai-gate retry " + head);
  EXPECT_EQ(outcome_of("build#3"), "passed");
  EXPECT_THAT(daemon_log(), Not(HasSubstr("ghp_canary")));
}

TEST_F(ServePullRequest, AKillWhileTheForgeIsAskedLosesNoApproval) {
  const WebServer forge(root());
  forge.answers(permission("write"));
  start_with_main(forge.url("/silent"));
  const std::string head = propose("of a stranger");
  tell("opened", head);
  comment("/melisai-gate approve " + head);
  ASSERT_TRUE(eventually([&] { return !forge.request(1).empty(); })) << "it is being asked";
  kill_daemon();
  EXPECT_TRUE(approval_is("waiting"));
  configure_forge(forge.url(""));
  start({kToken});
  EXPECT_EQ(outcome_of("build#2"), "passed");
  EXPECT_EQ(run_of("build#2")["commit"], head);
}

TEST_F(ServePullRequest, ThatIsClosedRunsNothing) {
  start_with_main();
  const std::string head = propose("of a stranger");
  tell("opened", head);
  tell("closed", head);
  EXPECT_THAT(waiting(), IsEmpty());
  EXPECT_EQ(approve(head).status, 409);
  EXPECT_EQ(tell("reopened", head)["waits"], true);
}

TEST_F(ServePullRequest, OfTheRepositoryItselfRunsAtOnceAsItSays) {
  start_with_main();
  const std::string head = propose("of a colleague");
  EXPECT_FALSE(tell("opened", head, "team/demo").contains("waits"));
  EXPECT_EQ(outcome_of("build#2"), "passed");
  EXPECT_THAT(logs_of("build#2"), HasSubstr("built as I like"));
}

TEST_F(ServePullRequest, IsComparedWithWhereItLeftItsBaseAndIsNeverABaseline) {
  write_seeded_pipeline("budget: 20s, max_pairs: 8, health: { profile: none }");
  write_numbers("BM_Parse 1000 0.001\n");
  configure_front();
  const std::string first = push("first");
  start_at(first, "benchmark#1");
  write_numbers("BM_Parse 3000 0.001\n");
  push("main is slower now");
  const auto propose_numbers = [&](const std::string& numbers) {
    EXPECT_EQ(git({"checkout", "-q", "-B", "theirs", first}).code, 0);
    write_numbers(numbers);
    const std::string sha = commit(numbers);
    EXPECT_EQ(git({"push", "-q", "-f", "origin", "theirs:refs/pull/1/head"}).code, 0);
    return sha;
  };
  const std::string slower = propose_numbers("BM_Parse 1500 0.001\n");
  tell("opened", slower, "team/demo");
  EXPECT_EQ(outcome_of("benchmark#2"), "regression")
      << "faster than main, slower than where it began: " << run_of("benchmark#2");
  const std::string equal = propose_numbers("BM_Parse 1000 0.001\n\n");
  tell("synchronize", equal, "team/demo");
  EXPECT_EQ(outcome_of("benchmark#3"), "passed") << run_of("benchmark#3");
  EXPECT_THAT(gate({"baseline", "list"}).out, Not(HasSubstr(equal.substr(0, 7))));
}

}  // namespace
}  // namespace melisai::e2e
