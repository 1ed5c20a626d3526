// What watching costs, from /proc as a fixture shows it.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "core/base/files.h"
#include "core/collect/collect.h"

namespace melisai::collect {
namespace {

class Overhead : public ::testing::Test {
 protected:
  struct Shown {
    int pid, parent;
    std::int64_t cpu_ms, memory_kb, waited_ticks;
    std::int64_t ticks = 1;  ///< of the system; of the user three times as many
  };
  void show(const Shown& process) const {
    const std::string directory = root_.path() + "/" + std::to_string(process.pid);
    std::filesystem::create_directories(directory);
    const std::string waited = std::to_string(process.waited_ticks);
    put(directory + "/stat",
        std::to_string(process.pid) + " (a) b) S " + std::to_string(process.parent) +
            " 1 1 0 -1 4194304 1 2 3 4 " + std::to_string(3 * process.ticks) + " " +
            std::to_string(process.ticks) + " " + waited + " " + waited + " 20 0\n");
    show_thread(process.pid, process.pid, process.cpu_ms);
    put(directory + "/io",
        "rchar: 9\nread_bytes: 4096\nwrite_bytes: " + std::to_string(process.cpu_ms * 512) + "\n");
    const std::string memory = std::to_string(process.memory_kb);
    put(directory + "/smaps_rollup", "Rss:    " + memory + " kB\nPss:    " + memory + " kB\n");
  }
  /// One switch for each millisecond, and one more.
  void show_thread(int pid, int thread, std::int64_t cpu_ms) const {
    const std::string directory =
        root_.path() + "/" + std::to_string(pid) + "/task/" + std::to_string(thread);
    std::filesystem::create_directories(directory);
    put(directory + "/schedstat", std::to_string(cpu_ms * 1'000'000) + " 5 6\n");
    put(directory + "/status", "Name:\ta\nvoluntary_ctxt_switches:\t" + std::to_string(cpu_ms) +
                                   "\nnonvoluntary_ctxt_switches:\t1\n");
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
  show({.pid = 11, .parent = 10, .cpu_ms = 60, .memory_kb = 500, .waited_ticks = 0});
  show({.pid = 12, .parent = 11, .cpu_ms = 44, .memory_kb = 250, .waited_ticks = 0});
  show({.pid = 99, .parent = 1, .cpu_ms = 2'000, .memory_kb = 9000, .waited_ticks = 0});
  const ObserverOverhead cost = probe.so_far();
  EXPECT_EQ(cost.self_pid, 10);
  EXPECT_EQ(cost.child_pids, (std::vector<std::int64_t>{11, 12}));
  EXPECT_EQ(cost.cpu_user_ms, 108) << "three of four ticks, of 40, 60 and 44 ms";
  EXPECT_EQ(cost.cpu_system_ms, 36);
  EXPECT_EQ(cost.memory_pss_bytes, 1750 * 1024);
  EXPECT_EQ(cost.context_switches, 146) << "all of those that are new";
  EXPECT_EQ(cost.disk_write_bytes, 144 * 512);
}

TEST_F(Overhead, CountsEveryThread) {
  const Shown gate{.pid = 10, .parent = 1, .cpu_ms = 100, .memory_kb = 1, .waited_ticks = 0};
  show(gate);
  const OverheadProbe probe(10, root_.path());
  show_thread(10, 13, 40);
  const ObserverOverhead cost = probe.so_far();
  EXPECT_EQ(cost.cpu_user_ms, 30);
  EXPECT_EQ(cost.cpu_system_ms, 10);
  EXPECT_EQ(cost.context_switches, 41);
}

// The process still has the ticks of a thread that ended; 24 of them are 240 ms.
TEST_F(Overhead, CountsThreadsThatEnded) {
  Shown gate{.pid = 10, .parent = 1, .cpu_ms = 100, .memory_kb = 1, .waited_ticks = 0};
  show(gate);
  const OverheadProbe probe(10, root_.path());
  gate.ticks = 240 * sysconf(_SC_CLK_TCK) / 1000 / 4;
  show(gate);
  EXPECT_EQ(probe.so_far().cpu_user_ms, 105);
  EXPECT_EQ(probe.so_far().cpu_system_ms, 35);
}

std::int64_t written_by_us_and_our_children() {
  std::ifstream io("/proc/self/io");
  for (std::string line; std::getline(io, line);)
    if (line.starts_with("write_bytes: ")) return std::stoll(line.substr(13));
  return 0;
}

TEST_F(Overhead, LeavesOutWhatTheMeasuredProgramWrote) {
  constexpr std::int64_t kBytes = 4 << 20;
  const std::int64_t before = written_by_us_and_our_children();
  const OverheadProbe probe(getpid());
  const pid_t measured = fork();
  if (measured == 0) {
    std::ofstream(root_.path() + "/data") << std::string(kBytes, 'x') << std::flush;
    _exit(0);
  }
  ASSERT_EQ(waitpid(measured, nullptr, 0), measured);
  if (written_by_us_and_our_children() - before < kBytes)
    GTEST_SKIP() << "no disk below " << root_.path() << ", or nobody counts what is written";
  EXPECT_LT(probe.so_far().disk_write_bytes, kBytes / 4);
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
