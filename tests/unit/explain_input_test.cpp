// From what passes saw to the numbers that name a cause.
#include "core/explain_input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/model/report_fixtures.h"

namespace melisai {
namespace explain_input_test {

using gate::CauseInput;
using gate::Signal;
using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr double kMs = 1e6;

Metric time_metric(const std::string& name) {
  return {.name = name, .unit = "ns", .better = Better::lower, .tier = Tier::time};
}

BenchmarkResult result(const std::string& benchmark, const std::string& metric, double effect) {
  BenchmarkResult result;
  result.name = benchmark;
  result.metric = metric == "minor_faults" ? fixtures::minor_faults() : time_metric(metric);
  result.decision = Decision::regressed;
  result.effect = effect;
  result.gating = true;
  result.base = Side{100 * kMs, 0};
  result.head = Side{100 * kMs * (1 + effect), 0};
  return result;
}

std::vector<measure::Subject> subjects() {
  std::vector<measure::Subject> subjects(2);
  subjects[0].spec.name = "cli";
  subjects[1].spec.name = "micro";
  subjects[1].spec.format.name = "google-benchmark";
  return subjects;
}

HostResult part(const std::string& name, const std::string& data) {
  HostResult result{.collector = name, .category = "process"};
  result.data = *HostData::parse(data);
  return result;
}

Sample sample(const std::string& collector, const std::string& metric, double value) {
  return {collector, {.name = metric}, value};
}

ObservedRun run(double wall_ms, std::vector<Sample> samples = {},
                std::vector<HostResult> parts = {}) {
  ObservedRun run{.wall_ns = wall_ms * kMs, .samples = std::move(samples), .parts = {}};
  for (HostResult& each : parts) run.parts[each.category].push_back(std::move(each));
  return run;
}

TEST(Slowdowns, AreOfWhatCountsWorstFirst) {
  std::vector<BenchmarkResult> results = {
      result("cli", "minor_faults", 3),  result("cli", "wall_time", 0.2),
      result("micro/a", "wall_time", 1), result("micro/b", "wall_time", 0.1),
      result("micro/c", "wall_time", 2), result("micro/d", "wall_time", 2)};
  results[3].gating = false;
  results[3].level = Level::warn;
  results[4].decision = Decision::clear;
  results[5].acknowledged = Acknowledgement{};
  const std::vector<Slowdown> found = slowdowns_of(results, subjects());
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].benchmark, "micro/a");
  EXPECT_EQ(found[0].subject, 1u);
  EXPECT_FALSE(found[0].whole_process);
  EXPECT_EQ(found[1].benchmark, "cli");
  EXPECT_EQ(found[1].worst.metric.name, "wall_time") << "a time says more than a count";
  EXPECT_TRUE(found[1].whole_process);
  ASSERT_TRUE(found[1].counted.has_value());
  EXPECT_EQ(growth_of(*found[1].counted).metric, "minor_faults");
  EXPECT_FALSE(found[0].counted.has_value());
  EXPECT_THAT(found[1].wall_time.head, ElementsAre(DoubleEq(120 * kMs)));
  EXPECT_EQ(found[2].benchmark, "micro/b") << "what only warns is explained too";
  EXPECT_TRUE(slowdowns_of({result("cli", "minor_faults", 3)}, subjects()).front().is_time ==
              false);
}

