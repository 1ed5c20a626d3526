// The commands that talk to a daemon.
#include <gmock/gmock.h>

#include <fstream>

#include "tests/e2e/support/serve.h"
#include "tests/unit/base/git_servers.h"

namespace melisai::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ServeControl : public Serve {
 protected:
  /// A pipeline that waits until release().
  void push_waiting() {
    write_pipelines("build: { trigger: on_commit, run: \"until test -e " + gate_file() +
                    "; do sleep 0.01; done; echo built\" }\n"
                    "hello: { trigger: manual, run: \"echo hello $MELISAI_PARAM_who\" }\n");
    push();
  }
  void release() { std::ofstream(gate_file()) << "go\n"; }
  std::string gate_file() const { return root() + "/go"; }
};

TEST_F(ServeControl, PausesAcrossARestartAndResumes) {
  release();
  push_waiting();
  start();
  ASSERT_EQ(outcome_of("build#1"), "passed");
  ASSERT_EQ(gate({"pause"}).code, 0);
  push();
  ASSERT_TRUE(is_in_state("build#2", "queued"));
  EXPECT_EQ(stop(), 0);
  start();
  EXPECT_EQ(status()["paused"], true);
  EXPECT_EQ(status()["engines"][0]["state"], "paused");
  EXPECT_EQ(run_of("build#2")["attempts"], 0);
  ASSERT_EQ(gate({"resume"}).code, 0);
  EXPECT_EQ(outcome_of("build#2"), "passed");
}

TEST_F(ServeControl, ResumesAllOnlyWhenAsked) {
  release();
  push_waiting();
  start();
  ASSERT_EQ(outcome_of("build#1"), "passed");
  ASSERT_EQ(gate({"pause"}).code, 0);
  ASSERT_EQ(gate({"pause", "build"}).code, 0);
  push();
  ASSERT_TRUE(is_in_state("build#2", "queued"));
  const Ran resumed = gate({"resume"});
  EXPECT_EQ(resumed.code, 0);
  EXPECT_THAT(resumed.out, HasSubstr("demo/build is paused (by hand)"));
  EXPECT_EQ(status()["paused"], false);
  EXPECT_EQ(run_of("build#2")["state"], "queued");
  EXPECT_EQ(gate({"resume", "--all", "build"}).code, 2);
  EXPECT_EQ(gate({"resume", "--all"}).out, "resumed\n");
  EXPECT_EQ(outcome_of("build#2"), "passed");
}

TEST_F(ServeControl, OneTimeOfAScheduleWaitsDuringAPause) {
  write_pipelines(
      "build: { trigger: on_commit, run: echo built }\n"
      "tick: { trigger: cron, schedule: \"* * * * * *\", run: echo tick }\n");
  push();
  start();
  ASSERT_EQ(outcome_of("build#1"), "passed");
  ASSERT_EQ(gate({"pause", "tick"}).code, 0);
  const auto ticks = [&](const std::string& which) {
    return std::stoi(query("SELECT count(*) FROM runs WHERE pipeline = 'tick' AND " + which)[0]);
  };
  const int before = ticks("outcome = 'superseded'");
  EXPECT_TRUE(eventually([&] { return ticks("outcome = 'superseded'") >= before + 2; }));
  EXPECT_EQ(ticks("state = 'queued'"), 1);
  const int passed = ticks("outcome = 'passed'");
  ASSERT_EQ(gate({"resume", "tick"}).code, 0);
  EXPECT_TRUE(eventually([&] { return ticks("outcome = 'passed'") > passed; }));
}

TEST_F(ServeControl, TriggersWithParams) {
  release();
  push_waiting();
  start();
  const Ran triggered =
      gate({"trigger", "demo/hello", "--param", "who=Ada Lovelace", "--ref", "main"});
  EXPECT_EQ(triggered.code, 0) << triggered.err;
  EXPECT_EQ(outcome_of("hello#1"), "passed");
  EXPECT_THAT(logs_of("hello#1"), HasSubstr("hello Ada Lovelace"));
  const Ran followed = gate({"logs", "-f", "demo/hello#1"});
  EXPECT_THAT(followed.out, HasSubstr("demo/hello#1: passed"));
}

