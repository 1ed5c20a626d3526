// Stacks that the collector perf samples: from records made up here, and on this kernel.
#include <gmock/gmock.h>
#include <grp.h>
#include <linux/perf_event.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <chrono>
#include <cstring>
#include <set>
#include <thread>

#include "plugins/perf/sampler.h"
#include "tests/unit/plugins/held_tree.h"

namespace melisai::plugins::perf {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

template <typename Value>
void put(std::string& body, Value value) {
  body.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string ids(std::uint32_t pid, std::uint32_t second) {
  std::string body;
  put(body, pid);
  put(body, second);
  return body;
}

std::string sample(std::uint32_t pid, const std::vector<std::uint64_t>& frames) {
  std::string body = ids(pid, pid);
  put(body, std::uint64_t{1'000});  // its time
  put(body, std::uint64_t{frames.size()});
  for (const std::uint64_t frame : frames) put(body, frame);
  return body;
}

constexpr auto kUserMark = static_cast<std::uint64_t>(PERF_CONTEXT_USER);

TEST(PerfSamples, AddUpEqualStacksOfAProcess) {
  Samples samples;
  samples.add(PERF_RECORD_COMM, ids(7, 7) + std::string("work\0\0\0\0", 8));
  samples.add(PERF_RECORD_COMM, ids(7, 8) + std::string("thread\0\0", 8));
  for (int i = 0; i < 3; ++i) samples.add(PERF_RECORD_SAMPLE, sample(7, {kUserMark, 16, 32}));
  samples.add(PERF_RECORD_SAMPLE, sample(7, {kUserMark, 48}));
  ASSERT_THAT(samples.stacks(), SizeIs(2));
  EXPECT_EQ(samples.count(), 4u);
  const TakenStack first = samples.stacks().front();
  EXPECT_EQ(first.comm, "work") << "a process is called as its first thread";
  EXPECT_EQ(first.count, 3u);
  EXPECT_THAT(first.user, ElementsAre(16, 32)) << "without the mark before them";
}

TEST(PerfSamples, NameAChildAsItsParentUntilItExecutes) {
  Samples samples;
  samples.add(PERF_RECORD_COMM, ids(7, 7) + std::string("sh\0\0\0\0\0\0", 8));
  samples.add(PERF_RECORD_FORK, ids(9, 7));
  samples.add(PERF_RECORD_SAMPLE, sample(9, {16}));
  EXPECT_EQ(samples.stacks().front().comm, "sh");
}

TEST(PerfSamples, TellWhatIsMissingAndSurviveWhatIsCut) {
  Samples samples;
  std::string lost;
  put(lost, std::uint64_t{1});
  put(lost, std::uint64_t{5});
  samples.add(PERF_RECORD_LOST, lost);
  EXPECT_EQ(samples.lost(), 5u);
  std::string cut = ids(7, 7);
  put(cut, std::uint64_t{1'000});
  put(cut, std::uint64_t{1'000'000});
  put(cut, std::uint64_t{16});
  samples.add(PERF_RECORD_SAMPLE, cut);
  EXPECT_THAT(samples.stacks().front().user, ElementsAre(16));
  samples.add(PERF_RECORD_SAMPLE, "");
  samples.add(PERF_RECORD_COMM, "abc");
  EXPECT_THAT(samples.stacks(), SizeIs(2));
}

double children_cpu_s() {
  rusage used{};
  getrusage(RUSAGE_CHILDREN, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

/// Why the stacks of a shell that computes are not what there is to be seen; "" when they are.
std::string problem_of_sampling() {
  const double before_s = children_cpu_s();
  json part;
  {
    HeldTree tree({"/bin/sh", "-c",
                   "(i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done) & "
                   "j=0; while [ $j -lt 300000 ]; do j=$((j+1)); done; wait"});
    Sampler sampler(tree.root());
    if (!tree.release()) return "not released";
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    sampler.take();
    if (!tree.wait_for_end()) return "did not end";
    part = json::parse(sampler.result());
  }
  const double ticks = (children_cpu_s() - before_s) * kSampleHertz;
  if (part.contains("errors")) return part["errors"].dump();
  const json& data = part["data"];
  const int count = data["samples"];
  if (count < 0.4 * ticks - 5 || count > 1.3 * ticks + 5)
    return std::to_string(count) + " samples of " + std::to_string(ticks) + " ticks";
  int in_files = 0;
  std::set<int> processes;
  for (const json& stack : data["stacks"]) {
    if (stack["comm"] != "sh") return "of " + stack["comm"].dump();
    processes.insert(stack["pid"].get<int>());
    if (!stack["user"].empty() && stack["user"][0][0].get<int>() >= 0)
      in_files += stack["count"].get<int>();
  }
  if (processes.size() != 2) return "of " + std::to_string(processes.size()) + " processes";
  return in_files * 2 > count ? "" : "few in files: " + part.dump().substr(0, 2000);
}

TEST(PerfSamplerLive, TakesStacksOfATree) {
  if (const std::string reason = Sampler::unavailable(); !reason.empty()) GTEST_SKIP() << reason;
  EXPECT_EQ(problem_of_sampling(), "");
}

TEST(PerfSamplerLive, NeedsNoPrivilegeForOwnProcesses) {
  if (getuid() != 0) GTEST_SKIP() << "every other test here shows it";
  if (access("/proc/sys/kernel/perf_event_paranoid", R_OK) != 0) GTEST_SKIP() << "no perf events";
  constexpr uid_t kOrdinaryUser = 65534;
  Pipe said;
  const pid_t observer = fork();
  if (observer == 0) {
    if (setgroups(0, nullptr) != 0 || setresgid(kOrdinaryUser, kOrdinaryUser, kOrdinaryUser) != 0 ||
        setresuid(kOrdinaryUser, kOrdinaryUser, kOrdinaryUser) != 0 ||
        prctl(PR_SET_DUMPABLE, 1) != 0)
      _exit(2);
    std::string text = Sampler::unavailable();
    if (!text.empty()) text = "skip " + text;
    try {
      if (text.empty()) text = problem_of_sampling();
    } catch (const std::exception& error) {
      text = error.what();
    }
    text += "\n";
    _exit(write(said.writer(), text.data(), text.size()) > 0 ? 0 : 3);
  }
  said.close_writer();
  std::string text(4000, '\0');
  const ssize_t size = read(said.reader(), text.data(), text.size());
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  int status = 0;
  ASSERT_EQ(waitpid(observer, &status, 0), observer);
  ASSERT_EQ(WEXITSTATUS(status), 0);
  if (text.starts_with("skip ")) GTEST_SKIP() << text.substr(5);
  EXPECT_EQ(text, "\n");
}

}  // namespace
}  // namespace melisai::plugins::perf