TEST(CountedInput, TakesTimesFromTimedPairsAndCountsFromThePass) {
  const Slowdown slowdown = slowdowns_of({result("cli", "wall_time", 0.5)}, subjects()).front();
  const std::string none = R"({"by_name":[{"name":"read","count":5}]})";
  const std::string synced = R"({"by_name":[{"name":"read","count":7},{"name":"fsync","count":3},)"
                             R"({"name":"fdatasync","count":1}]})";
  ObservedRuns runs;
  runs.base = {run(900, {sample("ebpf", "syscalls", 5), sample("process", "rchar", 10)},
                   {part("syscount", none), part("futex", R"({"waited_ns":100})")}),
               run(900, {sample("ebpf", "syscalls", 6)}, {part("syscount", none)})};
  runs.head = {run(900,
                   {sample("ebpf", "syscalls", 11), sample("ebpf", "page_faults_user", 20),
                    sample("ebpf", "page_faults_kernel", 2), sample("process", "minor_faults", 9)},
                   {part("syscount", synced), part("futex", R"({"waited_ns":900})")})};
  const CauseInput input = counted_input(slowdown, runs);
  EXPECT_THAT(input.signals.at(Signal::wall_time).head, ElementsAre(DoubleEq(150 * kMs)))
      << "not what collectors made of it";
  EXPECT_THAT(input.signals.at(Signal::system_calls).base, ElementsAre(5, 6));
  EXPECT_THAT(input.signals.at(Signal::fsyncs).base, ElementsAre(0, 0));
  EXPECT_THAT(input.signals.at(Signal::fsyncs).head, ElementsAre(4));
  EXPECT_THAT(input.signals.at(Signal::futex_wait).head, ElementsAre(900));
  EXPECT_FALSE(input.signals.contains(Signal::read_bytes)) << "head did not tell";
  EXPECT_FALSE(input.signals.contains(Signal::minor_faults)) << "base did not tell";
  EXPECT_FALSE(input.signals.contains(Signal::forks)) << "nobody told, which is no 0";
  EXPECT_THAT(input.calls.at("read").base, ElementsAre(5, 5));
  EXPECT_THAT(input.calls.at("fsync").base, ElementsAre(0, 0));
  EXPECT_DOUBLE_EQ(gap_of(input), 50 * kMs);
}

TEST(CountedInput, TakesCountersOfTheCpuWhereThereAreAny) {
  const Slowdown slowdown = slowdowns_of({result("cli", "wall_time", 0.5)}, subjects()).front();
  const auto counted = [](double factor) {
    return run(100, {sample("perf", "instructions_user", 1e9 * factor),
                     sample("perf", "cache_misses_user", 1e5 * factor),
                     sample("perf", "branch_misses_user", 1e6 * factor),
                     sample("perf", "cpu_migrations", 8), sample("ebpf", "migrations", 5)});
  };
  const CauseInput input =
      counted_input(slowdown, {.base = {counted(1), counted(1)}, .head = {counted(2)}});
  EXPECT_THAT(input.signals.at(Signal::instructions).base, ElementsAre(1e9, 1e9));
  EXPECT_THAT(input.signals.at(Signal::cache_misses).head, ElementsAre(2e5));
  EXPECT_THAT(input.signals.at(Signal::branch_misses).head, ElementsAre(2e6));
  EXPECT_THAT(input.signals.at(Signal::migrations).head, ElementsAre(5)) << "of the tree exactly";
}

TEST(CountedInput, NeverComparesFaultsFromTwoSources) {
  const Slowdown slowdown = slowdowns_of({result("cli", "wall_time", 0.5)}, subjects()).front();
  const std::vector<Sample> kernel{sample("ebpf", "page_faults_user", 20),
                                   sample("ebpf", "page_faults_kernel", 2),
                                   sample("process", "minor_faults", 9)};
  ObservedRuns runs;
  runs.base = {run(1, {sample("process", "minor_faults", 9)})};
  runs.head = {run(1, kernel)};
  EXPECT_THAT(counted_input(slowdown, runs).signals.at(Signal::minor_faults).head, ElementsAre(9));
  runs.base = {run(1, kernel)};
  EXPECT_THAT(counted_input(slowdown, runs).signals.at(Signal::minor_faults).head, ElementsAre(22));
}

TEST(SameWork, ScalesWhatRunsForATimeOnly) {
  const Slowdown micro = slowdowns_of({result("micro/a", "wall_time", 1)}, subjects()).front();
  const ObservedRuns as_long{.base = {run(500), run(500)}, .head = {run(500)}};
  EXPECT_DOUBLE_EQ(same_work(micro, as_long), 2);
  const ObservedRuns twice_as_long{.base = {run(500)}, .head = {run(980)}};
  EXPECT_DOUBLE_EQ(same_work(micro, twice_as_long), 1);
  EXPECT_DOUBLE_EQ(same_work(micro, {}), 1);
  const Slowdown whole = slowdowns_of({result("cli", "wall_time", 1)}, subjects()).front();
  EXPECT_DOUBLE_EQ(same_work(whole, as_long), 1);
  const CauseInput input =
      counted_input(micro, {.base = {run(500, {sample("ebpf", "syscalls", 100)})},
                            .head = {run(500, {sample("ebpf", "syscalls", 60)})}});
  EXPECT_THAT(input.signals.at(Signal::system_calls).head, ElementsAre(DoubleEq(120)));
  EXPECT_DOUBLE_EQ(gap_of(input), 500 * kMs);
}

