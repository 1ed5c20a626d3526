// What a run costs: exact where the kernel counts, and nothing of the gate's own in it.
#include <gmock/gmock.h>

#include <algorithm>
#include <vector>

#include "tests/unit/base/process_fixture.h"

namespace melisai::process_test {
namespace {

using ::testing::HasSubstr;

class RunnerUsage : public ProcessFixture {};

TEST_F(RunnerUsage, WallTimeIsThatOfTheWorkload) {
  const Usage usage = run_ok(command({"sleep", "0.2"})).usage;
  EXPECT_GE(usage.wall_time_ns, 200'000'000);
  EXPECT_LT(usage.wall_time_ns, 5'000'000'000);
  EXPECT_LT(usage.cpu_time_ns, 100'000'000);
}

TEST_F(RunnerUsage, CpuTimeIncludesChildren) {
  const std::string work = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done";
  // The cheapest of five: a stolen or throttled CPU makes one dearer by any factor, never cheaper.
  std::int64_t one = INT64_MAX;
  for (int run = 0; run < 5; ++run) one = std::min(one, run_ok(shell(work)).usage.cpu_time_ns);
  EXPECT_GT(one, 10'000'000);
  const Exit three = run_ok(shell("(" + work + ") & (" + work + ") & " + work + "; wait"));
  EXPECT_GT(three.usage.cpu_time_ns, 2 * one);
}

TEST_F(RunnerUsage, PeakMemoryIsNotThatOfTheGate) {
  std::vector<char> ballast(200 << 20, 'x');
  const Usage usage = run_ok(command({"true"})).usage;
  EXPECT_GT(usage.peak_rss_bytes, 100 << 10);
  EXPECT_LT(usage.peak_rss_bytes, 10 << 20);
  EXPECT_EQ(ballast[ballast.size() / 2], 'x');
}

TEST_F(RunnerUsage, PeakMemoryIsThatOfTheLargestProcess) {
  // dd fills a buffer of one block.
  const Usage usage =
      run_ok(shell("dd if=/dev/zero of=/dev/null bs=64M count=1 2>/dev/null; true")).usage;
  EXPECT_GT(usage.peak_rss_bytes, 64 << 20);
  EXPECT_GT(usage.minor_faults, 100);
}

TEST_F(RunnerUsage, CountsBytesOfTheWholeTreeExactly) {
  Command head = shell("head -c 1000000 /dev/zero; head -c 500000 /dev/zero >&2");
  const Usage once = run_ok(head).usage;
  if (!once.rchar_bytes) GTEST_SKIP() << "this kernel does not count I/O (/proc/self/io)";
  EXPECT_GE(*once.rchar_bytes, 1'500'000);
  EXPECT_LT(*once.rchar_bytes, 1'600'000);
  EXPECT_EQ(once.wchar_bytes, 1'500'000);
  for (const CgroupMode mode : {CgroupMode::automatic, CgroupMode::off}) {
    head.cgroup = mode;
    const Usage again = run_ok(head).usage;
    EXPECT_EQ(again.rchar_bytes, once.rchar_bytes);
    EXPECT_EQ(again.wchar_bytes, once.wchar_bytes);
  }
}

TEST_F(RunnerUsage, ATrivialProgramCostsTheSameBytesEachTime) {
  const Usage once = run_ok(command({"true"})).usage;
  if (!once.rchar_bytes) GTEST_SKIP() << "this kernel does not count I/O (/proc/self/io)";
  EXPECT_EQ(once.wchar_bytes, 0);
  for (int i = 0; i < 10; ++i) {
    const Usage again = run_ok(command({"true"})).usage;
    EXPECT_EQ(again.rchar_bytes, once.rchar_bytes);
    EXPECT_EQ(again.wchar_bytes, 0);
  }
}

TEST_F(RunnerUsage, OrphansThatEndEarlierAreNotCounted) {
  // The writer is nobody's child when it ends: its bytes are no cost of the workload.
  const Usage usage = run_ok(shell("(sh -c 'head -c 700000 /dev/zero > big; touch done' &) ; "
                                   "until [ -e done ]; do :; done"))
                          .usage;
  if (!usage.wchar_bytes) GTEST_SKIP() << "this kernel does not count I/O (/proc/self/io)";
  EXPECT_LT(*usage.wchar_bytes, 700'000);
}

TEST_F(RunnerUsage, CountsBytesWithoutPrivileges) {
  if (geteuid() != 0) GTEST_SKIP() << "the other tests already run without privileges";
  const Exit exit = run_ok(command({"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                                    kExecPath, "--", "head", "-c", "1000000", "/dev/zero"}));
  if (exit.code != 0) GTEST_SKIP() << "nobody cannot run " << kExecPath;
  EXPECT_THAT(output(), HasSubstr("\"wchar_bytes\":1000000,"));
}

TEST_F(RunnerUsage, CountsBytesThatReachTheDisk) {
  const Usage usage = run_ok(shell("head -c 1000000 /dev/zero > big")).usage;
  if (!usage.write_bytes || *usage.write_bytes == 0)
    GTEST_SKIP() << "the temporary directory is in memory";
  EXPECT_GE(*usage.write_bytes, 1'000'000);
  EXPECT_LT(*usage.write_bytes, 2'000'000);
}

TEST_F(RunnerUsage, CountsTasksOnlyWhenAsked) {
  Command threads = command({MELISAI_THREADS_PROBE, "6"});
  EXPECT_EQ(run_ok(threads).usage.tasks_max, std::nullopt);
  threads.count_tasks = true;
  EXPECT_EQ(run_ok(threads).usage.tasks_max, 7);
}

TEST_F(RunnerUsage, CountsTasksOfTheProcessWithMost) {
  Command nested =
      shell(std::string(MELISAI_THREADS_PROBE) + " 3 & " + MELISAI_THREADS_PROBE + " 5; wait");
  nested.count_tasks = true;
  EXPECT_EQ(run_ok(nested).usage.tasks_max, 6);
}

TEST_F(RunnerUsage, KnowsTheRunDelayOfAProgramButNotOfOneThatRanOthers) {
  EXPECT_TRUE(run_ok(command({"sleep", "0.01"})).usage.run_delay_ns.has_value());
  EXPECT_FALSE(run_ok(shell("sleep 0.01; true")).usage.run_delay_ns.has_value())
      << "the queueing of the children can no longer be read";
}

TEST_F(RunnerUsage, CountsSwitchesOfASleeper) {
  const Usage usage = run_ok(shell("sleep 0.01; sleep 0.01; sleep 0.01")).usage;
  EXPECT_GE(usage.voluntary_switches, 3);
}

}  // namespace
}  // namespace melisai::process_test