TEST_F(ServeControl, CancelSaysHowARunEndedThatIsOver) {
  release();
  push_waiting();
  start();
  ASSERT_EQ(outcome_of("build#1"), "passed");
  const Ran cancelled = gate({"cancel", "build#1"});
  EXPECT_EQ(cancelled.code, 2);
  EXPECT_EQ(cancelled.out, "");
  EXPECT_THAT(cancelled.err, HasSubstr("demo/build#1 has ended already: passed"));
}

TEST_F(ServeControl, WhatIsTriggeredOnABranchThatIsNotThereFailsVisibly) {
  push_waiting();
  start();
  const Ran triggered = gate({"trigger", "hello", "--ref", "nope"});
  EXPECT_EQ(triggered.code, 1) << "no script is to go on as if something ran";
  EXPECT_THAT(triggered.out, HasSubstr("demo/hello#1 failed: demo has no refs/heads/nope"));
  EXPECT_EQ(outcome_of("hello#1"), "failed");
  EXPECT_EQ(run_of("hello#1")["reason"], "demo has no refs/heads/nope");
}

TEST_F(ServeControl, RefusesNamesThatNothingHas) {
  release();
  push_waiting();
  start();
  ASSERT_EQ(outcome_of("build#1"), "passed");
  const auto refused = [this](const Words& words, const char* why) {
    const Ran ran = gate(words);
    EXPECT_EQ(ran.code, 2) << ran.out;
    EXPECT_THAT(ran.err, HasSubstr(why));
  };
  refused({"pause", "nope"}, "no pipeline of demo is called 'nope'; there are: build, hello");
  refused({"trigger", "build", "--project", "nope"}, "no project is called 'nope'");
  refused({"trigger", "nope/build"}, "no project is called 'nope'");
  refused({"runs", "--pipeline", "nope"}, "there are runs of: demo/build");
  EXPECT_EQ(gate({"pause", "hello"}).code, 0) << "it has never run, and is there";
  EXPECT_THAT(gate({"runs", "--pipeline", "demo/build"}).out, HasSubstr("demo/build#1"));
  EXPECT_THAT(gate({"runs", "--json"}).out, HasSubstr("demo/build#1"));
  EXPECT_THAT(gate({"trigger", "build"}).out, HasSubstr("accepted: demo/build#2"));
  refused({"trigger", "nope"},
          "nothing starts: demo has no pipeline 'nope' at this commit; it has: build, hello");
  EXPECT_THAT(gate({"runs", "--json"}).out, Not(HasSubstr("nope"))) << "a slip is no pipeline";
}

TEST_F(ServeControl, SaysWhatARunWaitsFor) {
  push_waiting();
  start();
  ASSERT_TRUE(is_in_state("build#1", "running"));
  ASSERT_EQ(gate({"pause"}).code, 0);
  push();
  ASSERT_TRUE(is_in_state("build#2", "queued"));
  EXPECT_THAT(run_of("build#2").value("waits_for", ""),
              HasSubstr("everything is paused (by hand)"));
  EXPECT_THAT(gate({"show", "build#2"}).out, HasSubstr("waits for `melisai-gate resume`"));
  EXPECT_EQ(stop(), 0);
  EXPECT_THAT(run_of("build#2").value("waits_for", ""), HasSubstr("no daemon runs here"));
  EXPECT_THAT(gate({"runs"}).out, HasSubstr("waits for `melisai-gate serve`"));
}

TEST_F(ServeControl, RefusesASecondDaemonWithThePidOfTheFirst) {
  push_waiting();
  start();
  const Ran second = gate({"serve", "--config", config_file()});
  EXPECT_EQ(second.code, 4);
  EXPECT_THAT(second.err, HasSubstr("pid " + std::to_string(daemon())));
  EXPECT_TRUE(status().is_object()) << "the first one serves on";
}

