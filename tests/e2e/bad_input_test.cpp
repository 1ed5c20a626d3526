// Whatever is wrong: one clear message, the right exit code, a valid report, nothing left behind.
#include <gmock/gmock.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class BadInput : public Sandbox {
 protected:
  /// Base and head run the same line; `head_only` holds a file that only the head has.
  void commit_command(const std::string& run, const std::string& extra = "",
                      const std::string& build = "") {
    write_pipeline(run, extra, build);
    commit("base");
    write("on-head", "");
    commit("head");
  }

  void expect_error(const Ran& ran, int code, const std::string& reason_code,
                    const std::string& words) {
    EXPECT_EQ(ran.code, code) << ran.out << ran.err;
    ASSERT_TRUE(report().is_object()) << "no valid report.json";
    EXPECT_EQ(report()["verdict"], "error");
    EXPECT_EQ(report()["reason_code"], reason_code);
    EXPECT_THAT(report()["reason"].get<std::string>(), HasSubstr(words));
    expect_nothing_left();
  }
};

TEST_F(BadInput, UnknownRefNamesNearOnes) {
  commit_command("true");
  expect_error(check({"--base", "mian"}), 4, "git", "mian");
  EXPECT_THAT(report()["reason"].get<std::string>(), HasSubstr("main"));
}

TEST_F(BadInput, RefsThatLookLikeOptionsAreOnlyUnknown) {
  commit_command("true");
  expect_error(check({"--base=--upload-pack=touch " + root() + "/owned"}), 4, "git", "upload-pack");
  EXPECT_FALSE(std::filesystem::exists(root() + "/owned"));
  expect_error(check({"--base", "--output=x"}), 4, "git", "--output=x");
}

TEST_F(BadInput, DirectoryWithoutARepository) {
  const Ran ran = check({"-C", "/proc"});
  EXPECT_NE(ran.code, 0);
  EXPECT_NE(ran.code, 1);
}

TEST_F(BadInput, EmptyRepository) { expect_error(check(), 4, "git", "no commit"); }

TEST_F(BadInput, ShallowCloneWithoutTheMergeBase) {
  commit_command("true");
  git({"checkout", "-q", "-b", "feature"});
  commit("on feature");
  git({"checkout", "-q", "main"});
  commit("on main");
  const std::string shallow = root() + "/shallow";
  git({"clone", "-q", "--depth", "1", "--no-single-branch", "file://" + repo(), shallow}, root());
  expect_error(check({"-C", shallow, "--head", "origin/feature"}), 4, "git", "shallow");
}

TEST_F(BadInput, DirtyWorkTreeIsLeftAlone) {
  commit_command("./app.sh");
  write("app.sh", "#!/bin/sh\nexit 9\n");
  write("new file", "x");
  git({"add", "app.sh"});
  const std::string before = git({"status", "--porcelain=v2"}).out;
  check({"--base", "main~1"});
  EXPECT_EQ(git({"status", "--porcelain=v2"}).out, before);
}

TEST_F(BadInput, ReportInTheRepositoryStaysOutOfGitStatus) {
  commit_command("true");
  check({"--base", "main~1", "--output-dir", repo() + "/melisai-report", "--max-pairs", "4"});
  EXPECT_TRUE(std::filesystem::exists(repo() + "/melisai-report/report.json"));
  EXPECT_EQ(git({"status", "--porcelain"}).out, "");
}

TEST_F(BadInput, BuildThatFailsOnHeadShowsTheLogsTail) {
  commit_command(
      "true", "",
      "echo compiling; test ! -e on-head || { echo 'error: no semicolon' >&2; exit 7; }");
  expect_error(check({"--base", "main~1"}), 4, "build_failed", "head");
  const json stage = report()["stages"].back();
  EXPECT_EQ(stage["status"], "failed");
  EXPECT_THAT(stage["message"].get<std::string>(), HasSubstr("7"));
  EXPECT_THAT(stage["log_tail"].get<std::string>(), HasSubstr("error: no semicolon"));
  EXPECT_TRUE(std::filesystem::exists(output() + "/" + stage["log"].get<std::string>()));
}

TEST_F(BadInput, BuildThatFailsOnBaseSaysBase) {
  commit_command("true", "", "test -e on-head");
  expect_error(check({"--base", "main~1"}), 4, "build_failed", "base");
}

TEST_F(BadInput, TestsThatFailStopTheCheckBeforeItMeasures) {
  commit_command("touch " + root() + "/measured",
                 "  test: { trigger: on_commit, run: \"exit 1\" }\n");
  expect_error(check({"--base", "main~1"}), 4, "tests_failed", "test");
  EXPECT_FALSE(std::filesystem::exists(root() + "/measured"));
}

