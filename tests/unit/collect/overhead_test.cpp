// What watching costs, from /proc as a fixture shows it.
#include <gtest/gtest.h>

#include <filesystem>

#include "core/base/files.h"
#include "core/collect/collect.h"

namespace melisai::collect {
namespace {

class Overhead : public ::testing::Test {
 protected:
  struct Shown {
    int pid, parent;
    std::int64_t cpu_ms, memory_kb, waited_ticks;
  };
  void show(const Shown& process) const {
    const std::string directory = root_.path() + "/" + std::to_string(process.pid);
    std::filesystem::create_directories(directory);
    const std::string waited = std::to_string(process.waited_ticks);
    put(directory + "/stat",
        std::to_string(process.pid) + " (a) b) S " + std::to_string(process.parent) +
            " 1 1 0 -1 4194304 1 2 3 4 30 10 " + waited + " " + waited + " 20 0\n");
    put(directory + "/schedstat", std::to_string(process.cpu_ms * 1'000'000) + " 5 6\n");
    put(directory + "/status", "Name:\ta\nvoluntary_ctxt_switches:\t" +
                                   std::to_string(process.cpu_ms) +
                                   "\nnonvoluntary_ctxt_switches:\t1\n");
    put(directory + "/io",
        "rchar: 9\nread_bytes: 4096\nwrite_bytes: " + std::to_string(process.cpu_ms * 512) + "\n");
    const std::string memory = std::to_string(process.memory_kb);
    put(directory + "/smaps_rollup", "Rss:    " + memory + " kB\nPss:    " + memory + " kB\n");
  }
  static void put(const std::string& file, const std::string& text) {
    ASSERT_TRUE(write_file(file, text));
  }

  TemporaryDirectory root_ =
      *TemporaryDirectory::make(std::filesystem::temp_directory_path(), "overhead.");
};

TEST_F(Overhead, CountsTheGateItsWorkersAndWhatThoseStarted) {
  show({.pid = 10, .parent = 1, .cpu_ms = 100, .memory_kb = 1000, .waited_ticks = 500});
  show({.pid = 99, .parent = 1, .cpu_ms = 1'000, .memory_kb = 9000, .waited_ticks = 0});
  const OverheadProbe probe(10, root_.path());
  show({.pid = 10, .parent = 1, .cpu_ms = 140, .memory_kb = 1000, .waited_ticks = 900});
  show({.pid = 11, .parent = 10, .cpu_ms = 20, .memory_kb = 500, .waited_ticks = 0});
  show({.pid = 12, .parent = 11, .cpu_ms = 4, .memory_kb = 250, .waited_ticks = 0});
  show({.pid = 99, .parent = 1, .cpu_ms = 2'000, .memory_kb = 9000, .waited_ticks = 0});
  const ObserverOverhead cost = probe.so_far();
  EXPECT_EQ(cost.self_pid, 10);
  EXPECT_EQ(cost.child_pids, (std::vector<std::int64_t>{11, 12}));
  EXPECT_EQ(cost.cpu_user_ms, 48) << "three of four ticks, of 40, 20 and 4 ms";
  EXPECT_EQ(cost.cpu_system_ms, 16);
  EXPECT_EQ(cost.memory_pss_bytes, 1750 * 1024);
  EXPECT_EQ(cost.context_switches, 66) << "all of those that are new";
  EXPECT_EQ(cost.disk_write_bytes, 64 * 512);
}

TEST_F(Overhead, OfAProcessThatEndedNothingIsTakenAway) {
  show({.pid = 10, .parent = 1, .cpu_ms = 10, .memory_kb = 100, .waited_ticks = 0});
  show({.pid = 11, .parent = 10, .cpu_ms = 50, .memory_kb = 100, .waited_ticks = 0});
  const OverheadProbe probe(10, root_.path());
  std::filesystem::remove_all(root_.path() + "/11");
  EXPECT_EQ(probe.so_far().cpu_user_ms, 0);
}

}  // namespace
}  // namespace melisai::collect
