// What a check decides and reports, on seeded numbers: nothing here depends on the speed of this
// machine.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Check : public Sandbox {
 protected:
  /// Two commits that differ in the numbers only.
  void commit_numbers(const std::string& base, const std::string& head,
                      const std::string& gate = "") {
    write_seeded_pipeline(gate);
    write_numbers(base);
    commit("base");
    write_numbers(head);
    commit("head");
  }
};

TEST_F(Check, FivePercentSlowerIsRedAndConfirmed) {
  commit_numbers("BM_Parse 1000 0.02\nBM_Other 500 0.02\n",
                 "BM_Parse 1060 0.02\nBM_Other 500 0.02\n");
  const Ran ran = check({"--base", "main~1", "--head", "main"});
  EXPECT_EQ(ran.code, 1) << ran.out << ran.err;
  EXPECT_EQ(report()["verdict"], "regression");
  EXPECT_EQ(report()["reason_code"], "regressed");
  const json slow = benchmark("seeded/BM_Parse", "cpu_time");
  EXPECT_EQ(slow["decision"], "regressed");
  EXPECT_EQ(slow["confirmed"], true);
  EXPECT_EQ(slow["gating"], true);
  EXPECT_EQ(slow["tier"], 3);
  EXPECT_NEAR(slow["effect"].get<double>(), 0.06, 0.03);
  EXPECT_LT(slow["effect_low"].get<double>(), slow["effect"].get<double>());
  EXPECT_GT(slow["effect_high"].get<double>(), slow["effect"].get<double>());
  EXPECT_NEAR(slow["base"]["median"].get<double>(), 1000, 30);
  EXPECT_EQ(benchmark("seeded/BM_Other", "cpu_time")["decision"], "clear");
  EXPECT_THAT(ran.out, HasSubstr("REGRESSION"));
  expect_nothing_left();
}

TEST_F(Check, FortyEqualBenchmarksStayGreen) {
  std::string numbers;
  for (int i = 0; i < 40; ++i)
    numbers += "BM_" + std::to_string(i) + " " + std::to_string(100 + i) + " 0.02\n";
  commit_numbers(numbers, numbers);
  const Ran ran = check({"--base", "main~1"});
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_EQ(report()["verdict"], "pass");
  EXPECT_EQ(report()["reason_code"], "clear");
}

TEST_F(Check, AnImprovementIsReportedAndPasses) {
  commit_numbers("BM_Parse 1000 0.02\n", "BM_Parse 800 0.02\n");
  EXPECT_EQ(check({"--base", "main~1"}).code, 0);
  EXPECT_EQ(benchmark("seeded/BM_Parse", "cpu_time")["decision"], "improved");
  EXPECT_LT(benchmark("seeded/BM_Parse", "cpu_time")["effect"].get<double>(), -0.1);
}

