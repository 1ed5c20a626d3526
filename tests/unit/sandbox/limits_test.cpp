// What commands in a sandbox may use of this machine. By which way depends on the machine and the
// user; what must hold does not. What is tried is bounded by itself, for the day it succeeds.
#include <gmock/gmock.h>
#include <signal.h>

#include "tests/unit/sandbox/confined_fixture.h"

namespace melisai::sandbox {
namespace {

using ::testing::HasSubstr;

constexpr Bytes kMebibyte = 1 << 20;

class ConfinedLimits : public Confined {
 protected:
  void SetUp() override {
    Confined::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    limit({.memory_max = 128 * kMebibyte,
           .per_process = true,
           .processes_max = 40,
           .file_size_max = kMebibyte,
           .open_files_max = 256});
  }

  void limit(const TreeLimits& limits) {
    policy_.limits = limits;
    Result<Sandbox> made =
        make_sandbox(policy_, {.search_path = std::getenv("PATH"), .exec = process_test::kExecPath},
                     path("state/workspace/scratch"), *processes_);
    ASSERT_TRUE(made) << made.error().message;
    trial_ = made->trial;
    runner_ = make_runner(*std::move(made), path("state/workspace/scratch"), *processes_);
  }
  bool holds_processes() const {
    return trial_.processes_limit == Enforced::by_cgroup ||
           trial_.processes_limit == Enforced::by_namespace;
  }

  Exit trial_;
};

/// Starts 300 processes that stay, and says how many there came to be.
constexpr const char* kStorm =
    "import os, signal\n"
    "made = 0\n"
    "try:\n"
    "    while made < 300:\n"
    "        if os.fork() == 0:\n"
    "            signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "            signal.pause()\n"
    "        made += 1\n"
    "except OSError: pass\n"
    "print(made, flush=True)\n";

TEST_F(ConfinedLimits, OfProcessesHoldForAllOfACommandAndForNobodyElse) {
  if (!holds_processes()) GTEST_SKIP() << "neither a cgroup nor the kernel counts processes here";
  Command storm = inside("");
  storm.argv = {"python3", "-c", std::string(kStorm) + "exit(3)"};
  const Exit exit = ends(storm);
  EXPECT_LT(std::stoi(output()), 40);
  EXPECT_GT(std::stoi(output()), 20);
  EXPECT_EQ(exit.code, 3);
  EXPECT_EQ(exit.processes_exceeded, exit.processes_limit == Enforced::by_cgroup);
  const std::string told = exit.processes_exceeded ? "limit of 40 processes" : "exit code 3";
  EXPECT_THAT(describe(exit, storm.timeout), HasSubstr(told));
  EXPECT_EQ(said("echo well"), "well\n") << "what one command had used up, the next one lacks";
}

TEST_F(ConfinedLimits, AStormOfProcessesEndsWithItsCommand) {
  if (!holds_processes()) GTEST_SKIP() << "neither a cgroup nor the kernel counts processes here";
  Command storm = inside("");
  storm.argv = {"python3", "-c", std::string(kStorm) + "signal.pause()"};
  storm.timeout = Milliseconds(1'500);
  EXPECT_EQ(ends(storm).end, Exit::End::timed_out);
  EXPECT_LT(std::stoi(output()), 40);
  for (const auto& entry : std::filesystem::directory_iterator("/proc"))
    EXPECT_THAT(process_test::read_all(entry.path() / "cmdline"),
                ::testing::Not(HasSubstr("while made < 300")));
}

TEST_F(ConfinedLimits, OfMemoryEndTheCommandOnly) {
  const Exit exit = ends(inside("head -c 256M /dev/zero | tail -c 256M | wc -c; exit 0"));
  EXPECT_EQ(output().find(std::to_string(256 * kMebibyte)), std::string::npos);
  EXPECT_THAT(exit.memory_limit, ::testing::AnyOf(Enforced::by_cgroup, Enforced::per_process));
  EXPECT_EQ(exit.memory_exceeded, exit.memory_limit == Enforced::by_cgroup);
  EXPECT_EQ(said("echo well"), "well\n");
}

TEST_F(ConfinedLimits, HoldWhateverAPipelineFileAsksFor) {
  Command command = inside("head -c 256M /dev/zero | tail -c 256M | wc -c; exit 0");
  command.cgroup = CgroupMode::off;
  command.limits = {.memory_max = 1024 * kMebibyte};
  ends(command);
  EXPECT_EQ(output().find(std::to_string(256 * kMebibyte)), std::string::npos);
}

TEST_F(ConfinedLimits, OfACommandHoldWhereTheyAreSmaller) {
  Command command = inside("head -c 64M /dev/zero | tail -c 64M | wc -c; exit 0");
  ends(command);
  EXPECT_EQ(output(), std::to_string(64 * kMebibyte) + "\n");
  command.limits = {.memory_max = 32 * kMebibyte};
  EXPECT_EQ(ends(command).limits.memory_max, 32 * kMebibyte);
  EXPECT_EQ(output().find(std::to_string(64 * kMebibyte)), std::string::npos);
}

TEST_F(ConfinedLimits, OfFilesHold) {
  EXPECT_NE(ends(inside("head -c 2M /dev/zero > large")).code, 0);
  EXPECT_EQ(std::filesystem::file_size(tree() + "/large"), kMebibyte);
  EXPECT_EQ(said("ulimit -n; ulimit -Hn"), "256\n256\n");
  EXPECT_NE(ends(inside("ulimit -f unlimited || ulimit -n 257")).code, 0);
}

TEST_F(ConfinedLimits, AreNotThereUnasked) {
  limit({});
  EXPECT_EQ(trial_.memory_limit, Enforced::not_asked);
  EXPECT_EQ(trial_.processes_limit, Enforced::not_asked);
}

// Root may make cgroups, and is not counted by namespaces: all of the above once more, as a user
// who may not and is.
TEST_F(ConfinedLimits, HoldForOtherUsersThanRoot) {
  if (geteuid() != 0) GTEST_SKIP() << "this is another user already";
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  const std::string as_nobody = "exec setpriv --reuid=65534 --regid=65534 --clear-groups ";
  if (run_ok(shell(as_nobody + "test -x " + self + " -a -x " + process_test::kExecPath)).code != 0)
    GTEST_SKIP() << "nobody may not reach this program";
  Command command = shell(as_nobody + self + " --gtest_filter='ConfinedLimits.*' 2>&1");
  command.cgroup = CgroupMode::off;
  const Exit exit = run_ok(command);
  EXPECT_TRUE(exit.ok()) << output();
  EXPECT_THAT(output(), HasSubstr("OfMemoryEndTheCommandOnly"));
}

}  // namespace
}  // namespace melisai::sandbox
