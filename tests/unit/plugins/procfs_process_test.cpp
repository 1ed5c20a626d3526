#include <gmock/gmock.h>
#include <unistd.h>

#include "plugins/procfs/cgroup.h"
#include "tests/unit/plugins/host_fixture.h"

namespace melisai::plugins::procfs {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

// Process 40 ends in the window.
Findings processes(const Host& host, const Options& options) {
  return host.window(make_process, options, [&] {
    host.become("after");
    host.remove("proc/40");
  });
}

std::vector<std::int64_t> pids_of(const nlohmann::ordered_json& list) {
  std::vector<std::int64_t> pids;
  for (const auto& entry : list) pids.push_back(entry["pid"]);
  return pids;
}

TEST(ProcessPart, ListsWhoUsedTheCpusAndWhoHoldsTheMemory) {
  if (sysconf(_SC_PAGESIZE) != 4096 || sysconf(_SC_CLK_TCK) != 100)
    GTEST_SKIP() << "the golden file is of pages of 4096 bytes and ticks of 10 ms";
  const Host host("process");
  Options options = host.options();
  options.observer_pids = {30, 99};
  options.target_pid = 10;
  expect_golden_host("process", processes(host, options));
}

TEST(ProcessPart, ExcludesObserversAndWhatTheyStartedAlsoWhenTheyAreOrphans) {
  const Host host("process");
  Options options = host.options();
  options.observer_pids = {30};
  const Findings findings = processes(host, options);
  EXPECT_THAT(findings.data["excluded_pids"], ElementsAre(10, 30, 31, 50));
  EXPECT_THAT(pids_of(findings.data["top_by_cpu"]), ElementsAre(20, 60));
}

TEST(ProcessPart, DoesNotMistakeANewOwnerOfANumberForTheOldOne) {
  const Host host("process");
  Options options = host.options();
  options.observer_pids = {60};  // in the end another process
  host.put("proc/61/stat", "61 (sub) S 60 1 1 0 -1 0 0 0 0 0 9 0 0 0 20 0 1 0 345 1 1 0\n");
  const Findings findings = processes(host, options);
  EXPECT_THAT(findings.data["excluded_pids"], ElementsAre(60, 61));
  options.observer_pids = {61};
  EXPECT_THAT(host.window(make_process, options,
                          [&] {
                            host.put(
                                "proc/61/stat",
                                "61 (sub) S 1 1 1 0 -1 0 0 0 0 0 9 0 0 0 20 0 1 0 9345 1 1 0\n");
                          })
                  .data["excluded_pids"],
              ElementsAre(61));
}

TEST(ProcessPart, NarrowsTheListsToTreesAndCgroups) {
  const Host host("process");
  Options options = host.options();
  options.pids = {10};
  Findings findings = processes(host, options);
  EXPECT_THAT(pids_of(findings.data["top_by_mem"]), ElementsAre(10, 50));
  EXPECT_EQ(findings.data["total_processes"], 9);

  options.pids = {};
  options.cgroups = {"/bench"};  // and not /bench2
  EXPECT_THAT(pids_of(processes(host, options).data["top_by_mem"]), ElementsAre(10, 50));

  host.put("sys/fs/cgroup/cgroup.controllers", "cpu\n");
  options.cgroups = {options.sys_root + "/fs/cgroup/bench/sub"};
  EXPECT_THAT(pids_of(processes(host, options).data["top_by_mem"]), ElementsAre(50));
}

TEST(ProcessPart, CountsChildrenThatEndedOnlyForTheRootOfTheObservedTree) {
  const Host host("process");
  Options options = host.options();
  EXPECT_EQ(processes(host, options).data["top_by_mem"][0]["cpu_pct"], 50);
  host.become("before");
  options.target_pid = 10;
  EXPECT_EQ(processes(host, options).data["top_by_mem"][0]["cpu_pct"], 100);
}

TEST(ProcessPart, SaysThatAProcessIsNotThere) {
  const Host host("process");
  Options options = host.options();
  options.pids = {12345};
  const Findings findings = host.window(make_process, options);
  EXPECT_THAT(findings.errors, ElementsAre("process 12345: not there"));
  EXPECT_THAT(findings.data["top_by_cpu"], IsEmpty());
}

TEST(ProcessPart, ListsTwentyOfMany) {
  const Host host("process");
  for (int pid = 100; pid < 150; ++pid)
    host.put("proc/" + std::to_string(pid) + "/stat",
             std::to_string(pid) + " (many) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 1 " +
                 std::to_string(1'000'000 + pid) + " 0\n");
  const auto top = pids_of(host.window(make_process).data["top_by_mem"]);
  ASSERT_EQ(top.size(), 20u);
  EXPECT_EQ(top.front(), 149);
  EXPECT_EQ(top.back(), 130);
}

TEST(ProcessPart, SaysThatThereIsNothingToRead) {
  const Host host("process");
  host.remove("proc");
  const Findings findings = host.window(make_process, [] {});
  EXPECT_TRUE(findings.data.empty());
  EXPECT_THAT(findings.errors, ElementsAre(EndsWith("/proc: no process can be read")));
}

TEST(ProcessPart, ExcludesItselfOnTheLiveHost) {
  const auto part = make_process(Options());
  part->start(std::chrono::seconds(0));
  const Findings findings = part->stop(std::chrono::seconds(1));
  EXPECT_THAT(findings.data["excluded_pids"], Contains(getpid()));
  EXPECT_GE(findings.data["total_processes"], 1);
}

}  // namespace
}  // namespace melisai::plugins::procfs
