// `melisai-gate collect` on the machine that runs the tests, and collectors that go wrong in it.
#include "tests/e2e/support/collect.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

namespace melisai::e2e {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST_F(Collect, WritesAValidReportWithEveryCategory) {
  const Ran ran = collect({"--duration", "1s", "-o", file()});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "");
  expect_valid();
  const json report = written();
  for (const std::string name : {"cpu_utilization", "memory_info", "disk_stats", "network_stats",
                                 "process_info", "container_info", "system_info", "gpu_pcie"})
    EXPECT_TRUE(result(report, name).is_object()) << name;
  EXPECT_THAT(result(report, "stacktrace")["errors"][0], HasSubstr("takes no stacks"));
  EXPECT_EQ(report["system"], result(report, "system_info")["data"]);
  EXPECT_TRUE(report["summary"]["health_score"].is_number());
  EXPECT_GT(report["metadata"]["observer_overhead"]["memory_pss_bytes"], 0);
  expect_no_process_left();
}

TEST_F(Collect, SaysItsPhasesInOrder) {
  const Ran ran = collect({"--duration", "1s", "-o", file()});
  EXPECT_THAT(lines_of(ran.err),
              ElementsAre(StartsWith("initialize: profile quick"), "collect: 1 s",
                          "window: too short for `melisai-gate compare`, which wants 5 seconds",
                          StartsWith("assemble: "), StartsWith("analyze: health score "),
                          AllOf(StartsWith("output: "), HasSubstr("report.json"))));
}

TEST_F(Collect, WritesNothingButJsonToStandardOutput) {
  for (const Words& options : {Words{"--quiet"}, Words{"--quiet", "-o", "-"}}) {
    Words words = {"--duration", "1s"};
    words.insert(words.end(), options.begin(), options.end());
    const Ran ran = collect(words);
    EXPECT_EQ(ran.code, 0);
    EXPECT_EQ(ran.err, "");
    EXPECT_EQ(json::parse(ran.out)["metadata"]["tool"], "melisai-gate");
  }
}

TEST_F(Collect, ExplainsInAFewLines) {
  const Ran ran = collect({"--duration", "1s", "--quiet", "--explain", "-o", file()});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out,
              AllOf(StartsWith("Host "), HasSubstr("\nHealth score "), HasSubstr("\nAnomalies:"),
                    HasSubstr("\n- cpu: "), HasSubstr("\nWatching took ")));
  EXPECT_LE(lines_of(ran.out).size(), 80u);
  EXPECT_TRUE(written().is_object()) << "the JSON goes to the file";
  EXPECT_THAT(collect({"--duration", "1s", "--quiet", "--ai-prompt"}).out, StartsWith("Host "));
}

TEST_F(Collect, WritesIntoWhatIsNoPlainFile) {
  const std::string link = root() + "/link.json", fifo = root() + "/fifo";
  std::filesystem::create_symlink(file(), link);
  ASSERT_EQ(collect({"--duration", "1s", "-o", link}).code, 0);
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  expect_valid();
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  // Both ends, so that nobody waits; the report is read when it is whole.
  const int reader = open(fifo.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(fcntl(reader, F_SETPIPE_SZ, 1 << 20), 0);
  ASSERT_EQ(collect({"--duration", "1s", "-o", fifo}).code, 0);
  EXPECT_TRUE(std::filesystem::is_fifo(fifo));
  std::string text(1 << 20, '\0');
  const ssize_t size = read(reader, text.data(), text.size());
  close(reader);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  EXPECT_TRUE(json::accept(text)) << size;
  const Ran nowhere = collect({"-o", root()});
  EXPECT_EQ(nowhere.code, 2);
  EXPECT_THAT(nowhere.err, HasSubstr("is a directory"));
}

TEST_F(Collect, RefusesWhatItDoesNotKnow) {
  const Ran ran =
      run_program({MELISAI_BIN_DIR "/melisai-gate", "collect", "--profile", "slow"}, root());
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("'slow'"), HasSubstr("quick"), HasSubstr("standard"),
                             HasSubstr("deep")));
  EXPECT_EQ(collect({"--duration", "0.5s"}).code, 2);
  EXPECT_EQ(collect({"--max-events", "0"}).code, 2);
  EXPECT_EQ(collect({"--pid", "nobody"}).code, 2);
  const Ran nowhere = collect({"-o", root() + "/missing/report.json"});
  EXPECT_EQ(nowhere.code, 2);
  EXPECT_THAT(nowhere.err, AllOf(HasSubstr("missing"), Not(HasSubstr("collect: "))))
      << "before anybody waits";
}

