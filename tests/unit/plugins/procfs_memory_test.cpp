#include <gmock/gmock.h>

#include "tests/unit/plugins/host_fixture.h"

namespace melisai::plugins::procfs {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;

TEST(MemoryPart, SaysWhatMemoryHoldsAndWhatItCost) {
  const Host host("memory");
  expect_golden_host("memory", host.window(make_memory));
}

TEST(MemoryPart, LeavesOutWhatIsMissing) {
  const Host host("memory");
  host.put("proc/meminfo", "MemTotal: 1000 kB\nMemFree: x kB\nSwapTotal: 10 kB\n");
  host.put("proc/vmstat", "pgfault 7\n");
  for (const char* path : {"proc/sys", "proc/pressure", "proc/buddyinfo", "sys"}) host.remove(path);
  const Findings findings = host.window(make_memory, [] {});
  EXPECT_EQ(findings.data.dump(), R"({"total_bytes":1024000,"swap_total_bytes":10240})");
  EXPECT_TRUE(findings.errors.empty());
}

TEST(MemoryPart, CountsOnlyWhatTheWindowAdded) {
  const Host host("memory");
  const Findings findings = host.window(make_memory, [] {});
  EXPECT_EQ(findings.data["major_faults"], 0);
  EXPECT_EQ(findings.data["reclaim"]["pgscan_direct"], 0);
  EXPECT_EQ(findings.data["reclaim"]["direct_reclaim_rate"], 0);
  EXPECT_EQ(findings.data["psi_some_window_pct"], 0);
  // Nothing was allocated, so nothing missed its node; misses since boot are not of the window.
  EXPECT_FALSE(findings.data["numa_nodes"][0].contains("miss_ratio"));
}

TEST(MemoryPart, TakesCountersThatStartedAnewAsUnchanged) {
  const Host host("memory");
  const Findings findings = host.window(make_memory, [&] {
    host.put("proc/vmstat", "pgfault 5\npgmajfault 1\npgscan_direct 3\n");
    host.put("sys/devices/system/node/node0/numastat", "numa_hit 1\nnuma_miss 1\n");
  });
  EXPECT_EQ(findings.data["major_faults"], 0);
  EXPECT_EQ(findings.data["minor_faults"], 0);
  EXPECT_EQ(findings.data["reclaim"]["direct_reclaim_rate"], 0);
  EXPECT_FALSE(findings.data["reclaim"].contains("compact_stall"));
  EXPECT_EQ(findings.data["numa_nodes"][0]["numa_miss"], 1);
}

TEST(MemoryPart, HasNoCountersOfANodeThatCame) {
  const Host host("memory");
  const Findings findings = host.window(make_memory, [&] {
    host.put("sys/devices/system/node/node2/numastat", "numa_hit 10\nnuma_miss 10\n");
  });
  ASSERT_EQ(findings.data["numa_nodes"].size(), 3u);
  EXPECT_EQ(findings.data["numa_nodes"][2].dump(), R"({"node":2})");
}

TEST(MemoryPart, SaysThatItCannotReadItsFile) {
  const Host host("memory");
  host.remove("proc");
  host.remove("sys");
  const Findings findings = host.window(make_memory, [] {});
  EXPECT_TRUE(findings.data.empty()) << findings.data;
  EXPECT_THAT(findings.errors, ElementsAre(EndsWith("/proc/meminfo: cannot be read")));
}

TEST(MemoryPart, SamplesSizesAtEachMomentAndRatesOfEachInterval) {
  const Host host("memory");
  const auto part = make_memory(host.options());
  part->start(std::chrono::seconds(0));
  host.put("proc/vmstat", "pswpout 100\n");
  part->sample(std::chrono::seconds(1));
  host.become("after");
  const Findings findings = part->stop(std::chrono::seconds(2));
  const auto& samples = findings.data["samples"];
  EXPECT_EQ(samples["swap_out_pages_per_sec"].dump(),
            R"({"n":2,"min":0.0,"max":200.0,"mean":100.0,"p50":0.0,"p90":200.0,"p99":200.0})");
  EXPECT_EQ(samples["swap_used_bytes"]["min"], 0);
  EXPECT_EQ(samples["swap_used_bytes"]["max"], 268435456);
}

// Of so short an interval a rate says nothing.
TEST(MemoryPart, TakesNoRateOfLessThanATenthOfASecond) {
  const auto intervals = [](Time sampled, Time stopped) {
    const Host host("memory");
    const auto part = make_memory(host.options());
    part->start(Time(0));
    part->sample(sampled);
    return part->stop(stopped).data["samples"]["swap_out_pages_per_sec"]["n"];
  };
  using std::chrono::milliseconds;
  EXPECT_EQ(intervals(milliseconds(99), milliseconds(1000)), 1);
  EXPECT_EQ(intervals(milliseconds(100), milliseconds(1000)), 2);
  EXPECT_EQ(intervals(milliseconds(1000), milliseconds(1099)), 1);
  EXPECT_EQ(intervals(milliseconds(1000), milliseconds(1100)), 2);
}

}  // namespace
}  // namespace melisai::plugins::procfs