TEST(WatchedTimes, AreOfTheRunsThatToldTheWait) {
  const Slowdown slowdown = slowdowns_of({result("cli", "wall_time", 0.5)}, subjects()).front();
  const auto watched = [](double wall_ms) {
    return run(wall_ms, {}, {part("offcputime", R"({"stacks":[]})")});
  };
  const ObservedRuns counts{
      .base = {run(90),
               run(91, {sample("process", "run_delay", 5), sample("process", "cpu_time", 70)},
                   {part("futex", R"({"waited_ns":100})")})},
      .head = {run(150, {sample("process", "run_delay", 6), sample("process", "cpu_time", 80)},
                   {part("futex", R"({"waited_ns":900})")})}};
  const ObservedRuns stacks{.base = {watched(110), run(111), watched(112)},
                            .head = {watched(160), watched(161)}};
  CauseInput input = counted_input(slowdown, counts);
  EXPECT_THAT(input.signals.at(Signal::futex_wait).base_time, ElementsAre(DoubleEq(91 * kMs)));
  EXPECT_THAT(input.signals.at(Signal::run_queue_wait).head_time, ElementsAre(80));
  input.signals[Signal::file_wait] = {{1, 2}, {3, 4}};
  input.signals[Signal::sleep_wait] = {{1, 2, 3}, {3, 4}};
  add_watched_times(slowdown, stacks, input);
  const gate::Observed& file = input.signals.at(Signal::file_wait);
  EXPECT_THAT(file.base_time, ElementsAre(DoubleEq(110 * kMs), DoubleEq(112 * kMs)));
  EXPECT_THAT(file.head_time, ElementsAre(DoubleEq(160 * kMs), DoubleEq(161 * kMs)));
  EXPECT_FALSE(input.signals.contains(Signal::sleep_wait)) << "nobody knows of which runs it is";
  EXPECT_THAT(input.signals.at(Signal::futex_wait).base_time, ElementsAre(DoubleEq(91 * kMs)))
      << "of the counting runs, which told it";
  EXPECT_TRUE(input.signals.at(Signal::wall_time).base_time.empty());
}

TEST(Deep, ReplacesTheWaitForACpuAndNamesTheSlowCall) {
  const Slowdown slowdown = slowdowns_of({result("cli", "wall_time", 0.5)}, subjects()).front();
  CauseInput input = counted_input(slowdown, {});
  ObservedRuns deep;
  deep.base = {run(1, {},
                   {part("runqlat", R"({"waited_ns":1000})"),
                    part("syslat", R"({"by_name":[{"name":"poll","total_ns":3000000}]})")})};
  deep.head = {run(1, {},
                   {part("runqlat", R"({"waited_ns":5000})"),
                    part("syslat", R"({"by_name":[{"name":"poll","total_ns":43000000},)"
                                   R"({"name":"read","total_ns":9000000}]})")})};
  EXPECT_EQ(add_deep(slowdown, deep, input), "calls of poll take 3.000 ms → 43.00 ms per run");
  EXPECT_THAT(input.signals.at(Signal::run_queue_wait).head, ElementsAre(5000));
  deep.head = deep.base;
  EXPECT_EQ(add_deep(slowdown, deep, input), "");
}

TEST(PartOf, IsNothingWhereThePartSaidNothing) {
  const ObservedRun silent = run(1, {}, {part("profile", "{}")});
  EXPECT_EQ(part_of(silent, "profile"), nullptr);
  EXPECT_EQ(part_of(silent, "offcputime"), nullptr);
  ObservedRun failed = silent;
  failed.parts["process"][0].errors = {"unavailable: no clock"};
  EXPECT_THAT(errors_of(failed, "profile"), ElementsAre("unavailable: no clock"));
  EXPECT_THAT(errors_of(failed, "offcputime"), ElementsAre());
}

}  // namespace explain_input_test
}  // namespace melisai