TEST_F(Collect, TakesAProfileOfOnesOwn) {
  std::ofstream(root() + "/.melisai-gate.yaml")
      << "version: 1\ncollect: { profiles: { nightly: { duration: 1s } } }\n";
  const Ran ran = collect({"-o", file()}, {}, "nightly");
  ASSERT_EQ(ran.code, 0) << ran.err;
  expect_valid();
  EXPECT_EQ(written()["metadata"]["profile"], "nightly");
}

TEST_F(Collect, RefusesAFocusAndAToolThatThereIsNot) {
  const Ran focus = collect({"--focus", "netwrk"});
  EXPECT_EQ(focus.code, 2);
  EXPECT_THAT(focus.err, AllOf(HasSubstr("--focus: there is no category 'netwrk'"),
                               HasSubstr("cpu, memory, disk, network"), HasSubstr("stacks, all")));
  std::ofstream(root() + "/.melisai-gate.yaml")
      << "version: 1\ncollect:\n  profiles:\n    own: { duration: 1s, tools: [nosuch] }\n";
  const Ran tool = collect({"-o", file()}, {}, "own");
  EXPECT_EQ(tool.code, 2);
  EXPECT_THAT(tool.err,
              AllOf(HasSubstr(".melisai-gate.yaml:4:33: 'tools': no collector here has a tool "
                              "'nosuch'; there are runqlat, "),
                    Not(HasSubstr("collect: "))))
      << "before anybody waits";
}

TEST_F(Collect, RefusesWhatCannotBeBoth) {
  const Ran both = collect({"--pid", std::to_string(getpid()), "--", "true"});
  EXPECT_EQ(both.code, 2);
  EXPECT_THAT(both.err, AllOf(HasSubstr("--pid: watches a process that runs"), HasSubstr("'true'"),
                              HasSubstr("name one of the two")));
  const Ran two = collect({"--explain", "-o", "-"});
  EXPECT_EQ(two.code, 2);
  EXPECT_EQ(two.out, "");
  EXPECT_THAT(two.err, AllOf(HasSubstr("--explain: "), HasSubstr("name a file with -o FILE")));
}

TEST_F(Collect, WatchesNothingThatIsNotThere) {
  const std::string beyond_all = "4194304";  // no pid is so large
  const std::string plain_root = std::filesystem::path(root()).lexically_normal();
  for (const auto& [words, said] :
       {std::pair{Words{"--pid", beyond_all}, "there is no process " + beyond_all},
        {Words{"--cgroup", "/no/such/cgroup"}, "there is no cgroup '/no/such/cgroup'"},
        {Words{"--cgroup", root()}, "there is no cgroup '" + plain_root + "'"}}) {
    const Ran ran = collect(words);
    EXPECT_EQ(ran.code, 2);
    EXPECT_THAT(ran.err, AllOf(HasSubstr(said), Not(HasSubstr("collect: "))))
        << "before anybody waits";
    EXPECT_EQ(ran.out, "");
  }
}

