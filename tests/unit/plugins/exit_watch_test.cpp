// Real programs, watched until they end. What cannot be traced here is skipped with the reason.
#include "plugins/process/exit_watch.h"

#include <gmock/gmock.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <thread>

#include "core/base/files.h"
#include "tests/unit/plugins/held_tree.h"

namespace melisai::plugins {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;

constexpr std::int64_t kMebibyte = 1024;  // in KiB
constexpr std::int64_t kTouched = 64 * kMebibyte;

struct Ended {
  ExitReport report;
  siginfo_t how{};
};

// The end of the root, which stays a zombie, or its next stop.
siginfo_t next_change(pid_t root, int what) {
  siginfo_t change{};
  for (int round = 0; round < 20'000 && change.si_pid == 0; ++round) {
    waitid(P_PID, static_cast<id_t>(root), &change, what | WNOHANG | WNOWAIT);
    if (change.si_pid == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(change.si_pid, root) << "nothing has happened for 20 s";
  return change;
}

Ended watched(const std::vector<std::string>& argv, bool guarded,
              const std::function<void(pid_t)>& meanwhile = {}) {
  const HeldTree tree(argv);
  ExitWatch watch(tree.root(), guarded);
  EXPECT_TRUE(tree.release());
  if (meanwhile) meanwhile(tree.root());
  EXPECT_TRUE(tree.wait_for_end());
  Ended ended;
  ended.report = watch.finish();
  ended.how = next_change(tree.root(), WEXITED);
  return ended;
}

std::vector<std::string> probe(const std::string& mode, const std::string& argument = "") {
  return {MELISAI_EXIT_PROBE, mode, argument};
}

// Both ways: with the right to trace everybody, and without.
class ExitWatchTest : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    const Ended ended = watched({"/bin/true"}, false);
    if (ended.report.end == WatchEnd::refused) GTEST_SKIP() << why_missing(ended.report);
  }
  Ended run(const std::vector<std::string>& argv,
            const std::function<void(pid_t)>& meanwhile = {}) const {
    return watched(argv, GetParam(), meanwhile);
  }
};
INSTANTIATE_TEST_SUITE_P(Rights, ExitWatchTest, ::testing::Bool(), [](const auto& param) {
  return std::string(param.param ? "Guarded" : "Free");
});

void expect_exit(const Ended& ended, int code) {
  EXPECT_EQ(ended.how.si_code, CLD_EXITED);
  EXPECT_EQ(ended.how.si_status, code);
}

void expect_touched(const ExitReport& report) {
  EXPECT_EQ(report.end, WatchEnd::seen) << why_missing(report);
  // Some kernels count a page only in its CPU until there are many.
  const auto around = AllOf(Ge(kTouched - kMebibyte), Le(kTouched + 16 * kMebibyte));
  EXPECT_THAT(report.anonymous, around);
  EXPECT_THAT(report.resident_peak, around);
  EXPECT_THAT(report.proportional, around);
  EXPECT_GT(report.address_peak, report.resident_peak);
  EXPECT_FALSE(report.had_children);
  EXPECT_THAT(why_missing(report), IsEmpty());
}

TEST_P(ExitWatchTest, SeesTheMemoryOfAProgramThatEndsAtOnce) {
  const Ended ended = run(probe("touch", "64"));
  expect_exit(ended, 0);
  expect_touched(ended.report);
  EXPECT_THAT(numbers_of(ended.report), ElementsAre(Field(&Number::name, "address_space_peak"),
                                                    Field(&Number::name, "anonymous_at_exit"),
                                                    Field(&Number::name, "proportional_at_exit")));
}

TEST_P(ExitWatchTest, FollowsAShellThatBecomesTheProgram) {
  const Ended ended = run({"/bin/sh", "-c", "exec nice env " MELISAI_EXIT_PROBE " touch 64"});
  expect_exit(ended, 0);
  expect_touched(ended.report);
  EXPECT_STREQ(ended.report.program.data(), MELISAI_EXIT_PROBE);
}

TEST_P(ExitWatchTest, LeavesTheExitCodeAsItIs) {
  expect_exit(run(probe("exit", "7")), 7);
  const Ended aborted = run(probe("abort"));
  EXPECT_THAT(aborted.how.si_code, ::testing::AnyOf(CLD_KILLED, CLD_DUMPED));
  EXPECT_EQ(aborted.how.si_status, SIGABRT);
  EXPECT_EQ(aborted.report.end, WatchEnd::seen);
}

TEST_P(ExitWatchTest, HandsEverySignalOn) {
  const Ended ended = run(probe("signals", "900"));
  expect_exit(ended, 0);
  EXPECT_EQ(ended.report.end, WatchEnd::seen);
}

TEST_P(ExitWatchTest, LetsAProgramGoThatGetsManySignals) {
  const Ended ended = run(probe("signals", "5000"));
  expect_exit(ended, 0);
  EXPECT_EQ(ended.report.end, WatchEnd::many_signals);
  EXPECT_THAT(numbers_of(ended.report), IsEmpty());
  EXPECT_THAT(why_missing(ended.report), HasSubstr("more than 1000 signals"));
}

TEST_P(ExitWatchTest, LetsAProgramStopAndGoOn) {
  const Ended ended = run(probe("stop", "7"), [](pid_t root) {
    EXPECT_EQ(next_change(root, WSTOPPED).si_status, SIGSTOP);
    kill(root, SIGCONT);
  });
  expect_exit(ended, 7);
  EXPECT_EQ(ended.report.end, WatchEnd::seen);
}

TEST_P(ExitWatchTest, LetsAProgramBeKilled) {
  const Ended running = run(probe("wait"), [](pid_t root) { kill(root, SIGKILL); });
  EXPECT_EQ(running.how.si_status, SIGKILL);
  const Ended stopped = run(probe("stop"), [](pid_t root) {
    next_change(root, WSTOPPED);
    kill(root, SIGKILL);
  });
  EXPECT_EQ(stopped.how.si_status, SIGKILL);
}

TEST_P(ExitWatchTest, LeavesAProgramAloneThatTracesItself) {
  const Ended ended = run({MELISAI_TRACE_PROBE});
  expect_exit(ended, 0);
  EXPECT_EQ(ended.report.end, WatchEnd::traces_itself);
  EXPECT_THAT(why_missing(ended.report), HasSubstr(MELISAI_TRACE_PROBE));
}

TEST_P(ExitWatchTest, LeavesAProgramAloneThatChecksForLeaks) {
#ifdef MELISAI_LEAK_PROBE
  const HeldTree alone({MELISAI_LEAK_PROBE});
  ASSERT_TRUE(alone.release() && alone.wait_for_end());
  if (next_change(alone.root(), WEXITED).si_status != 0)
    GTEST_SKIP() << "LeakSanitizer does not work here, watched or not";
  const Ended ended = run({MELISAI_LEAK_PROBE});
  expect_exit(ended, 0);
  EXPECT_EQ(ended.report.end, WatchEnd::traces_itself);
#else
  GTEST_SKIP() << "this compiler has no LeakSanitizer";
#endif
}

TEST_P(ExitWatchTest, SeesTheEndOfAllThreads) {
  const Ended ended = run(probe("together", "64"));
  expect_exit(ended, 0);
  EXPECT_EQ(ended.report.end, WatchEnd::seen);
  EXPECT_GE(ended.report.anonymous, kTouched - kMebibyte);
}

TEST_P(ExitWatchTest, SaysNothingOfThreadsThatOutliveTheFirst) {
  const Ended ended = run(probe("leave", "30"));
  expect_exit(ended, 0);
  EXPECT_EQ(ended.report.end, WatchEnd::first_thread);
  EXPECT_THAT(numbers_of(ended.report), IsEmpty());
}

TEST_P(ExitWatchTest, SaysNothingOfAProgramThatAnotherThreadExecuted) {
  for (const char* seconds : {"0", "0.5"}) {
    const Ended ended = run({MELISAI_EXIT_PROBE, "thread-exec", "/bin/sleep", seconds});
    expect_exit(ended, 0);
    EXPECT_EQ(ended.report.end, WatchEnd::first_thread) << seconds;
  }
}

TEST_P(ExitWatchTest, LetsTheRootGoWhenItEndsFirst) {
  const HeldTree tree(probe("wait"));
  {
    const ExitWatch watch(tree.root(), GetParam());
    ASSERT_TRUE(tree.release());
  }
  const auto status = read_text("/proc/" + std::to_string(tree.root()) + "/status");
  ASSERT_TRUE(status);
  EXPECT_EQ(count_after(*status, "TracerPid:"), 0);
  kill(tree.root(), SIGTERM);
  EXPECT_EQ(next_change(tree.root(), WEXITED).si_status, SIGTERM);
}

TEST_P(ExitWatchTest, KnowsOfChildrenThatTheRootWaitedFor) {
  const Ended ended = run({"/bin/sh", "-c", "/bin/true; exit 0"});
  expect_exit(ended, 0);
  EXPECT_EQ(ended.report.end, WatchEnd::seen);
  EXPECT_TRUE(ended.report.had_children);
}

TEST(ExitWatchGuarded, LetsAShellGoThatRunsForLong) {
  const Ended ended = watched(
      {"/bin/sh", "-c", "i=0; while [ $i -lt 3000 ]; do cd /; i=$((i+1)); done; exit 4"}, true);
  if (ended.report.end == WatchEnd::refused) GTEST_SKIP() << why_missing(ended.report);
  expect_exit(ended, 4);
  EXPECT_EQ(ended.report.end, WatchEnd::many_calls);
}

TEST(ExitWatchAlone, SaysNothingOfARootThatIsGone) {
  pid_t gone = -1;
  {
    const HeldTree tree({"/bin/true"});
    gone = tree.root();
  }
  ExitWatch watch(gone, false);
  const ExitReport report = watch.finish();
  EXPECT_EQ(report.end, WatchEnd::gone);
  EXPECT_THAT(why_missing(report), IsEmpty());
}

// An ordinary user executes a program of root's that gives its rights.
class OtherRights : public ::testing::Test {
 protected:
  void SetUp() override {
    if (getuid() != 0) GTEST_SKIP() << "needs root, to make a program that gives root's rights";
    namespace fs = std::filesystem;
    fs::permissions(directory_.path(), fs::perms(0755));
    fs::copy_file(MELISAI_EXIT_PROBE, plain_);
    fs::copy_file(MELISAI_EXIT_PROBE, program_);
    fs::permissions(program_, fs::perms(04755));
    // Where it does not work without a watch there is nothing to lose.
    if (as_nobody([&] { return ends_well(nullptr, {program_, "root"}); }) != 0)
      GTEST_SKIP() << "files give no rights here";
  }
  static int as_nobody(const std::function<int()>& work) {
    constexpr uid_t kNobody = 65534;
    const pid_t child = fork();
    if (child == 0) {
      if (setgroups(0, nullptr) != 0 || setresgid(kNobody, kNobody, kNobody) != 0 ||
          setresuid(kNobody, kNobody, kNobody) != 0 || prctl(PR_SET_DUMPABLE, 1) != 0)
        _exit(100);
      _exit(work());
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return WEXITSTATUS(status);
  }
  // Its exit code, and how the watch ended.
  static int ends_well(WatchEnd* end, const std::vector<std::string>& argv) {
    const HeldTree tree(argv);
    std::optional<ExitWatch> watch;
    if (end != nullptr) watch.emplace(tree.root(), rights_may_change(tree.root()));
    if (!tree.release() || !tree.wait_for_end()) return 101;
    if (watch) *end = watch->finish().end;
    return next_change(tree.root(), WEXITED).si_status;
  }
  static int ends_so(WatchEnd expected, int code, const std::vector<std::string>& argv) {
    WatchEnd end = WatchEnd::seen;
    if (ends_well(&end, argv) != code) return 102;
    return end == expected ? 0 : 103 + static_cast<int>(end);
  }

  TemporaryDirectory directory_ =
      TemporaryDirectory::make(std::filesystem::temp_directory_path(), "melisai-rights-").value();
  std::string plain_ = directory_.path() + "/plain";
  std::string program_ = directory_.path() + "/program";
};

TEST_F(OtherRights, AreKeptByAProgramThatIsExecutedAtOnce) {
  EXPECT_EQ(as_nobody([&] { return ends_so(WatchEnd::changes_rights, 0, {program_, "root"}); }), 0);
}

TEST_F(OtherRights, AreKeptByAProgramThatAShellBecomes) {
  const std::string line = "cd " + directory_.path() + " && exec env nice ./program root";
  EXPECT_EQ(as_nobody([&] {
              return ends_so(WatchEnd::changes_rights, 0, {"/bin/sh", "-c", line});
            }),
            0);
}

// What cannot be foreseen is at least told, and not done again.
TEST_F(OtherRights, AreToldToBeLostWhenAnyOtherProgramGivesThem) {
  EXPECT_EQ(as_nobody([&] {
              return ends_so(WatchEnd::rights_withheld, 3, {plain_, "exec", program_, "root"});
            }),
            0);
}

}  // namespace
}  // namespace melisai::plugins
