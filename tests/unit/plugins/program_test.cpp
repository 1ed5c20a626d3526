// Programs at work, the hostile ones among them.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "tests/unit/plugins/program_fixture.h"

namespace melisai::plugins {
namespace {

using namespace std::chrono_literals;
using process_test::eventually;
using process_test::gone;
using process_test::steady_clock;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Lt;
using ::testing::StartsWith;

constexpr auto kSlack = 2s;  // of a machine under load

class ProgramRun : public ProgramFixture {
 protected:
  ProgramRun() { limits_.grace = 300ms; }
};

TEST_F(ProgramRun, GivesWhatTheProgramSaid) {
  const ProgramResult result = run_script("echo out; echo error >&2; exit 3");
  EXPECT_EQ(result.reason, "");
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.signal, 0);
  EXPECT_FALSE(result.timed_out);
  EXPECT_FALSE(result.truncated);
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.error_output, "error\n");
}

TEST_F(ProgramRun, HandsArgumentsOverAsTheyAre) {
  put_script("tool", "printf '[%s]' \"$@\"");
  EXPECT_EQ(run("tool", {"", "a b", "$(id)", "*", "-x"}).output, "[][a b][$(id)][*][-x]");
  EXPECT_EQ(run("printf", {"%s|", "", "a b"}).output, "|a b|");
}

TEST_F(ProgramRun, SaysWhySomethingDidNotRun) {
  EXPECT_THAT(run("no-such-tool").reason, StartsWith("cannot find no-such-tool in "));
  put("bin/garbage", "neither a script nor a program\n");
  const ProgramResult result = run("garbage");
  EXPECT_EQ(result.reason, "cannot execute " + path("bin/garbage") + ": Exec format error");
  EXPECT_EQ(result.code, -1);
}

TEST_F(ProgramRun, SaysWhichSignalEndedIt) {
  const ProgramResult result = run_script("kill -SEGV $$");
  EXPECT_EQ(result.signal, SIGSEGV);
  EXPECT_EQ(result.code, -1);
  EXPECT_EQ(result.reason, "script was ended by signal 11");
}

TEST_F(ProgramRun, HasAnEnvironmentOfItsOwn) {
  setenv("LD_PRELOAD", "", 1);
  setenv("PYTHONPATH", "/tmp", 1);
  const std::string text = run("env").output;
  unsetenv("LD_PRELOAD");
  unsetenv("PYTHONPATH");
  EXPECT_EQ(text, "PATH=" + path("bin") +
                      ":/usr/bin:/bin\nHOME=/\nLANG=C.UTF-8\nLC_ALL=C.UTF-8\nTERM=dumb\n"
                      "TMPDIR=/tmp\n");
}

TEST_F(ProgramRun, InheritsNoDescriptor) {
  const Descriptor open_for_all(open("/dev/null", O_RDONLY));  // not close-on-exec, on purpose
  const Descriptor far_away(fcntl(open_for_all.get(), F_DUPFD, 200));
  EXPECT_EQ(run("ls", {"/proc/self/fd"}).output, "0\n1\n2\n3\n");  // 3 is how ls reads them
  EXPECT_EQ(run("readlink", {"/proc/self/fd/0"}).output, "/dev/null\n");
  // The script itself, which sh has open in addition: no more than that.
  const std::string text = run_script("readlink /proc/$$/fd/* | grep -v pipe: | sort -u").output;
  EXPECT_EQ(text, "/dev/null\n" + path("bin/script") + "\n");
}

TEST_F(ProgramRun, RunsWhereItCanDoLeast) {
  EXPECT_EQ(run("readlink", {"/proc/self/cwd"}).output, "/\n");
  EXPECT_EQ(run("grep", {"NoNewPrivs", "/proc/self/status"}).output, "NoNewPrivs:\t1\n");
  const auto stat = run_script("cat /proc/$$/stat").output;
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t group = 0;
  pid_t session = 0;
  ASSERT_EQ(std::sscanf(stat.c_str(), "%d (%*[^)]) %*c %d %d %d", &pid, &parent, &group, &session),
            4);
  EXPECT_EQ(group, pid);
  EXPECT_EQ(session, parent);
  EXPECT_NE(session, getsid(0));
}

