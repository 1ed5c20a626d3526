#include <gmock/gmock.h>

#include "tests/unit/serve/config_fixture.h"

namespace melisai::serve {
namespace config_test {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using namespace std::chrono_literals;

TEST(ServeConfig, ANestedKeyWinsOverTheFlatOneThatSaysTheSame) {
  const OrchestratorOptions flat =
      config_of("orchestrator: { polling_interval: 5, auto_fix_enabled: true }").orchestrator;
  EXPECT_EQ(flat.monitoring.interval, 5s);
  EXPECT_TRUE(flat.failure.auto_fix);
  const OrchestratorOptions both =
      config_of(
          "orchestrator: { polling_interval: 5, auto_fix_enabled: false,\n"
          "  monitoring: { interval: 7 }, failure_handling: { auto_fix: true } }")
          .orchestrator;
  EXPECT_EQ(both.monitoring.interval, 7s);
  EXPECT_TRUE(both.failure.auto_fix);
}

TEST(ServeConfig, RetriesOfRunsAndOfFixesAreTwoNumbers) {
  const FailurePolicy failure =
      config_of("orchestrator: { max_fix_retries: 1, failure_handling: { max_retries: 7 } }")
          .orchestrator.failure;
  EXPECT_EQ(failure.fixes_max, 1);
  EXPECT_EQ(failure.retries_max, 7);
}

TEST(ServeConfig, AVariableThatIsNotSetMattersForWebhooksOnly) {
  const std::string secret = "secret: \"${NOT_SET}\"";
  EXPECT_EQ(
      config_of("orchestrator: { monitoring: { " + secret + " } }").orchestrator.monitoring.secret,
      "");
  const std::string webhook = "orchestrator: { monitoring: { method: webhook, " + secret + " } }";
  const std::string is_not_set = "'secret': environment variable 'NOT_SET' is not set";
  EXPECT_THAT(error_of(kProject + webhook), HasSubstr(is_not_set));
  EXPECT_THAT(error_of(webhook + "\n" + kProject), HasSubstr("f:1:56: " + is_not_set));
  EXPECT_THAT(
      loaded(webhook).remarks,
      ElementsAre(HasSubstr("no webhook could be taken: " + is_not_set), HasSubstr("no project")))
      << "document 004 has such a block";
  EXPECT_THAT(error_of("orchestrator: { monitoring: { method: webhook } }"),
              HasSubstr("webhooks need 'secret'"));
}

TEST(ServeConfig, WithoutCachedDependenciesNothingIsKept) {
  const LoadedConfig read =
      loaded(kProject + "orchestrator: { optimization: { cache_dependencies: false } }");
  EXPECT_FALSE(read.config.orchestrator.cache.enabled);
  EXPECT_THAT(read.remarks, IsEmpty());
  EXPECT_TRUE(config_of("orchestrator: { optimization: { cache_dependencies: true } }")
                  .orchestrator.cache.enabled);
}

TEST(ServeConfig, ARelativeWorkspaceIsBesideTheFile) {
  EXPECT_EQ(config_of("orchestrator: { workspace: work }").orchestrator.workspace,
            "/etc/gate/work");
  EXPECT_EQ(config_of("orchestrator: { workspace: /var/w }").orchestrator.workspace, "/var/w");
}

TEST(ServeConfig, RemarksSayWhatHasNoEffect) {
  EXPECT_THAT(loaded(kProject).remarks, IsEmpty());
  EXPECT_THAT(loaded(kProject + "orchestrator: { persistence: { enabled: false } }").remarks,
              ElementsAre(HasSubstr("accepted runs are kept all the same")));
  EXPECT_THAT(loaded(kProject + "fixer: { command: ./fix }").remarks,
              ElementsAre("fixer.command never runs: auto_fix is off"));
  EXPECT_THAT(
      loaded(kProject + "fixer: { command: ./fix }\norchestrator: { auto_fix_enabled: true }")
          .remarks,
      IsEmpty());
}

TEST(ServeConfig, RemarksThatCommandsGetNoSecrets) {
  EXPECT_THAT(
      loaded(kProject + "pipelines: { b: { trigger: on_commit, run: 'x ${secret:T}' } }").remarks,
      ElementsAre(HasSubstr("'run' of pipeline 'b' names a secret")));
  EXPECT_THAT(loaded(kProject + "pipelines: { b: { trigger: on_commit, run: [x, '${secret:T}'] } }")
                  .remarks,
              ElementsAre(HasSubstr("name it in 'env'")));
}

TEST(ServeConfig, ListedHandlersReplaceTheDefaultOnes) {
  const LogOptions console = config_of("logging: { handlers: [ { type: console } ] }").logging;
  EXPECT_TRUE(console.console);
  EXPECT_THAT(console.files, IsEmpty());
  const LogOptions files =
      config_of(
          "logging: { level: ERROR, handlers: [ { type: file, filename: a, max_bytes: 1MiB,"
          " backup_count: 0 }, { type: file } ] }")
          .logging;
  EXPECT_EQ(files.level, LogLevel::error);
  EXPECT_FALSE(files.console);
  EXPECT_THAT(files.files,
              ElementsAre(LogFile{.name = "a", .size_max = 1 << 20, .backups_max = 0}, LogFile{}));
}

TEST(ServeConfig, APipelineHasConditionsParametersAndLimits) {
  const std::vector<ServePipeline> pipelines =
      config_of(
          "pipelines:\n"
          "  build: { trigger: on_commit }\n"
          "  bench: { trigger: after_build, run: make bench, timeout: 5m,\n"
          "    if: { branch: [main, 'release/*'], tag: 'v*', paths: ['src/**'],\n"
          "          paths_ignore: ['*.md'], result: { build: [passed, failed] } },\n"
          "    params: { type: unit }, duration: { critical: 50m } }\n")
          .pipelines;
  ASSERT_EQ(pipelines.size(), 2u);
  EXPECT_TRUE(pipelines[0].condition.empty());
  EXPECT_EQ(pipelines[0].timeout, std::nullopt);
  EXPECT_EQ(pipelines[0].duration, (DurationLimits{.warning = 10min, .critical = 20min}));
  const ServePipeline& bench = pipelines[1];
  EXPECT_THAT(bench.condition.branches, ElementsAre("main", "release/*"));
  EXPECT_THAT(bench.condition.tags, ElementsAre("v*"));
  EXPECT_THAT(bench.condition.paths, ElementsAre("src/**"));
  EXPECT_THAT(bench.condition.paths_ignore, ElementsAre("*.md"));
  EXPECT_THAT(bench.condition.results, ElementsAre(Pair("build", ElementsAre("passed", "failed"))));
  EXPECT_THAT(bench.params, Contains(Pair("type", "unit")));
  EXPECT_EQ(bench.timeout, 5min);
  EXPECT_EQ(bench.spec.timeout, 5min);
  EXPECT_EQ(bench.duration, (DurationLimits{.warning = std::nullopt, .critical = 50min}));
}

TEST(ServeConfig, TimeoutsOfTheFileAreThoseOfPipelinesWithoutOne) {
  const std::vector<ServePipeline> pipelines =
      config_of(
          "orchestrator: { timeouts: { build: 10, test: 20, deploy: 30 } }\n"
          "pipelines: { other: { trigger: manual }, test: { trigger: manual },\n"
          "  deploy: { trigger: manual, timeout: 40 } }")
          .pipelines;
  ASSERT_EQ(pipelines.size(), 3u);
  EXPECT_EQ(pipelines[0].spec.timeout, 10s);
  EXPECT_EQ(pipelines[1].spec.timeout, 20s);
  EXPECT_EQ(pipelines[2].spec.timeout, 40s);
}

TEST(ServeConfig, CronHasATimezone) {
  const std::string start = "pipelines: { p: { trigger: cron, schedule: '0 0 3 * * *'";
  EXPECT_EQ(config_of(start + " } }").pipelines.at(0).timezone, "UTC");
  EXPECT_EQ(config_of(start + ", timezone: Europe/Berlin } }").pipelines.at(0).timezone,
            "Europe/Berlin");
}

TEST(ServeConfig, ATriggerIsAProgramForOneProject) {
  const ServeConfig config =
      config_of(kProject +
                "triggers: { inbox: { command: /bin/watch, args: [-a, b], pipelines: [p, w] },\n"
                "  once: { command: w, restart: false, project: demo, commits: true },\n"
                "  near: { command: bin/w, pipelines: p } }");
  EXPECT_THAT(config.triggers, ElementsAre(CustomTrigger{.name = "inbox",
                                                         .argv = {"/bin/watch", "-a", "b"},
                                                         .project = "demo",
                                                         .pipelines = {"p", "w"},
                                                         .commits = false,
                                                         .restart = true},
                                           CustomTrigger{.name = "once",
                                                         .argv = {"w"},
                                                         .project = "demo",
                                                         .pipelines = {},
                                                         .commits = true,
                                                         .restart = false},
                                           CustomTrigger{.name = "near",
                                                         .argv = {"/etc/gate/bin/w"},
                                                         .project = "demo",
                                                         .pipelines = {"p"}}));
}

TEST(ServeConfig, ATriggerMayStartOnlyWhatThereIs) {
  EXPECT_THAT(error_of(kProject + "pipelines: { nightly: { trigger: manual, run: x } }\n"
                                  "workflows: { w: { steps: [ { pipeline: nightly } ] } }\n"
                                  "triggers: { t: { command: x, pipelines: [w, nigthly] } }"),
              HasSubstr("f:4:41: 'pipelines': no pipeline or workflow is called 'nigthly'; did you "
                        "mean 'nightly'?"));
}

TEST(ServeConfig, NotifiesByCommandEmailAndLog) {
  const NotifyOptions notify =
      config_of(
          "notify: { command: [tell, team], log: false, email: { smtp: 'mail.example:2525',\n"
          "  from: gate@example.org, to: team@example.org } }")
          .notify;
  EXPECT_THAT(notify.command.argv, ElementsAre("tell", "team"));
  EXPECT_FALSE(notify.log);
  EXPECT_EQ(notify.email, (EmailOptions{.host = "mail.example",
                                        .port = 2525,
                                        .from = "gate@example.org",
                                        .to = {"team@example.org"}}));
}

TEST(ServeConfig, MailIsReadByNobodyOnTheWay) {
  const auto email = [](const std::string& keys) {
    return config_of("notify: { email: { from: a@b, to: c@d, " + keys + " } }").notify.email;
  };
  using Tls = EmailOptions::Tls;
  EXPECT_EQ(email("smtp: mail.example").tls, Tls::starttls);
  EXPECT_EQ(email("smtp: 'mail.example:465'").tls, Tls::always);
  EXPECT_EQ(email("smtp: localhost").tls, Tls::never);
  EXPECT_EQ(email("smtp: '127.0.0.1:25', tls: starttls").tls, Tls::starttls);
  const EmailOptions login =
      email("smtp: mail, user: gate, password: '${WEBHOOK_SECRET}', ca_file: ca.pem");
  EXPECT_EQ(login.user, "gate");
  EXPECT_EQ(login.password, "s3cret");
  EXPECT_EQ(login.ca_file, "/etc/gate/ca.pem");
}

TEST(ServeConfig, NotifiesAWebService) {
  const auto web = [](const std::string& keys) {
    return config_of("notify: { webhook: { " + keys + " } }").notify.web;
  };
  EXPECT_EQ(web("url: 'https://chat.example/${WEBHOOK_SECRET}', format: slack, token: t, "
                "ca_file: ca.pem, allow_private: true"),
            (WebNoticeOptions{.url = "https://chat.example/s3cret",
                              .format = WebNoticeOptions::Format::slack,
                              .token = "t",
                              .ca_file = "/etc/gate/ca.pem",
                              .allow_private = true}));
  for (const char* here : {"http://127.0.0.1:8080/x", "http://localhost/x"})
    EXPECT_EQ(web("url: '" + std::string(here) + "'").url, here);
}

}  // namespace config_test
}  // namespace melisai::serve
