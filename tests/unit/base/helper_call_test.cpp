// call_helper with /bin/sh in the place of a helper program.
#include <gmock/gmock.h>

#include "tests/unit/base/process_fixture.h"

namespace melisai::process_test {
namespace {

using ::testing::HasSubstr;

class CallHelper : public ProcessFixture {
 protected:
  HelperCall shell_call(const std::string& script) const {
    HelperCall call;
    call.program = "/bin/sh";
    call.args = {"-c", "cd " + directory_ + "; " + script};
    call.env = {"PATH=/usr/bin:/bin"};
    call.timeout = Milliseconds(20'000);
    return call;
  }
  Result<std::string> call(const HelperCall& call) { return call_helper(call, interrupt_); }
};

TEST_F(CallHelper, ReturnsWhatTheProgramPrints) {
  HelperCall upper = shell_call("tr a-z A-Z; echo not this >&2");
  upper.input = "some input";
  EXPECT_EQ(call(upper).value(), "SOME INPUT");
}

TEST_F(CallHelper, GivesExactlyTheEnvironment) {
  setenv("MELISAI_TEST_SECRET", "leaked", 1);
  HelperCall env;
  env.program = "/usr/bin/env";
  env.env = {"ONLY=this"};
  EXPECT_EQ(call(env).value(), "ONLY=this\n");
}

TEST_F(CallHelper, MovesMuchDataBothWays) {
  HelperCall cat = shell_call("cat");
  cat.input.assign(8 << 20, 'x');
  EXPECT_EQ(call(cat).value(), cat.input);
}

TEST_F(CallHelper, AProgramMayStopReadingEarly) {
  HelperCall deaf = shell_call("exec <&-; echo fine");
  deaf.input.assign(8 << 20, 'x');
  EXPECT_EQ(call(deaf).value(), "fine\n");
}

TEST_F(CallHelper, KillsTheGroupAtTheDeadline) {
  HelperCall slow = shell_call("trap '' TERM; sleep 1000 & echo $! > pids; wait");
  slow.timeout = Milliseconds(300);
  const auto start = steady_clock::now();
  const Result<std::string> result = call(slow);
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(5));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::timeout);
  EXPECT_THAT(result.error().message, HasSubstr("sh did not finish within 300 ms"));
  const std::vector<pid_t> pids = pids_in(path("pids"));
  ASSERT_EQ(pids.size(), 1U);
  EXPECT_TRUE(eventually([&] { return gone(pids[0]); }));
}

TEST_F(CallHelper, KillsWhatTheProgramLeftInItsGroup) {
  EXPECT_EQ(call(shell_call("sleep 1000 & echo $! > pids; echo done")).value(), "done\n");
  const std::vector<pid_t> pids = pids_in(path("pids"));
  ASSERT_EQ(pids.size(), 1U);
  EXPECT_TRUE(eventually([&] { return gone(pids[0]); }));
}

TEST_F(CallHelper, DoesNotWaitForAnEscapedProcessThatHoldsThePipe) {
  const auto start = steady_clock::now();
  EXPECT_EQ(call(shell_call("setsid sh -c 'echo $$ > pids; exec sleep 1000' & "
                            "until [ -s pids ]; do :; done; echo done"))
                .value(),
            "done\n");
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(5));
  for (const pid_t pid : pids_in(path("pids"))) kill(pid, SIGKILL);
}

TEST_F(CallHelper, StopsAtTheOutputLimit) {
  HelperCall endless = shell_call("yes");
  endless.output_max = 100'000;
  const Result<std::string> result = call(endless);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::limit);
  HelperCall exact = shell_call("head -c 100000 /dev/zero");
  exact.output_max = 100'000;
  EXPECT_EQ(call(exact).value().size(), 100'000U);
}

TEST_F(CallHelper, ReportsTheLastLineOfStandardError) {
  const Result<std::string> result =
      call(shell_call("echo out; echo first >&2; printf 'the \\033[31mreason\\n\\n' >&2; exit 3"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::process);
  EXPECT_EQ(result.error().message, "sh: the ?[31mreason");
}

TEST_F(CallHelper, FindsTheLastLineAfterMuchStandardError) {
  const Result<std::string> result = call(shell_call("seq 1 200000 >&2; echo the end >&2; exit 1"));
  EXPECT_EQ(result.error().message, "sh: the end");
}

TEST_F(CallHelper, DescribesASilentFailure) {
  EXPECT_EQ(call(shell_call("exit 3")).error().message, "sh failed: exit code 3");
  EXPECT_EQ(call(shell_call("kill -ABRT $$")).error().message, "sh failed: killed by SIGABRT");
}

TEST_F(CallHelper, NamesAProgramThatCannotRun) {
  HelperCall missing = shell_call("");
  missing.program = "/no/such/helper";
  EXPECT_EQ(call(missing).error().code, Errc::not_found);
  EXPECT_THAT(call(missing).error().message, HasSubstr("/no/such/helper"));
  // Passes the check before, but execve refuses it.
  std::ofstream(path("broken")) << "\x7f"
                                   "ELF";
  std::filesystem::permissions(path("broken"), std::filesystem::perms::owner_all);
  missing.program = path("broken");
  EXPECT_EQ(call(missing).error().code, Errc::process);
  EXPECT_THAT(call(missing).error().message, HasSubstr("Exec format error"));
}

TEST_F(CallHelper, EndsOnAnInterrupt) {
  const auto signaller = when_written(path("pids"), [] { kill(getpid(), SIGHUP); });
  const Result<std::string> result =
      call(shell_call("trap '' TERM; echo $$ > pids; while :; do sleep 0.01; done"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::interrupted);
  EXPECT_EQ(call(shell_call("touch started")).error().code, Errc::interrupted);
  EXPECT_FALSE(std::filesystem::exists(path("started")));
}

TEST_F(CallHelper, LeaksNoDescriptors) {
  call(shell_call("true")).value();
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 50; ++i) {
    [[maybe_unused]] const auto result = call(shell_call(i % 2 == 0 ? "cat; echo x" : "exit 1"));
  }
  HelperCall missing = shell_call("");
  missing.program = "/no/such/helper";
  EXPECT_FALSE(call(missing));
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(CallHelper, ExecRefusesABadCommandLine) {
  const auto refuse = [this](const std::vector<std::string>& args) {
    HelperCall exec;
    exec.program = kExecPath;
    exec.args = args;
    const Result<std::string> result = call(exec);
    return result ? "accepted" : result.error().message;
  };
  EXPECT_THAT(refuse({}), HasSubstr("no command"));
  EXPECT_THAT(refuse({"--"}), HasSubstr("no command"));
  EXPECT_THAT(refuse({"--cwd"}), HasSubstr("needs a value"));
  EXPECT_THAT(refuse({"--nonsense", "1", "--", "true"}), HasSubstr("unknown option"));
  for (const char* number : {"", "-1", "1x", "99999999999999999999"}) {
    EXPECT_THAT(refuse({"--timeout-ms", number, "--", "true"}), HasSubstr("--timeout-ms"))
        << number;
    EXPECT_THAT(refuse({"--output-max", number, "--", "true"}), HasSubstr("--output-max"))
        << number;
  }
  for (const char* cpus : {"", ",", "0,", "1024", "-1", "a"}) {
    EXPECT_THAT(refuse({"--cpus", cpus, "--", "true"}), HasSubstr("--cpus")) << cpus;
  }
}

}  // namespace
}  // namespace melisai::process_test