TEST_F(ServeControl, ASecondOneInTheBackgroundIsRefusedToo) {
  push_waiting();
  start();
  const Ran second = gate({"serve", "--config", config_file(), "--daemon"});
  EXPECT_EQ(second.code, 4);
  EXPECT_THAT(second.err, HasSubstr("pid " + std::to_string(daemon())));
  EXPECT_EQ(status()["pid"], daemon()) << "the first one serves on";
}

// Its control socket answers before its front door finds the port taken.
TEST_F(ServeControl, OneThatFailsToStartInTheBackgroundSaysSo) {
  const git_tests::SilentServer taken;
  configure("demo.git", "http: { enabled: true, port: " + std::to_string(taken.port()) + " }\n");
  const Ran ran = gate({"serve", "--config", config_file(), "--daemon"});
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.err, HasSubstr(std::to_string(taken.port())));
}

TEST_F(ServeControl, StopQueuesWhatRunsAgain) {
  push_waiting();
  start();
  ASSERT_TRUE(is_in_state("build#1", "running"));
  EXPECT_EQ(stop(), 0);
  EXPECT_TRUE(processes_with(root()).empty());
  EXPECT_EQ(run_of("build#1")["state"], "queued");
  release();
  start();
  EXPECT_EQ(outcome_of("build#1"), "passed");
  EXPECT_EQ(run_of("build#1")["attempts"], 2);
}

TEST_F(ServeControl, StopDoesNotWaitForAGitServerThatIsSilent) {
  const git_tests::SilentServer server;
  configure("http://127.0.0.1:" + std::to_string(server.port()) + "/demo.git",
            "git: { allow_http: true }\n");
  start();
  ASSERT_TRUE(eventually([&] { return server.is_asked(); })) << daemon_log();
  EXPECT_EQ(stop(), 0) << "git.timeout is longer than a stop may take";
}

TEST_F(ServeControl, RestartsAModule) {
  release();
  push_waiting();
  start();
  ASSERT_EQ(outcome_of("build#1"), "passed");
  const Ran restarted = gate({"restart-module", "poller"});
  EXPECT_EQ(restarted.code, 0) << restarted.err;
  EXPECT_EQ(gate({"restart-module", "no-such-part"}).code, 2);
  push();
  EXPECT_EQ(outcome_of("build#2"), "passed");
}

TEST_F(ServeControl, WhatAKilledDaemonLeftRunningIsInterrupted) {
  push_waiting();
  start();
  ASSERT_TRUE(is_in_state("build#1", "running"));
  EXPECT_THAT(gate({"runs"}).out, HasSubstr("running"));
  kill_daemon();
  const Ran runs = gate({"runs"});
  EXPECT_THAT(runs.out, HasSubstr("interrupted: no daemon is running"));
  EXPECT_THAT(runs.out, Not(HasSubstr("  running  ")));
  EXPECT_EQ(run_of("build#1")["reason"], "interrupted: no daemon is running");
  const Ran asked = gate({"status"});
  EXPECT_EQ(asked.code, 2);
  EXPECT_THAT(asked.err, HasSubstr("demo/build#1: interrupted: no daemon is running"));
  EXPECT_THAT(logs_of("build#1"), HasSubstr("demo/build#1: interrupted: no daemon is running\n"));
  const Ran followed = gate({"logs", "-f", "build#1"});
  EXPECT_EQ(followed.code, 4);
  EXPECT_THAT(followed.err, HasSubstr("demo/build#1: interrupted: no daemon is running"));
  release();
  start();
  EXPECT_EQ(outcome_of("build#1"), "passed");
}

TEST_F(ServeControl, WithoutADaemonSaysHowToStartOne) {
  const Ran asked = gate({"status"});
  EXPECT_EQ(asked.code, 2);
  EXPECT_THAT(asked.err, HasSubstr("melisai-gate serve --config"));
}

}  // namespace
}  // namespace melisai::e2e
