// The collector perf on this kernel: software events beside what the kernel says of the same
// processes when they are reaped. As whoever runs the tests and, where that is root, as nobody.
#include <gmock/gmock.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <filesystem>
#include <map>

#include "core/base/files.h"
#include "plugins/perf/counters.h"
#include "plugins/perf/targets.h"
#include "tests/unit/plugins/held_tree.h"

namespace melisai::plugins::perf {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;

constexpr uid_t kNobody = 65534;

using Results = std::map<std::string, Counters::Result>;

Results by_name(const Counters& counters) {
  Results results;
  for (Counters::Result& result : counters.read())
    results.emplace(result.event->metric, std::move(result));
  return results;
}

std::string why_nothing() {
  for (const Event& event : events()) {
    if (event.metric != "page_faults_user") continue;
    const int fd = open_event(attributes_of(event, Scope::tree), {.pid = getpid()});
    if (fd < 0) return why_not(event, Scope::tree, -fd, std::nullopt);
    close(fd);
  }
  return "";
}

#define MELISAI_NEED_EVENTS() \
  if (const std::string reason = why_nothing(); !reason.empty()) GTEST_SKIP() << reason

struct Used {
  Results counted;
  rusage by_kernel{};  // from before the program was executed
};

rusage children() {
  rusage used{};
  getrusage(RUSAGE_CHILDREN, &used);
  return used;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

/// Of two children of the probe, which use 100 ms of CPU time each.
Used observe_probe() {
  const auto directory =
      TemporaryDirectory::make(std::filesystem::temp_directory_path(), "melisai-perf-").value();
  const rusage before = children();
  Used used;
  {
    ProbeTree tree(directory.path() + "/file");
    const Targeted target = find_target(tree.root(), {});
    const Counters counters(target.target, 2);
    EXPECT_TRUE(tree.release() && tree.wait_until_ready() && tree.finish());
    used.counted = by_name(counters);
  }
  const rusage after = children();
  used.by_kernel = after;
  used.by_kernel.ru_minflt -= before.ru_minflt;
  used.by_kernel.ru_majflt -= before.ru_majflt;
  used.by_kernel.ru_nvcsw -= before.ru_nvcsw;
  used.by_kernel.ru_nivcsw -= before.ru_nivcsw;
  timersub(&after.ru_utime, &before.ru_utime, &used.by_kernel.ru_utime);
  timersub(&after.ru_stime, &before.ru_stime, &used.by_kernel.ru_stime);
  return used;
}

TEST(PerfLive, CountsAsTheKernelDoesWithAllChildrenAndThreads) {
  MELISAI_NEED_EVENTS();
  const Used used = observe_probe();
  ASSERT_TRUE(used.counted.at("task_clock").count) << used.counted.at("task_clock").reason;
  // The kernel also counts what comes before the program, and ticks are cut off.
  const double cpu_s = seconds(used.by_kernel.ru_utime) + seconds(used.by_kernel.ru_stime);
  EXPECT_NEAR(used.counted.at("task_clock").count->value / 1e9, cpu_s, 0.1);
  EXPECT_GE(used.counted.at("task_clock").count->value, 200e6);

  // 64 MiB are touched page by page.
  const double faults = used.counted.at("page_faults_user").count->value;
  EXPECT_THAT(faults, AllOf(Ge(16384), Le(used.by_kernel.ru_minflt + used.by_kernel.ru_majflt)));
  EXPECT_EQ(used.counted.at("minor_faults_user").count->value +
                used.counted.at("major_faults_user").count->value,
            faults);
  EXPECT_EQ(used.counted.at("page_faults_user").count->share, 1);
}

TEST(PerfLive, CountsWhatHappensInTheKernelWhereItMay) {
  MELISAI_NEED_EVENTS();
  const Used used = observe_probe();
  const Counters::Result& switches = used.counted.at("context_switches");
  if (!switches.count) GTEST_SKIP() << switches.reason;
  const auto by_kernel = static_cast<double>(used.by_kernel.ru_nvcsw + used.by_kernel.ru_nivcsw);
  // Without those before the program, of which there are a few, and with the last of each thread,
  // which ends in one.
  EXPECT_THAT(switches.count->value, AllOf(Ge(by_kernel - 20), Le(by_kernel + 20)));
  EXPECT_GE(switches.count->value, 11) << "eleven threads end";
  const double user = used.counted.at("page_faults_user").count->value;
  const double kernel = used.counted.at("page_faults_kernel").count->value;
  const auto faults = static_cast<double>(used.by_kernel.ru_minflt + used.by_kernel.ru_majflt);
  EXPECT_THAT(user + kernel, AllOf(Ge(faults - 200), Le(faults)));
}

TEST(PerfLive, SaysWhyThereIsNoHardwareCounter) {
  MELISAI_NEED_EVENTS();
  const HeldTree tree({"/bin/true"});
  const Counters counters(find_target(tree.root(), {}).target, 2);
  ASSERT_TRUE(tree.release() && tree.wait_for_end());
  const Results results = by_name(counters);
  const Counters::Result& instructions = results.at("instructions_user");
  EXPECT_NE(instructions.count.has_value(), !instructions.reason.empty());
  if (instructions.count) {
    EXPECT_GE(instructions.count->value, 10'000);
  }
}

TEST(PerfLive, CountsNothingOfAProgramThatNeverRan) {
  MELISAI_NEED_EVENTS();
  const HeldTree tree({"/no/such/program"});
  const Counters counters(find_target(tree.root(), {}).target, 2);
  ASSERT_TRUE(tree.release() && tree.wait_for_end());
  EXPECT_EQ(by_name(counters).at("task_clock").reason, "never counted: nothing was executed");
}

TEST(PerfLive, CountsTheHostOrSaysWhatItTakes) {
  MELISAI_NEED_EVENTS();
  const Targeted target = find_target(0, {});
  ASSERT_FALSE(target.target.places.empty());
  const Counters counters(target.target, 2);
  {
    const HeldTree tree({"/bin/true"});
    ASSERT_TRUE(tree.release() && tree.wait_for_end());
  }
  const Results results = by_name(counters);
  const Counters::Result& switches = results.at("context_switches");
  if (!switches.count) {
    EXPECT_THAT(switches.reason, ::testing::HasSubstr("CAP_PERFMON"));
    return;
  }
  EXPECT_GE(switches.count->value, 2);
}

TEST(PerfLive, CountsProcessesThatRunAlready) {
  MELISAI_NEED_EVENTS();
  const Targeted target = find_target(0, {.pids = {getpid()}});
  ASSERT_EQ(target.problem, "");
  const Counters counters(target.target, 2);
  {
    const HeldTree tree({"/bin/sh", "-c", "/bin/true"});
    ASSERT_TRUE(tree.release() && tree.wait_for_end());
  }
  const Results results = by_name(counters);
  ASSERT_TRUE(results.at("page_faults_user").count) << results.at("page_faults_user").reason;
  EXPECT_GE(results.at("page_faults_user").count->value, 50) << "those of its new children too";
}

// An ordinary user counts what is outside the kernel; what happens in it is said not to be counted.
TEST(PerfLive, NeedsNoPrivilegeForOwnProcesses) {
  if (getuid() != 0) GTEST_SKIP() << "every other test here shows it";
  MELISAI_NEED_EVENTS();
  Pipe said;
  const pid_t observer = fork();
  if (observer == 0) {
    if (setgroups(0, nullptr) != 0 || setresgid(kNobody, kNobody, kNobody) != 0 ||
        setresuid(kNobody, kNobody, kNobody) != 0 || prctl(PR_SET_DUMPABLE, 1) != 0)
      _exit(2);
    std::string text;
    {
      const HeldTree tree({"/bin/sh", "-c", "for i in 1 2 3 4; do /bin/true; done"});
      const Counters counters(find_target(tree.root(), {}).target, 2);
      if (!tree.release() || !tree.wait_for_end()) _exit(3);
      const Results results = by_name(counters);
      for (const char* name : {"page_faults_user", "task_clock", "context_switches"}) {
        const Counters::Result& result = results.at(name);
        text += result.count ? (result.count->value > 100 ? "some" : "few") : result.reason;
        text += "\n";
      }
    }
    _exit(write(said.writer(), text.data(), text.size()) > 0 ? 0 : 4);
  }
  said.close_writer();
  std::string text(1000, '\0');
  const ssize_t size = read(said.reader(), text.data(), text.size());
  int status = 0;
  ASSERT_EQ(waitpid(observer, &status, 0), observer);
  ASSERT_EQ(WEXITSTATUS(status), 0);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  if (text.find("paranoid of 2 or less") != std::string::npos)
    GTEST_SKIP() << "kernel.perf_event_paranoid lets ordinary users count nothing";
  EXPECT_THAT(text, ::testing::StartsWith("some\nsome\n"));
  if (!text.ends_with("some\n") && !text.ends_with("few\n")) {
    EXPECT_THAT(text, ::testing::HasSubstr("needs CAP_PERFMON"));
  }
}

}  // namespace
}  // namespace melisai::plugins::perf
