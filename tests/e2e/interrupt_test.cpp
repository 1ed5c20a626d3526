// Ctrl-C and worse.
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;

class InterruptedCheck : public Sandbox {
 protected:
  /// Base and head sleep in a tree of processes that carries our directory in its command lines.
  void commit_sleeper() {
    write_pipeline("sh -c 'setsid sleep 600 " + root() + " & sleep 600; : " + root() + "'",
                   "measure: { grace: 200ms }\n");
    commit("base");
    commit("head");
  }
  Ran interrupt_while_measuring(int signal) {
    return check({"--base", "main~1"}, [&](pid_t pid) {
      const std::string runs = state() + "/runs";
      EXPECT_TRUE(eventually([&] { return !processes_with("; : " + root()).empty(); }))
          << "never started to measure";
      kill(pid, signal);
    });
  }
};

TEST_F(InterruptedCheck, EndsTheWholeTreeAndStillWritesAValidReport) {
  commit_sleeper();
  for (const int signal : {SIGINT, SIGTERM}) {
    const Ran ran = interrupt_while_measuring(signal);
    EXPECT_EQ(ran.code, 4);
    ASSERT_TRUE(report().is_object());
    EXPECT_EQ(report()["verdict"], "error");
    EXPECT_EQ(report()["reason_code"], "interrupted");
    expect_nothing_left();
  }
}

TEST_F(InterruptedCheck, WhatWasConfirmedBeforeStaysARegression) {
  write_pipeline("head -c $(cat size) /dev/zero", "      - { name: endless, run: \"echo x >> " +
                                                      root() +
                                                      "/runs-done; sleep 0.0$(tr -dc 1-9 < "
                                                      "/dev/urandom | head -c 2)\" }\n");
  write("size", "1000");
  commit("base");
  write("size", "2000");
  commit("head");
  const Ran ran = check({"--base", "main~1", "--max-pairs", "1000"}, [&](pid_t pid) {
    EXPECT_TRUE(eventually([&] {
      std::ifstream done(root() + "/runs-done");
      return std::count(std::istreambuf_iterator<char>(done), {}, 'x') > 24;
    }));
    kill(pid, SIGINT);
  });
  EXPECT_EQ(ran.code, 1) << ran.out;
  EXPECT_EQ(report()["verdict"], "regression");
  EXPECT_EQ(benchmark("cli", "wchar")["confirmed"], true);
  expect_nothing_left();
}

TEST_F(InterruptedCheck, DuringABuildItIsInterruptedToo) {
  write_pipeline("true", "", "sleep 600; : " + root());
  commit("base");
  const Ran ran = check({"--base", "main", "--head", "main"}, [&](pid_t pid) {
    EXPECT_TRUE(eventually([&] { return !processes_with("; : " + root()).empty(); }));
    kill(pid, SIGINT);
  });
  EXPECT_EQ(ran.code, 4);
  EXPECT_EQ(report()["reason_code"], "interrupted");
  expect_nothing_left();
  EXPECT_TRUE(std::filesystem::is_empty(state() + "/builds")) << "a half-built tree must not stay";
}

TEST_F(InterruptedCheck, AKilledGateLeavesNoProcessAndTheNextCheckSweepsItsScratch) {
  commit_sleeper();
  EXPECT_EQ(interrupt_while_measuring(SIGKILL).code, 128 + SIGKILL);
  EXPECT_TRUE(eventually([&] { return processes_with(root()).empty(); }))
      << "the workload outlived the gate";
  EXPECT_EQ(check({"--base", "main~1", "--bench", "true", "--fail-on", "never"}).code, 0);
  expect_nothing_left();
}

}  // namespace
}  // namespace melisai::e2e
