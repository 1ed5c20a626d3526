// The tools of the collector ebpf, one known amount of work each.
#include <fcntl.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/unit/plugins/ebpf_fixture.h"

namespace melisai::plugins::ebpf {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;

constexpr double kPageBytes = 4096;
constexpr double kMegabyte = 1 << 20;

class EbpfTools : public EbpfFixture {
 protected:
  EbpfTools() { fs::create_directories(directory_); }
  ~EbpfTools() override { fs::remove_all(directory_); }
  std::string file(const std::string& name) const { return directory_ + "/" + name; }

  /// On the disk and not in memory.
  std::string cold_file(int megabytes) const {
    const std::string path = file("cold");
    const std::string chunk(1 << 20, 'x');
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    for (int i = 0; i < megabytes; ++i)
      EXPECT_EQ(write(fd, chunk.data(), chunk.size()), static_cast<ssize_t>(chunk.size()));
    EXPECT_EQ(fsync(fd), 0);
    EXPECT_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
    close(fd);
    return path;
  }

 private:
  std::string directory_ = testing::TempDir() + "melisai-ebpf-" + std::to_string(getpid());
};

/// Of "Tcp:" in two lines of /proc/net/snmp, the names and the values.
double tcp_counter(const std::string& path, const std::string& name) {
  std::ifstream file(path);
  std::vector<std::string> names;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("Tcp:")) continue;
    std::istringstream words(line);
    std::vector<std::string> fields{std::istream_iterator<std::string>(words), {}};
    for (std::size_t i = 0; i < names.size() && i < fields.size(); ++i)
      if (names[i] == name) return std::stod(fields[i]);
    names = fields;
  }
  return -1;
}

std::size_t events_with(const Seen& seen, const std::string& part, const std::string& key,
                        const nlohmann::json& value) {
  std::size_t count = 0;
  for (const auto& event : seen.results.at(part)["events"])
    if (event["details"].value(key, nlohmann::json()) == value) ++count;
  return count;
}

double in_histogram(const Seen& seen, const std::string& part, const std::string& key) {
  return seen.results.at(part)["histograms"][0][key];
}

TEST_F(EbpfTools, CountConnections) {
  MELISAI_NEED(Tool::tcpconnlat);
  const Seen seen = observe(tool_set(Tool::tcpconnlat, Tool::tcprtt), {"connect", "500"});
  EXPECT_EQ(seen.metrics.at("tcp_connects"), 500);
  EXPECT_EQ(seen.metrics.at("tcp_accepts"), 500);
  EXPECT_EQ(seen("tcpconnlat", "connects_failed"), 0);
  EXPECT_EQ(in_histogram(seen, "tcpconnlat", "total_count"), 500);
  EXPECT_GT(in_histogram(seen, "tcpconnlat", "p50"), 1000) << "ns";
  EXPECT_EQ(events_with(seen, "tcpconnlat", "remote", "127.0.0.1"), 500u);
  const auto& event = seen.results.at("tcpconnlat")["events"][0];
  EXPECT_EQ(event["comm"], "ebpf_load");
  EXPECT_GT(event["details"]["remote_port"], 0);
  EXPECT_GE(in_histogram(seen, "tcprtt", "total_count"), 500);
  EXPECT_EQ(seen.results.at("tcprtt")["histograms"][0]["unit"], "us");
}

TEST_F(EbpfTools, LeaveOutNumbersThatSomethingIsMissingIn) {
  MELISAI_NEED(Tool::tcpconnlat);
  const Seen seen = observe_anyhow(tool_set(Tool::tcpconnlat), {"pending", "4800"});
  EXPECT_EQ(seen.metrics.count("tcp_connects"), 0u) << "more waited than are followed";
  EXPECT_EQ(seen.metrics.count("forks"), 1u) << "which has nothing to do with it";
  EXPECT_THAT(seen.results.at("tcpconnlat")["errors"].dump(), testing::HasSubstr("sockets"));
}

TEST_F(EbpfTools, TellSoManyEventsAndCountTheOthers) {
  MELISAI_NEED(Tool::tcpconnlat);
  Options few;
  few.events_max = 10;
  const Seen seen = observe(tool_set(Tool::tcpconnlat), {"connect", "100"}, few);
  EXPECT_EQ(seen.results.at("tcpconnlat")["events"].size(), 10u);
  EXPECT_EQ(seen("tcpconnlat", "events_left_out"), 90);
  EXPECT_TRUE(seen.results.at("tcpconnlat")["truncated"]);
  EXPECT_EQ(seen("tcpconnlat", "connects"), 100) << "counted all the same";
}

