// An observed run: the tree is seen before its first instruction and after its last process, and
// nothing else about the run changes.
#include <gmock/gmock.h>
#include <sys/ptrace.h>

#include <functional>
#include <sstream>

#include "tests/unit/base/process_fixture.h"

namespace melisai::process_test {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::Truly;

class Observer final : public RunObserver {
 public:
  using Look = std::function<void(pid_t root)>;

  void before_exec(const ProcessTree& tree) override {
    calls.push_back("before");
    root = static_cast<pid_t>(tree.root_pid);
    cgroup = tree.cgroup;
    if (before) before(root);
  }
  void after_last(const ProcessTree& tree) override {
    calls.push_back("after");
    EXPECT_EQ(tree.root_pid, root);
    EXPECT_EQ(tree.cgroup, cgroup);
    if (after) after(root);
  }

  Look before;
  Look after;
  std::vector<std::string> calls;
  pid_t root = 0;
  std::string cgroup;
};

std::string proc(pid_t pid, const std::string& file) {
  return "/proc/" + std::to_string(pid) + "/" + file;
}

// A field of /proc/<pid>/stat, counted from 1 as in proc(5); "" when there is none.
std::string stat_field(pid_t pid, int number) {
  const std::string stat = read_all(proc(pid, "stat"));
  const std::size_t after_name = stat.rfind(") ");
  if (after_name == std::string::npos) return "";
  std::istringstream fields(stat.substr(after_name + 2));
  std::string field;
  for (int at = 3; at <= number; ++at) fields >> field;
  return field;
}

pid_t parent_of(pid_t pid) { return std::stoi("0" + stat_field(pid, 4)); }

std::vector<pid_t> children_of(pid_t pid) {
  return pids_in(proc(pid, "task/" + std::to_string(pid) + "/children"));
}

void wait_a_little() { std::this_thread::sleep_for(std::chrono::milliseconds(300)); }
constexpr std::int64_t kALittleNs = 300'000'000;

class RunnerObserver : public ProcessFixture, public ::testing::WithParamInterface<CgroupMode> {
 protected:
  Command shell(const std::string& script) const {
    return with_cgroup(ProcessFixture::shell(script));
  }
  Command with_cgroup(Command command) const {
    command.cgroup = GetParam();
    return command;
  }
  Result<Exit> run_observed(const Command& command) {
    return make_process_runner(kExecPath, interrupt_)->run_observed(command, observer_);
  }
  Exit observe(const Command& command) {
    Result<Exit> result = run_observed(command);
    if (!result) {
      ADD_FAILURE() << result.error().message;
      return Exit{.code = -1};
    }
    EXPECT_THAT(observer_.calls, ElementsAre("before", "after"));
    return *result;
  }
  void expect_same_error(const Command& command) {
    observer_.calls.clear();
    const Result<Exit> observed = run_observed(command);
    const Result<Exit> plain = run(command);
    ASSERT_FALSE(observed);
    ASSERT_FALSE(plain);
    EXPECT_EQ(observed.error().code, plain.error().code);
    EXPECT_EQ(observed.error().message, plain.error().message);
    if (!observer_.calls.empty()) {
      EXPECT_THAT(observer_.calls, ElementsAre("before", "after"));
    }
  }
  bool exists(const std::string& name) const { return std::filesystem::exists(path(name)); }