TEST_F(BadInput, BenchmarkThatExitsNonZeroOnOneSide) {
  commit_command("test ! -e on-head || { echo 'cannot open data' >&2; exit 3; }");
  expect_error(check({"--base", "main~1"}), 4, "bench_failed", "cli");
  const json failed = benchmark("cli", "wall_time");
  EXPECT_EQ(failed["decision"], "failed");
  EXPECT_THAT(failed["note"].get<std::string>(), HasSubstr("head"));
  EXPECT_THAT(failed["note"].get<std::string>(), HasSubstr("cannot open data"));
}

TEST_F(BadInput, ARegressionElsewhereWinsOverAFailedBenchmark) {
  write_pipeline("head -c $(cat size) /dev/zero", "      - { name: broken, run: \"exit 1\" }\n");
  write("size", "10000");
  commit("base");
  write("size", "90000");
  commit("head");
  EXPECT_EQ(check({"--base", "main~1"}).code, 1);
  EXPECT_EQ(benchmark("broken", "wall_time")["decision"], "failed");
}

TEST_F(BadInput, ProgramThatOnlyHeadHasIsNew) {
  write_pipeline("./only-on-head.sh");
  commit("base");
  write("only-on-head.sh", "#!/bin/sh\nexit 0\n");
  commit("head");
  EXPECT_EQ(check({"--base", "main~1"}).code, 0);
  EXPECT_EQ(benchmark("cli", "wall_time")["decision"], "new");
  EXPECT_EQ(report()["reason_code"], "nothing_compared");
}

class BadResult : public BadInput,
                  public ::testing::WithParamInterface<std::pair<const char*, const char*>> {};

TEST_P(BadResult, IsAFailedBenchmarkNotAVerdict) {
  write(".melisai-gate.yaml",
        std::string("version: 1\npipelines:\n  b:\n    trigger: on_commit\n    benchmarks:\n"
                    "      - { name: g, format: google-benchmark, run: [sh, print.sh] }\n"));
  write("print.sh", GetParam().second);
  commit("base");
  commit("head");
  expect_error(check({"--base", "main~1"}), 4, "bench_failed", "g");
}

constexpr std::pair<const char*, const char*> kBadResults[] = {
    {"Nothing", "true"},
    {"Nan",
     "echo "
     "'{\"benchmarks\":[{\"name\":\"x\",\"real_time\":NaN,\"cpu_time\":NaN,\"time_unit\":\"ns\"}]}"
     "'"},
    {"Text", "echo hello"},
    {"NegativeTime",
     "echo "
     "'{\"benchmarks\":[{\"name\":\"x\",\"real_time\":-1,\"cpu_time\":-1,\"time_unit\":\"ns\"}]}'"},
    {"ZeroTime",
     "echo "
     "'{\"benchmarks\":[{\"name\":\"x\",\"real_time\":0,\"cpu_time\":0,\"time_unit\":\"ns\"}]}'"},
    {"LinkToASecret", "ln -s /etc/passwd $MELISAI_RESULT"},
    {"FifoThatBlocks", "mkfifo $MELISAI_RESULT"},
    {"DirectoryAsResult", "mkdir $MELISAI_RESULT"},
};
INSTANTIATE_TEST_SUITE_P(Bad, BadResult, ::testing::ValuesIn(kBadResults),
                         [](const auto& row) { return row.param.first; });

TEST_F(BadInput, BenchmarkThatHangsIsKilledAtItsTimeout) {
  write(".melisai-gate.yaml",
        "version: 1\npipelines:\n  b:\n    trigger: on_commit\n    benchmarks:\n"
        "      - { name: slow, run: \"sleep 1000\", timeout: 1s }\nmeasure: { grace: 100ms }\n");
  commit("base");
  commit("head");
  expect_error(check({"--base", "main~1"}), 4, "bench_failed", "slow");
  EXPECT_THAT(benchmark("slow", "wall_time")["note"].get<std::string>(),
              HasSubstr("did not finish"));
}

TEST_F(BadInput, ABudgetSmallerThanOneRunSaysSo) {
  commit_command("sleep 100");
  expect_error(check({"--base", "main~1", "--budget", "1s"}), 4, "bench_failed", "budget");
}

TEST_F(BadInput, WhatTheBudgetLeavesNoTimeForIsInconclusiveNotFailed) {
  write_pipeline("sleep 0.8",
                 "      - { name: second, run: \"sleep 0.8\" }\n"
                 "      - { name: third, run: \"sleep 0.8\" }\n");
  commit("base");
  commit("head");
  EXPECT_EQ(check({"--base", "main~1", "--budget", "2s"}).code, 0);
  EXPECT_EQ(report()["verdict"], "inconclusive");
  for (const char* name : {"cli", "second", "third"})
    EXPECT_EQ(benchmark(name, "wall_time")["decision"], "inconclusive") << name;
  expect_nothing_left();
}

