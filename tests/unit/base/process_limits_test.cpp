// Limits of a process tree. Which way there is depends on the machine; what must hold does not.
#include <gmock/gmock.h>

#include "tests/unit/base/process_fixture.h"

namespace melisai::process_test {
namespace {

constexpr Bytes kMebibyte = 1 << 20;

class ProcessLimits : public ProcessFixture {
 protected:
  /// Takes 256 MiB and uses it; then ends well, whatever became of that.
  static constexpr const char* kHog = "head -c 256M /dev/zero | tail -c 256M | wc -c; exit 0";

  Exit run_limited(const std::string& script, const TreeLimits& limits,
                   CgroupMode cgroup = CgroupMode::automatic) {
    Command limited = shell(script);
    limited.limits = limits;
    limited.cgroup = cgroup;
    return run_ok(limited);
  }
  /// Whether the hog got what it wanted.
  bool had_enough() const { return output() == std::to_string(256 * kMebibyte) + "\n"; }
};

TEST_F(ProcessLimits, AreNotThereUnasked) {
  const Exit exit = run_limited("exit 0", {});
  EXPECT_EQ(exit.memory_limit, Enforced::not_asked);
  EXPECT_EQ(exit.cpu_limit, Enforced::not_asked);
  EXPECT_FALSE(exit.memory_exceeded);
}

TEST_F(ProcessLimits, OfMemoryEndWhatPassesThem) {
  const Exit enough = run_limited(kHog, {.memory_max = 1024 * kMebibyte});
  if (enough.memory_limit != Enforced::by_cgroup)
    GTEST_SKIP() << "no memory cgroup can be made here";
  EXPECT_FALSE(enough.memory_exceeded);
  EXPECT_TRUE(had_enough());
  const Exit little = run_limited(kHog, {.memory_max = 64 * kMebibyte});
  EXPECT_TRUE(little.memory_exceeded);
  EXPECT_FALSE(had_enough());
}

TEST_F(ProcessLimits, OfMemoryAreForAllProcessesTogether) {
  const TreeLimits limits{.memory_max = 100 * kMebibyte};
  // `tail` keeps 70 MiB until the end of its input, a second later.
  const std::string one = "{ head -c 70M /dev/zero; sleep 1; } | tail -c 70M | wc -c";
  const Exit alone = run_limited(one, limits);
  if (alone.memory_limit != Enforced::by_cgroup)
    GTEST_SKIP() << "no memory cgroup can be made here";
  EXPECT_FALSE(alone.memory_exceeded);
  EXPECT_TRUE(run_limited(one + " & " + one + "; wait", limits).memory_exceeded);
}

TEST_F(ProcessLimits, OfProcessesRefuseMoreAndSaySo) {
  // `sh` gives up at the first that it cannot start; the others end with the workload.
  const std::string storm = "for i in 1 2 3 4 5 6 7 8 9 10; do sleep 60 & done; exit 3";
  const Exit enough = run_limited(storm, {.processes_max = 40});
  if (enough.processes_limit != Enforced::by_cgroup)
    GTEST_SKIP() << "no cgroup that counts processes can be made here";
  EXPECT_EQ(enough.code, 3);
  EXPECT_FALSE(enough.processes_exceeded);
  const Exit few = run_limited(storm, {.processes_max = 5});
  EXPECT_TRUE(few.processes_exceeded);
  EXPECT_NE(few.code, 3);
  EXPECT_LT(few.stray_processes, 5);
  EXPECT_NE(describe(few, Milliseconds(1)).find("limit of 5 processes"), std::string::npos);
}

TEST_F(ProcessLimits, OfFilesHoldForEachProcess) {
  const Exit exit = run_limited("ulimit -n; head -c 2M /dev/zero > large",
                                {.file_size_max = kMebibyte, .open_files_max = 100});
  EXPECT_EQ(output(), "100\n");
  EXPECT_FALSE(exit.ok());
  EXPECT_EQ(std::filesystem::file_size(path("large")), kMebibyte);
}

TEST_F(ProcessLimits, OfCpusSlowDown) {
  const Exit exit =
      run_limited("i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done", {.cpus_max = 0.25});
  if (exit.cpu_limit != Enforced::by_cgroup) GTEST_SKIP() << "no CPU cgroup can be made here";
  EXPECT_GT(exit.usage.wall_time_ns, 2 * exit.usage.cpu_time_ns);
}

TEST_F(ProcessLimits, OfMoreCpusThanThereAreAreNone) {
  EXPECT_EQ(run_limited("exit 0", {.cpus_max = 4096}).cpu_limit, Enforced::not_asked);
}

TEST_F(ProcessLimits, WithoutACgroupDoNotHoldAndSaySo) {
  const Exit exit = run_limited(
      kHog, {.memory_max = 64 * kMebibyte, .cpus_max = 0.5, .processes_max = 100}, CgroupMode::off);
  EXPECT_EQ(exit.memory_limit, Enforced::no);
  EXPECT_EQ(exit.processes_limit, Enforced::no) << "all of this user would count";
  EXPECT_EQ(exit.cpu_limit, Enforced::no);
  EXPECT_TRUE(had_enough());
}

TEST_F(ProcessLimits, WithoutACgroupCanHoldForEachProcess) {
  const Exit exit =
      run_limited(kHog, {.memory_max = 64 * kMebibyte, .per_process = true}, CgroupMode::off);
  EXPECT_EQ(exit.memory_limit, Enforced::per_process);
  EXPECT_FALSE(exit.memory_exceeded) << "nobody can know";
  EXPECT_FALSE(had_enough());
}

TEST_F(ProcessLimits, LeaveNoCgroupBehind) {
  run_limited("grep -o 'melisai-gate-[0-9a-f-]*' /proc/self/cgroup",
              {.memory_max = 64 * kMebibyte, .cpus_max = 0.5, .processes_max = 100});
  std::istringstream names(output());
  for (std::string name; std::getline(names, name);) {
    run_ok(command({"find", "/sys/fs/cgroup", "-name", name}));
    EXPECT_EQ(output(), "");
  }
}

TEST_F(ProcessLimits, LeaveNoCgroupBehindWhenTheHelperIsKilled) {
  Command limited = shell("cat /proc/self/cgroup > own; sleep 0.3; kill -9 $PPID; sleep 100");
  limited.limits = {.memory_max = 64 * kMebibyte, .cpus_max = 0.5, .processes_max = 100};
  EXPECT_FALSE(run(limited));
  std::istringstream lines(read_all(path("own")));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t at = line.find("melisai-gate-");
    if (at == std::string::npos) continue;
    run_ok(command({"find", "/sys/fs/cgroup", "-name", line.substr(at)}));
    EXPECT_EQ(output(), "");
  }
}

}  // namespace
}  // namespace melisai::process_test
