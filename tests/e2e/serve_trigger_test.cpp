// Custom triggers: real programs that print lines.
#include <gmock/gmock.h>

#include <fstream>

#include "tests/e2e/support/serve.h"

namespace melisai::e2e {
namespace {

using ::testing::HasSubstr;

class ServeTrigger : public Serve {
 protected:
  void SetUp() override {
    Serve::SetUp();
    write_pipelines(
        "hello: { trigger: manual, run: echo hello $MELISAI_PARAM_who }\n"
        "build: { trigger: on_commit, run: echo built }\n");
    push();
  }
  std::string inbox() const { return root() + "/inbox"; }
  /// The trigger prints what comes into a file, from its start.
  void watch_inbox(const std::string& more) {
    std::ofstream{inbox()};
    configure("demo.git", "triggers: { inbox: { command: tail, args: [-n, +1, -f, " + inbox() +
                              "], " + more + " } }\n");
  }
  void say(const std::string& line) { std::ofstream(inbox(), std::ios::app) << line << "\n"; }
  nlohmann::json trigger_status() { return status()["triggers"][0]; }
};

TEST_F(ServeTrigger, StartsRunsWhichTheConfigurationNames) {
  watch_inbox("pipelines: hello");
  start();
  say(R"({"pipeline":"hello","params":{"who":"Ada"},"id":"1"})");
  EXPECT_EQ(outcome_of("hello#1"), "passed");
  EXPECT_THAT(logs_of("hello#1"), HasSubstr("hello Ada"));
  say("no JSON");
  say(R"({"pipeline":"build"})");
  say(R"({"pipeline":"hello","params":{"who":"Bob"},"id":"2"})");
  EXPECT_EQ(outcome_of("hello#2"), "passed");
  EXPECT_EQ(trigger_status()["refused"], 2);
  EXPECT_EQ(trigger_status()["state"], "running");
  const Ran shown = gate({"status", "--modules"});
  EXPECT_THAT(shown.out, HasSubstr("trigger-inbox"));
  EXPECT_THAT(daemon_log(), HasSubstr("may not start 'build'"));
}

TEST_F(ServeTrigger, OfAKilledDaemonEndsAndRepeatsNothing) {
  watch_inbox("pipelines: hello");
  start();
  say(R"({"pipeline":"hello","id":"1"})");
  ASSERT_EQ(outcome_of("hello#1"), "passed");
  kill_daemon();
  EXPECT_TRUE(eventually([&] { return processes_with(inbox()).empty(); })) << "the program lives";
  start();
  say(R"({"pipeline":"hello","id":"2"})");
  EXPECT_EQ(outcome_of("hello#2"), "passed");
  EXPECT_EQ(trigger_status()["duplicates"], 1) << "it said the first line again";
  EXPECT_TRUE(run_of("hello#3").is_null());
}

TEST_F(ServeTrigger, TellsOfCommitsBeforeThePollerSeesThem) {
  watch_inbox("commits: true");
  start();
  ASSERT_EQ(outcome_of("build#1"), "passed");
  const std::string sha = push("told");
  say(R"({"ref":"main","sha":")" + sha + R"("})");
  EXPECT_EQ(outcome_of("build#2"), "passed");
  EXPECT_EQ(run_of("build#2")["commit"], sha);
  push("polled");
  EXPECT_EQ(outcome_of("build#3"), "passed");
  EXPECT_EQ(query("SELECT count(*) FROM events WHERE sha = '" + sha + "'"),
            std::vector<std::string>{"1"})
      << "told and polled is one push";
}

TEST_F(ServeTrigger, IsStartedAgainWhenItEnds) {
  configure("demo.git",
            "triggers: { inbox: { command: sh, args: [-c, 'echo why >&2; exit 3'], pipelines: "
            "hello } }\n");
  start();
  EXPECT_TRUE(eventually([&] { return trigger_status()["starts"] >= 2; }));
  EXPECT_EQ(trigger_status()["problem"], "exit code 3: why");
  EXPECT_EQ(outcome_of("build#1"), "passed");
}

}  // namespace
}  // namespace melisai::e2e