TEST_F(EbpfTools, CountRetransmitsAsTheKernelDoes) {
  MELISAI_NEED(Tool::tcpretrans);
  const Seen seen = observe(tool_set(Tool::tcpretrans), {"backlog", "3500", file("snmp")});
  const double counted = tcp_counter(file("snmp"), "RetransSegs");
  EXPECT_GE(counted, 7);
  // Also what a listener says again, which has a tracepoint of its own.
  EXPECT_EQ(seen("tcpretrans", "retransmitted_segments").get<double>() +
                seen("tcpretrans", "retransmitted_synacks").get<double>(),
            counted);
  EXPECT_GT(events_with(seen, "tcpretrans", "state", "SYN_SENT"), 0u);
}

TEST_F(EbpfTools, SeeNoRetransmitsOfACalmConnection) {
  MELISAI_NEED(Tool::tcpretrans);
  const Seen seen = observe(tool_set(Tool::tcpretrans), {"connect", "10"});
  EXPECT_EQ(seen.metrics.at("tcp_retransmits"), 0);
}

TEST_F(EbpfTools, TellColdReadsFromWarmOnes) {
  MELISAI_NEED(Tool::cachestat);
  const std::string path = cold_file(32);
  const double pages = 32 * kMegabyte / kPageBytes;
  const ToolSet tools = tool_set(Tool::cachestat, Tool::biolatency, Tool::biosnoop);
  const Seen cold = observe(tools, {"read", "32", path});
  const Seen warm = observe(tools, {"read", "32", path});
  EXPECT_THAT(cold("cachestat", "misses"), AllOf(Ge(pages), Le(pages * 1.05)));
  EXPECT_LT(cold("cachestat", "hit_ratio_pct"), 5);
  EXPECT_GT(cold("cachestat", "miss_ratio_pct"), 95) << "by the name that the anomaly's rule reads";
  EXPECT_THAT(warm("cachestat", "read_pages"), AllOf(Ge(pages), Le(pages * 1.05)));
  EXPECT_EQ(warm("cachestat", "misses"), 0);
  EXPECT_EQ(warm("cachestat", "hit_ratio_pct"), 100);

  EXPECT_THAT(cold.metrics.at("block_read_bytes"), AllOf(Ge(32 * kMegabyte), Le(34 * kMegabyte)));
  EXPECT_EQ(warm.metrics.at("block_read_bytes"), 0);
  EXPECT_EQ(in_histogram(cold, "biolatency", "total_count"), cold("biolatency", "reads"));
  double bytes = 0;
  for (const auto& event : cold.results.at("biosnoop")["events"])
    bytes += event["details"]["bytes"].get<double>();
  EXPECT_EQ(bytes, cold("biosnoop", "read_bytes"));
}

TEST_F(EbpfTools, MissNothingThatIsWritten) {
  MELISAI_NEED(Tool::cachestat);
  const std::string path = cold_file(32);
  const double pages = 32 * kMegabyte / kPageBytes;
  observe(tool_set(Tool::cachestat), {"read", "32", path});
  const Seen copied = observe(tool_set(Tool::cachestat), {"copy", "32", path});
  EXPECT_GE(copied("cachestat", "added_pages"), pages);
  EXPECT_LT(copied("cachestat", "misses"), pages * 0.05);
  EXPECT_GT(copied("cachestat", "hit_ratio_pct"), 95);
}

TEST_F(EbpfTools, MissNothingThatIsMapped) {
  MELISAI_NEED(Tool::cachestat);
  const Seen mapped = observe(tool_set(Tool::cachestat), {"map", "32", cold_file(32)});
  const double pages = 32 * kMegabyte / kPageBytes;
  EXPECT_GE(mapped("cachestat", "added_pages"), pages);
  EXPECT_GE(mapped("cachestat", "read_pages"), pages);
  EXPECT_LT(mapped("cachestat", "misses"), pages * 0.05);
}

TEST_F(EbpfTools, CountWhatIsWrittenToDisk) {
  MELISAI_NEED(Tool::biolatency);
  const Seen seen = observe(tool_set(Tool::biolatency), {"write", "32", file("out")});
  EXPECT_THAT(seen.metrics.at("block_write_bytes"), AllOf(Ge(32 * kMegabyte), Le(36 * kMegabyte)));
}

