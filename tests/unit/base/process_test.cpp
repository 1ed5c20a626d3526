// Starting a program: what it gets, how it ends, and why it could not be started.
#include "core/base/process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "tests/unit/base/process_fixture.h"

namespace melisai::process_test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Runner : public ProcessFixture {};

TEST_F(Runner, ReportsTheExitCode) {
  const Exit exit = run_ok(shell("exit 3"));
  EXPECT_EQ(exit.end, Exit::End::exited);
  EXPECT_EQ(exit.code, 3);
  EXPECT_FALSE(exit.ok());
  EXPECT_TRUE(run_ok(command({"true"})).ok());
}

TEST_F(Runner, ReportsTheSignal) {
  const Exit exit = run_ok(shell("kill -SEGV $$"));
  EXPECT_EQ(exit.end, Exit::End::signalled);
  EXPECT_EQ(exit.code, SIGSEGV);
}

TEST_F(Runner, PassesArgumentsUntouched) {
  Command printf = command(
      {"printf", "[%s]", "", " a  b ", "--", "$HOME", "it's", "\"", "\\", "\n", "\xff\x01"});
  EXPECT_TRUE(run_ok(printf).ok());
  EXPECT_EQ(output(), "[][ a  b ][--][$HOME][it's][\"][\\][\n][\xff\x01]");
}

TEST_F(Runner, GivesExactlyTheEnvironmentOfTheCommand) {
  setenv("MELISAI_TEST_SECRET", "leaked", 1);
  Command env = command({"/usr/bin/env"});
  env.env = {"B=2", "A=", "odd name=x", "PATH=/nowhere"};
  EXPECT_TRUE(run_ok(env).ok());
  EXPECT_EQ(output(), "B=2\nA=\nodd name=x\nPATH=/nowhere\n");
}

TEST_F(Runner, StartsInTheWorkingDirectoryWithEmptyInput) {
  EXPECT_TRUE(run_ok(shell("pwd -P; wc -c")).ok());
  EXPECT_EQ(output(), std::filesystem::canonical(directory_).string() + "\n0\n");
}

TEST_F(Runner, ReadsItsInputFromAFile) {
  std::ofstream(path("in")) << "a line\n";
  Command reads = shell("cat; ls /proc/$$/fd");
  reads.stdin_file = path("in");
  EXPECT_TRUE(run_ok(reads).ok());
  EXPECT_EQ(output(), "a line\n0\n1\n2\n");
  reads.stdin_file = path("none");
  const auto result = run(reads);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::not_found);
  EXPECT_THAT(result.error().message, HasSubstr(path("none")));
}

TEST_F(Runner, LeavesNoDescriptorOpenInTheWorkload) {
  const int inherited =
      open("/dev/null", O_RDONLY);  // without close-on-exec, as a careless library opens
  EXPECT_TRUE(run_ok(shell("ls /proc/$$/fd")).ok());
  close(inherited);
  EXPECT_EQ(output(), "0\n1\n2\n");
}

TEST_F(Runner, ExecClosesWhatItHasInherited) {
  EXPECT_TRUE(run_ok(command({"sh", "-c", "exec 7< /dev/null; exec \"$@\"", "sh", kExecPath,
                              "--stdout", path("inner"), "--", "sh", "-c", "ls /proc/$$/fd"}))
                  .ok());
  EXPECT_EQ(read_all(path("inner")), "0\n1\n2\n");
}

TEST_F(Runner, StartsWithDefaultSignals) {
  EXPECT_TRUE(run_ok(command({"sed", "-n", "/^Sig[BIC]/p", "/proc/self/status"})).ok());
  const std::string none = "\t0000000000000000\n";
  EXPECT_EQ(output(), "SigBlk:" + none + "SigIgn:" + none + "SigCgt:" + none);
}

TEST_F(Runner, LooksInThePathOfTheCommand) {
  std::filesystem::create_directories(path("a"));
  std::filesystem::create_directories(path("b"));
  std::filesystem::create_directories(path("a/tool"));  // a directory is no program
  std::ofstream(path("b/tool")) << "#!/bin/sh\necho found\n";
  chmod(path("b/tool").c_str(), 0755);
  Command tool = command({"tool"});
  tool.env = {"PATH=" + path("missing") + ":" + path("a") + ":" + path("b") + ":/bin"};
  EXPECT_TRUE(run_ok(tool).ok());
  EXPECT_EQ(output(), "found\n");
  tool.env = {"PATH=b"};  // relative to the working directory of the command
  EXPECT_TRUE(run_ok(tool).ok());
}

TEST_F(Runner, SaysWhichProgramIsNotFound) {
  const Result<Exit> by_path = run(command({"no-such-program"}));
  ASSERT_FALSE(by_path);
  EXPECT_EQ(by_path.error().code, Errc::not_found);
  EXPECT_EQ(
      by_path.error().message,
      "cannot start 'no-such-program': there is no such program in PATH=/usr/bin:/bin; install "
      "it or give its path");
  const Result<Exit> by_name = run(command({"./gone"}));
  ASSERT_FALSE(by_name);
  EXPECT_EQ(by_name.error().code, Errc::not_found);
  EXPECT_EQ(by_name.error().message,
            "cannot start './gone': no such file, seen from " + directory_);
}

TEST_F(Runner, ADirectoryOfThePathThatIsClosedHasNoPrograms) {
  if (geteuid() == 0) GTEST_SKIP() << "no directory is closed to root";
  std::filesystem::create_directories(path("closed"));
  chmod(path("closed").c_str(), 0);
  Command lost = command({"no-such-program"});
  lost.env = {"PATH=" + path("closed") + ":/bin"};
  const Result<Exit> result = run(lost);
  chmod(path("closed").c_str(), 0700);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::not_found) << result.error().message;
}

