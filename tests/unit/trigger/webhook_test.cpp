#include "tests/unit/trigger/webhook_fixture.h"

namespace melisai::trigger {
namespace webhook_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Action = PullRequest::Action;

WebhookEvent event_of(Forge forge, const std::string& kind, const Json& payload) {
  const auto event = parse_webhook(forge, kind, payload.dump());
  EXPECT_TRUE(event) << event.error().message << "\n" << payload.dump();
  return event ? *event : WebhookEvent{};
}
std::string problem_of(const std::string& kind, const Json& payload) {
  const auto event = parse_webhook(Forge::github, kind, payload.dump());
  return event ? "accepted" : event.error().message;
}
template <class T>
T github(const std::string& kind, const Json& payload) {
  const WebhookEvent event = event_of(Forge::github, kind, payload);
  EXPECT_TRUE(std::holds_alternative<T>(event.what)) << payload.dump();
  return std::holds_alternative<T>(event.what) ? std::get<T>(event.what) : T{};
}

TEST(WebhookPush, SaysWhereABranchWasAndIs) {
  const WebhookEvent event = event_of(Forge::github, "push", github_push(kShaA, kShaB));
  EXPECT_EQ(std::get<RefMoved>(event.what),
            (RefMoved{.ref = kMainRef, .before = kShaA, .after = kShaB}));
  ASSERT_TRUE(event.repository);
  EXPECT_EQ(event.repository->full_name, "team/demo");
  EXPECT_THAT(event.repository->addresses,
              ElementsAre("https://forge.example/team/demo.git", "git@forge.example:team/demo.git",
                          "https://forge.example/team/demo"));
}

TEST(WebhookPush, ZerosAreNoCommit) {
  EXPECT_EQ(github<RefMoved>("push", github_push(kNoSha, kShaB)).before, "");
  EXPECT_EQ(github<RefMoved>("push", github_push(kShaA, kNoSha)).after, "");
  const std::string long_sha(64, 'c');
  EXPECT_EQ(github<RefMoved>("push", github_push(std::string(64, '0'), long_sha)).after, long_sha);
}

TEST(WebhookPush, AnAnnotatedTagIsItsCommit) {
  Json push = github_push(kNoSha, kShaA, "refs/tags/v1");
  push["head_commit"]["id"] = kShaB;
  EXPECT_EQ(github<RefMoved>("push", push).after, kShaB);
  push["ref"] = kMainRef;
  EXPECT_EQ(github<RefMoved>("push", push).after, kShaA) << "of a branch nothing else counts";
}

TEST(WebhookPush, OtherRefsAreIgnored) {
  for (const std::string ref : {"refs/pull/7/head", "refs/notes/commits", "main", "HEAD"})
    EXPECT_THAT(github<Ignored>("push", github_push(kShaA, kShaB, ref)).reason,
                HasSubstr("is neither a branch nor a tag"));
}

TEST(WebhookPush, NamesThatGitWouldNotTakeAreRefused) {
  for (const std::string name :
       {"",   "a..b", "a b",  "-x", "a~1",  "a^",     "a:b",      "a?", "a*",   "a[",   "a\\b",
        "/a", "a/",   "a//b", ".a", "a/.b", "a.lock", "a.lock/b", "a.", "a@{b", "a\x7f"})
    EXPECT_THAT(problem_of("push", github_push(kShaA, kShaB, "refs/heads/" + name)),
                HasSubstr("ref: "))
        << name;
  for (const std::string name : {"a", "a/b", "@", "a.b", "a./b", "ä", "$(x)", "a-b", "a@b"})
    EXPECT_EQ(problem_of("push", github_push(kShaA, kShaB, "refs/heads/" + name)), "accepted");
  EXPECT_THAT(problem_of("push", github_push(kShaA, kShaB, "refs/heads/" + std::string(990, 'a'))),
              HasSubstr("ref: "));
}

TEST(WebhookPush, CommitsAreFullAndInLowerCase) {
  for (const std::string& sha : {std::string(39, 'a'), std::string(40, 'A'), std::string(40, 'g'),
                                 std::string(41, 'a'), "--upload-pack=x" + std::string(25, 'a')}) {
    EXPECT_THAT(problem_of("push", github_push(kShaA, sha)), HasSubstr("after: ")) << sha;
    EXPECT_THAT(problem_of("push", github_push(sha, kShaA)), HasSubstr("before: ")) << sha;
  }
}

TEST(WebhookPush, FieldsOfTheWrongShapeAreErrors) {
  const Json right = github_push(kShaA, kShaB);
  for (const std::string key : {"ref", "after"})
    for (const Json& wrong :
         {Json(), Json(7), Json(true), Json::array(), Json::object(), Json("")}) {
      Json push = right;
      push[key] = wrong;
      EXPECT_THAT(problem_of("push", push), HasSubstr(key + ": ")) << wrong;
    }
  Json push = right;
  push.erase("repository");
  EXPECT_THAT(problem_of("push", push), HasSubstr("repository: missing"));
  push["repository"]["full_name"] = 7;
  EXPECT_THAT(problem_of("push", push), HasSubstr("repository.full_name: expected a text"));
}

TEST(WebhookPush, WhatIsNoPayloadIsAnError) {
  for (const std::string text :
       {"", "null", "[]", "7", "\"a\"", "{", "{\"a\":}", "\xff", "{\"a\":1} x"})
    EXPECT_FALSE(parse_webhook(Forge::github, "push", text)) << text;
  const std::string deep(65, '[');
  const auto nested = parse_webhook(Forge::github, "push", "{\"a\":" + deep);
  ASSERT_FALSE(nested);
  EXPECT_EQ(nested.error().code, Errc::limit);
  const std::string endless(1 << 20, '[');
  EXPECT_FALSE(parse_webhook(Forge::github, "push", endless));
  std::string many = "{\"a\":[0";
  for (int i = 0; i < 200'000; ++i) many += ",0";
  const auto counted = parse_webhook(Forge::github, "push", many + "]}");
  ASSERT_FALSE(counted);
  EXPECT_EQ(counted.error().code, Errc::limit);
}

TEST(WebhookPullRequest, OfABranchOfTheRepository) {
  const auto request =
      github<PullRequest>("pull_request", github_pull_request("opened", "Team/Demo"));
  EXPECT_EQ(request, (PullRequest{.action = Action::opened,
                                  .number = 7,
                                  .open = true,
                                  .head_sha = kShaB,
                                  .head_ref = "topic",
                                  .head_repository = "Team/Demo",
                                  .base_ref = "main",
                                  .base_sha = kShaA,
                                  .from_fork = false,
                                  .author = {.id = 41, .login = "ann"},
                                  .sender = {.id = 42, .login = "bob"},
                                  .labels = {"perf"}}));
}

TEST(WebhookPullRequest, OfAForkAndOfADeletedFork) {
  EXPECT_TRUE(
      github<PullRequest>("pull_request", github_pull_request("opened", "eve/demo")).from_fork);
  const auto deleted = github<PullRequest>("pull_request", github_pull_request("opened", ""));
  EXPECT_TRUE(deleted.from_fork);
  EXPECT_EQ(deleted.head_repository, "");
}

TEST(WebhookPullRequest, ActionsThatChangeWhatRuns) {
  const std::vector<std::pair<std::string, Action>> all = {
      {"opened", Action::opened},       {"synchronize", Action::updated},
      {"reopened", Action::reopened},   {"closed", Action::closed},
      {"labeled", Action::labelled},    {"unlabeled", Action::unlabelled},
      {"synchronized", Action::updated}};
  for (const auto& [word, action] : all)
    EXPECT_EQ(github<PullRequest>("pull_request", github_pull_request(word, "a/b")).action, action);
  Json edited = github_pull_request("edited", "a/b");
  EXPECT_EQ(github<Ignored>("pull_request", edited).reason, "'edited' of a pull request");
  edited["changes"]["base"]["ref"]["from"] = "old";
  EXPECT_EQ(github<PullRequest>("pull_request", edited).action, Action::retargeted);
  EXPECT_EQ(github<Ignored>("pull_request", github_pull_request("locked", "a/b")).reason,
            "'locked' of a pull request");
}

TEST(WebhookPullRequest, SaysNothingOfAnotherRepository) {
  Json other = github_pull_request("opened", "eve/demo");
  other["pull_request"]["base"]["repo"]["full_name"] = "eve/demo";
  EXPECT_THAT(problem_of("pull_request", other), HasSubstr("is another repository"));
}

TEST(WebhookPullRequest, WithoutWhatRunsItIsAnError) {
  const Json right = github_pull_request("opened", "a/b");
  for (const std::string path :
       {"/pull_request/number", "/pull_request/state", "/pull_request/head/sha",
        "/pull_request/head/ref", "/pull_request/base/ref", "/pull_request/base/sha",
        "/pull_request/base/repo/full_name"})
    for (const Json& wrong :
         {Json(), Json(-1), Json(1e300), Json::array(), Json("-"), Json(kNoSha)}) {
      if (path == "/pull_request/head/ref" && wrong == kNoSha) continue;  // a branch like another
      if (path == "/pull_request/base/ref" && wrong == kNoSha) continue;
      // Gitea says nothing when the branch is gone.
      if (path == "/pull_request/base/sha" && (wrong == kNoSha || wrong.is_null())) continue;
      if (path == "/pull_request/state" && wrong.is_string()) continue;  // not open
      Json request = right;
      request[Json::json_pointer(path)] = wrong;
      EXPECT_NE(problem_of("pull_request", request), "accepted") << path << " " << wrong;
    }
  Json labels = right;
  labels["pull_request"]["labels"] = {{{"name", 7}}};
  EXPECT_THAT(problem_of("pull_request", labels), HasSubstr("labels"));
  Json nobody = right;
  nobody["pull_request"]["user"] = nullptr;
  EXPECT_EQ(github<PullRequest>("pull_request", nobody).author, WebhookUser{});
}

TEST(WebhookPullRequest, SaysWhichLabelWasAdded) {
  Json payload = github_pull_request("labeled", "eve/demo");
  payload["label"] = {{"name", "ok"}};
  EXPECT_THAT(github<PullRequest>("pull_request", payload).added_labels, ElementsAre("ok"));
  payload["action"] = "unlabeled";
  EXPECT_THAT(github<PullRequest>("pull_request", payload).added_labels, IsEmpty());
  Json gitea = github_pull_request("label_updated", "eve/demo");
  EXPECT_THAT(
      std::get<PullRequest>(event_of(Forge::gitea, "pull_request", gitea).what).added_labels,
      IsEmpty());
  Json gitlab = gitlab_merge_request("update", "eve/demo");
  gitlab["changes"]["labels"] = {{"previous", {{{"title", "perf"}}}},
                                 {"current", {{{"title", "perf"}}, {{"title", "ok"}}}}};
  EXPECT_THAT(std::get<PullRequest>(event_of(Forge::gitlab, "Merge Request Hook", gitlab).what)
                  .added_labels,
              ElementsAre("ok"));
}

TEST(WebhookPullRequest, SaysWhenItHappened) {
  const auto seconds = [](const std::string& text) -> std::int64_t {
    Json payload = github_comment("created", "x");
    payload["comment"]["created_at"] = text;
    const auto at = github<PullRequestComment>("issue_comment", payload).at;
    return at ? std::chrono::duration_cast<std::chrono::seconds>(at->time_since_epoch()).count()
              : -1;
  };
  EXPECT_EQ(seconds("2026-11-21T02:00:00Z"), 1'795'226'400);
  EXPECT_EQ(seconds("2026-11-21T03:00:00+01:00"), 1'795'226'400);
  EXPECT_EQ(seconds("2026-11-21T01:30:00.123456-00:30"), 1'795'226'400);
  EXPECT_EQ(seconds("2026-11-21 02:00:00 UTC"), 1'795'226'400);
  EXPECT_EQ(seconds("2026-11-21 04:00:00 +0200"), 1'795'226'400);
  for (const char* text : {"", "now", "2026-11-21", "2026-11-21T02:00:00", "2026-02-30T02:00:00Z",
                           "2026-11-21T24:00:00Z", "2026-11-21T02:00:00Zx", "-026-11-21T02:00:00Z",
                           "2026-11-21T02:00:00+1", "2026-11-21T02:00:00."})
    EXPECT_EQ(seconds(text), -1) << text;
  Json odd = github_comment("created", "x");
  odd["comment"]["created_at"] = 7;
  EXPECT_EQ(github<PullRequestComment>("issue_comment", odd).at, std::nullopt);
}

TEST(WebhookComment, OnAPullRequest) {
  EXPECT_EQ(
      github<PullRequestComment>("issue_comment", github_comment("created", "/melisai run")),
      (PullRequestComment{
          .number = 7, .id = 99, .author = {.id = 42, .login = "bob"}, .text = "/melisai run"}));
  EXPECT_EQ(github<Ignored>("issue_comment", github_comment("edited", "x")).reason,
            "'edited' of a comment");
  Json issue = github_comment("created", "x");
  issue["issue"].erase("pull_request");
  EXPECT_EQ(github<Ignored>("issue_comment", issue).reason, "a comment on an issue");
}

TEST(WebhookCheckRun, SaysWhichButtonOfWhichCheckRunWasPressed) {
  const auto pressed =
      github<CheckRunPressed>("check_run", github_check_run("accept", "ours-7", kShaB));
  EXPECT_EQ(pressed, (CheckRunPressed{.button = "accept",
                                      .external_id = "ours-7",
                                      .sha = kShaB,
                                      .sender = {.id = 42, .login = "bob"}}));
  EXPECT_EQ(github<CheckRunPressed>("check_run", github_check_run("", "ours-7", kShaB)).button, "")
      << "GitHub's own";
  Json nameless = github_check_run("accept", "", kShaB);
  EXPECT_EQ(github<CheckRunPressed>("check_run", nameless).external_id, "");
  nameless["check_run"]["external_id"] = nullptr;
  EXPECT_EQ(github<CheckRunPressed>("check_run", nameless).external_id, "");
  for (const char* const action : {"created", "completed", "whatever"}) {
    Json other = github_check_run("accept", "ours-7", kShaB);
    other["action"] = action;
    EXPECT_THAT(github<Ignored>("check_run", other).reason, ::testing::HasSubstr("of a check run"));
  }
}

TEST(WebhookCheckRun, WithoutItsCommitItIsAnError) {
  for (const char* const bad : {"", "main", "ABCDEF"}) {
    const Json payload = github_check_run("accept", "ours-7", bad);
    EXPECT_FALSE(parse_webhook(Forge::github, "check_run", payload.dump())) << bad;
  }
  const Json of_none = github_check_run("accept", "ours-7", std::string(40, '0'));
  EXPECT_EQ(github<Ignored>("check_run", of_none).reason, "a check run of no commit");
  Json none = github_check_run("accept", "ours-7", kShaB);
  none.erase("requested_action");
  EXPECT_FALSE(parse_webhook(Forge::github, "check_run", none.dump()));
}

TEST(WebhookOfGithub, EverythingElseIsIgnored) {
  EXPECT_EQ(github<Ping>("ping", {{"zen", "x"}}), Ping{});
  EXPECT_EQ(event_of(Forge::github, "ping", Json::object()).repository, std::nullopt);
  EXPECT_EQ(github<Ignored>("delete", {{"ref", "x"}}).reason, "a push says the same");
  EXPECT_EQ(github<Ignored>("star\x1b[31m", Json::object()).reason,
            "nothing runs on events of kind 'star?[31m'");
}

TEST(WebhookOfGitea, SpeaksAsGithubButForDeletedBranches) {
  const WebhookEvent push = event_of(Forge::gitea, "push", github_push(kShaA, kShaB));
  EXPECT_EQ(std::get<RefMoved>(push.what).after, kShaB);
  Json gone = {{"ref", "topic"}, {"ref_type", "branch"}, {"repository", github_repository()}};
  EXPECT_EQ(std::get<RefMoved>(event_of(Forge::gitea, "delete", gone).what),
            (RefMoved{.ref = "refs/heads/topic", .before = "", .after = ""}));
  gone["ref_type"] = "tag";
  EXPECT_EQ(std::get<RefMoved>(event_of(Forge::gitea, "delete", gone).what).ref, "refs/tags/topic");
  Json comment = github_comment("created", "x");
  comment["issue"]["pull_request"] = nullptr;
  comment["is_pull"] = true;
  EXPECT_EQ(std::get<PullRequestComment>(event_of(Forge::gitea, "issue_comment", comment).what).id,
            99);
}

TEST(WebhookOfGitlab, PushesAndTags) {
  const WebhookEvent push = event_of(Forge::gitlab, "Push Hook", gitlab_push(kShaA, kShaB));
  EXPECT_EQ(std::get<RefMoved>(push.what),
            (RefMoved{.ref = kMainRef, .before = kShaA, .after = kShaB}));
  EXPECT_EQ(push.repository->full_name, "team/demo");
  EXPECT_EQ(push.repository->addresses.size(), 3u);
  Json tag = gitlab_push(kNoSha, kShaA, "refs/tags/v1");
  tag["checkout_sha"] = kShaB;
  EXPECT_EQ(std::get<RefMoved>(event_of(Forge::gitlab, "Tag Push Hook", tag).what).after, kShaB);
  EXPECT_EQ(
      std::get<RefMoved>(event_of(Forge::gitlab, "Push Hook", gitlab_push(kShaA, kNoSha)).what)
          .after,
      "");
}

TEST(WebhookOfGitlab, MergeRequests) {
  const auto request = [](const Json& payload) {
    return std::get<PullRequest>(event_of(Forge::gitlab, "Merge Request Hook", payload).what);
  };
  EXPECT_EQ(request(gitlab_merge_request("open", "team/demo")),
            (PullRequest{.action = Action::opened,
                         .number = 7,
                         .open = true,
                         .head_sha = kShaB,
                         .head_ref = "topic",
                         .head_repository = "team/demo",
                         .base_ref = "main",
                         .base_sha = "",
                         .from_fork = false,
                         .author = {.id = 41, .login = ""},
                         .sender = {.id = 42, .login = "bob"},
                         .labels = {"perf"}}));
  EXPECT_TRUE(request(gitlab_merge_request("open", "eve/demo")).from_fork);
  EXPECT_TRUE(request(gitlab_merge_request("open", "")).from_fork);
  EXPECT_EQ(request(gitlab_merge_request("merge", "team/demo")).action, Action::closed);
  Json update = gitlab_merge_request("update", "team/demo");
  EXPECT_THAT(std::get<Ignored>(event_of(Forge::gitlab, "Merge Request Hook", update).what).reason,
              "'update' of a merge request");
  update["changes"]["labels"] = Json::object();
  EXPECT_EQ(request(update).action, Action::labelled);
  update["object_attributes"]["oldrev"] = kShaA;
  EXPECT_EQ(request(update).action, Action::updated);
}

TEST(WebhookOfGitlab, Notes) {
  Json note = {
      {"project", gitlab_project()},
      {"user", {{"id", 42}, {"username", "bob"}}},
      {"merge_request", {{"iid", 7}}},
      {"object_attributes", {{"id", 99}, {"note", "hello"}, {"noteable_type", "MergeRequest"}}}};
  EXPECT_EQ(std::get<PullRequestComment>(event_of(Forge::gitlab, "Note Hook", note).what),
            (PullRequestComment{
                .number = 7, .id = 99, .author = {.id = 42, .login = "bob"}, .text = "hello"}));
  note["object_attributes"]["noteable_type"] = "Issue";
  EXPECT_TRUE(std::holds_alternative<Ignored>(event_of(Forge::gitlab, "Note Hook", note).what));
  EXPECT_TRUE(std::holds_alternative<Ignored>(
      event_of(Forge::gitlab, "Pipeline Hook", Json::object()).what));
}

TEST(WebhookIds, AreOfTheForgesOwnHeaders) {
  const Letter letter{.forge = Forge::github,
                      .headers = {{"X-GitHub-Delivery", "a-1"},
                                  {"X-Gitea-Delivery", "b-1"},
                                  {"Idempotency-Key", "c-1"},
                                  {"X-GitHub-Event", "push"},
                                  {"X-Gitlab-Event", "Push Hook"}},
                      .body = ""};
  EXPECT_EQ(id_of(letter.delivery()), "a-1");
  EXPECT_EQ(kind_of(letter.delivery()), "push");
  Letter other = letter;
  other.forge = Forge::gitlab;
  EXPECT_EQ(id_of(other.delivery()), "c-1");
  EXPECT_EQ(kind_of(other.delivery()), "Push Hook");
  other.forge = Forge::gitea;
  EXPECT_EQ(id_of(other.delivery()), "b-1");
  EXPECT_EQ(kind_of(other.delivery()), "");
  other.headers.emplace("X-Gitea-Delivery", "b-2");
  EXPECT_EQ(id_of(other.delivery()), "") << "two";
  for (const std::string& id : {std::string(201, 'x'), std::string("a\nb"), std::string("ä")})
    EXPECT_EQ(
        id_of(Letter{.forge = Forge::github, .headers = {{"X-GitHub-Delivery", id}}, .body = ""}
                  .delivery()),
        "");
}

TEST(WebhookRepositories, AreNamedByTheirAddress) {
  EXPECT_EQ(repository_of("https://forge.example/team/demo.git"), "team/demo");
  EXPECT_EQ(repository_of("ssh://git@forge.example:2222/team/demo/"), "team/demo");
  EXPECT_EQ(repository_of("git@forge.example:group/sub/demo.git"), "group/sub/demo");
  for (const std::string local : {"/srv/git/demo.git", "file:///srv/git/demo.git", "demo", ""})
    EXPECT_EQ(repository_of(local), "");
}

TEST(WebhookRepositories, AreTheSameByNameOrAddress) {
  const WebhookRepository repository{.full_name = "Team/Demo",
                                     .addresses = {"https://forge.example/gitlab/team/demo.git",
                                                   "git@forge.example:team/demo.git"}};
  EXPECT_TRUE(is_same_repository(repository, "team/demo", ""));
  EXPECT_TRUE(
      is_same_repository(repository, "x/y", "https://u:p@Forge.example:443/gitlab/team/demo"));
  EXPECT_TRUE(is_same_repository(repository, "", "ssh://forge.example:22/team/demo"));
  EXPECT_FALSE(is_same_repository(repository, "eve/demo", "https://forge.example/eve/demo"));
  EXPECT_FALSE(is_same_repository(repository, "", "https://other.example/team/demo"));
  EXPECT_FALSE(is_same_repository(repository, "", ""));
  EXPECT_FALSE(is_same_repository({.full_name = "", .addresses = {""}}, "", "/srv/demo.git"));
}

}  // namespace webhook_test
}  // namespace melisai::trigger
