#include <gmock/gmock.h>

#include "core/serve/secrets_section.h"
#include "tests/unit/serve/config_fixture.h"

namespace melisai::serve {
namespace projects_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

WatchedProject project_of(const std::string& keys) {
  const ServeConfig config = config_of("projects: [ { " + keys + " } ]");
  EXPECT_EQ(config.projects.size(), 1u);
  return config.projects.empty() ? WatchedProject{} : config.projects[0];
}

TEST(Projects, TheSingleOneComesBeforeTheList) {
  const ServeConfig config =
      config_of(kProject + "projects: [ { repository: /srv/a.git }, { repository: /srv/b } ]");
  ASSERT_EQ(config.projects.size(), 3u);
  EXPECT_EQ(config.projects[0].name, "demo");
  EXPECT_EQ(config.projects[1].name, "a");
  EXPECT_EQ(config.projects[2].name, "b");
}

TEST(Projects, ANameIsTheLastPartOfTheAddress) {
  for (const std::string address :
       {"https://example.org/team/tool.git", "'git@example.org:team/tool.git'",
        "'git@example.org:tool'", "/srv/tool.git/", "/srv/tool/.git"})
    EXPECT_EQ(project_of("repository: " + address).name, "tool") << address;
}

TEST(Projects, PathsAreRelativeToTheFileAndAddressesStay) {
  EXPECT_EQ(project_of("repository: ../demo.git").repository, "/etc/demo.git");
  EXPECT_EQ(project_of("repository: /srv/demo").repository, "/srv/demo");
  for (const std::string address : {"https://example.org/a/../b", "ssh://git@example.org/a",
                                    "file:///srv/a", "git@example.org:team/a"})
    EXPECT_EQ(project_of("repository: '" + address + "'").repository, address);
}

TEST(Projects, BranchesAreThoseOfMonitoringUnlessTheProjectNamesSome) {
  const ServeConfig config = config_of(
      "orchestrator: { monitoring: { branches: main } }\n"
      "projects: [ { repository: /a }, { repository: /b, branches: [x, 'r/*'], tags: 'v*' } ]");
  EXPECT_THAT(config.projects.at(0).branches, ElementsAre("main"));
  EXPECT_THAT(config.projects.at(0).tags, ElementsAre("*"));
  EXPECT_THAT(config.projects.at(1).branches, ElementsAre("x", "r/*"));
  EXPECT_THAT(config.projects.at(1).tags, ElementsAre("v*"));
  EXPECT_THAT(project_of("repository: /a").branches, ElementsAre("*"));
}

TEST(Projects, HaveATokenFromTheEnvironmentAndPipelinesOfTheirOwn) {
  const WatchedProject project = project_of(
      "repository: /a, token: \"${WEBHOOK_SECRET}\", pipelines: { b: { trigger: on_commit } }");
  EXPECT_EQ(project.token, "s3cret");
  ASSERT_EQ(project.pipelines.size(), 1u);
  EXPECT_EQ(project.pipelines[0].spec.name, "b");
}

TEST(Projects, ATokenThatNoServerGetsIsARemark) {
  EXPECT_THAT(loaded("project: { repository: /a, token: '${NOT_SET:-t}' }").remarks,
              ElementsAre("the token of project 'a' is never sent: only https servers are asked "
                          "with one"));
  EXPECT_THAT(loaded("project: { repository: 'https://h/a', token: '${NOT_SET:-t}' }").remarks,
              ElementsAre());
}

TEST(Projects, HaveAWebhookWithASecretOfTheirOwnOrTheCommonOne) {
  const std::string two =
      "projects: [ { repository: 'https://h/team/a.git', webhook: { secret: own } },\n"
      "  { repository: 'git@h:group/sub/b', webhook: { repository: team/b } } ]\n";
  const ServeConfig config =
      config_of("orchestrator: { monitoring: { method: webhook, secret: common } }\n" + two);
  EXPECT_EQ(config.projects.at(0).webhook, (WebhookOptions{"own", "team/a"}));
  EXPECT_EQ(config.projects.at(1).webhook, (WebhookOptions{"common", "team/b"}));
  const ServeConfig polled = config_of("orchestrator: { monitoring: { secret: common } }\n" + two);
  EXPECT_EQ(polled.projects.at(0).webhook.secret, "own");
  EXPECT_EQ(polled.projects.at(1).webhook.secret, "") << "nobody listens by default";
}

TEST(Projects, TheCommonSecretIsNotNeededWhereEachHasItsOwn) {
  const std::string webhook = "orchestrator: { monitoring: { method: webhook } }\n";
  const std::string first = "{ repository: 'https://h/t/a', webhook: { secret: s } }";
  EXPECT_EQ(config_of(webhook + "projects: [ " + first + " ]").projects.size(), 1u);
  EXPECT_THAT(error_of(webhook + "projects: [ " + first + ", { repository: 'https://h/t/b' } ]"),
              HasSubstr("f:1:29: webhooks need 'secret'"));
}

TEST(Projects, AWebhookSecretIsFromTheEnvironmentAndKeptFromStages) {
  const ServeConfig config =
      config_of("project: { repository: 'h:t/a', webhook: { secret: '${WEBHOOK_SECRET}' } }");
  EXPECT_EQ(config.projects.at(0).webhook.secret, "s3cret");
  EXPECT_TRUE(config.secrets.contains("WEBHOOK_SECRET"));
}

TEST(Projects, AWebhookOfAPathNeedsTheNameOfItsRepository) {
  EXPECT_THAT(
      loaded("http: { enabled: true }\n"
             "project: { repository: /srv/a.git, webhook: { secret: '${WEBHOOK_SECRET}' } }")
          .remarks,
      ElementsAre("nothing says what the forge of project 'a' calls it, so none of its "
                  "webhooks is taken; write webhook: { repository: owner/name }"));
  EXPECT_THAT(
      loaded("project: { repository: /srv/a.git, webhook: { secret: '${WEBHOOK_SECRET}', "
             "repository: t/a } }")
          .remarks,
      ElementsAre("no webhook of a arrives, and so no pull request: http.enabled is false"));
}

TEST(Projects, HaveNoForgeUnlessTheFileSaysSo) {
  EXPECT_EQ(project_of("repository: 'https://github.com/team/a'").forge, std::nullopt);
  EXPECT_EQ(project_of("repository: 'https://github.com/team/a', forge:").forge, std::nullopt);
}

TEST(Projects, TheAddressSaysTheForgeOfGitHubAndGitLab) {
  for (const std::string address :
       {"https://github.com/team/a.git", "git@github.com:team/a.git", "GitHub.com:team/a",
        "ssh://git@github.com:22/team/a", "https://u@GITHUB.COM/team/a/"})
    EXPECT_EQ(
        project_of("repository: '" + address + "', forge: { token: '${FORGE_TOKEN}' }").forge,
        (ForgeAccess{.kind = ForgeKind::github, .api = "https://api.github.com", .token = "t0ken"}))
        << address;
  EXPECT_EQ(
      project_of(
          "repository: 'https://gitlab.com/group/sub/a.git', forge: { token: '${FORGE_TOKEN}' }")
          .forge,
      (ForgeAccess{
          .kind = ForgeKind::gitlab, .api = "https://gitlab.com/api/v4", .token = "t0ken"}));
  // A host that only sounds like it, and a path.
  for (const std::string address :
       {"https://github.com.evil.example/t/a", "https://evil.example/github.com:t/a",
        "https://github.com@evil.example/t/a", "/srv/github.com:t/a", "https://xgithub.com/t/a"})
    EXPECT_THAT(
        error_of("project: { repository: '" + address + "', forge: { token: '${FORGE_TOKEN}' } }"),
        HasSubstr("does not say which forge it is"))
        << address;
}

TEST(Projects, HaveAForgeOfTheirOwn) {
  const ServeConfig config = config_of(
      "project: { repository: /srv/a.git, webhook: { repository: group/sub/a }, forge: { kind: "
      "gitlab, api: 'http://127.0.0.1:8080/gitlab/api/v4//', token: '${FORGE_TOKEN}', ca_file: "
      "ca.pem, allow_private: true, timeout: 5s } }");
  EXPECT_EQ(config.projects.at(0).forge, (ForgeAccess{.kind = ForgeKind::gitlab,
                                                      .api = "http://127.0.0.1:8080/gitlab/api/v4",
                                                      .token = "t0ken",
                                                      .ca_file = "/etc/gate/ca.pem",
                                                      .allow_private = true,
                                                      .timeout = Milliseconds(5'000)}));
  EXPECT_TRUE(config.secrets.contains("FORGE_TOKEN")) << "stages do not see it";
}

TEST(Projects, TheTokenOfAForgeIsNeverSaid) {
  for (const std::string token : {"t0 ken", "t0ken\x01"}) {
    ConfigSources sources = test_sources();
    sources.env = [&](const std::string&) { return token; };
    const auto read = parse_serve_config(
        "project: { repository: 'github.com:t/a', forge: { token: '${FORGE_TOKEN}' } }", "f",
        sources);
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().message, HasSubstr("f:1:58: 'token': a token has at most"));
    EXPECT_THAT(read.error().message, Not(HasSubstr("t0")));
  }
}

TEST(Projects, PublishReportsOnlyWhenTheFileSaysSo) {
  const std::string start = "repository: 'https://github.com/team/a', forge: { ";
  using Publish = ForgeAccess::Publish;
  EXPECT_EQ(project_of(start + "token: '${FORGE_TOKEN}' }").forge->publish, Publish::off);
  EXPECT_EQ(project_of(start + "token: '${FORGE_TOKEN}', publish: off }").forge->publish,
            Publish::off);
  EXPECT_EQ(project_of(start + "token: '${FORGE_TOKEN}', publish: status }").forge->publish,
            Publish::status);
  EXPECT_EQ(project_of(start + "token: '${FORGE_TOKEN}', publish: comment }").forge->publish,
            Publish::comment);
  EXPECT_THAT(
      loaded("project: { " + start + "token: '${FORGE_TOKEN}', publish: comment } }").remarks,
      ElementsAre(HasSubstr("forge.publish of project 'a' comments on no pull request")));
}

TEST(Projects, MayLogInAsAnApp) {
  const ServeConfig config = config_of(
      "project: { repository: 'https://github.com/team/a', forge: { app: { id: 123456, key_file: "
      "app.pem } } }");
  EXPECT_EQ(config.projects.at(0).forge->app,
            (ForgeApp{.id = "123456", .key_file = "/etc/gate/app.pem"}));
  EXPECT_EQ(config.projects.at(0).forge->token, "");
  EXPECT_THAT(private_files(config), ElementsAre("/etc/gate/app.pem"));
}

TEST(Projects, PlainHttpNeedsToBeAllowed) {
  const std::string project = "project: { repository: 'http://127.0.0.1:8000/a.git' }\n";
  EXPECT_THAT(error_of(project), HasSubstr("git: { allow_http: true }"));
  EXPECT_EQ(config_of(project + "git: { allow_http: true }").projects.size(), 1u);
}

TEST(Projects, AddressesThatGitWouldTakeForSomethingElseAreRefused) {
  for (const std::string address : {"--upload-pack=/bin/sh", "ext::sh -c id", "ftp://a/b", ""})
    EXPECT_THAT(error_of("project: { name: a, repository: '" + address + "' }"),
                HasSubstr("f:1:33: 'repository': "))
        << address;
}

TEST(Projects, OnlyBranchesAndTagsAreWatched) {
  for (const std::string ref : {"refs/pull/*/head", "refs/merge-requests/1/head"})
    EXPECT_THAT(error_of("project: { repository: /a, branches: ['" + ref + "'] }"),
                HasSubstr("names what strangers may push"));
  EXPECT_THAT(error_of("project: { repository: /a, branches: refs/heads/main }"),
              HasSubstr("write the name without refs/heads/"));
}

TEST(Projects, SayWhichPullRequestsRun) {
  using Run = PullRequestOptions::Run;
  EXPECT_EQ(project_of("repository: /a").pull_requests, PullRequestOptions{});
  const auto read = [](const std::string& keys) {
    return project_of("repository: /a, pull_requests: { " + keys + " }").pull_requests;
  };
  EXPECT_EQ(read("run: all, approval_label: 'melisai-gate:approved', approval_age: 1m, "
                 "approval_timeout: 10m"),
            PullRequestOptions{});
  EXPECT_EQ(read("run: same_repository").run, Run::same_repository);
  EXPECT_EQ(read("run: none").run, Run::none);
  EXPECT_EQ(read("approval_label: ok-to-run").approval_label, "ok-to-run");
  EXPECT_EQ(read("approval_label: ''").approval_label, "");
  EXPECT_EQ(read("approval_age: 5m").approval_age, std::chrono::minutes(5));
  EXPECT_THAT(
      loaded("project: { name: a, repository: 'h:t/a', pull_requests: { run: none } }").remarks,
      ElementsAre(HasSubstr("only webhooks tell of them")));
  const auto refused = [](const std::string& keys) {
    return error_of("project: { repository: /a, pull_requests: { " + keys + " } }");
  };
  EXPECT_THAT(refused("run: forks"), HasSubstr("run"));
  EXPECT_THAT(refused("approval_age: 0s"), HasSubstr("approval_age"));
  EXPECT_THAT(refused("approval_timeout: 2d"), HasSubstr("approval_timeout"));
  EXPECT_THAT(refused("approval_label: \"a\\nb\""), HasSubstr("control characters"));
  EXPECT_THAT(refused("poll: true"), HasSubstr("unknown key"));
}

}  // namespace projects_test
}  // namespace melisai::serve
