// Report: everything a check found out, and its JSON form (schema_version 1;
// config/schema/report.schema.json).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/collector.h"
#include "core/model/evidence.h"
#include "core/model/host_report.h"
#include "core/model/metric.h"
#include "core/model/project.h"

namespace melisai {

enum class Decision {
  clear,
  regressed,
  improved,
  inconclusive,
  added,
  removed,
  failed
};  ///< added is "new" in JSON
enum class Verdict { pass, regression, inconclusive, error };

/// Why a verdict is what it is, for machines. In JSON: the enumerator's name.
enum class ReasonCode {
  clear,             ///< pass: every gating metric is clear
  regressed,         ///< regression: a gating metric regressed and was confirmed
  budget,            ///< inconclusive: pairs or time ended first
  nothing_compared,  ///< inconclusive: no benchmark exists on both sides
  collector,         ///< inconclusive: a required collector yielded nothing
  build_failed,
  tests_failed,
  bench_failed,
  git,
  baseline,  ///< the stored baseline cannot be used: another machine, or there is none
  busy,      ///< another process writes to the state directory, or has the machine
  disk,
  interrupted,
  configuration,
  internal,
};

struct CommitInfo {
  std::string sha;  ///< full hex; "" when it could not be resolved, and for `ab`
  std::string ref;  ///< as the user wrote it; for `ab` the command
  bool operator==(const CommitInfo&) const = default;
};

struct Machine {
  std::string cpu_model;
  int cpus = 0;
  std::string kernel;
  std::string fingerprint;  ///< 16 hex digits over everything that makes times comparable
  std::int64_t memory_bytes = 0;
  std::string virtualisation;  ///< "none", "kvm", "" when unknown
  std::string governor;        ///< "" when the kernel shows none
  bool operator==(const Machine&) const = default;
};

/// Somebody accepted this slowdown; it does not count until `until` has passed.
struct Acknowledgement {
  std::string benchmark;  ///< glob
  std::string metric;     ///< glob
  std::string until;      ///< date, "2026-12-31"; the last day it holds, UTC
  std::string reason;
  std::optional<double> up_to;  ///< largest accepted slowdown, a fraction; nothing: any
  bool operator==(const Acknowledgement&) const = default;
};

struct Side {
  double median = 0;
  int values = 0;  ///< how many, not measured in pairs; 0: see pairs
  bool operator==(const Side&) const = default;
};

/// One benchmark metric, judged.
struct BenchmarkResult {
  std::string name;  ///< full name
  Metric metric;
  Decision decision = Decision::inconclusive;
  std::optional<double>
      effect;  ///< relative change, positive = worse; nothing when from zero or one-sided
  std::optional<double> effect_low;      ///< interval that holds under early stopping
  std::optional<double> effect_high;     ///< "the largest slowdown not ruled out"
  std::optional<double> smallest_found;  ///< noise floor: smallest slowdown that so noisy pairs
                                         ///< would show within the pairs there may be
  bool from_zero = false;                ///< the base measured 0 and the head did not
  double threshold = 0;       ///< effective: includes the absolute floor of tiers 1 and 2
  int pairs = 0;              ///< judged pairs, confirmation included
  bool confirmed = false;     ///< the decision was seen again in fresh pairs
  bool gating = false;        ///< counts in the verdict
  Level level = Level::fail;  ///< what a regression of it means; off: shown only
  std::optional<Acknowledgement> acknowledged;  ///< regressed, and accepted by somebody
  std::string gates_because;  ///< why it gates, when that is not plain: the choice between wall and
                              ///< CPU time, a rule; may be empty
  std::string note;           ///< one line: why it failed, why it is inconclusive; may be empty
  std::optional<Side> base;
  std::optional<Side> head;
  bool operator==(const BenchmarkResult&) const = default;
};

struct StageResult {
  enum class Status { passed, failed, cached, skipped };
  std::string name;  ///< pipeline name, or "checkout"
  std::string side;  ///< "base", "head"
  std::string command;
  Status status = Status::skipped;
  double seconds = 0;
  std::string message;   ///< "exit code 2", empty when passed
  std::string log;       ///< path relative to the output directory, "" when there is none
  std::string log_tail;  ///< last lines, only of a failed stage
  bool operator==(const StageResult&) const = default;
};

/// Pairs during which something else used the machine.
struct Disturbance {
  int first_pair = 0;
  int last_pair = 0;
  std::string reason;  ///< "other processes used 0.62 CPUs"
  bool operator==(const Disturbance&) const = default;
};

/// What a collector saw in the profiling runs of one benchmark: one run of each side, apart from
/// the timed pairs. Explains; never judged.
struct ProfileValue {
  std::string collector;
  Metric metric;
  std::optional<double> base;  ///< nothing: it yielded nothing for that side
  std::optional<double> head;
  bool operator==(const ProfileValue&) const = default;
};
struct Profile {
  std::string benchmark;  ///< name in the pipeline file
  std::string note;       ///< why there is nothing, or not all; "" otherwise
  std::vector<ProfileValue> values;
  bool operator==(const Profile&) const = default;
};

/// One side of a resource's use, base against head, over all profiling runs.
struct ResourceChange {
  std::string resource;  ///< "cpu"
  std::string use;       ///< "utilization" or "saturation", in percent
  double base = 0;       ///< means of the runs
  double head = 0;
  Decision decision = Decision::inconclusive;
  bool operator==(const ResourceChange&) const = default;
};

/// The host's health while the suite of each side ran, side against side. Only changes are judged:
/// a host that works hard scores low whatever the commit does.
struct HealthResult {
  std::string profile;               ///< "none": nobody looked
  std::optional<double> base, head;  ///< means of the runs' scores, 0 to 100
  std::optional<double> change;      ///< head - base, in points
  std::optional<double> change_low, change_high;
  Decision decision = Decision::inconclusive;
  Level level = Level::warn;
  double max_drop = 5;
  int runs = 0;                        ///< of each side
  std::string note;                    ///< why it is inconclusive; may be empty
  std::vector<Anomaly> new_anomalies;  ///< also what was a warning and is critical now
  std::vector<Anomaly> resolved_anomalies;
  std::vector<Recommendation> recommendations;  ///< whose condition is new or worse
  std::vector<ResourceChange> resources;
  bool operator==(const HealthResult&) const = default;
};

/// One measured process series: how it was placed.
struct Measurement {
  std::string benchmark;  ///< name in the pipeline file
  int pairs = 0;
  double cpu_wall_ratio = 0;  ///< of the warm-up
  std::string placement;      ///< "one CPU per pair", "not pinned: ...", "CPUs 0,1"
  bool in_cgroup = false;
  std::string configuration;           ///< hash of what makes its numbers comparable besides commit
                                       ///< and machine; "" when it is not known
  std::vector<Disturbance> disturbed;  ///< ascending, apart
  bool operator==(const Measurement&) const = default;
};

struct Report {
  static constexpr int kSchemaVersion = 1;
  std::int64_t run = 0;  ///< number of the stored run, 0 when it is not stored
  std::string command;   ///< "check", "ab", "bisect", "compare"; "" in reports of before
  std::string tool_version;
  std::string project;
  std::string started_at;  ///< RFC 3339, UTC
  Verdict verdict = Verdict::error;
  ReasonCode reason_code = ReasonCode::internal;
  std::string reason;  ///< one sentence for people
  CommitInfo base;
  CommitInfo head;
  Machine machine;
  std::uint64_t seed = 0;
  double threshold = 0.05;
  double false_alarm = 0.01;
  double miss = 0.05;
  int max_pairs = 0;                        ///< of one benchmark; 0: not known
  std::vector<BenchmarkResult> benchmarks;  ///< in file order, gating first within a benchmark
  std::vector<Measurement> measurements;
  std::vector<Profile> profiles;
  std::vector<Evidence> evidence;  ///< of regressed benchmarks, the worst first
  HealthResult health{.profile = "none"};
  std::vector<StageResult> stages;
  std::vector<CollectorResult> collectors;
  std::optional<ObserverOverhead> overhead;  ///< nothing: nothing was measured
  std::vector<std::string> warnings;
  double seconds = 0;
  bool operator==(const Report&) const = default;
};

std::string_view to_string(Decision decision);
std::string_view to_string(Verdict verdict);
std::string_view to_string(ReasonCode code);
std::string_view to_string(Level level);
std::string_view to_string(StageResult::Status status);
std::string_view to_string(Better better);

/// Pretty-printed, ends with a newline. Numbers that are not finite become null, bytes that are not
/// UTF-8 become U+FFFD.
std::string to_json(const Report& report);
inline constexpr std::size_t kReportBytesMax = 32 << 20;  ///< of report.json

/// Errors: parse, naming the field; also above 32 MiB. Accepts every schema_version up to
/// kSchemaVersion; fields it does not know are ignored. A null where a number must be is read as
/// NaN.
Result<Report> report_from_json(std::string_view json);

/// Exit code by precedence: 4 build, test, git, baseline or store failed > 1 regression > 4 could
/// not measure > 3 inconclusive > 0. Warnings and acknowledged slowdowns never count.
int exit_code(const Report& report, FailOn fail_on);

}  // namespace melisai