TEST_F(ProgramRun, HandlesSignalsAsUsual) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, &before);
  const auto child_handler = std::signal(SIGCHLD, SIG_IGN);
  const auto interrupt_handler = std::signal(SIGINT, SIG_IGN);
  const ProgramResult result = run("grep", {"-E", "Sig(Blk|Ign)", "/proc/self/status"});
  const ProgramResult failed = run("false");
  sigset_t after;
  sigprocmask(SIG_SETMASK, &before, &after);
  std::signal(SIGCHLD, child_handler);
  std::signal(SIGINT, interrupt_handler);
  EXPECT_EQ(result.output, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  EXPECT_EQ(failed.code, 1);
  EXPECT_EQ(sigismember(&after, SIGTERM), 1);  // ours is as it was
}

TEST_F(ProgramRun, IsWhatWasChecked) {
  copy_program("/usr/bin/echo", "bin/program");
  put_script("script", "echo checked");
  FoundProgram program = find_program("program", rules_);
  FoundProgram script = find_program("script", rules_);
  copy_program("/usr/bin/false", "bin/program");
  put_script("script", "echo swapped");
  EXPECT_EQ(RunningProgram(std::move(program), {"checked"}, rules_, limits_).finish().output,
            "checked\n");
  EXPECT_EQ(RunningProgram(std::move(script), {}, rules_, limits_).finish().output, "checked\n");
  EXPECT_EQ(run("program").code, 1);
  EXPECT_EQ(run("script").output, "swapped\n");
}

TEST_F(ProgramRun, IsWhatWasCheckedWhenItIsGone) {
  put_script("script", "echo checked");
  FoundProgram script = find_program("script", rules_);
  std::filesystem::remove_all(path("bin"));
  EXPECT_EQ(RunningProgram(std::move(script), {}, rules_, limits_).finish().output, "checked\n");
}

