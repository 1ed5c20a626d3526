// The collector ebpf on this kernel: what it counts is what happened, exactly.
#include <filesystem>
#include <fstream>
#include <thread>

#include "plugins/ebpf/histogram.h"
#include "plugins/ebpf/targets.h"
#include "tests/unit/plugins/ebpf_fixture.h"

namespace melisai::plugins::ebpf {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;

/// System calls of somebody else, as long as it lives.
class ForeignNoise {
 public:
  ForeignNoise() : pid_(fork()) {
    if (pid_ != 0) return;
    while (true) getppid();
  }
  ~ForeignNoise() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  ForeignNoise(const ForeignNoise&) = delete;
  ForeignNoise& operator=(const ForeignNoise&) = delete;

 private:
  pid_t pid_;
};

double calls_of(const Seen& seen, const std::string& name) {
  for (const auto& each : seen("syscount", "by_name"))
    if (each["name"] == name) return each["count"];
  return 0;
}

class Ebpf : public EbpfFixture {};

TEST_F(Ebpf, CountsAMillionCallsAsAMillionBesideAnotherProcess) {
  MELISAI_NEED(Tool::syscount);
  const ForeignNoise noise;
  const Seen seen = observe(tool_set(Tool::syscount), {"call", "1000000"});
  EXPECT_EQ(calls_of(seen, "getppid"), 1'000'000);
  EXPECT_EQ(seen("syscount", "syscalls"), seen.metrics.at("syscalls"));
  EXPECT_THAT(seen.metrics.at("syscalls"), AllOf(Ge(1'000'000), Le(1'000'200)));
  EXPECT_EQ(seen.metrics.at("execs"), 1);
  EXPECT_EQ(seen.metrics.at("forks"), 0);
}

TEST_F(Ebpf, FollowsADaemonThatHasLeftTheTree) {
  MELISAI_NEED(Tool::syscount);
  const Seen seen = observe(tool_set(Tool::syscount), {"daemon", "50000"});
  EXPECT_EQ(calls_of(seen, "getppid"), 50'000);
  EXPECT_EQ(seen.metrics.at("forks"), 2);
}

TEST_F(Ebpf, CountsOpensAndThoseOfFilesThatDoNotExist) {
  MELISAI_NEED(Tool::opens);
  const Seen idle = observe(tool_set(Tool::opens), {"call", "1"});
  const Seen seen = observe(tool_set(Tool::opens), {"open", "20000"});
  EXPECT_EQ(seen.metrics.at("opens") - idle.metrics.at("opens"), 40'000);
  EXPECT_EQ(seen.metrics.at("opens_not_found") - idle.metrics.at("opens_not_found"), 20'000);
  EXPECT_EQ(seen("opens", "opens"), seen.metrics.at("opens"));
}

TEST_F(Ebpf, MeasuresHowLongThreadsWaitedForACpu) {
  MELISAI_NEED(Tool::runqlat);
  const Seen seen = observe(tool_set(Tool::runqlat, Tool::ctxswitch), {"pingpong", "20000"});
  const double waits = seen("runqlat", "waits");
  // Whoever leaves a CPU waits for the next turn; how often a read finds its byte there already is
  // the machine's affair.
  EXPECT_NEAR(waits, static_cast<double>(seen.used.ru_nvcsw + seen.used.ru_nivcsw), 10);
  EXPECT_GE(waits, 10'000);
  const auto& histogram = seen.results.at("runqlat")["histograms"][0];
  EXPECT_EQ(histogram["name"], "runqlat");
  EXPECT_EQ(histogram["unit"], "ns");
  EXPECT_EQ(histogram["total_count"], waits);
  double in_buckets = 0;
  for (const auto& bucket : histogram["buckets"]) in_buckets += bucket["count"].get<double>();
  EXPECT_EQ(in_buckets, waits);
  EXPECT_LE(histogram["p50"], histogram["p99"]);
  EXPECT_LE(histogram["p999"], histogram["max"]);
  EXPECT_FALSE(seen.metrics.contains("syscalls")) << "would be a part of what is timed";
  EXPECT_NEAR(seen.metrics.at("switches_voluntary"), static_cast<double>(seen.used.ru_nvcsw), 10);
  EXPECT_NEAR(seen.metrics.at("switches_involuntary"), static_cast<double>(seen.used.ru_nivcsw),
              10);
}

TEST_F(Ebpf, SaysOfAToolThatDoesNotWorkHereWhyNot) {
  MELISAI_NEED(Tool::syscount);
  Support crippled = kernel_support();
  crippled.reasons[index(Tool::cachestat)] = "the kernel has no tracepoint x";
  HeldLoad load({"call", "1"});
  Window window({.wanted = tool_set(Tool::cachestat, Tool::opens), .root_pid = load.pid()},
                crippled);
  load.release();
  load.await([] {});
  nlohmann::json result;
  window.end([](std::string_view name, double) { EXPECT_FALSE(name.starts_with("page_cache")); },
             [&](std::string_view part, const std::string& text) {
               if (part == "cachestat") result = nlohmann::json::parse(text);
             });
  load.reap();
  ASSERT_EQ(result["errors"].size(), 1u);
  EXPECT_EQ(result["errors"][0], "unavailable: the kernel has no tracepoint x");
  EXPECT_THAT(result["data"], IsEmpty()) << "never silently zero";
}

TEST_F(Ebpf, SaysThatItKnowsNoNumbersOfContainers) {
  int told[2];
  ASSERT_EQ(pipe2(told, O_CLOEXEC), 0);
  const pid_t outside = fork();
  if (outside == 0) {
    if (unshare(CLONE_NEWPID) != 0) _exit(1);
    const pid_t inside = fork();
    if (inside == 0) {
      const std::string reason = probe_kernel().nothing_works();
      _exit(write(told[1], reason.data(), reason.size()) < 0);
    }
    waitpid(inside, nullptr, 0);
    _exit(0);
  }
  close(told[1]);
  std::string reason(1000, '\0');
  reason.resize(
      static_cast<std::size_t>(std::max(read(told[0], reason.data(), reason.size()), ssize_t{0})));
  close(told[0]);
  int status = 0;
  waitpid(outside, &status, 0);
  if (status != 0) GTEST_SKIP() << "needs root, to make a container";
  EXPECT_THAT(reason, testing::HasSubstr("--pid=host"));
}

TEST_F(Ebpf, WatchesTheWholeHostButNotItself) {
  MELISAI_NEED(Tool::syscount);
  HeldLoad load({"call", "100000"});
  Options options;
  HeldLoad ours({"call", "100000"});
  options.observer_pids = {ours.pid()};
  // Our own process is an observer, and what descends from it; the load is made foreign.
  Window window({.wanted = tool_set(Tool::syscount), .root_pid = 0, .options = options},
                kernel_support());
  const ForeignNoise noise;
  ours.release();
  ours.await([] {});
  const Seen seen = end(window);
  ours.reap();
  // Others on this machine may do so as well, but not that often.
  EXPECT_LT(calls_of(seen, "getppid"), 10'000) << "what the observers do, or what they start";
  EXPECT_THAT(seen.metrics, IsEmpty()) << "numbers are of trees";
}

TEST_F(Ebpf, WatchesProcessesThatAreNamed) {
  MELISAI_NEED(Tool::tcpretrans);
  HeldLoad load({"daemon", "100000"});
  HeldLoad other({"call", "100000"});
  Options options;
  options.pids = {load.pid()};
  Window window(
      {.wanted = tool_set(Tool::syscount, Tool::tcpretrans), .root_pid = 0, .options = options},
      kernel_support());
  const ForeignNoise noise;
  other.release();
  other.await([] {});
  load.release();
  load.await([] {});
  const Seen seen = end_anyhow(window);
  load.reap();
  other.reap();
  EXPECT_EQ(calls_of(seen, "getppid"), 100'000) << "also of what it starts, and of nobody else";
  EXPECT_THAT(seen.metrics, IsEmpty()) << "what they did before is not in it";
  EXPECT_THAT(seen.results.at("tcpretrans")["errors"].dump(),
              testing::HasSubstr("before the window"));
}

TEST(EbpfTargets, AreTheProcessesOfACgroupAndOfThoseBelow) {
  namespace fs = std::filesystem;
  const fs::path mount = testing::TempDir() + "melisai-cgroups-" + std::to_string(getpid());
  const auto put = [&](const char* group, const char* pids) {
    fs::create_directories(mount / group);
    std::ofstream(mount / group / "cgroup.procs") << pids;
  };
  put("cpu/a", "11\n");
  put("cpu/a/b", "12\n13\n");
  put("cpu/ab", "14\n");
  put("memory/a", "15\n");
  EXPECT_THAT(processes_of("/a", mount), testing::UnorderedElementsAre(11, 12, 13, 15));
  EXPECT_THAT(processes_of((mount / "cpu/a/b").native(), mount),
              testing::UnorderedElementsAre(12, 13));
  put("", "1\n");  // version 2: the hierarchy itself
  put("a", "16\n");
  EXPECT_THAT(processes_of("/a", mount), testing::ElementsAre(16));
  fs::remove_all(mount);
}

TEST(EbpfPercentiles, LieInTheBucketOfTheirRankAndNeverAboveTheLargest) {
  ebpf_hist hist{};
  EXPECT_EQ(percentile(hist, 0.5, Scale::log2), 0);
  hist.slots[4] = 99;  // 16 to 31
  hist.slots[10] = 1;  // 1024 to 2047
  hist.count = 100;
  hist.max = 1100;
  EXPECT_NEAR(percentile(hist, 0.5, Scale::log2), 16 + 15 * 50 / 99.0, 1e-9);
  EXPECT_NEAR(percentile(hist, 0.99, Scale::log2), 31, 1e-9);
  EXPECT_EQ(percentile(hist, 0.999, Scale::log2), 1100);
  const auto json = to_json(hist, "x", "ns", Scale::log2);
  EXPECT_EQ(json["buckets"].size(), 7u);
  EXPECT_EQ(json["buckets"][0]["low"], 16);
  EXPECT_EQ(json["buckets"][0]["high"], 31);
}

TEST(EbpfPercentiles, OfALinearScaleAreItsValues) {
  ebpf_hist hist{};
  hist.slots[0] = 60;
  hist.slots[3] = 40;
  hist.count = 100;
  hist.max = 3;
  EXPECT_EQ(percentile(hist, 0.5, Scale::linear), 0);
  EXPECT_EQ(percentile(hist, 0.9, Scale::linear), 3);
}

}  // namespace
}  // namespace melisai::plugins::ebpf
