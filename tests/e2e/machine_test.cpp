// One machine, several gates: what is timed by one is not disturbed by the others.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>

#include "tests/e2e/support/sandbox.h"
#include "tests/fakes/other_process.h"

namespace melisai::e2e {
namespace {

using ::testing::HasSubstr;

class Machine : public Sandbox {
 protected:
  /// A benchmark that leaves root/overlap when it runs beside another one.
  void write_jealous_benchmark() {
    write("bench.sh", "#!/bin/sh\nmkdir " + busy() + " 2>/dev/null || touch " + overlap() +
                          "\nsleep 0.02\nrmdir " + busy() + " 2>/dev/null\nexit 0\n");
    write_pipeline("sh bench.sh");
    commit("one");
    commit("two");
  }
  std::string busy() const { return root() + "/busy"; }
  std::string overlap() const { return root() + "/overlap"; }

  /// A check that shares nothing with another one but the machine.
  pid_t start_check(const std::string& name) {
    const std::string place = root() + "/" + name;
    return start_program(
        {MELISAI_BIN_DIR "/melisai-gate", "check", "--profile", "none", "-C", repo(), "--base",
         "HEAD^", "--max-pairs", "6", "--collectors", "off", "--exact=off", "--fail-on", "never",
         "--output-dir", place + "-out", "--state-dir", place + "-state"},
        root(), {.out = place + ".out", .err = place + ".err"});
  }
  static int end_of(pid_t pid) {
    int status = -1;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  }
};

TEST_F(Machine, TwoChecksNeverTimeAtOnce) {
  write_jealous_benchmark();
  const pid_t first = start_check("first");
  const pid_t second = start_check("second");
  EXPECT_EQ(end_of(first), 0);
  EXPECT_EQ(end_of(second), 0);
  EXPECT_FALSE(std::filesystem::exists(overlap()));
}

TEST_F(Machine, ACheckWaitsAndSaysForWhomUntilItsTimeIsUp) {
  write_pipeline("true", "measure: { machine_wait: 1s }\n");
  commit("one");
  commit("two");
  const OtherProcess holder([this] { claim_for_ever(machine_lock()); });
  const Ran ran = check({"--base", "HEAD^"});
  EXPECT_EQ(ran.code, 4) << ran.err;
  EXPECT_EQ(report()["verdict"], "error");
  EXPECT_EQ(report()["reason_code"], "busy");
  EXPECT_THAT(ran.err, HasSubstr("waiting: another melisai-gate measures on this machine (pid " +
                                 std::to_string(holder.pid())));
}

TEST_F(Machine, AGateInsideAStageOfAnotherDoesNotWaitForItself) {
  write("inner.sh",
        "#!/bin/sh\nexec " MELISAI_BIN_DIR
        "/melisai-gate ab --max-pairs 4 --fail-on never --collectors off --exact off --output-dir "
        "inner-out --state-dir inner-state -- true -- true\n");
  write(
      ".melisai-gate.yaml",
      "version: 1\npipelines:\n"
      "  build: { trigger: on_commit, run: ./inner.sh, env: { MELISAI_MACHINE_LOCK: " +
          machine_lock() +
          " } }\n"
          "  benchmark:\n    trigger: after_build\n    benchmarks: [{ name: b, run: \"true\" }]\n");
  commit("one");
  commit("two");
  const Ran ran = check({"--base", "HEAD^", "--max-pairs", "4", "--fail-on", "never"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  std::ifstream log(output() + "/logs/head-build.log");
  const std::string said{std::istreambuf_iterator<char>(log), {}};
  EXPECT_THAT(said, HasSubstr("runs inside a stage of another melisai-gate"));
}

TEST_F(Machine, WithoutAUsableLockACheckGoesOnAndItsReportSaysSo) {
  write_pipeline("true");
  commit("one");
  commit("two");
  setenv("MELISAI_MACHINE_LOCK", (root() + "/missing/machine.lock").c_str(), 1);
  EXPECT_EQ(check({"--base", "HEAD^", "--max-pairs", "4", "--fail-on", "never"}).code, 0);
  EXPECT_THAT(report()["warnings"].dump(), HasSubstr("other gates on this machine may disturb"));
}

}  // namespace
}  // namespace melisai::e2e
