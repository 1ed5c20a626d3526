// What honest commands can do in a sandbox, and that they are measured as exactly as outside.
#include <gmock/gmock.h>

#include "tests/unit/sandbox/confined_fixture.h"

namespace melisai::sandbox {
namespace {

using ::testing::HasSubstr;

TEST_F(Confined, BuildsAndRunsAProgram) {
  std::ofstream(tree() + "/hello.c") << "#include <stdio.h>\nint main(void){puts(\"built\");}\n";
  const Exit exit = ends(inside("cc -O1 -o hello hello.c && ./hello"));
  EXPECT_TRUE(exit.ok()) << output();
  EXPECT_EQ(output(), "built\n");
  EXPECT_TRUE(std::filesystem::exists(tree() + "/hello")) << "what it builds is not kept";
}

TEST_F(Confined, SeesItsOwnEnvironmentAndNothingOfBubblewrap) {
  Command command = inside("env | sort");
  command.env.push_back("LD_PRELOAD=./of-the-checkout.so");
  command.env.push_back("MELISAI_PARAM_x=1");
  EXPECT_TRUE(ends(command).ok());
  EXPECT_THAT(output(), HasSubstr("HOME=/melisai-home\n"));
  EXPECT_THAT(output(), HasSubstr("MELISAI_PARAM_x=1\n"));
  EXPECT_THAT(output(), HasSubstr("PWD=" + tree() + "\n"));
}

TEST_F(Confined, KeepsHomeForOneCheckoutAndNothingInTmp) {
  said("echo mine > ~/kept; echo mine > /tmp/gone");
  EXPECT_EQ(said("cat ~/kept; cat /tmp/gone 2>/dev/null"), "mine\n");
  std::filesystem::create_directories(path("state/workspace/other"));
  Command other = inside("ls ~");
  other.cwd = path("state/workspace/other");
  ends(other);
  EXPECT_EQ(output(), "") << "head could leave something for base";
}

TEST_F(Confined, TellsHowACommandEnded) {
  EXPECT_EQ(ends(inside("exit 7")).code, 7);
  const Exit killed = ends(inside("kill -SEGV $$"));
  EXPECT_EQ(killed.end, Exit::End::signalled);
  EXPECT_EQ(killed.code, SIGSEGV);
  Command missing = inside("");
  missing.argv = {"no-such-program"};
  const Result<Exit> exit = runner_->run(missing);
  ASSERT_FALSE(exit);
  EXPECT_EQ(exit.error().code, Errc::not_found);
  EXPECT_THAT(exit.error().message, HasSubstr("'no-such-program'"));
}

TEST_F(Confined, AsksACommandToEndBeforeItIsKilled) {
  Command command = inside("trap 'echo asked; exit 0' TERM; while :; do sleep 0.01; done");
  command.timeout = Milliseconds(500);
  command.grace = Milliseconds(5'000);
  EXPECT_EQ(ends(command).end, Exit::End::timed_out);
  EXPECT_THAT(output(), HasSubstr("asked"));
  command = inside("trap '' TERM; echo $$ > pid; while :; do sleep 0.01; done");
  command.timeout = Milliseconds(500);
  EXPECT_EQ(ends(command).end, Exit::End::timed_out);
}

/// A process of bubblewrap's own cost is at least a megabyte of memory and a hundred faults.
TEST_F(Confined, IsMeasuredAsExactlyAsOutside) {
  Command plain = shell("");
  plain.argv = {"/usr/bin/true"};
  Command command = plain;
  command.cwd = tree();
  const Exit outside = run_ok(plain);
  const Exit confined = ends(command);
  ASSERT_TRUE(outside.ok() && confined.ok());
  EXPECT_NEAR(static_cast<double>(confined.usage.peak_rss_bytes),
              static_cast<double>(outside.usage.peak_rss_bytes), 512 << 10);
  EXPECT_NEAR(static_cast<double>(confined.usage.minor_faults),
              static_cast<double>(outside.usage.minor_faults), 25);
  EXPECT_EQ(confined.usage.rchar_bytes, outside.usage.rchar_bytes);
  EXPECT_EQ(confined.usage.wchar_bytes, outside.usage.wchar_bytes);
  EXPECT_GT(confined.usage.wall_time_ns, 0);
}

TEST_F(Confined, CountsWhatACommandLeavesBehind) {
  EXPECT_EQ(ends(inside("setsid sleep 300 & setsid sleep 300 & exit 0")).stray_processes, 2);
}

class Sighting final : public RunObserver {
 public:
  void before_exec(const ProcessTree& tree) override { began = !process_test::gone(pid(tree)); }
  void after_last(const ProcessTree& tree) override { ended = process_test::gone(pid(tree)); }
  bool began = false;
  bool ended = false;

 private:
  static pid_t pid(const ProcessTree& tree) { return static_cast<pid_t>(tree.root_pid); }
};

TEST_F(Confined, CanBeObserved) {
  Sighting sighting;
  const Result<Exit> exit = runner_->run_observed(inside("echo seen; exit 5"), sighting);
  ASSERT_TRUE(exit) << exit.error().message;
  EXPECT_EQ(exit->code, 5);
  EXPECT_EQ(output(), "seen\n");
  EXPECT_TRUE(sighting.began && sighting.ended);
}

TEST_F(Confined, RefusesToWriteOutsideTheWorkspace) {
  Command command = inside("true");
  command.writable = {path("state")};
  const Result<Exit> exit = runner_->run(command);
  ASSERT_FALSE(exit);
  EXPECT_EQ(exit.error().code, Errc::usage);
  command = inside("true");
  command.cwd = tree() + "/../../../state";
  EXPECT_FALSE(runner_->run(command));
}

TEST_F(Confined, SaysWhyThereIsNoSandbox) {
  const auto made = [&](const std::string& search) {
    return make_sandbox(policy_, {.search_path = search, .exec = process_test::kExecPath},
                        path("state/workspace/scratch"), *processes_);
  };
  EXPECT_EQ(made("/nowhere:bin:").error().code, Errc::not_found);
  std::filesystem::create_directories(path("bin"));
  std::ofstream(path("bin/bwrap")) << "#!/bin/sh\necho no namespaces here >&2\nexit 1\n";
  std::filesystem::permissions(path("bin/bwrap"), std::filesystem::perms::owner_all);
  const Result<Sandbox> broken = made("bin:" + path("bin"));
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, Errc::unavailable);
  EXPECT_THAT(broken.error().message, HasSubstr("no namespaces here"));
}

}  // namespace
}  // namespace melisai::sandbox