TEST_F(Check, TooMuchNoiseIsInconclusiveAndNeverAPass) {
  commit_numbers("BM_Noisy 1000 0.5\n", "BM_Noisy 1000 0.5\n");
  const Ran ran = check({"--base", "main~1", "--max-pairs", "10"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(report()["verdict"], "inconclusive");
  const json noisy = benchmark("seeded/BM_Noisy", "cpu_time");
  EXPECT_EQ(noisy["decision"], "inconclusive");
  EXPECT_EQ(noisy["pairs"], 10);
  EXPECT_GT(noisy["effect_high"].get<double>(), 0.05);
  EXPECT_THAT(ran.out, HasSubstr("INCONCLUSIVE"));
  EXPECT_EQ(check({"--base", "main~1", "--max-pairs", "10", "--fail-on", "inconclusive"}).code, 3);
}

TEST_F(Check, FailOnNeverExitsZeroAndStillSaysRegression) {
  commit_numbers("BM_Parse 1000 0.01\n", "BM_Parse 1300 0.01\n");
  EXPECT_EQ(check({"--base", "main~1", "--fail-on", "never"}).code, 0);
  EXPECT_EQ(report()["verdict"], "regression");
}

TEST_F(Check, TheCommandLineOverridesTheFilesThreshold) {
  commit_numbers("BM_Parse 1000 0.01\n", "BM_Parse 1100 0.01\n", "threshold: 30%");
  EXPECT_EQ(check({"--base", "main~1"}).code, 0);
  EXPECT_DOUBLE_EQ(benchmark("seeded/BM_Parse", "cpu_time")["threshold"].get<double>(), 0.3);
  EXPECT_EQ(check({"--base", "main~1", "--threshold", "5%"}).code, 1);
}

TEST_F(Check, TheSameSeedGivesTheSameReport) {
  commit_numbers("BM_Parse 1000 0.03\n", "BM_Parse 1030 0.03\n");
  check({"--base", "main~1"});
  const json first = report()["benchmarks"];
  check({"--base", "main~1"});
  EXPECT_EQ(report()["benchmarks"], first);
}

TEST_F(Check, OnlyOpenBenchmarksAreRunAgain) {
  commit_numbers("BM_Quiet 1000 0.001\nBM_Noisy 1000 0.2\n",
                 "BM_Quiet 1000 0.001\nBM_Noisy 1000 0.2\n");
  check({"--base", "main~1", "--keep"});
  EXPECT_EQ(benchmark("seeded/BM_Quiet", "cpu_time")["pairs"], 4);
  EXPECT_GT(benchmark("seeded/BM_Noisy", "cpu_time")["pairs"].get<int>(), 4);
  std::string filters;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(state() + "/builds"))
    if (entry.path().filename() == "filters-seen.txt") {
      std::ifstream file(entry.path());
      filters.append(std::istreambuf_iterator<char>(file), {});
    }
  EXPECT_THAT(filters, HasSubstr("^(BM_Noisy)$"));
  EXPECT_THAT(filters, Not(HasSubstr("BM_Quiet")));
}

TEST_F(Check, BenchmarksOnOneSideAreNewOrRemovedAndDoNotFail) {
  commit_numbers("BM_Same 1000 0.01\nBM_Old 10 0.01\n", "BM_Same 1000 0.01\nBM_Young 20 0.01\n");
  EXPECT_EQ(check({"--base", "main~1"}).code, 0);
  EXPECT_EQ(benchmark("seeded/BM_Old", "cpu_time")["decision"], "removed");
  EXPECT_TRUE(benchmark("seeded/BM_Old", "cpu_time")["head"].is_null());
  EXPECT_EQ(benchmark("seeded/BM_Young", "cpu_time")["decision"], "new");
  EXPECT_TRUE(benchmark("seeded/BM_Young", "cpu_time")["effect"].is_null());
}

TEST_F(Check, NothingToCompareIsNotAPass) {
  commit_numbers("BM_Old 10 0.01\n", "BM_Young 20 0.01\n");
  EXPECT_EQ(check({"--base", "main~1"}).code, 0);
  EXPECT_EQ(report()["verdict"], "inconclusive");
  EXPECT_EQ(report()["reason_code"], "nothing_compared");
}

TEST_F(Check, OnlySelectsBenchmarksOfAHarness) {
  commit_numbers("BM_A 1000 0.01\nBM_B 1000 0.01\n", "BM_A 1000 0.01\nBM_B 1500 0.01\n");
  EXPECT_EQ(check({"--base", "main~1", "--only", "seeded/BM_A"}).code, 0);
  EXPECT_TRUE(benchmark("seeded/BM_B", "cpu_time").is_null());
  EXPECT_EQ(check({"--base", "main~1", "--only", "seeded/BM_*"}).code, 1);
  EXPECT_EQ(check({"--base", "main~1", "--only", "seeded/BM_C"}).code, 2);
}

TEST_F(Check, ComparesWithTheMergeBaseByDefault) {
  commit_numbers("BM_A 1000 0.01\n", "BM_A 1000 0.01\n");
  git({"checkout", "-q", "-b", "feature"});
  const std::string fork = git({"rev-parse", "HEAD"}).out.substr(0, 40);
  write_numbers("BM_A 1500 0.01\n");
  const std::string head = commit();
  git({"checkout", "-q", "main"});
  write_numbers("BM_A 1500 0.01\n");  // main moved on and is just as slow: comparing with its tip
                                      // would hide the regression
  commit();
  EXPECT_EQ(check({"--head", "feature"}).code, 1);
  EXPECT_EQ(report()["base"]["sha"], fork);
  EXPECT_EQ(report()["head"]["sha"], head);
}

TEST_F(Check, OnTheDefaultBranchItComparesWithTheParentAndSaysSo) {
  commit_numbers("BM_A 1000 0.01\n", "BM_A 1500 0.01\n");
  const Ran ran = check();
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("parent"));
}

TEST_F(Check, WorktreeJudgesUncommittedChangesAndLeavesThemAlone) {
  commit_numbers("BM_A 1000 0.01\n", "BM_A 1000 0.01\n");
  write_numbers("BM_A 1500 0.01\n");
  write("untracked.txt", "mine");
  const std::string before = git({"status", "--porcelain"}).out + git({"diff"}).out;
  EXPECT_EQ(check({"--head", "WORKTREE"}).code, 1);
  EXPECT_EQ(report()["head"]["ref"], "WORKTREE");
  EXPECT_EQ(git({"status", "--porcelain"}).out + git({"diff"}).out, before);
  // The committed state is clean: what is not committed does not count there.
  EXPECT_EQ(check({"--base", "main~1", "--head", "main"}).code, 0);
}

TEST_F(Check, BuildsAreReusedUntilSomethingChanges) {
  write_pipeline("./app.sh", "", "sleep 0; echo built >> build-count");
  write("app.sh", "#!/bin/sh\nexit 0\n");
  commit("base");
  commit("head");
  check({"--base", "main~1"});
  const auto status_of = [&](const std::string& side) {
    const json all = report();
    for (const json& stage : all["stages"])
      if (stage["name"] == "build" && stage["side"] == side)
        return stage["status"].get<std::string>();
    return std::string();
  };
  EXPECT_EQ(status_of("base"), "passed");
  check({"--base", "main~1"});
  EXPECT_EQ(status_of("base"), "cached");
  EXPECT_EQ(status_of("head"), "cached");
}

