#include "core/run/stage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "core/base/files.h"
#include "core/base/secrets.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_process_runner.h"

namespace melisai::run {
namespace {

using ::testing::HasSubstr;
using Status = StageResult::Status;

constexpr Bytes kMebibyte = 1 << 20;

/// A stage whose command ends as `exit` says.
StageEnd run_to(const Exit& exit, const TreeLimits& limits = {}) {
  const auto directory = TemporaryDirectory::make(::testing::TempDir(), "stage");
  FakeProcessRunner processes([&](const Command& command) {
    EXPECT_EQ(command.limits, limits);
    Exit limited = exit;
    limited.limits = command.limits;
    return limited;
  });
  PipelineSpec pipeline;
  pipeline.name = "build";
  pipeline.run.shell = "make";
  const auto ended = run_stage(
      pipeline,
      {.side = "head", .tree = directory->path(), .log_dir = directory->path(), .limits = limits},
      {}, processes, FakeClock());
  EXPECT_TRUE(ended);
  return *ended;
}

TEST(Stage, ThatPassedItsLimitOfMemoryFailsAndSaysWhy) {
  const TreeLimits limits{.memory_max = 64 * kMebibyte};
  const StageEnd ended =
      run_to({.code = 2, .memory_limit = Enforced::by_cgroup, .memory_exceeded = true}, limits);
  EXPECT_EQ(ended.result.status, Status::failed);
  EXPECT_EQ(ended.result.message, "killed at its memory limit of 64 MiB (exit code 2)");
  EXPECT_EQ(ended.remark, "");
}

TEST(Stage, ThatDidNotNoticeItsLimitOfMemoryFailsToo) {
  const StageEnd ended =
      run_to({.code = 0, .memory_limit = Enforced::by_cgroup, .memory_exceeded = true},
             {.memory_max = 64 * kMebibyte});
  EXPECT_EQ(ended.result.status, Status::failed);
  EXPECT_EQ(ended.result.message, "killed at its memory limit of 64 MiB (exit code 0)");
}

TEST(Stage, ThatFailedBelowItsLimitsDoesNotBlameThem) {
  const StageEnd ended =
      run_to({.code = 2, .memory_limit = Enforced::by_cgroup}, {.memory_max = 64 * kMebibyte});
  EXPECT_EQ(ended.result.message, "exit code 2");
}

/// The message of a stage that failed after it wrote that.
std::string message_after(const std::string& log, const std::map<std::string, std::string>& env) {
  const auto directory = TemporaryDirectory::make(::testing::TempDir(), "stage");
  FakeProcessRunner processes([&](const Command& command) {
    EXPECT_TRUE(write_file(command.stdout_file, log));
    return Exit{.code = 128};
  });
  PipelineSpec pipeline;
  pipeline.name = "build";
  pipeline.run.shell = "git describe";
  pipeline.env = env;
  const StagePlace place{
      .side = "head", .tree = directory->path(), .log_dir = directory->path(), .limits = {}};
  return run_stage(pipeline, place, {}, processes, FakeClock())->result.message;
}

TEST(Stage, ThatAsksGitIsToldWhatKnowsItsCommit) {
  const std::string fatal =
      "fatal: not a git repository (or any of the parent directories): .git\n";
  EXPECT_EQ(message_after(fatal, {{"MELISAI_COMMIT", "3f1c"}}),
            "exit code 128; a checkout has no .git: MELISAI_COMMIT and MELISAI_REF say what it is "
            "of");
  EXPECT_EQ(message_after(fatal, {}),
            "exit code 128; a checkout has no .git, so a version has to come from a file of the "
            "commit");
  EXPECT_EQ(message_after("no rule to make git\n", {}), "exit code 128");
}

TEST(Stage, ThatReachedItsLimitOfProcessesOrOfAFileSaysSo) {
  EXPECT_EQ(run_to({.code = 1, .processes_limit = Enforced::by_cgroup, .processes_exceeded = true},
                   {.processes_max = 64})
                .result.message,
            "exit code 1; it had reached its limit of 64 processes and threads");
  EXPECT_EQ(run_to({.end = Exit::End::signalled, .code = SIGXFSZ}, {.file_size_max = kMebibyte})
                .result.message,
            "killed by SIGXFSZ; a file had reached its limit of 1 MiB");
}

TEST(Stage, WhoseProcessesAreLimitedOneByOneSaysThatThisMayBeWhy) {
  const StageEnd ended =
      run_to({.code = 2, .memory_limit = Enforced::per_process, .cpu_limit = Enforced::no},
             {.memory_max = 64 * kMebibyte, .cpus_max = 2, .per_process = true});
  EXPECT_EQ(ended.result.message,
            "exit code 2; each of its processes had a limit of 64 MiB of data");
  EXPECT_THAT(ended.remark, HasSubstr("no limit of CPUs; only single processes"));
}

TEST(Stage, WithoutLimitsThatHoldPassesAndSaysSo) {
  const StageEnd ended = run_to({.memory_limit = Enforced::no, .cpu_limit = Enforced::no},
                                {.memory_max = 64 * kMebibyte, .cpus_max = 2});
  EXPECT_EQ(ended.result.status, Status::passed);
  EXPECT_EQ(ended.result.message, "");
  EXPECT_EQ(ended.remark, "no limit of memory and CPUs: no cgroup here can be given one");
}

TEST(Stage, WithLimitsCannotSwitchOffWhatHoldsThem) {
  const auto directory = TemporaryDirectory::make(::testing::TempDir(), "stage");
  const auto mode_with = [&](const TreeLimits& limits) {
    CgroupMode mode = CgroupMode::automatic;
    FakeProcessRunner processes([&](const Command& command) {
      mode = command.cgroup;
      return Exit{};
    });
    MeasureOptions options;
    options.cgroup = CgroupMode::off;
    const StagePlace place{
        .side = "head", .tree = directory->path(), .log_dir = directory->path(), .limits = limits};
    EXPECT_TRUE(run_stage({}, place, options, processes, FakeClock()));
    return mode;
  };
  EXPECT_EQ(mode_with({.memory_max = kMebibyte}), CgroupMode::automatic);
  EXPECT_EQ(mode_with({}), CgroupMode::off);
}

class StageWithSecret : public ::testing::Test {
 protected:
  void TearDown() override { ASSERT_TRUE(keep_secrets({}, false)); }

