// What orchestrator.optimization does to runs of the real daemon.
#include <gmock/gmock.h>

#include "tests/e2e/support/serve.h"

namespace melisai::e2e {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class ServeOptimization : public Serve {
 protected:
  void with(const std::string& flag) {
    configure("demo.git", "  optimization: { " + flag + ": true }\n");
  }
  /// A build that says what it finds, and fails where it finds `broken` beside leftovers.
  void write_build() {
    write_pipelines(
        "build: { trigger: on_commit, run: 'ls; test ! -e made -o ! -e broken && touch made' }\n");
  }
};

TEST_F(ServeOptimization, AnIncrementalBuildGoesOnFromTheLastPass) {
  with("incremental_builds");
  write_build();
  write("gone", "1");
  push();
  start();
  ASSERT_EQ(outcome_of("build#1"), "passed");
  EXPECT_THAT(logs_of("build#1"), Not(HasSubstr("made")));
  git({"rm", "-q", "gone"});
  write("added", "2");
  push();
  ASSERT_EQ(outcome_of("build#2"), "passed");
  EXPECT_THAT(logs_of("build#2"), HasSubstr("made"));
  EXPECT_THAT(logs_of("build#2"), HasSubstr("added"));
  EXPECT_THAT(logs_of("build#2"), Not(HasSubstr("gone")));
  git({"push", "-q", "origin", "main:topic"});
  ASSERT_EQ(outcome_of("build#3"), "passed");
  EXPECT_THAT(logs_of("build#3"), Not(HasSubstr("made"))) << "another branch begins for itself";
}

TEST_F(ServeOptimization, AnotherEnvironmentBeginsFromNothing) {
  with("incremental_builds");
  const auto write_with = [this](const std::string& flags) {
    write_pipelines("build: { trigger: on_commit, run: 'ls; touch made', env: { CFLAGS: " + flags +
                    " } }\n");
  };
  write_with("-O1");
  push();
  start();
  ASSERT_EQ(outcome_of("build#1"), "passed");
  write_with("-O2");
  push();
  ASSERT_EQ(outcome_of("build#2"), "passed");
  EXPECT_THAT(logs_of("build#2"), Not(HasSubstr("made"))) << "it was compiled with other flags";
  write("more", "1");
  push();
  ASSERT_EQ(outcome_of("build#3"), "passed");
  EXPECT_THAT(logs_of("build#3"), HasSubstr("made")) << "the commit is no part of it";
  ASSERT_EQ(gate({"trigger", "demo/build", "--param", "type=debug", "--ref", "main"}).code, 0);
  ASSERT_EQ(outcome_of("build#4"), "passed");
  EXPECT_THAT(logs_of("build#4"), Not(HasSubstr("made"))) << "it has another param";
}

TEST_F(ServeOptimization, WhatFailsOnLeftoversIsDecidedFromNothing) {
  with("incremental_builds");
  write_build();
  push();
  start();
  ASSERT_EQ(outcome_of("build#1"), "passed");
  write("broken", "by what is there already");
  push();
  EXPECT_EQ(outcome_of("build#2"), "passed");
  EXPECT_EQ(run_of("build#2")["attempts"], 1);
  EXPECT_THAT(logs_of("build#2"), Not(HasSubstr("made")));
}

TEST_F(ServeOptimization, WithoutItEveryCommitIsBuiltFromNothing) {
  write_build();
  push();
  start();
  ASSERT_EQ(outcome_of("build#1"), "passed");
  write("more", "1");
  push();
  ASSERT_EQ(outcome_of("build#2"), "passed");
  EXPECT_THAT(logs_of("build#2"), Not(HasSubstr("made")));
}

TEST_F(ServeOptimization, UnchangedTestsPassAsTheRunBefore) {
  with("skip_unchanged_tests");
  const std::string runs = root() + "/ran";
  write_pipelines("test: { trigger: on_commit, run: echo once >> " + runs +
                  " }\n"
                  "deploy: { trigger: after_test, run: echo deployed }\n");
  push();
  start();
  ASSERT_EQ(outcome_of("deploy#1"), "passed");
  git({"commit", "-q", "--allow-empty", "-m", "nothing changed"});
  git({"push", "-q", "origin", "main"});
  EXPECT_EQ(outcome_of("test#2"), "passed");
  EXPECT_EQ(run_of("test#2")["reason"], "passed as demo/test#1: no file differs");
  EXPECT_EQ(outcome_of("deploy#2"), "passed") << "it is no test";
  EXPECT_THAT(logs_of("deploy#2"), HasSubstr("deployed"));
  EXPECT_THAT(gate({"status"}).out, HasSubstr("passed as demo/test#1"));
  write("changed", "1");
  push();
  EXPECT_EQ(outcome_of("test#3"), "passed");
  EXPECT_EQ(run_of("test#3")["reason"], "");
}

TEST_F(ServeOptimization, ThoroughHealthChecksAreAModule) {
  with("thorough_health_checks");
  write_build();
  push();
  start();
  ASSERT_EQ(outcome_of("build#1"), "passed");
  const auto of_checks = [this] {
    const nlohmann::json answer = status();
    for (const auto& module : answer["modules"])
      if (module["id"] == "checks") return module["health"].get<std::string>();
    return std::string();
  };
  EXPECT_TRUE(eventually([&] { return of_checks() == "healthy"; }, std::chrono::seconds(60)))
      << of_checks();
}

}  // namespace
}  // namespace melisai::e2e