  Observer observer_;
};

INSTANTIATE_TEST_SUITE_P(Cgroup, RunnerObserver,
                         ::testing::Values(CgroupMode::automatic, CgroupMode::off),
                         [](const auto& mode) {
                           return mode.param == CgroupMode::off ? "Off" : "Automatic";
                         });

// Of the gate: its collectors are no ancestors of what they look at. Proves something where
// kernel.yama.ptrace_scope is 1, for a user without CAP_SYS_PTRACE.
TEST_P(RunnerObserver, LetsDescendantsTraceTheRoot) {
  int status = -1;
  observer_.before = [&](pid_t root) {
    const pid_t child = fork();
    if (child == 0) _exit(ptrace(PTRACE_SEIZE, root, nullptr, nullptr) == 0 ? 0 : errno);
    ASSERT_EQ(waitpid(child, &status, 0), child);
  };
  EXPECT_EQ(observe(shell("exit 3")).code, 3);
  if (read_all("/proc/sys/kernel/yama/ptrace_scope") > "1\n")
    GTEST_SKIP() << "kernel.yama.ptrace_scope bars it";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_P(RunnerObserver, SeesTheTreeBeforeItsFirstInstruction) {
  observer_.before = [this](pid_t root) {
    EXPECT_FALSE(gone(root));
    EXPECT_EQ(std::filesystem::read_symlink(proc(root, "exe")),
              std::filesystem::canonical(kExecPath));
    wait_a_little();
    EXPECT_FALSE(exists("began"));
  };
  EXPECT_TRUE(observe(shell("touch began; echo $$ > pids")).ok());
  EXPECT_TRUE(exists("began"));
  EXPECT_THAT(pids_in(path("pids")), ElementsAre(observer_.root));
}

TEST_P(RunnerObserver, SeesATreeThatIsSetUp) {
  Command pinned = shell("true");
  pinned.cpus = {0};
  observer_.before = [this](pid_t root) {
    EXPECT_EQ(std::filesystem::read_symlink(proc(root, "cwd")),
              std::filesystem::canonical(directory_));
    EXPECT_EQ(std::filesystem::read_symlink(proc(root, "fd/0")), "/dev/null");
    EXPECT_EQ(stat_field(root, 6), std::to_string(root)) << "its own session";
    EXPECT_THAT(read_all(proc(root, "status")), HasSubstr("Cpus_allowed_list:\t0\n"));
    if (!observer_.cgroup.empty()) {
      EXPECT_THAT(pids_in(observer_.cgroup + "/cgroup.procs"), ElementsAre(root));
    }
  };
  const bool in_cgroup = observe(pinned).in_cgroup;
  EXPECT_EQ(in_cgroup, !observer_.cgroup.empty());
  if (GetParam() == CgroupMode::off) {
    EXPECT_EQ(observer_.cgroup, "");
  }
}

TEST_P(RunnerObserver, SeesTheZombieAfterTheEnd) {
  observer_.after = [](pid_t root) {
    EXPECT_EQ(stat_field(root, 3), "Z");
    EXPECT_GT(std::stoll("0" + stat_field(root, 14)), 0) << "utime";
    EXPECT_NE(read_all(proc(root, "schedstat")), "");
    EXPECT_THAT(read_all(proc(root, "status")), HasSubstr("State:\tZ"));
  };
  EXPECT_EQ(
      observe(shell("i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; sleep 0.01; exit 5")).code,
      5);
}

TEST_P(RunnerObserver, SeesNothingButTheZombieAfterTheLastProcess) {
  observer_.after = [this](pid_t root) {
    EXPECT_EQ(stat_field(root, 3), "Z");
    const std::vector<pid_t> pids = pids_in(path("pids"));
    EXPECT_THAT(pids, SizeIs(40));
    for (const pid_t pid : pids) EXPECT_EQ(stat_field(pid, 3), "") << pid << " is not reaped";
    EXPECT_THAT(children_of(parent_of(root)), ElementsAre(root));
  };
  const Exit exit = observe(
      shell("touch pids; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do "
            "setsid sh -c 'trap \"\" TERM; echo $$ >> pids; while :; do sleep 1000; done' & "
            "(setsid sh -c 'echo $$ >> pids; exec sleep 1000' &) ; done; "
            "until [ \"$(wc -l < pids)\" = 40 ]; do sleep 0.01; done; exit 4"));
  EXPECT_EQ(exit.end, Exit::End::exited);
  EXPECT_EQ(exit.code, 4);
  EXPECT_GE(exit.stray_processes, 40);
  EXPECT_LE(exit.stray_processes, 60) << "each may have a sleep of its own";
}

TEST_P(RunnerObserver, HoldsAreNoPartOfTheCost) {
  observer_.before = observer_.after = [](pid_t) { wait_a_little(); };
  const Command head = with_cgroup(command({"head", "-c", "1000000", "/dev/zero"}));
  const Usage held = observe(head).usage;
  EXPECT_GT(held.wall_time_ns, 0);
  EXPECT_LT(held.wall_time_ns, kALittleNs * 2 / 3);
  EXPECT_LT(held.cpu_time_ns, kALittleNs * 2 / 3);
  EXPECT_LT(held.run_delay_ns.value_or(0), kALittleNs * 2 / 3);
  const Usage plain = run_ok(head).usage;
  EXPECT_EQ(held.rchar_bytes, plain.rchar_bytes);
  EXPECT_EQ(held.wchar_bytes, plain.wchar_bytes);
  EXPECT_EQ(held.run_delay_ns.has_value(), plain.run_delay_ns.has_value());
  EXPECT_NEAR(static_cast<double>(held.minor_faults), static_cast<double>(plain.minor_faults), 5);
  EXPECT_LT(held.peak_rss_bytes, 10 << 20);
}

TEST_P(RunnerObserver, TheTimeoutBeginsWithTheWorkload) {
  observer_.before = [](pid_t) { wait_a_little(); };
  Command endless = shell("echo began; sleep 1000");
  endless.timeout = Milliseconds(150);
  const Exit exit = observe(endless);
  EXPECT_EQ(exit.end, Exit::End::timed_out);
  EXPECT_GE(exit.usage.wall_time_ns, 150'000'000);
  EXPECT_LT(exit.usage.wall_time_ns, 5'000'000'000);
  EXPECT_EQ(output(), "began\n");
}

TEST_P(RunnerObserver, EndsAsAnUnobservedRunDoes) {
  const Exit code = observe(shell("echo out; echo err >&2; exit 3"));
  EXPECT_EQ(code.end, Exit::End::exited);
  EXPECT_EQ(code.code, 3);
  EXPECT_EQ(code.stray_processes, 0);
  EXPECT_EQ(output(), "out\n");
  EXPECT_EQ(read_all(path("err")), "err\n");
  observer_.calls.clear();
  const Exit crash = observe(shell("kill -SEGV $$"));
  EXPECT_EQ(crash.end, Exit::End::signalled);
  EXPECT_EQ(crash.code, SIGSEGV);
}

TEST_P(RunnerObserver, TheWorkloadSeesNothingOfIt) {
  EXPECT_TRUE(
      observe(shell("ls /proc/$$/fd; wc -c; sed -n '/^Sig[BIC]/p' /proc/self/status")).ok());
  const std::string none = "\t0000000000000000\n";
  EXPECT_EQ(output(), "0\n1\n2\n0\nSigBlk:" + none + "SigIgn:" + none + "SigCgt:" + none);
}

TEST_P(RunnerObserver, SaysAsAlwaysWhatCannotBeStarted) {
  expect_same_error(with_cgroup(command({"no-such-program"})));
  expect_same_error(with_cgroup(command({"./gone"})));
  std::ofstream(path("script")) << "#!/no/such/interpreter\n";
  std::filesystem::permissions(path("script"), std::filesystem::perms::owner_all);
  expect_same_error(with_cgroup(command({"./script"})));
  Command lost = shell("true");
  lost.cwd = path("no/such/dir");
  expect_same_error(lost);
  expect_same_error(with_cgroup(command({})));
}

TEST_P(RunnerObserver, AnInterruptBeforeTheStartObservesNothing) {
  raise(SIGINT);
  EXPECT_EQ(run_observed(shell("touch began")).value().end, Exit::End::interrupted);
  EXPECT_THAT(observer_.calls, SizeIs(0));
}

TEST_P(RunnerObserver, AnInterruptWhileItIsHeldLetsNothingBegin) {
  observer_.before = [](pid_t) { raise(SIGTERM); };
  observer_.after = [](pid_t root) { EXPECT_EQ(stat_field(root, 3), "Z"); };
  const auto start = steady_clock::now();
  EXPECT_EQ(observe(shell("touch began")).end, Exit::End::interrupted);
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_FALSE(exists("began"));
  EXPECT_TRUE(gone(observer_.root));
}

TEST_P(RunnerObserver, AnInterruptEndsTheTreeSoon) {
  observer_.after = [](pid_t root) { EXPECT_EQ(stat_field(root, 3), "Z"); };
  const auto start = steady_clock::now();
  const auto signaller = when_written(path("ready"), [] { kill(getpid(), SIGTERM); });
  EXPECT_EQ(observe(shell("sleep 1000 & echo $! > pids; echo x > ready; wait")).end,
            Exit::End::interrupted);
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(10));
  EXPECT_THAT(pids_in(path("pids")), Each(Truly(gone)));
}

TEST_P(RunnerObserver, AnInterruptAfterTheEndComesTooLate) {
  observer_.after = [](pid_t) { raise(SIGTERM); };
  const auto start = steady_clock::now();
  const Exit exit = observe(shell("exit 6"));
  EXPECT_EQ(exit.end, Exit::End::exited);
  EXPECT_EQ(exit.code, 6);
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(5));
}

TEST_P(RunnerObserver, ATermForTheRunnerWhileItHoldsEndsTheRun) {
  observer_.before = [](pid_t root) {
    kill(parent_of(root), SIGTERM);
    EXPECT_TRUE(eventually([root] { return gone(root); }));
  };
  observer_.after = [](pid_t root) {
    wait_a_little();
    EXPECT_EQ(stat_field(root, 3), "Z") << "the word to begin was taken for the one to end";
  };
  EXPECT_EQ(observe(shell("touch began")).end, Exit::End::interrupted);
  EXPECT_FALSE(exists("began"));
}

TEST_P(RunnerObserver, AWorkloadThatIsKilledBeforeItBeginsCostsNothing) {
  observer_.before = [](pid_t root) {
    wait_a_little();
    kill(root, SIGKILL);
  };
  const Exit exit = observe(shell("touch began"));
  EXPECT_EQ(exit.end, Exit::End::signalled);
  EXPECT_EQ(exit.code, SIGKILL);
  EXPECT_LT(exit.usage.wall_time_ns, kALittleNs * 2 / 3);
  EXPECT_FALSE(exists("began"));
}

TEST_P(RunnerObserver, AKilledRunnerIsAnErrorAndTheObserverIsTold) {
  const auto expect_killed = [this](const Command& command) {
    observer_.calls.clear();
    const Result<Exit> result = run_observed(command);
    ASSERT_FALSE(result);
    EXPECT_THAT(result.error().message, HasSubstr("Killed without a report"));
    EXPECT_THAT(observer_.calls, ElementsAre("before", "after"));
    EXPECT_TRUE(eventually([this] { return gone(observer_.root); }));
    EXPECT_FALSE(std::filesystem::exists(observer_.cgroup)) << observer_.cgroup;
  };
  const auto kill_runner = [](pid_t root) { kill(parent_of(root), SIGKILL); };
  observer_.before = kill_runner;
  expect_killed(shell("touch began"));
  EXPECT_FALSE(exists("began"));

  observer_.before = nullptr;
  expect_killed(shell("sleep 1000 & echo $! > pids; kill -KILL $PPID; sleep 1000"));
  for (const pid_t pid : pids_in(path("pids"))) {
    EXPECT_TRUE(eventually([pid] { return gone(pid); })) << pid;
  }
  observer_.after = kill_runner;
  expect_killed(shell("true"));
}

TEST_P(RunnerObserver, NothingSurvivesAGateThatIsKilledWhileItObserves) {
  const pid_t gate = fork();
  if (gate == 0) {
    observer_.before = [this](pid_t root) {
      std::ofstream(path("pids")) << root << "\n" << parent_of(root) << "\n";
      std::this_thread::sleep_for(std::chrono::seconds(1000));
    };
    [[maybe_unused]] const Result<Exit> never = run_observed(shell("touch began"));
    _exit(0);
  }
  ASSERT_TRUE(eventually([this] { return pids_in(path("pids")).size() == 2; }));
  kill(gate, SIGKILL);
  waitpid(gate, nullptr, 0);
  for (const pid_t pid : pids_in(path("pids"))) {
    EXPECT_TRUE(eventually([pid] { return gone(pid); })) << pid;
  }
  EXPECT_FALSE(exists("began"));
}

TEST_P(RunnerObserver, LeaksNoDescriptors) {
  observe(shell("true"));
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 20; ++i) {
    observer_.calls.clear();
    observe(shell("exit " + std::to_string(i)));
  }
  EXPECT_FALSE(run_observed(with_cgroup(command({"no-such-program"}))));
  EXPECT_EQ(open_descriptors(), before);
}

class ExecHold : public ProcessFixture {};

TEST_F(ExecHold, LetsNothingBeginWithoutACaller) {
  EXPECT_TRUE(run_ok(command({kExecPath, "--hold", "--", "touch", path("began")})).ok());
  EXPECT_THAT(output(), HasSubstr("\"end\":\"interrupted\""));
  EXPECT_FALSE(std::filesystem::exists(path("began")));
}

TEST_F(ExecHold, NeedsAnOpenInput) {
  EXPECT_EQ(run_ok(shell("exec <&-; exec " + kExecPath + " --hold -- true")).code, 2);
  EXPECT_THAT(read_all(path("err")), HasSubstr("standard input is closed"));
}

}  // namespace
}  // namespace melisai::process_test