TEST_F(Check, RunsTestsOnHeadOnlyAndNeverDeploys) {
  write(".melisai-gate.yaml",
        "version: 1\npipelines:\n"
        "  build: { trigger: on_commit, run: \"touch " +
            root() +
            "/built-$(basename $(dirname $PWD))\" }\n"
            "  test: { trigger: after_build, run: \"echo tested >> " +
            root() +
            "/tests-run\" }\n"
            "  deploy: { trigger: on_tag, run: \"touch " +
            root() +
            "/deployed\" }\n"
            "  announce: { trigger: after_benchmark, run: \"touch " +
            root() +
            "/announced\" }\n"
            "  benchmark: { trigger: after_build, benchmarks: [{ name: seeded, run: " +
            std::string(MELISAI_SEEDED_BENCH) + ", format: google-benchmark }] }\n");
  write_numbers("BM_A 1000 0.01\n");
  commit("base");
  commit("head");
  EXPECT_EQ(check({"--base", "main~1"}).code, 0);
  std::ifstream tests(root() + "/tests-run");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(tests), {}), "tested\n");
  EXPECT_FALSE(std::filesystem::exists(root() + "/deployed"));
  EXPECT_TRUE(std::filesystem::exists(root() + "/announced"));
}

TEST_F(Check, WorksWithoutAPipelineFile) {
  write("app.sh", "#!/bin/sh\nhead -c $(cat size) /dev/zero\n");
  write("size", "100000");
  commit("base");
  write("size", "200000");
  commit("head");
  const Ran ran =
      check({"--base", "main~1", "--build", "true", "--test", "true", "--bench", "./app.sh"});
  EXPECT_EQ(ran.code, 1) << ran.err;
  const json written = benchmark("bench", "wchar");
  EXPECT_EQ(written["decision"], "regressed");
  EXPECT_NEAR(written["effect"].get<double>(), 1.0, 1e-3);
  EXPECT_EQ(written["tier"], 1);
}

TEST_F(Check, ZeroToSomethingIsARegressionWithoutAPercentage) {
  write_pipeline("cat out");
  write("out", "");
  commit("base");
  write("out", std::string(5000, 'x'));
  commit("head");
  EXPECT_EQ(check({"--base", "main~1"}).code, 1);
  const json written = benchmark("cli", "wchar");
  EXPECT_EQ(written["decision"], "regressed");
  EXPECT_EQ(written["from_zero"], true);
  EXPECT_TRUE(written["effect"].is_null());
}

TEST_F(Check, MetricsOfACommandAreAllThereAndGateAsPromised) {
  write_pipeline("/bin/true");
  commit("base");
  commit("head");
  check({"--base", "main~1", "--fail-on", "never"});
  int time_metrics = 0;
  for (const char* time : {"wall_time", "cpu_time"})
    time_metrics += benchmark("cli", time)["gating"].get<bool>();
  EXPECT_EQ(time_metrics, 1);
  for (const char* gating : {"peak_rss", "minor_faults", "rchar", "wchar"}) {
    EXPECT_EQ(benchmark("cli", gating)["gating"], true) << gating;
    EXPECT_EQ(benchmark("cli", gating)["decision"], "clear") << gating;
  }
  for (const char* shown : {"major_faults", "switches", "read_bytes", "write_bytes"})
    EXPECT_EQ(benchmark("cli", shown)["gating"], false) << shown;
}

TEST_F(Check, PrintsTheReportAsJsonOnStandardOutput) {
  commit_numbers("BM_A 1000 0.01\n", "BM_A 1000 0.01\n");
  const Ran ran = check({"--base", "main~1", "--json"});
  EXPECT_EQ(json::parse(ran.out, nullptr, false), report());
}

TEST_F(Check, QuietPrintsOnlyTheVerdict) {
  commit_numbers("BM_A 1000 0.01\n", "BM_A 1000 0.01\n");
  const Ran ran = check({"--base", "main~1", "--quiet"});
  EXPECT_EQ(ran.err, "");
  EXPECT_THAT(ran.out, StartsWith("pass: "));
  EXPECT_EQ(std::count(ran.out.begin(), ran.out.end(), '\n'), 1);
}

TEST_F(Check, ReportsOfEveryVerdictSatisfyTheSchema) {
  commit_numbers("BM_A 1000 0.01\nBM_Old 1 0.1\n", "BM_A 1500 0.01\nBM_New 1 0.1\n");
  const auto validate = [&] {
    const Ran ran = run_program(
        {"/usr/bin/python3", "-c",
         "import json,sys,jsonschema; jsonschema.validate(json.load(open(sys.argv[1])), "
         "json.load(open(sys.argv[2])))",
         output() + "/report.json", MELISAI_SOURCE_DIR "/config/schema/report.schema.json"},
        root());
    EXPECT_EQ(ran.code, 0) << ran.err;
  };
  check({"--base", "main~1"});
  validate();
  check({"--base", "main~1", "--max-pairs", "4"});
  validate();
  check({"--base", "no-such-ref"});
  validate();
  check({"--base", "main~1", "--bench", "exit 3"});
  validate();
}

}  // namespace
}  // namespace melisai::e2e
