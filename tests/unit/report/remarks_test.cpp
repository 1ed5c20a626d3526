// What explains a report and decides nothing, and the wording that all formats share.
#include "core/report/remarks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "core/report/health_text.h"
#include "core/report/summary.h"
#include "tests/unit/model/report_fixtures.h"

namespace melisai::report {
namespace remarks_test {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST(Remarks, CountDisturbedPairs) {
  Report report = fixtures::common_report();
  EXPECT_THAT(disturbed_lines(report), IsEmpty());
  report.measurements[0].disturbed = {{4, 6, "other processes used 0.62 CPUs"}};
  EXPECT_THAT(disturbed_lines(report),
              ElementsAre("parse: 3 of 12 pairs were disturbed: other processes used 0.62 CPUs "
                          "(pairs 4-6)"));
  report.measurements[0].disturbed = {{7, 7, "steal"}};
  EXPECT_THAT(disturbed_lines(report),
              ElementsAre("parse: 1 of 12 pairs was disturbed: steal (pair 7)"));
}

TEST(Remarks, SayOnceHowOftenTheHostWasWatched) {
  Report report;
  report.health = fixtures::worse_health();
  EXPECT_THAT(health_lines(report).front(), EndsWith("; 4 runs of each side"));
  report.health.decision = Decision::inconclusive;
  report.health.note = "4 runs of each side cannot tell a drop of 5 points from noise";
  EXPECT_THAT(health_lines(report).front(), EndsWith("inconclusive: " + report.health.note));
}

TEST(Remarks, NameThreeDisturbancesAndCountTheOthers) {
  Report report = fixtures::common_report();
  for (int pair = 1; pair <= 9; pair += 2)
    report.measurements[0].disturbed.push_back({pair, pair, "noise"});
  EXPECT_THAT(disturbed_lines(report),
              ElementsAre("parse: 5 of 12 pairs were disturbed: noise (pair 1); noise (pair 3); "
                          "noise (pair 5); and 2 more times"));
  report.measurements[0].disturbed.pop_back();
  EXPECT_THAT(disturbed_lines(report), ElementsAre(EndsWith("; and 1 more time")));
}

TEST(Remarks, SurviveDisturbancesOfAHostileReport) {
  Report report = fixtures::common_report();
  constexpr int kMax = std::numeric_limits<int>::max();
  report.measurements[0].disturbed = {{0, kMax, "a"}, {kMax, 0, "b"}, {0, kMax, "c"}};
  EXPECT_THAT(disturbed_lines(report)[0], StartsWith("parse: 4294967296 of 12 pairs"));
}

TEST(Remarks, NameUndecidedMetricsThatNoiseKeepsFromTheirThreshold) {
  Report report = fixtures::mixed_report();
  BenchmarkResult row = report.benchmarks.front();
  row.decision = Decision::inconclusive;
  row.threshold = 0.05;
  row.smallest_found = 0.12;
  report.benchmarks = {row};
  EXPECT_THAT(
      too_noisy_lines(report),
      ElementsAre(
          "parse/BM_Small cpu_time cannot see its threshold of 5 %: within its pairs "
          "so much noise hides slowdowns below 12 %; give each run more work, pin it to one CPU, "
          "or gate on an exact metric such as instructions"));
  report.benchmarks.front().metric.tier = Tier::near_exact;
  EXPECT_THAT(too_noisy_lines(report).front(), HasSubstr("fix its inputs"));
  report.benchmarks.front().smallest_found = 0.05;
  EXPECT_THAT(too_noisy_lines(report), IsEmpty()) << "it can: only time was short";
  report.benchmarks.front().smallest_found.reset();
  EXPECT_THAT(too_noisy_lines(report), IsEmpty()) << "an old report does not know";
  report.max_pairs = 60;
  ASSERT_FALSE(too_noisy_lines(report).empty());
  EXPECT_THAT(too_noisy_lines(report).front(), HasSubstr("hides any slowdown"));
  report.max_pairs = 7;
  EXPECT_THAT(too_noisy_lines(report), IsEmpty()) << "so few pairs see nothing on any machine";
  report.max_pairs = 60;
  report.benchmarks.front().pairs = 3;
  EXPECT_THAT(too_noisy_lines(report), IsEmpty()) << "nobody knows yet";
  row.decision = Decision::clear;
  report.benchmarks = {row};
  EXPECT_THAT(too_noisy_lines(report), IsEmpty()) << "it did see its threshold";
}

TEST(Remarks, NameCollectorsWithTroubleOnly) {
  Report report = fixtures::remarks_report();
  EXPECT_THAT(collector_lines(report),
              ElementsAre("collector ebpf: plugin_crashed: killed by SIGSEGV in stop()"));
  report.collectors[1].required = true;
  report.collectors[1].status = CollectorStatus::unavailable;
  report.collectors[1].reason.clear();
  EXPECT_THAT(collector_lines(report), ElementsAre("required collector ebpf: unavailable"));
}

TEST(Remarks, WhatMeasuringCostIsOneLine) {
  Report report;
  EXPECT_EQ(overhead_text(report), "");
  report.overhead = ObserverOverhead{.cpu_user_ms = 250,
                                     .cpu_system_ms = 100,
                                     .memory_rss_bytes = 60 << 20,
                                     .memory_pss_bytes = 38 << 20};
  EXPECT_EQ(overhead_text(report), "350 ms of CPU time, 38 MiB of memory");
}

TEST(Remarks, SayWhoAcceptedWhatUntilWhen) {
  BenchmarkResult row = fixtures::remarks_report().benchmarks.back();
  EXPECT_EQ(acknowledgement_text(row),
            "acknowledged until 2026-12-31, up to 25 %: the new parser checks its input");
  row.acknowledged->up_to.reset();
  row.note = "CPU time gates";
  EXPECT_EQ(row_note(row),
            "acknowledged until 2026-12-31: the new parser checks its input; CPU time gates");
  row.acknowledged.reset();
  EXPECT_EQ(row_note(row), "CPU time gates");
}

TEST(Remarks, SortProfileValuesByTheSizeOfTheirChange) {
  const Report report = fixtures::remarks_report();
  std::vector<std::string> names;
  std::vector<std::string> changes;
  for (const ProfileValue* value : by_change(report.profiles[0])) {
    names.push_back(value->metric.name);
    changes.push_back(profile_change_text(*value));
  }
  EXPECT_THAT(names, ElementsAre("misses", "switches", "cache_hits", "io_read", "share"));
  EXPECT_THAT(changes, ElementsAre("from zero", "+300.0 %", "+100.0 %", "0.0 %", "-"));
}

TEST(Remarks, KnowChangesToZeroAndOfNegativeValues) {
  const Metric higher = {"hits", "count", Better::higher, Tier::explain};
  const Metric lower = {"offset", "count", Better::lower, Tier::explain};
  EXPECT_EQ(profile_change_text({"c", higher, 5, 0}), "to zero");
  EXPECT_EQ(profile_change_text({"c", lower, 5, 0}), "-100.0 %");
  EXPECT_EQ(profile_change_text({"c", lower, -10, -5}), "+50.0 %");
  EXPECT_EQ(profile_change_text({"c", lower, 0, 0}), "0.0 %");
  EXPECT_EQ(profile_change_text({"c", lower, 1, {}}), "-");
}

TEST(Summary, RanksWhatCountsBeforeRemarks) {
  Report report = fixtures::remarks_report();
  BenchmarkResult open = report.benchmarks[4];
  open.name = "open";
  open.decision = Decision::inconclusive;
  open.effect_high = 9;
  report.benchmarks.push_back(open);
  open.name = "gating";
  open.gating = true;
  open.level = Level::fail;
  open.effect_high = 0.06;
  report.benchmarks.push_back(open);
  std::vector<std::string> names;
  for (const BenchmarkResult* row : deciding_rows(report)) names.push_back(row->name);
  EXPECT_THAT(names, ElementsAre("gating", "open", "parse/BM_Odd", "parse/BM_New", "parse/BM_Small",
                                 "parse/BM_Small"));
  EXPECT_EQ(count_decisions(deciding_rows(report), 0),
            "2 inconclusive, 1 warning, 1 acknowledged, 2 clear");
  report.verdict = Verdict::inconclusive;
  report.reason_code = ReasonCode::budget;
  EXPECT_THAT(headline(report), HasSubstr("cannot tell for 1 of "));
  EXPECT_THAT(hidden_slowdown(report), HasSubstr("+6.0 % may hide in gating"));
}

TEST(Summary, ARegressionIsHeadedByOneThatCounts) {
  Report report = fixtures::remarks_report();
  report.verdict = Verdict::regression;
  report.reason_code = ReasonCode::regressed;
  report.benchmarks.push_back(fixtures::judged("real", fixtures::cpu_time(),
                                               {Decision::regressed, 0.06, 0.05, 0.07, 100, 106}));
  EXPECT_EQ(headline(report), "REGRESSION: real cpu_time +6.0 %");
}

TEST(Summary, APassSaysWhatItIsNot) {
  Report report = fixtures::remarks_report();
  EXPECT_THAT(headline(report), testing::EndsWith("; 1 warning; 1 acknowledged slowdown"));
  report.benchmarks = {report.benchmarks[4]};
  EXPECT_EQ(headline(report), "PASS: no metric gates; 1 warning");
}

TEST(Summary, AMissingCollectorIsNotAMissingBenchmark) {
  Report report = fixtures::pass_report();
  report.verdict = Verdict::inconclusive;
  report.reason_code = ReasonCode::collector;
  EXPECT_EQ(headline(report), "INCONCLUSIVE: a required collector yielded nothing");
  EXPECT_EQ(hidden_slowdown(report), "");
  EXPECT_THAT(next_action(report), HasSubstr("collect.required"));
}

TEST(Summary, MorePairsDecideNoCount) {
  Report report;
  report.verdict = Verdict::inconclusive;
  report.reason_code = ReasonCode::budget;
  report.command = "check";
  BenchmarkResult& row = report.benchmarks.emplace_back();
  row.metric = {"instructions", "count", Better::lower, Tier::exact};
  row.gating = true;
  EXPECT_THAT(next_action(report), HasSubstr("the note of the count"));
  BenchmarkResult& time = report.benchmarks.emplace_back();
  time.metric = {"wall_time", "ns", Better::lower, Tier::time};
  time.gating = true;
  EXPECT_THAT(next_action(report), HasSubstr("Raise gate.budget"));
}

Report failed_benchmark(const std::string& command, const std::string& note) {
  Report report;
  report.command = command;
  report.reason_code = ReasonCode::bench_failed;
  BenchmarkResult& row = report.benchmarks.emplace_back();
  row.decision = Decision::failed;
  row.gating = true;
  row.note = note;
  return report;
}

TEST(Summary, TheNextActionOfAMissingProgramFitsItsCause) {
  const std::string built = "head: exit code 127: /bin/sh: 1: exec: ./build/bench: not found";
  Report report = failed_benchmark("check", built);
  EXPECT_EQ(next_action(report),
            "Nothing built ./build/bench: give the command that does with --build, or as a "
            "pipeline of .melisai-gate.yaml, then run the check again.");
  report.stages.emplace_back().name = "build";
  EXPECT_EQ(next_action(report),
            "Let the build make ./build/bench, or correct its path, then run the check again.");
  EXPECT_EQ(next_action(failed_benchmark("ab", built)),
            "Correct the path ./build/bench, or make the program first, then run ab again.");
  EXPECT_EQ(next_action(failed_benchmark(
                "ab", "base: exit code 127: /bin/sh: 1: exec: hyperfine: not found")),
            "Install hyperfine on this machine, or name it with its path, then run ab again.");
  EXPECT_EQ(next_action(failed_benchmark("check", "head: exit code 127")),
            "Install or build what the failed command did not find, then run the check again.");
  EXPECT_EQ(next_action(failed_benchmark("ab", "head: exit code 1")),
            "Run the failed command by hand and correct it, then run ab again.");
}

TEST(Summary, TheNextActionOfABuildWithoutItsToolIsToInstallIt) {
  Report report;
  report.reason_code = ReasonCode::build_failed;
  StageResult& build = report.stages.emplace_back();
  build.status = StageResult::Status::failed;
  build.message = "exit code 2";
  EXPECT_THAT(next_action(report), HasSubstr("Correct the build"));
  build.log_tail = "pip: [Errno -2] Name or service not known";
  EXPECT_THAT(next_action(report), HasSubstr("name in measure.pass_env the variables"));
  build.log_tail = "";
  build.message = "exit code 127";
  EXPECT_THAT(next_action(report), HasSubstr("Install what the build's log says"));
}

TEST(Summary, TheNextActionOfAnUnknownReferenceIsNoMergeBase) {
  Report report;
  report.reason_code = ReasonCode::git;
  report.reason = "git: no common ancestor of a and b";
  EXPECT_THAT(next_action(report), HasSubstr("git fetch --unshallow"));
  report.reason = "unknown git reference 'mian'; did you mean 'main'?";
  EXPECT_EQ(headline(report), "ERROR: there is no such commit here");
  EXPECT_EQ(next_action(report),
            "Correct --base or --head, or fetch what they name, then run the check again.");
}

TEST(Summary, TheNextActionForAFileIsAboutThatFile) {
  Report report;
  report.command = "compare";
  report.reason_code = ReasonCode::configuration;
  const auto action = [&](const char* reason) {
    report.reason = reason;
    return next_action(report);
  };
  EXPECT_THAT(action("cannot read a.json: No such file or directory"), HasSubstr("that exist"));
  EXPECT_THAT(action("a.txt: no known format is recognised"), HasSubstr("--format"));
  EXPECT_THAT(action("--only matches no benchmark of either side"), HasSubstr("--only may match"));
  EXPECT_THAT(action("a.json: is a report of melisai-gate, whose benchmarks are judged already"),
              HasSubstr("benchmarks themselves"));
  EXPECT_THAT(action("a.json:3: expected a number"), HasSubstr("Record that file again"));
}

TEST(Summary, ErrorsOfBaselineAndStoreNameTheNextAction) {
  Report report;
  report.base.ref = "last-green";
  report.reason_code = ReasonCode::baseline;
  EXPECT_EQ(headline(report), "ERROR: the stored baseline cannot be used");
  EXPECT_THAT(next_action(report), HasSubstr("--base merge-base"));
  report.reason_code = ReasonCode::busy;
  EXPECT_EQ(headline(report), "ERROR: the state directory or the machine is in use");
  EXPECT_THAT(next_action(report), HasSubstr("--wait and measure.machine_wait"));
}

}  // namespace remarks_test
}  // namespace melisai::report
