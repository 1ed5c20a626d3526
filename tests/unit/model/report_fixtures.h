// Seven reports that every format is tested with. Fixed data: no clock, no version, no host of this
// machine.
#pragma once

#include <string>
#include <vector>

#include "core/model/report.h"

namespace melisai::fixtures {

inline Metric cpu_time() { return {"cpu_time", "ns", Better::lower, Tier::time}; }
inline Metric peak_rss() { return {"peak_rss", "B", Better::lower, Tier::near_exact}; }
inline Metric minor_faults() { return {"minor_faults", "count", Better::lower, Tier::near_exact}; }
inline Metric bytes_read() { return {"rchar", "B", Better::lower, Tier::near_exact}; }
inline Metric throughput() { return {"bytes_per_second", "B/s", Better::higher, Tier::time}; }
inline Metric switches() { return {"switches", "count", Better::lower, Tier::explain}; }

struct Judged {
  Decision decision = Decision::clear;
  double effect = 0;
  double low = 0;
  double high = 0;
  double base = 0;
  double head = 0;
  bool gating = true;
};

inline BenchmarkResult judged(const std::string& name, const Metric& metric, const Judged& values) {
  BenchmarkResult row;
  row.name = name;
  row.metric = metric;
  row.decision = values.decision;
  row.effect = values.effect;
  row.effect_low = values.low;
  row.effect_high = values.high;
  row.threshold = metric.tier == Tier::time ? 0.05 : 0.01;
  row.pairs = 12;
  row.confirmed = values.decision == Decision::regressed || values.decision == Decision::improved;
  row.gating = values.gating;
  row.level = values.gating ? Level::fail : Level::off;
  row.base = Side{values.base};
  row.head = Side{values.head};
  return row;
}

inline StageResult passed_stage(const std::string& name, const std::string& side, double seconds) {
  StageResult stage;
  stage.name = name;
  stage.side = side;
  stage.command = "cmake --build build -j";
  stage.status = StageResult::Status::passed;
  stage.seconds = seconds;
  stage.log = "logs/" + side + "-" + name + ".log";
  return stage;
}

/// What the six of a check have in common: two commits, a machine, two builds, one benchmark
/// process.
inline Report common_report() {
  Report report;
  report.command = "check";
  report.tool_version = "0.0.0";
  report.project = "my-app";
  report.started_at = "2026-01-02T03:04:05Z";
  report.base = {"1111111111111111111111111111111111111111", "main"};
  report.head = {"2222222222222222222222222222222222222222", "HEAD"};
  report.machine.cpu_model = "Example CPU @ 2.00GHz";
  report.machine.cpus = 2;
  report.machine.kernel = "Linux 6.1.0";
  report.machine.fingerprint = "0123456789abcdef";
  report.machine.memory_bytes = std::int64_t{8} << 30;
  report.machine.virtualisation = "kvm";
  report.machine.governor = "performance";
  report.seed = 42;
  report.stages = {passed_stage("build", "base", 12.5), passed_stage("build", "head", 13.25)};
  report.stages[0].status = StageResult::Status::cached;
  report.measurements = {{"parse", 12, 0.99, "one CPU per pair", true, "c0ffee0123456789", {}}};
  report.seconds = 41.2;
  return report;
}

inline Report pass_report() {
  Report report = common_report();
  report.verdict = Verdict::pass;
  report.reason_code = ReasonCode::clear;
  report.reason = "Every gating metric is clear.";
  report.benchmarks = {
      judged("parse/BM_Small", cpu_time(), {Decision::clear, 0.002, -0.011, 0.016, 1000, 1002}),
      judged("parse/BM_Small", peak_rss(), {Decision::clear, 0, 0, 0, 4194304, 4194304}),
      judged("parse/BM_Small", throughput(),
             {Decision::clear, 0.003, -0.02, 0.02, 5e8, 4.985e8, false}),
      judged("parse/BM_Small", switches(), {Decision::clear, 0.1, -0.4, 0.9, 10, 11, false})};
  return report;
}

inline Evidence lock_evidence() {
  Evidence evidence{.benchmark = "parse/BM_Small", .cause = Cause::lock_wait, .confidence = 0.96};
  evidence.sentence =
      "lock wait: futex off-CPU 3 ms → 41 ms per run, from Cache::get (cache.cpp:88)";
  evidence.advice = "hold the lock for less time";
  evidence.note = "one run a side was profiled";
  evidence.metrics = {{"wall_time", "ns", 1e8, 1.4e8}, {"futex_wait", "ns", 3e6, std::nullopt}};
  evidence.functions = {{"Cache::get", "src/cache.cpp", 88, "off-cpu", "ns", 3e6, 4.1e7, 0.99},
                        {"main", "", 0, "off-cpu", "ns", 0, 2e6, 0.5}};
  evidence.files = {{"flame_graph", "flame/parse.svg"}};
  evidence.passes = {{"counts", 3, 1.5, ""}, {"stacks", 3, 4.25, "profile: not here"}};
  return evidence;
}

inline Report regression_report() {
  Report report = pass_report();
  report.verdict = Verdict::regression;
  report.reason_code = ReasonCode::regressed;
  report.reason = "Two of four gating metrics regressed.";
  report.benchmarks[0] =
      judged("parse/BM_Small", cpu_time(), {Decision::regressed, 0.051, 0.03, 0.07, 1000, 1051});
  report.benchmarks[0].gates_because = "gates because one thread is busy throughout";
  report.benchmarks[0].smallest_found = 0.021;
  report.benchmarks.push_back(
      judged("parse/BM_Large", minor_faults(), {Decision::regressed, 0.5, 0.49, 0.51, 1000, 1500}));
  report.benchmarks.push_back(judged("parse/BM_Large", cpu_time(),
                                     {Decision::inconclusive, 0.02, -0.01, 0.06, 90000, 91800}));
  report.benchmarks.back().note = "the budget ended after 12 pairs";
  report.evidence = {lock_evidence()};
  return report;
}

inline Report inconclusive_report() {
  Report report = pass_report();
  report.verdict = Verdict::inconclusive;
  report.reason_code = ReasonCode::budget;
  report.reason = "One of two gating metrics could not be decided in 60 pairs.";
  report.benchmarks[0] = judged("parse/BM_Small", cpu_time(),
                                {Decision::inconclusive, 0.03, -0.02, 0.083, 1000, 1030});
  report.benchmarks[0].pairs = 60;
  report.benchmarks[0].smallest_found = 0.09;
  report.max_pairs = 60;
  report.benchmarks[0].note = "max_pairs reached; this machine is too noisy for a threshold of 5 %";
  report.measurements[0].pairs = 60;
  report.warnings = {
      "no cgroup: processes that outlive a benchmark are found by their parent only"};
  return report;
}

inline Report build_failed_report() {
  Report report = common_report();
  report.verdict = Verdict::error;
  report.reason_code = ReasonCode::build_failed;
  report.reason = "The build of head ended with exit code 2.";
  report.measurements.clear();
  StageResult& build = report.stages[1];
  build.status = StageResult::Status::failed;
  build.message = "exit code 2";
  build.log_tail =
      "src/parse.cpp:12:3: error: expected ';' before '}' token\n"
      "   12 |   }\n"
      "      |   ^\n"
      "ninja: build stopped: subcommand failed.\n";
  report.seconds = 25.75;
  return report;
}

/// One row of every decision, on both sides, on one side, from zero, and without any metric.
inline Report mixed_report() {
  Report report = pass_report();
  report.verdict = Verdict::error;
  report.reason_code = ReasonCode::bench_failed;
  report.reason = "One benchmark could not be measured.";
  BenchmarkResult from_zero =
      judged("io/read", bytes_read(), {Decision::inconclusive, 0, 0, 0, 0, 4096});
  from_zero.from_zero = true;
  from_zero.effect = from_zero.effect_low = from_zero.effect_high = std::nullopt;
  BenchmarkResult added =
      judged("parse/BM_New", cpu_time(), {Decision::added, 0, 0, 0, 0, 700, false});
  added.effect = added.effect_low = added.effect_high = std::nullopt;
  added.base.reset();
  BenchmarkResult removed =
      judged("parse/BM_Old", cpu_time(), {Decision::removed, 0, 0, 0, 800, 0, false});
  removed.effect = removed.effect_low = removed.effect_high = std::nullopt;
  removed.head.reset();
  BenchmarkResult failed;
  failed.name = "cli";
  failed.decision = Decision::failed;
  failed.gating = true;
  failed.note = "head: exit code 139 (SIGSEGV) in pair 3";
  report.benchmarks.push_back(from_zero);
  report.benchmarks.push_back(
      judged("sort", cpu_time(), {Decision::improved, -0.2, -0.22, -0.18, 1e6, 8e5}));
  report.benchmarks.push_back(added);
  report.benchmarks.push_back(removed);
  report.benchmarks.push_back(failed);
  return report;
}

inline CollectorResult collector(const std::string& name, CollectorStatus status,
                                 const std::string& reason) {
  CollectorResult result;
  result.name = name;
  result.file = "/usr/lib/melisai-gate/" + name + ".so";
  result.version = "1.2";
  result.abi = "1.0";
  result.status = status;
  result.reason = reason;
  return result;
}

/// A pass with everything that does not change a verdict: a warning, an accepted slowdown,
/// disturbed pairs, and what collectors saw and suffered.
inline HealthResult worse_health() {
  const Anomaly leak = {Severity::critical,
                        "network",
                        "tcp_close_wait",
                        "sockets in CLOSE_WAIT: 150 sockets, critical from 100 sockets",
                        150,
                        1,
                        100};
  const Anomaly calm = {Severity::warning,
                        "cpu",
                        "cpu_iowait",
                        "CPU time waiting for I/O: 12 %, warning from 10 %",
                        12,
                        10,
                        30};
  const Recommendation advice = {"system_time_high",
                                 1,
                                 "cpu",
                                 "fix",
                                 "Much time is spent in the kernel",
                                 {"strace -c -f -p PID", "perf trace -s -p PID"},
                                 {},
                                 "names the system calls",
                                 "system_pct = 45 %, user_pct = 30 %",
                                 "proc(5)",
                                 2.25};
  return {.profile = "quick",
          .base = 92,
          .head = 70.5,
          .change = -21.5,
          .change_low = -24.25,
          .change_high = -18,
          .decision = Decision::regressed,
          .level = Level::warn,
          .runs = 4,
          .new_anomalies = {leak},
          .resolved_anomalies = {calm},
          .recommendations = {advice},
          .resources = {{"cpu", "utilization", 35.5, 75, Decision::regressed},
                        {"network", "saturation", 0.25, 1, Decision::clear}}};
}

inline Report remarks_report() {
  Report report = pass_report();
  report.run = 12;
  report.reason = "Every gating metric is clear.";
  BenchmarkResult warning =
      judged("parse/BM_Odd", cpu_time(), {Decision::regressed, 0.081, 0.06, 0.1, 500, 540.5});
  warning.gating = false;
  warning.level = Level::warn;
  BenchmarkResult accepted =
      judged("parse/BM_New", cpu_time(), {Decision::regressed, 0.2, 0.19, 0.21, 100, 120});
  accepted.acknowledged = Acknowledgement{.benchmark = "parse/*",
                                          .metric = "cpu_time",
                                          .until = "2026-12-31",
                                          .reason = "the new parser checks its input",
                                          .up_to = 0.25};
  report.benchmarks.push_back(warning);
  report.benchmarks.push_back(accepted);
  report.measurements[0].disturbed = {{2, 2, "the hypervisor took 5 % of CPU time"},
                                      {4, 6, "other processes used 0.62 CPUs"}};
  const Metric io = {"io_read", "B", Better::lower, Tier::near_exact};
  const Metric hits = {"cache_hits", "count", Better::higher, Tier::explain};
  report.profiles = {{"parse",
                      "ebpf yielded nothing",
                      {{"process", switches(), 10, 40},
                       {"process", io, 4096, 4096},
                       {"cache", hits, 200, 100},
                       {"cache", {"misses", "count", Better::unknown, Tier::explain}, 0, 7},
                       {"cache", {"share", "ratio", Better::unknown, Tier::explain}, {}, 0.5}}}};
  report.collectors = {collector("process", CollectorStatus::ok, ""),
                       collector("ebpf", CollectorStatus::crashed, "killed by SIGSEGV in stop()")};
  report.collectors[0].required = true;
  report.collectors[0].metrics = {
      {io, "bytes read from storage", "/proc/<pid>/io, read_bytes", ""}};
  report.collectors[1].restarts = 1;
  report.collectors[1].log = {"attached 3 probes", "lost the ring buffer"};
  report.collectors[1].capabilities = {"CAP_BPF", "CAP_PERFMON"};
  report.evidence = {lock_evidence()};
  report.evidence[0].benchmark = "parse/BM_Odd";
  report.health = worse_health();
  report.overhead = ObserverOverhead{.self_pid = 100,
                                     .child_pids = {101, 102},
                                     .cpu_user_ms = 250,
                                     .cpu_system_ms = 100,
                                     .memory_rss_bytes = 60 << 20,
                                     .memory_pss_bytes = 38 << 20,
                                     .disk_read_bytes = 4096,
                                     .disk_write_bytes = 8192,
                                     .context_switches = 900};
  return report;
}

/// Remarks whose every text is `text`, `count` of each kind.
inline void add_remarks(Report& report, const std::string& text, std::size_t count) {
  BenchmarkResult warning =
      judged(text, cpu_time(), {Decision::regressed, 0.08, 0.06, 0.1, 500, 540});
  warning.metric.name = text;
  warning.gating = false;
  warning.level = Level::warn;
  BenchmarkResult accepted = warning;
  accepted.gating = true;
  accepted.acknowledged =
      Acknowledgement{.benchmark = text, .metric = text, .until = text, .reason = text};
  const Metric metric = {text, text, Better::unknown, Tier::explain};
  CollectorResult broken = collector(text, CollectorStatus::failed, text);
  broken.log = {text};
  Evidence evidence = lock_evidence();
  evidence.benchmark = evidence.sentence = evidence.advice = evidence.note = text;
  for (EvidenceMetric& each : evidence.metrics) each.name = each.unit = text;
  for (EvidenceFunction& each : evidence.functions)
    each.name = each.file = each.when = each.unit = text;
  for (EvidenceFile& each : evidence.files) each.path = text;
  for (EvidencePass& each : evidence.passes) each.name = each.problem = text;
  for (std::size_t i = 0; i < count; ++i) {
    report.evidence.push_back(evidence);
    report.benchmarks.insert(report.benchmarks.end(), {warning, accepted});
    report.measurements.push_back({text, 12, 1, text, true, "", {{1, 2, text}, {4, 4, text}}});
    report.profiles.push_back({text, text, {{text, metric, 1, 2}, {text, metric, {}, 2}}});
    report.collectors.push_back(broken);
  }
}

struct NamedReport {
  std::string name;  ///< of its golden files, without the extension
  Report report;
};

/// Of result files: no commits, no machine, no pairs.
inline Report compared_report() {
  Report report;
  report.command = "compare";
  report.tool_version = "0.0.0";
  report.started_at = "2026-01-02T03:04:05Z";
  report.base.ref = "base/";
  report.head.ref = "standard input";
  report.verdict = Verdict::inconclusive;
  report.reason_code = ReasonCode::budget;
  report.reason =
      "1 of 3 benchmark metrics is not decided: print: wall_time: one value on a side says nothing "
      "about its noise";
  const auto compared = [&](const std::string& name, const Judged& values, int base, int head) {
    BenchmarkResult& row = report.benchmarks.emplace_back(judged(name, cpu_time(), values));
    row.metric.name = "wall_time";
    row.pairs = 0;
    row.confirmed = false;
    row.base->values = base;
    row.head->values = head;
  };
  compared("parse", {Decision::clear, 0.002, -0.010, 0.014, 52'300, 52'400}, 10, 10);
  compared("scan", {Decision::improved, -0.12, -0.15, -0.1, 100'000, 88'000}, 10, 9);
  compared("print", {Decision::inconclusive, 0.1, 0, 0, 1'000, 1'100}, 1, 1);
  report.benchmarks[2].effect_low = report.benchmarks[2].effect_high = std::nullopt;
  report.benchmarks[2].note = "one value on a side says nothing about its noise";
  report.warnings = {"repetitions of one run do not show what differs between runs"};
  report.seconds = 0.002;
  return report;
}

inline std::vector<NamedReport> all_reports() {
  return {{"regression", regression_report()},
          {"pass", pass_report()},
          {"inconclusive", inconclusive_report()},
          {"build_failed", build_failed_report()},
          {"mixed", mixed_report()},
          {"remarks", remarks_report()},
          {"compared", compared_report()}};
}

}  // namespace melisai::fixtures