TEST_F(ProgramRun, WorksWithoutStandardStreams) {
  put_script("script", "echo out; echo error >&2");
  const pid_t child = fork();
  if (child == 0) {
    for (int fd = 0; fd <= 2; ++fd) close(fd);
    const ProgramResult result = run("script");
    _exit(result.output == "out\n" && result.error_output == "error\n" ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(ProgramRun, CutsAFlood) {
  const ProgramResult result = run("head", {"-c", std::to_string(60 << 20), "/dev/zero"});
  EXPECT_EQ(result.output.size(), std::size_t{50} << 20);
  EXPECT_TRUE(result.truncated);
  EXPECT_EQ(result.code, 0);
}

TEST_F(ProgramRun, KeepsTheStartOfOutputAndTheEndOfErrors) {
  limits_.output_bytes_max = 4;
  limits_.error_bytes_max = 4;
  ProgramResult result = run_script("printf 1234; printf 5678 >&2");
  EXPECT_EQ(result.output, "1234");
  EXPECT_FALSE(result.truncated);
  EXPECT_EQ(result.error_output, "5678");
  result = run_script("printf 12345; printf 1234567890 >&2");
  EXPECT_EQ(result.output, "1234");
  EXPECT_TRUE(result.truncated);
  EXPECT_EQ(result.error_output, "7890");
}

TEST_F(ProgramRun, KeepsTheLast64KiBOfErrors) {
  const ProgramResult result = run_script("head -c 1000000 /dev/zero >&2; printf end >&2");
  EXPECT_EQ(result.error_output.size(), std::size_t{64} << 10);
  EXPECT_THAT(result.error_output, EndsWith("end"));
  EXPECT_FALSE(result.truncated);
}

TEST_F(ProgramRun, IsAskedToEndWhenItsTimeIsUp) {
  limits_.time = 200ms;
  limits_.grace = 60s;
  const auto begin = steady_clock::now();
  const ProgramResult result = run_script("trap 'echo summary; exit 4' INT; sleep 1000 & wait");
  EXPECT_THAT(steady_clock::now() - begin, AllOf(Ge(200ms), Lt(200ms + kSlack)));
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.output, "summary\n");
  EXPECT_EQ(result.code, 4);
  EXPECT_EQ(result.reason, "script was ended after 200 ms");
}

TEST_F(ProgramRun, IsAskedToEndWithItsWholeGroup) {
  limits_.time = 200ms;
  const ProgramResult result = run_script(
      "trap : INT; sh -c 'trap \"echo child; exit\" INT; sleep 1000 & wait'; echo parent");
  EXPECT_EQ(result.output, "child\nparent\n");
}

TEST_F(ProgramRun, IsKilledThreeSecondsLater) {
  limits_ = ProgramLimits();
  limits_.time = 200ms;
  const auto begin = steady_clock::now();
  const ProgramResult result = run_script("trap '' INT; echo before; while :; do sleep 1000; done");
  EXPECT_THAT(steady_clock::now() - begin, AllOf(Ge(3200ms), Lt(3200ms + kSlack)));
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.signal, SIGKILL);
  EXPECT_EQ(result.output, "before\n");
}

TEST_F(ProgramRun, IsHeldToItsTimeWhileItFloods) {
  limits_.time = 300ms;
  limits_.output_bytes_max = 1000;
  const auto begin = steady_clock::now();
  const ProgramResult result =
      run_script("trap '' INT; cat /dev/zero & cat /dev/zero >&2 & wait; wait; sleep 1000");
  EXPECT_THAT(steady_clock::now() - begin, AllOf(Ge(600ms), Lt(600ms + kSlack)));
  EXPECT_TRUE(result.timed_out);
  EXPECT_TRUE(result.truncated);
}

TEST_F(ProgramRun, DoesNotEndWithItsOutput) {
  limits_.time = 300ms;
  const auto begin = steady_clock::now();
  EXPECT_TRUE(run_script("exec >&- 2>&-; exec sleep 1000").timed_out);
  EXPECT_THAT(steady_clock::now() - begin, AllOf(Ge(300ms), Lt(300ms + kSlack)));
}

TEST_F(ProgramRun, TakesWhatItStartedAlong) {
  const auto begin = steady_clock::now();
  const ProgramResult result =
      run_script("sleep 1000 & echo $! > $1; (trap '' INT TERM HUP; sleep 1000 & echo $! >> $1)");
  EXPECT_LT(steady_clock::now() - begin, kSlack);  // though both hold its stdout
  EXPECT_EQ(result.code, 0);
  ASSERT_EQ(noted().size(), 2u);
  for (const pid_t pid : noted()) EXPECT_EQ(kill(pid, 0), -1) << "lives: " << pid;
}

TEST_F(ProgramRun, TakesDaemonsAlong) {
  const ProgramResult result = run_script(
      "setsid setsid sh -c 'echo $$ > '$1'; sleep 1000 & echo $! >> '$1'; exec sleep 1000' &\n"
      "while [ \"$(wc -l < $1)\" != 2 ]; do sleep 0.01; done 2> /dev/null");
  EXPECT_EQ(result.code, 0);
  ASSERT_EQ(noted().size(), 2u);
  for (const pid_t pid : noted()) EXPECT_EQ(kill(pid, 0), -1) << "lives: " << pid;
}

TEST_F(ProgramRun, CanBeInterrupted) {
  const auto begin = steady_clock::now();
  RunningProgram program =
      start_script("trap 'echo summary; exit 0' INT; echo $$ > $1; sleep 1000 & wait");
  ASSERT_TRUE(wait_for_note());
  program.interrupt();
  program.interrupt();
  const ProgramResult result = program.finish();
  EXPECT_LT(steady_clock::now() - begin, kSlack);
  EXPECT_EQ(result.output, "summary\n");
  EXPECT_EQ(result.reason, "");
  EXPECT_FALSE(result.timed_out);
}

TEST_F(ProgramRun, MayEndBySigintWhenItIsInterrupted) {
  RunningProgram program = start_script("echo $$ > $1; exec sleep 1000");
  ASSERT_TRUE(wait_for_note());
  program.interrupt();
  const ProgramResult result = program.finish();
  EXPECT_EQ(result.signal, SIGINT);
  EXPECT_EQ(result.reason, "");
}

TEST_F(ProgramRun, IsKilledWhenItIgnoresAnInterrupt) {
  RunningProgram program = start_script("trap '' INT; echo $$ > $1; sleep 1000");
  ASSERT_TRUE(wait_for_note());
  program.interrupt();
  EXPECT_EQ(program.finish().reason, "script was ended by signal 9");
}

TEST_F(ProgramRun, MayBeInterruptedTooLate) {
  RunningProgram program = start_script("echo $$ > $1");
  ASSERT_TRUE(wait_for_note() && eventually([&] { return gone(noted()[0]); }));
  for (int i = 0; i < 3; ++i) program.interrupt();
  EXPECT_EQ(program.finish().code, 0);
  program.interrupt();
}

TEST_F(ProgramRun, RunsBesideOthers) {
  const auto begin = steady_clock::now();
  std::vector<RunningProgram> programs;
  for (int i = 0; i < 5; ++i)
    programs.emplace_back(find_program("sleep", rules_), std::vector<std::string>{"1"}, rules_,
                          limits_);
  for (RunningProgram& program : programs) EXPECT_EQ(program.finish().code, 0);
  EXPECT_LT(steady_clock::now() - begin, 1s + kSlack);
}

TEST_F(ProgramRun, NeedsNobodyToReadItsOutput) {
  RunningProgram program = start_script("head -c 10000000 /dev/zero; echo $$ > $1");
  EXPECT_TRUE(wait_for_note());
  EXPECT_EQ(program.finish().output.size(), 10'000'000u);
}

TEST_F(ProgramRun, EndsWithItsOwner) {
  const auto begin = steady_clock::now();
  limits_.grace = 60s;
  {
    RunningProgram program = start_script("trap '' INT; echo $$ > $1; sleep 1000");
    ASSERT_TRUE(wait_for_note());
  }
  EXPECT_EQ(kill(noted()[0], 0), -1);
  EXPECT_LT(steady_clock::now() - begin, kSlack);
}

TEST_F(ProgramRun, EndsWithTheCollector) {
  const pid_t collector = fork();
  if (collector == 0) {
    const RunningProgram program =
        start_script("trap '' INT TERM; echo $$ > $1; setsid sleep 1000 & echo $! >> $1; wait");
    pause();
    _exit(0);
  }
  ASSERT_TRUE(wait_for_note(2));
  kill(collector, SIGKILL);
  ASSERT_EQ(waitpid(collector, nullptr, 0), collector);
  for (const pid_t pid : noted()) EXPECT_TRUE(eventually([&] { return gone(pid); })) << pid;
}

TEST_F(ProgramRun, EndsWithItsGuard) {
  RunningProgram program = start_script("echo $$ $PPID > $1; exec sleep 1000");
  ASSERT_TRUE(wait_for_note(2));
  kill(noted()[1], SIGKILL);
  EXPECT_THAT(program.finish().reason, HasSubstr("was ended from outside"));
  EXPECT_TRUE(eventually([&] { return gone(noted()[0]); }));
}

TEST_F(ProgramRun, KeepsItsGuardThroughOtherSignals) {
  const ProgramResult result =
      run_script("for s in HUP INT TERM USR1 CHLD PIPE; do kill -$s $PPID; done; echo here");
  EXPECT_EQ(result.reason, "");
  EXPECT_EQ(result.output, "here\n");
}

TEST_F(ProgramRun, HoldsNoneOfOurPipesOpen) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const Descriptor reader(ends[0]);
  Descriptor writer(ends[1]);
  const RunningProgram program = start_script("echo $$ > $1; exec sleep 1000");
  ASSERT_TRUE(wait_for_note());
  writer = Descriptor();
  pollfd waiting{reader.get(), POLLIN, 0};
  EXPECT_EQ(poll(&waiting, 1, 5000), 1);
}

}  // namespace
}  // namespace melisai::plugins