  Result<StageEnd> run() {
    const auto directory = TemporaryDirectory::make(::testing::TempDir(), "stage");
    PipelineSpec pipeline;
    pipeline.name = "deploy";
    pipeline.run.shell = "make";
    pipeline.env = {{"KEY", "not this"}};
    pipeline.secret_env = {{"KEY", "Bearer ${secret:DEPLOY}"}};
    return run_stage(pipeline,
                     {.side = "head", .tree = directory->path(), .log_dir = directory->path()}, {},
                     processes_, FakeClock());
  }
  FakeProcessRunner processes_;
};

TEST_F(StageWithSecret, GetsItAsAVariableAndIsMasked) {
  ASSERT_TRUE(keep_secrets({{"DEPLOY", "hunter2hunter2"}}, true));
  ASSERT_TRUE(run());
  const Command& command = processes_.commands.at(0);
  EXPECT_THAT(command.env, ::testing::Contains("KEY=Bearer hunter2hunter2"));
  EXPECT_THAT(command.env, ::testing::Not(::testing::Contains("KEY=not this")));
  EXPECT_TRUE(command.mask_output);
}

TEST_F(StageWithSecret, DoesNotRunForStrangers) {
  ASSERT_TRUE(keep_secrets({{"DEPLOY", "hunter2hunter2"}}, false));
  const Result<StageEnd> ended = run();
  ASSERT_FALSE(ended);
  EXPECT_THAT(ended.error().message, HasSubstr("needs secret 'DEPLOY'"));
  EXPECT_TRUE(processes_.commands.empty());
}

}  // namespace
}  // namespace melisai::run