TEST_F(Collect, SaysWhatTheProcessUsedThatItWatched) {
  const Ran ran =
      collect({"--duration", "1s", "--explain", "--pid", std::to_string(getpid()), "-o", file()});
  ASSERT_EQ(ran.code, 0) << ran.err;
  expect_valid();
  const json target = written()["metadata"]["target"];
  EXPECT_EQ(target["pid"], getpid());
  EXPECT_GT(target["rss_bytes"], 0);
  EXPECT_GT(target["threads"], 0);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("\nWatched process: " + std::to_string(getpid()) + " ("),
                             HasSubstr(" of memory, ")));
}

TEST_F(Collect, SaysThatAProcessEndedBeforeTheWindow) {
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  const std::string directory = copy_plugins(root(), {"parts"});
  const Ran ran = collect(
      {"--duration", "2s", "--pid", std::to_string(child), "--plugin-dir", directory, "-o", file()},
      [&](pid_t) {
        EXPECT_TRUE(eventually(
            [&] { return !processes_with(name_of_root() + "/plugins/parts.so").empty(); }));
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
      });
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("process " + std::to_string(child) + " ended before"));
  EXPECT_EQ(written()["metadata"]["target"]["pid"], child);
  EXPECT_EQ(written()["metadata"]["target"]["end"], "ended before the window did");
  EXPECT_THAT(result(written(), "process_info")["errors"],
              ElementsAre(HasSubstr("process " + std::to_string(child))));
}

TEST_F(Collect, WatchesAsLongAsItWasTold) {
  ASSERT_EQ(collect({"--duration", "2s", "-o", file()}).code, 0);
  const json about = written()["metadata"];
  EXPECT_EQ(about["duration"], "2s");
  EXPECT_EQ(about["profile"], "quick");
  EXPECT_GE(about["window_seconds"], 2.0);
  EXPECT_LT(about["window_seconds"], 10.0) << "the profile's own duration";
  EXPECT_FALSE(about["interrupted"]);
}

TEST_F(Collect, ASignalEndsItEarlyWithAReport) {
  const std::string directory = copy_plugins(root(), {"parts"});
  for (const int signal : {SIGINT, SIGTERM}) {
    const Ran ran = collect({"--plugin-dir", directory, "-o", file()}, [&](pid_t pid) {
      EXPECT_TRUE(eventually(
          [&] { return !processes_with(name_of_root() + "/plugins/parts.so").empty(); }));
      std::this_thread::sleep_for(std::chrono::seconds(1));  // into the window of 10 s
      kill(pid, signal);
    });
    EXPECT_EQ(ran.code, 0) << ran.err;
    expect_valid();
    const json report = written();
    EXPECT_TRUE(report["metadata"]["interrupted"]);
    EXPECT_LT(report["metadata"]["window_seconds"], 10.0);
    EXPECT_EQ(report["metadata"]["duration"], "10s");
    EXPECT_THAT(result(report, "cpu_utilization")["errors"], IsEmpty());
    EXPECT_TRUE(result(report, "wings")["data"].contains("samples"));
    expect_no_process_left();
    std::filesystem::remove(file());
  }
}

TEST_F(Collect, ACollectorThatHangsOrCrashesLosesItsOwnResultOnly) {
  const std::string directory =
      copy_plugins(root(), {"hang_with_parts", "crash_with_parts", "slow", "newer_major"});
  const auto begun = std::chrono::steady_clock::now();
  const Ran ran = collect({"--duration", "1s", "--plugin-dir", directory, "-o", file()});
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  ASSERT_EQ(ran.code, 0) << ran.err;
  expect_valid();
  const json report = written();
  EXPECT_THAT(result(report, "hang_with_parts")["errors"],
              ElementsAre(HasSubstr("did not answer 'stop' within 10 s")));
  EXPECT_THAT(result(report, "crash_with_parts")["errors"], ElementsAre(HasSubstr("SIGSEGV")));
  EXPECT_THAT(result(report, "newer_major")["errors"], ElementsAre(StartsWith("refused: ")));
  for (const std::string name : {"cpu_utilization", "memory_info", "process_info", "slow"}) {
    EXPECT_THAT(result(report, name)["errors"], IsEmpty()) << name;
    EXPECT_FALSE(result(report, name)["data"].empty()) << name;
  }
  EXPECT_LT(report["metadata"]["window_seconds"], 10.0)
      << "waiting for it is no part of the window";
  EXPECT_LT(took.count(), 21.0) << "the timeout: the profile's 30 s less the 9 s not asked for";
  expect_no_process_left();
}

