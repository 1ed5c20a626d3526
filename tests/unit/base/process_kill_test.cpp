// Ends that the workload does not choose: deadline, interrupt, a killed gate, a killed runner.
// Nothing may survive any of them, with a cgroup and without.
#include <gmock/gmock.h>

#include <sstream>

#include "tests/unit/base/process_fixture.h"

namespace melisai::process_test {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::Truly;

// Two daemons: one in a session of its own, one that its parent has left as well. Their ids go to
// the file "pids".
constexpr const char* kDaemons =
    "setsid sh -c 'echo $$ >> pids; trap \"\" TERM; sleep 1000 & echo $! >> pids; wait' & "
    "(setsid sh -c 'echo $$ >> pids; exec sleep 1000' &) ; "
    "until [ \"$(wc -l < pids)\" = 3 ]; do sleep 0.01; done; ";

class RunnerKill : public ProcessFixture, public ::testing::WithParamInterface<CgroupMode> {
 protected:
  Command shell(const std::string& script) const {
    Command command = ProcessFixture::shell("touch pids; " + script);
    command.cgroup = GetParam();
    return command;
  }
  /// Runs it into a deadline that came when it was all there: its script says so in "ready". On a
  /// busy machine the first one may come before the shell has even read its script.
  Exit run_past_deadline(Command& command) {
    constexpr Milliseconds kFirst{300}, kPatience{60'000};
    for (command.timeout = kFirst;; command.timeout *= 4) {
      for (const char* name : {"ready", "pids"}) std::filesystem::remove(path(name));
      const Exit exit = run_ok(command);
      const bool ready = std::filesystem::exists(path("ready"));
      if (ready || command.timeout > kPatience) {
        EXPECT_TRUE(ready);
        return exit;
      }
    }
  }
  void expect_all_gone(std::size_t count) const {
    const std::vector<pid_t> pids = pids_in(path("pids"));
    EXPECT_THAT(pids, SizeIs(count));
    EXPECT_THAT(pids, Each(Truly(gone)));
  }
};

INSTANTIATE_TEST_SUITE_P(Cgroup, RunnerKill,
                         ::testing::Values(CgroupMode::automatic, CgroupMode::off),
                         [](const auto& mode) {
                           return mode.param == CgroupMode::off ? "Off" : "Automatic";
                         });

TEST_P(RunnerKill, ATreeThatIgnoresTermEndsAfterTheGrace) {
  Command deaf = shell(
      "trap '' TERM; echo $$ >> pids; (while :; do sleep 0.01; done) & echo $! >> pids; "
      "touch ready; wait");
  deaf.grace = Milliseconds(200);
  const Exit exit = run_past_deadline(deaf);
  EXPECT_EQ(exit.end, Exit::End::timed_out);
  const std::chrono::nanoseconds wall(exit.usage.wall_time_ns);
  EXPECT_GE(wall, deaf.timeout + deaf.grace);
  EXPECT_LT(wall, deaf.timeout + std::chrono::seconds(10));
  expect_all_gone(2);
}

TEST_P(RunnerKill, TermComesFirstSoThatAWorkloadCanTidyUp) {
  Command polite =
      shell("trap 'touch tidied; exit 0' TERM; touch ready; while :; do sleep 0.01; done");
  polite.grace = Milliseconds(30'000);
  const Exit exit = run_past_deadline(polite);
  EXPECT_EQ(exit.end, Exit::End::timed_out);
  EXPECT_LT(std::chrono::nanoseconds(exit.usage.wall_time_ns), polite.timeout + polite.grace);
  EXPECT_TRUE(std::filesystem::exists(path("tidied")));
}

/// Starts a daemon that writes its id when it is ready, and ends with 5 when the daemon has tidied
/// up.
std::string waits_for(const std::string& daemon) {
  return "setsid sh -c '" + daemon +
         "' & trap '' TERM; until [ -s pids ]; do sleep 0.01; done; echo x > ready; "
         "while :; do [ -e tidied ] && exit 5; sleep 0.01; done";
}

TEST_P(RunnerKill, TermReachesDaemonsToo) {
  Command command = shell(
      waits_for("trap \"touch tidied; exit\" TERM; echo $$ >> pids; while :; do sleep 0.01; done"));
  command.grace = Milliseconds(30'000);
  const auto signaller = when_written(path("ready"), [] { kill(getpid(), SIGTERM); });
  const Exit exit = run_ok(command);
  EXPECT_EQ(exit.end, Exit::End::interrupted);
  EXPECT_EQ(exit.code, 5);
  expect_all_gone(1);
}

// The daemon answers while its many deaf children are still being asked to end.
TEST_P(RunnerKill, WhatADaemonStartsToTidyUpIsLeftAlone) {
  Command command = shell(
      waits_for("trap \"\" TERM; i=0; while [ $i -lt 400 ]; do sleep 1000 & i=$((i+1)); done; "
                "trap \"sh -c \\\"sleep 0.1; touch tidied\\\"; exit\" TERM; echo $$ >> pids; "
                "while :; do :; done"));
  command.grace = Milliseconds(10'000);
  const auto signaller = when_written(path("ready"), [] { kill(getpid(), SIGTERM); });
  EXPECT_EQ(run_ok(command).code, 5);
  expect_all_gone(1);
}

TEST_P(RunnerKill, DaemonsDieWithTheirWorkload) {
  const Exit exit = run_ok(shell(std::string(kDaemons) + "exit 4"));
  EXPECT_EQ(exit.end, Exit::End::exited);
  EXPECT_EQ(exit.code, 4);
  EXPECT_EQ(exit.stray_processes, 3);
  expect_all_gone(3);
}

TEST_P(RunnerKill, DaemonsDieAtTheDeadline) {
  Command command = shell(std::string(kDaemons) + "touch ready; sleep 1000");
  EXPECT_EQ(run_past_deadline(command).end, Exit::End::timed_out);
  expect_all_gone(3);
}

TEST_P(RunnerKill, AnEndedChildIsNoStray) {
  EXPECT_EQ(run_ok(shell("(exit 0) & wait; true")).stray_processes, 0);
}

TEST_P(RunnerKill, AGrandchildThatHoldsTheOutputDoesNotDelayTheEnd) {
  const auto start = steady_clock::now();
  EXPECT_TRUE(run_ok(shell("setsid sleep 1000 & echo $! >> pids; echo done")).ok());
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(3));
  EXPECT_EQ(output(), "done\n");
  expect_all_gone(1);
}

TEST_P(RunnerKill, AnInterruptEndsTheTreeSoon) {
  const auto start = steady_clock::now();
  const auto signaller = when_written(path("ready"), [] { kill(getpid(), SIGTERM); });
  const Exit exit = run_ok(
      shell(std::string(kDaemons) + "echo x > ready; trap '' TERM; while :; do sleep 0.01; done"));
  EXPECT_EQ(exit.end, Exit::End::interrupted);
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(10));
  expect_all_gone(3);
}

TEST_P(RunnerKill, NothingSurvivesAKilledGate) {
  const pid_t gate = fork();
  if (gate == 0) {
    [[maybe_unused]] const Result<Exit> never = run(shell(
        std::string(kDaemons) + "echo $PPID >> pids; echo $$ >> pids; echo x > ready; sleep 1000"));
    _exit(0);
  }
  ASSERT_TRUE(eventually([&] { return !read_all(path("ready")).empty(); }));
  kill(gate, SIGKILL);
  waitpid(gate, nullptr, 0);
  const std::vector<pid_t> pids = pids_in(path("pids"));  // the runner's own among them
  EXPECT_THAT(pids, SizeIs(5));
  for (const pid_t pid : pids) EXPECT_TRUE(eventually([pid] { return gone(pid); })) << pid;
}

TEST_P(RunnerKill, AKilledRunnerIsAnErrorAndTakesTheWorkloadAlong) {
  const Result<Exit> result =
      run(shell("echo $$ >> pids; sleep 1000 & echo $! >> pids; kill -KILL $PPID; sleep 1000"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::process);
  EXPECT_THAT(result.error().message, HasSubstr("Killed without a report"));
  const std::vector<pid_t> pids = pids_in(path("pids"));
  EXPECT_THAT(pids, SizeIs(2));
  for (const pid_t pid : pids) EXPECT_TRUE(eventually([pid] { return gone(pid); })) << pid;
}

// Waits until $pid is gone; exit code 9 when that takes ten seconds.
constexpr const char* kWaitUntilGone =
    "i=0; while kill -0 $pid 2>/dev/null; do i=$((i+1)); [ $i -gt 1000 ] && exit 9; sleep 0.01; "
    "done; exit 0";

TEST_P(RunnerKill, AnEndedDaemonIsReapedWhileTheWorkloadRuns) {
  EXPECT_EQ(
      run_ok(shell(std::string(
                       "(sh -c 'echo $$ >> pids' &) ; until [ -s pids ]; do sleep 0.01; done; ") +
                   "pid=$(cat pids); " + kWaitUntilGone))
          .code,
      0);
}

TEST_P(RunnerKill, ExecThatIsKilledTakesItsLeaderAlongWithoutHelp) {
  Command outer =
      shell(std::string("\"$@\" & until [ -s pids ]; do sleep 0.01; done; kill -KILL $!; ") +
            "pid=$(cat pids); " + kWaitUntilGone);
  outer.argv.insert(outer.argv.end(), {"sh", kExecPath, "--cgroup", "off", "--", "sh", "-c",
                                       "echo $$ >> pids; exec sleep 1000"});
  EXPECT_EQ(run_ok(outer).code, 0);
}

class RunnerInterrupt : public ProcessFixture {};

TEST_F(RunnerInterrupt, BeforeTheStartStartsNothing) {
  raise(SIGINT);
  const Exit exit = run_ok(shell("touch started"));
  EXPECT_EQ(exit.end, Exit::End::interrupted);
  EXPECT_FALSE(std::filesystem::exists(path("started")));
}

// The cgroup of the workload, where one could be made.
class RunnerCgroup : public ProcessFixture {
 protected:
  static std::string mount_point() {
    std::ifstream mounts("/proc/self/mounts");
    for (std::string line; std::getline(mounts, line);) {
      std::istringstream fields(line);
      std::string device, point, type;
      fields >> device >> point >> type;
      if (type == "cgroup2") return point;
    }
    return "";
  }
  // Runs a script that finds its own cgroup in $cg and the root of the hierarchy in $root.
  Exit run_in_cgroup(const std::string& script) {
    return run_ok(shell("root=" + mount_point() +
                        "; cg=$root$(sed -n s/^0:://p /proc/self/cgroup); echo $cg > cg; " +
                        script));
  }
  std::string cgroup() const {
    std::string text = read_all(path("cg"));
    return text.substr(0, text.find('\n'));
  }
};

TEST_F(RunnerCgroup, IsMadeForTheRunAndRemovedAfterIt) {
  const Exit exit = run_in_cgroup("cat $cg/cgroup.pressure 2>/dev/null || echo 0");
  if (!exit.in_cgroup) GTEST_SKIP() << "no cgroup can be made here";
  EXPECT_THAT(cgroup(), HasSubstr("/melisai-gate-"));
  EXPECT_FALSE(std::filesystem::exists(cgroup()));
  EXPECT_EQ(output(), "0\n");  // no pressure accounting
}

TEST_F(RunnerCgroup, IsNotMadeWhenOff) {
  Command off = command({"sed", "-n", "s/^0:://p", "/proc/self/cgroup"});
  off.cgroup = CgroupMode::off;
  EXPECT_FALSE(run_ok(off).in_cgroup);
  EXPECT_EQ(output().find("melisai-gate"), std::string::npos);
}

TEST_F(RunnerCgroup, IsRemovedWithEverythingTheWorkloadMadeInIt) {
  const Exit exit = run_in_cgroup(
      "mkdir -p $cg/a/b 2>/dev/null; sleep 1000 & echo $! > pids; echo $! > $cg/a/b/cgroup.procs; "
      "exit 0");
  if (!exit.in_cgroup) GTEST_SKIP() << "no cgroup can be made here";
  EXPECT_FALSE(std::filesystem::exists(cgroup()));
  EXPECT_THAT(pids_in(path("pids")), Each(Truly(gone)));
}

TEST_F(RunnerCgroup, AnEscapeIsKilledAndCounted) {
  const Exit exit = run_in_cgroup(
      "setsid sleep 1000 & echo $! > pids; echo $! > $root/cgroup.procs; "
      "grep -q '^0::/$' /proc/$!/cgroup && touch escaped; exit 0");
  if (!std::filesystem::exists(path("escaped"))) GTEST_SKIP() << "nobody can leave a cgroup here";
  EXPECT_EQ(exit.stray_processes, 1);
  EXPECT_THAT(pids_in(path("pids")), Each(Truly(gone)));
}

TEST_F(RunnerCgroup, IsRemovedWhenTheRunnerWasKilled) {
  const Result<Exit> result = run(shell("root=" + mount_point() +
                                        "; echo $root$(sed -n s/^0:://p /proc/self/cgroup) > cg; "
                                        "kill -KILL $PPID; sleep 1000"));
  ASSERT_FALSE(result);
  if (cgroup().find("/melisai-gate-") == std::string::npos)
    GTEST_SKIP() << "no cgroup can be made here";
  EXPECT_FALSE(std::filesystem::exists(cgroup()));
}

}  // namespace
}  // namespace melisai::process_test