TEST_F(BadInput, DaemonsThatABenchmarkLeavesAreKilled) {
  commit_command("setsid sh -c 'sleep 300 # " + root() +
                 "' & (setsid sh -c 'sleep 301; : " + root() + "' &) ; true");
  EXPECT_EQ(check({"--base", "main~1", "--fail-on", "never"}).code, 0);
  expect_nothing_left();
}

TEST_F(BadInput, AGigabyteOfOutputIsBounded) {
  commit_command("test ! -e on-head || head -c 1000000000 /dev/zero");
  EXPECT_EQ(check({"--base", "main~1", "--max-pairs", "4", "--fail-on", "never"}).code, 0);
  std::uintmax_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root()))
    if (entry.is_regular_file()) bytes += entry.file_size();
  EXPECT_LT(bytes, 100u << 20);
  EXPECT_NEAR(benchmark("cli", "wchar")["head"]["median"].get<double>(), 1e9, 1e3);
}

TEST_F(BadInput, FullDiskIsNamed) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to mount a small file system";
  const std::string small = root() + "/small";
  std::filesystem::create_directories(small);
  if (mount("tmpfs", small.c_str(), "tmpfs", 0, "size=64k") != 0)
    GTEST_SKIP() << "mount is not allowed here";
  write("big", std::string(1 << 20, 'x'));
  commit_command("true");
  const Ran ran = check({"--base", "main~1", "--state-dir", small + "/state"});
  umount2(small.c_str(), MNT_DETACH);
  expect_error(ran, 4, "disk", "No space left");
}

TEST_F(BadInput, OutputDirectoryThatCannotBeWritten) {
  commit_command("true");
  const Ran ran = check({"--base", "main~1", "--output-dir", "/proc/melisai-report"});
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.out + ran.err, HasSubstr("/proc/melisai-report"));
  EXPECT_FALSE(std::filesystem::exists(state() + "/builds"))
      << "it should fail before anything long starts";
}

class BadFile : public BadInput,
                public ::testing::WithParamInterface<std::pair<const char*, const char*>> {};

TEST_P(BadFile, IsAConfigurationErrorWithAPosition) {
  write(".melisai-gate.yaml", GetParam().second);
  commit("base");
  const Ran ran = check({"--base", "main", "--head", "main"});
  expect_error(ran, 2, "configuration", ".melisai-gate.yaml:");
}

constexpr std::pair<const char*, const char*> kBadFiles[] = {
    {"Bomb", "a: &a [x,x,x]\nb: &b [*a,*a,*a]\nc: [*b,*b,*b]\n"},
    {"CyclicAlias", "a: &a [*a]\n"},
    {"UnknownKey", "version: 1\npiplines: {}\n"},
    {"PipelineCycle",
     "version: 1\npipelines:\n  a: { trigger: after_b, run: x }\n  b: { trigger: after_a, run: x "
     "}\n"},
    {"UnknownPipeline", "version: 1\npipelines:\n  a: { trigger: after_nothing, run: x }\n"},
    {"Unfinished", "version: 1\npipelines: {\n"},
    {"BadThreshold", "version: 1\ngate: { threshold: -5% }\n"},
};
INSTANTIATE_TEST_SUITE_P(Bad, BadFile, ::testing::ValuesIn(kBadFiles),
                         [](const auto& row) { return row.param.first; });

TEST_F(BadInput, NoPipelineFileSaysWhatToDo) {
  write("README", "x");
  commit();
  expect_error(check({"--base", "main", "--head", "main"}), 2, "configuration", "--bench");
}

TEST_F(BadInput, NoBenchmarkReachableSaysWhatToDo) {
  write(".melisai-gate.yaml",
        "version: 1\npipelines:\n  build: { trigger: on_commit, run: make }\n");
  commit();
  expect_error(check({"--base", "main", "--head", "main"}), 2, "configuration", "benchmarks");
}

TEST_F(BadInput, SecretsOfTheCallerStayOutOfEveryStage) {
  setenv("GITHUB_TOKEN", "hunter2", 1);
  commit_command("env > " + root() + "/bench-env", "", "env > " + root() + "/build-env");
  check({"--base", "main~1", "--max-pairs", "4"});
  unsetenv("GITHUB_TOKEN");
  for (const char* file : {"/bench-env", "/build-env"}) {
    std::ifstream stream(root() + file);
    const std::string text((std::istreambuf_iterator<char>(stream)), {});
    EXPECT_THAT(text, HasSubstr("PATH="));
    EXPECT_THAT(text, ::testing::Not(HasSubstr("hunter2")));
  }
}

}  // namespace
}  // namespace melisai::e2e