/// When a part was busy in start or stop, in seconds of the monotonic clock.
struct Span {
  double begun, ended;
};
Span span_of(const json& result, const std::string& step) {
  const json& span = result["data"][step];
  return {span["begun"], span["ended"]};
}
bool overlap(const Span& a, const Span& b) { return a.begun < b.ended && b.begun < a.ended; }

TEST_F(Collect, RunsCollectorsSideBySideAndTierOneFirst) {
  const std::string directory = copy_plugins(root(), {"slow", "slow_too", "slow_tier3"});
  ASSERT_EQ(
      collect({"--duration", "1s", "--plugin-dir", directory, "-o", file()}, {}, "standard").code,
      0);
  const json report = written();
  const json one = result(report, "slow"), two = result(report, "slow_too");
  // Where the kernel gives it, the real one stands beside that of the test.
  json late;
  for (const json& each : report["categories"]["disk"])
    if (each["collector"] == "biolatency" && each["data"].contains("start")) late = each;
  ASSERT_TRUE(late.is_object() && one["data"].contains("stop") && late["data"].contains("stop"))
      << report["categories"]["disk"];
  EXPECT_TRUE(overlap(span_of(one, "start"), span_of(two, "start")));
  EXPECT_TRUE(overlap(span_of(one, "stop"), span_of(two, "stop")));
  EXPECT_TRUE(overlap(span_of(one, "stop"), span_of(late, "stop")));
  for (const json& first : {one, two})
    EXPECT_GE(span_of(late, "start").begun, span_of(first, "start").ended);
  EXPECT_EQ(late["tier"], 3);
}

TEST_F(Collect, RunsOnlyTheToolsOfItsProfileThatAreInFocus) {
  const std::string directory = copy_plugins(root(), {"slow_tier3"});
  const auto report_of = [&](const std::string& profile, const Words& more) {
    Words words = {"--duration", "1s", "--plugin-dir", directory, "-o", file()};
    words.insert(words.end(), more.begin(), more.end());
    EXPECT_EQ(collect(words, {}, profile).code, 0);
    return written();
  };
  EXPECT_TRUE(result(report_of("quick", {}), "biolatency").is_null());
  EXPECT_TRUE(result(report_of("standard", {"--focus", "disk"}), "biolatency")["data"].is_object());
  const json network = report_of("standard", {"--focus", "network"});
  EXPECT_TRUE(result(network, "biolatency").is_null());
  EXPECT_TRUE(result(network, "runqlat").is_null());
  EXPECT_TRUE(result(network, "tcpconnlat").is_object()) << "with data, or why there are none";
  EXPECT_TRUE(result(network, "disk_stats")["data"].is_object()) << "/proc is always read";
}

TEST_F(Collect, WorksForAnOrdinaryUser) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  Words words = {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                 MELISAI_BIN_DIR "/melisai-gate"};
  words.push_back("--version");
  if (run_program(words, "/").code != 0)
    GTEST_SKIP() << "nobody but root may run what was built here";
  words.pop_back();
  for (const std::string word : {"collect", "--profile", "quick", "--duration", "1s"})
    words.push_back(word);
  const Ran ran = run_program(words, "/");
  ASSERT_EQ(ran.code, 0) << ran.err;
  std::ofstream(file()) << ran.out;
  expect_valid();
  EXPECT_THAT(written()["metadata"]["capabilities"], IsEmpty());
  EXPECT_TRUE(result(written(), "cpu_utilization")["data"].contains("idle_pct"));
  EXPECT_TRUE(result(written(), "network_stats")["data"].contains("tcp"));
}

}  // namespace
}  // namespace melisai::e2e