TEST_F(Runner, SaysWhatKeepsAFileFromBeingAProgram) {
  std::ofstream(path("plain")) << "echo no first line\n";
  const Result<Exit> not_executable = run(command({"./plain"}));
  ASSERT_FALSE(not_executable);
  EXPECT_EQ(not_executable.error().code, Errc::config);
  EXPECT_EQ(not_executable.error().message,
            "cannot start './plain': permission denied; is it executable (chmod +x)?");
  Command from_path = command({"plain"});
  from_path.env = {"PATH=" + directory_};
  EXPECT_THAT(run(from_path).error().message, HasSubstr("permission denied"));

  chmod(path("plain").c_str(), 0755);
  EXPECT_THAT(run(command({"./plain"})).error().message, HasSubstr("a first line like #!/bin/sh"));

  std::ofstream(path("script")) << "#!/no/such/interpreter\n";
  chmod(path("script").c_str(), 0755);
  EXPECT_THAT(run(command({"./script"})).error().message, HasSubstr("the interpreter"));
  EXPECT_THAT(run(command({directory_})).error().message, HasSubstr("permission denied"));
}

TEST_F(Runner, SaysThatTheWorkingDirectoryIsMissing) {
  Command lost = command({"true"});
  lost.cwd = path("no/such/dir");
  const Result<Exit> result = run(lost);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::not_found);
  EXPECT_EQ(result.error().message,
            "cannot start 'true': working directory " + lost.cwd + ": No such file or directory");
}

TEST_F(Runner, RefusesWhatCannotBePassedOn) {
  EXPECT_EQ(run(command({})).error().code, Errc::process);
  EXPECT_EQ(run(command({""})).error().code, Errc::not_found);
  const std::string nul("a\0b", 3);
  EXPECT_THAT(run(command({"echo", nul})).error().message, HasSubstr("NUL"));
  Command env = command({"true"});
  env.env.push_back("A=" + nul);
  EXPECT_THAT(run(env).error().message, HasSubstr("NUL"));
  const std::vector<std::string> huge{"true", std::string(4 << 20, 'x')};
  EXPECT_EQ(run(command(huge)).error().code, Errc::process);
}

TEST_F(Runner, PassesVeryManyArguments) {
  std::vector<std::string> argv{"sh", "-c", "echo $#", "sh"};
  argv.resize(4 + 20'000, "some argument");
  EXPECT_TRUE(run_ok(command(argv)).ok());
  EXPECT_EQ(output(), "20000\n");
}

TEST_F(Runner, UsesOnlyTheGivenCpus) {
  cpu_set_t allowed;
  ASSERT_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
  int last = CPU_SETSIZE - 1;
  while (!CPU_ISSET(static_cast<std::size_t>(last), &allowed)) --last;
  Command pinned = command({"sed", "-n", "s/^Cpus_allowed_list:\t//p", "/proc/self/status"});
  pinned.cpus = {last};
  EXPECT_TRUE(run_ok(pinned).ok());
  EXPECT_EQ(output(), std::to_string(last) + "\n");
}

TEST_F(Runner, SaysThatACpuCannotBeUsed) {
  Command pinned = command({"true"});
  pinned.cpus = {1023};
  const Result<Exit> result = run(pinned);
  if (result) GTEST_SKIP() << "this machine has a CPU 1023";
  EXPECT_EQ(result.error().code, Errc::process);
  EXPECT_THAT(result.error().message, StartsWith("cannot start 'true': cannot use the CPUs"));
}

TEST_F(Runner, NamesAMissingExec) {
  const Result<Exit> result =
      make_process_runner("/no/such/exec", interrupt_)->run(command({"true"}));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::not_found);
  EXPECT_THAT(result.error().message, HasSubstr("/no/such/exec"));
}

TEST_F(Runner, NoticesAnExecThatDoesNotReport) {
  const Result<Exit> silent = make_process_runner("/bin/true", interrupt_)->run(command({"true"}));
  ASSERT_FALSE(silent);
  EXPECT_EQ(silent.error().code, Errc::process);
  EXPECT_THAT(silent.error().message, HasSubstr("ended with exit code 0 without a report"));
}

TEST_F(Runner, LeaksNoDescriptors) {
  run_ok(command({"true"}));
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 50; ++i) run_ok(command({i % 2 == 0 ? "true" : "false"}));
  EXPECT_FALSE(run(command({"no-such-program"})));
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Describe, SaysHowAnExitCameAbout) {
  const Milliseconds timeout(10'000);
  EXPECT_EQ(describe({.end = Exit::End::exited, .code = 3}, timeout), "exit code 3");
  EXPECT_EQ(describe({.end = Exit::End::signalled, .code = SIGSEGV}, timeout), "killed by SIGSEGV");
  EXPECT_EQ(describe({.end = Exit::End::signalled, .code = 250}, timeout), "killed by signal 250");
  EXPECT_THAT(describe({.end = Exit::End::timed_out}, timeout),
              StartsWith("did not finish within 10"));
  EXPECT_EQ(describe({.end = Exit::End::interrupted}, timeout), "interrupted");
}

TEST(FindHelper, LooksBesideTheRunningProgram) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  EXPECT_EQ(find_helper(std::filesystem::path(self).filename().string()).value(), self);
  const Result<std::string> missing = find_helper("no-such-helper");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::not_found);
  EXPECT_THAT(missing.error().message, HasSubstr("/tests/no-such-helper"));
  EXPECT_THAT(missing.error().message, HasSubstr("/libexec/melisai-gate/no-such-helper"));
}

}  // namespace
}  // namespace melisai::process_test