TEST_F(EbpfTools, CountPageFaultsAndPages) {
  MELISAI_NEED(Tool::pagefaults);
  const Seen seen = observe(tool_set(Tool::pagefaults, Tool::pagealloc), {"touch", "12800"});
  EXPECT_THAT(seen("pagefaults", "user_write"), AllOf(Ge(12'800), Le(13'100)));
  EXPECT_NEAR(seen.metrics.at("page_faults_user") + seen.metrics.at("page_faults_kernel"),
              static_cast<double>(seen.used.ru_minflt), 200);
  EXPECT_THAT(seen("pagealloc", "pages"), AllOf(Ge(12'800), Le(14'000)));
  EXPECT_EQ(seen("pagealloc", "bytes"), seen("pagealloc", "pages").get<double>() * kPageBytes);
}

TEST_F(EbpfTools, ListProgramsAndHowTheyEnded) {
  MELISAI_NEED(Tool::execsnoop);
  const Seen seen = observe(tool_set(Tool::execsnoop), {"exec", "50"});
  EXPECT_EQ(seen.metrics.at("execs"), 51);
  EXPECT_EQ(seen.metrics.at("forks"), 50);
  EXPECT_EQ(seen("execsnoop", "exits"), 51);
  EXPECT_EQ(events_with(seen, "execsnoop", "event", "exec"), 51u);
  EXPECT_EQ(events_with(seen, "execsnoop", "file", "/bin/true"), 50u);
  EXPECT_EQ(events_with(seen, "execsnoop", "exit_code", 0), 51u);
}

TEST_F(EbpfTools, TimeWaitsForLocks) {
  MELISAI_NEED(Tool::futex);
  const Seen seen = observe(tool_set(Tool::futex), {"futex", "100"});
  EXPECT_EQ(seen.metrics.at("futex_waits"), 100);
  EXPECT_EQ(in_histogram(seen, "futex", "total_count"), 100);
  EXPECT_GE(in_histogram(seen, "futex", "mean"), 1e6);
}

TEST_F(EbpfTools, TimeSystemCallsByName) {
  MELISAI_NEED(Tool::syslat);
  const Seen seen = observe(tool_set(Tool::syslat), {"open", "1000"});
  bool found = false;
  for (const auto& call : seen("syslat", "by_name")) {
    if (call["name"] != "openat") continue;
    found = true;
    EXPECT_THAT(call["count"], AllOf(Ge(2000), Le(2050)));
    EXPECT_THAT(call["errors"], AllOf(Ge(1000), Le(1020)));
    EXPECT_GT(call["max_ns"], call["mean_ns"]);
  }
  EXPECT_TRUE(found);
  EXPECT_FALSE(seen.metrics.contains("syscalls"));
}

/// A cgroup of version 1 with little memory; none where there is none.
class LittleMemory {
 public:
  LittleMemory() {
    std::error_code error;
    if (!fs::create_directory(path_, error)) return;
    std::ofstream(path_ + "/memory.limit_in_bytes") << (16 << 20);
    std::ifstream limit(path_ + "/memory.limit_in_bytes");
    long bytes = 0;
    works_ = (limit >> bytes) && bytes == 16 << 20;
  }
  ~LittleMemory() { rmdir(path_.c_str()); }
  LittleMemory(const LittleMemory&) = delete;
  LittleMemory& operator=(const LittleMemory&) = delete;
  bool works() const { return works_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/sys/fs/cgroup/memory/melisai-ebpf-" + std::to_string(getpid());
  bool works_ = false;
};

TEST_F(EbpfTools, CountProcessesKilledForWantOfMemory) {
  MELISAI_NEED(Tool::oomkill);
  const LittleMemory cgroup;
  if (!cgroup.works()) GTEST_SKIP() << "no cgroup of version 1 to limit memory with";
  const Seen seen = observe(tool_set(Tool::oomkill), {"oom", "16384", cgroup.path()});
  EXPECT_EQ(seen.metrics.at("oom_kills"), 1);
  ASSERT_EQ(seen.results.at("oomkill")["events"].size(), 1u);
  EXPECT_EQ(seen.results.at("oomkill")["events"][0]["comm"], "ebpf_load");
}

}  // namespace
}  // namespace melisai::plugins::ebpf
