// What a team declares in .melisai-gate.yaml: pipelines, benchmarks, and the policy of the gate.
// Plain data with defaults; config/melisai-gate.yaml shows every key. Read by
// core/run/project_file.h.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/git.h"
#include "core/base/process.h"
#include "core/base/units.h"
#include "core/model/host_profile.h"
#include "core/model/metric.h"

namespace melisai {

/// A shell line (run by /bin/sh -c) or a program with its arguments.
struct RunLine {
  std::string shell;              ///< not empty: a shell line
  std::vector<std::string> argv;  ///< used when `shell` is empty
  bool empty() const { return shell.empty() && argv.empty(); }
  bool operator==(const RunLine&) const = default;
};

/// What to execute: `/bin/sh -c LINE`, or the list itself.
std::vector<std::string> argv_of(const RunLine& line);

/// How a person would type it.
std::string text_of(const RunLine& line);

/// Where a JSON result of no known format holds what: paths, see core/measure/formats/json_path.h.
struct JsonLayout {
  std::string items;             ///< one benchmark each
  std::string name;              ///< below an item; "": what each "*" of `items` stood for
  std::string value;             ///< below an item
  std::string unit;              ///< as people write it; "" is a count
  std::string metric;            ///< its name; "": by the unit
  std::optional<Better> better;  ///< nothing: by the unit
  bool operator==(const JsonLayout&) const = default;
};

/// Lines of a text result of no known format: RE2 with the groups name, value and, if not fixed,
/// unit.
struct RegexLayout {
  std::string pattern;
  std::string unit;
  std::string metric;            ///< as in JsonLayout
  std::optional<Better> better;  ///< as in JsonLayout
  bool operator==(const RegexLayout&) const = default;
};

/// How the result of a benchmark is read.
struct FormatSpec {
  std::string name = "command";  ///< "command": the process itself is measured; "auto", or a name
                                 ///< that core/measure/formats lists; not used with one of these:
  std::optional<JsonLayout> json;
  std::optional<RegexLayout> regex;
  bool measures_process() const { return name == "command" && !json && !regex; }
  bool operator==(const FormatSpec&) const = default;
};

/// CPU placement of timed pairs. automatic: one CPU chosen at random per pair for single-threaded
/// workloads.
struct Pinning {
  enum class Mode { automatic, off, list } mode = Mode::automatic;
  std::vector<int> cpus;  ///< only with Mode::list
  bool operator==(const Pinning&) const = default;
};

/// Whether instructions of a benchmark's command are counted, in runs of their own. automatic: of
/// short programs, where nothing else counts them.
enum class ExactMode { automatic, on, off };

struct BenchmarkSpec {
  std::string name;
  RunLine run;
  RunLine setup;  ///< once per side before the first run, not measured
  FormatSpec format;
  std::string filter;  ///< appended to `run` with {regex} replaced when only some benchmarks are
                       ///< still open; "" = cannot
  std::map<std::string, std::string> env;
  std::optional<Pinning> pin;      ///< else MeasureOptions::pin
  std::optional<ExactMode> exact;  ///< else Exact::mode
  Milliseconds timeout{600'000};   ///< of one run
  bool operator==(const BenchmarkSpec&) const = default;
};

/// How long the command of a pipeline may take that does not say so itself, by its name.
struct StageTimeouts {
  Milliseconds build{1'800'000};  ///< and of every other name
  Milliseconds test{3'600'000};
  Milliseconds deploy{1'200'000};
  Milliseconds of(std::string_view pipeline) const;
  bool operator==(const StageTimeouts&) const = default;
};

struct PipelineSpec {
  enum class Trigger { on_commit, after, on_tag, cron, manual };
  std::string name;
  Trigger trigger = Trigger::manual;
  std::vector<std::string> after;  ///< all of these must pass; only with Trigger::after
  std::string schedule;            ///< only with Trigger::cron; see core/model/cron.h
  RunLine run;                     ///< may be empty when there are benchmarks
  std::map<std::string, std::string> env;
  /// Texts with ${secret:NAME}, of its own command and never of a benchmark. What they stand for is
  /// put in when the command starts (base/secrets.h), and so is in no key, file or message.
  std::map<std::string, std::string> secret_env;
  Milliseconds timeout{1'800'000};
  std::vector<BenchmarkSpec> benchmarks;
  std::vector<std::string> cache;  ///< paths in the tree that its next run finds again; in `serve`
  bool operator==(const PipelineSpec&) const = default;
};

/// What a regression of a metric means: red, a remark, or nothing (not judged).
enum class Level { fail, warn, off };

/// Policy for the metrics that both globs match. Rules apply in order; what a later one sets
/// overrides an earlier one's.
struct Rule {
  std::string benchmark = "*";  ///< glob over full names
  std::string metric = "*";     ///< glob
  std::optional<double> threshold;
  std::optional<Level> level;  ///< fail and warn also make a metric gate that is shown by default,
                               ///< if `metric` is not "*"
  bool operator==(const Rule&) const = default;
};

constexpr double kThresholdMin = 0.001;  ///< of a policy, a rule and a recorded pair
constexpr double kThresholdMax = 10;

/// Other levels for one kind of anomaly (gate::anomaly_rules() lists them).
struct AnomalyLevels {
  std::string metric;
  double warning = 0;   ///< from here on a warning
  double critical = 0;  ///< from here on critical; not less
  bool operator==(const AnomalyLevels&) const = default;
};

/// What becomes of the host's health score beside the benchmarks.
struct HealthGate {
  std::string profile = "quick";  ///< "none": nobody looks
  double max_drop = 5;            ///< points of the score: the smallest drop worth stopping for
  Level level = Level::warn;      ///< what a drop means
  std::optional<Milliseconds> budget;  ///< of all profiling runs; nothing: 8 times the profile's
                                       ///< duration
  std::vector<AnomalyLevels> anomalies;
  bool operator==(const HealthGate&) const = default;
};
constexpr int kHealthRunsByDefault = 8;  ///< of both sides together
constexpr std::string_view kNoProfile = "none";

/// Why benchmarks got slower: runs with collectors around them, once the verdict stands.
struct Explain {
  bool regressions = true;       ///< false: nobody looks
  Milliseconds budget{120'000};  ///< of all regressed benchmarks together
  int runs = 3;                  ///< of each side in each pass
  bool operator==(const Explain&) const = default;
};

/// Instructions of a command under callgrind, apart from the timed pairs.
struct Exact {
  ExactMode mode = ExactMode::automatic;
  Milliseconds run_max{500};     ///< automatic: of one bare run
  Milliseconds budget{120'000};  ///< of all benchmarks together; not of Policy::budget
  int runs = 3;                  ///< fewest of each side before a change is called
  double tolerance = 0.001;      ///< by how much runs of one side may differ, a fraction
  bool operator==(const Exact&) const = default;
};
constexpr int kExactRunsMin = 3;

enum class FailOn { regression, inconclusive, never };

/// The promise (core/README.md): fractions, not per cent.
struct Policy {
  double threshold = 0.05;       ///< smallest slowdown worth stopping for, of time metrics
  double false_alarm = 0.01;     ///< for the whole suite
  double miss = 0.05;            ///< per metric, at the threshold
  int max_pairs = 60;            ///< per benchmark, confirmation included, warm-up excluded
  Milliseconds budget{600'000};  ///< measuring time of the whole suite
  FailOn fail_on = FailOn::regression;
  std::vector<Rule> rules;
  HealthGate health;
  Explain explain;
  Exact exact;
  bool operator==(const Policy&) const = default;
};

struct MeasureOptions {
  Pinning pin;
  CgroupMode cgroup = CgroupMode::automatic;
  Milliseconds grace{5'000};             ///< between SIGTERM and SIGKILL, for every process we run
  Bytes output_max = 64 << 20;           ///< stdout and stderr of one run, each
  Bytes result_max = 64 << 20;           ///< the file at $MELISAI_RESULT
  int metrics_max = 5'000;               ///< benchmark metrics of one run
  Milliseconds machine_wait{3'600'000};  ///< until other gates let us build, or time alone
  std::vector<std::string>
      pass_env;  ///< names handed through to build, test and benchmark processes
  bool operator==(const MeasureOptions&) const = default;
};

struct CacheOptions {
  bool enabled = true;
  Bytes size_max = Bytes{4} << 30;
  Milliseconds age_max{Milliseconds{7} * 86'400'000};
  bool operator==(const CacheOptions&) const = default;
};

/// Which collectors run, and what they may cost. Where their files are is not for a project to say:
/// --plugin-dir.
struct CollectOptions {
  bool enabled = true;
  std::vector<std::string> collectors;  ///< globs over names; empty: all that are found
  std::vector<std::string> required;    ///< names; without one of them the run is inconclusive
  bool profile = true;                  ///< a profiling run of each side after the pairs
  bool watch = true;                    ///< mark disturbed pairs
  bool trace_exit = true;               ///< trace the root of a tree for its memory at exit
  double disturbed_other_cpu = 0.2;     ///< CPUs that other processes used on average
  double disturbed_steal = 0.02;        ///< share of CPU time that the hypervisor took
  double disturbed_pressure = 0.1;      ///< share of time that tasks stalled for memory or I/O
  Milliseconds start_max{5'000};        ///< to load, and to begin a window
  Milliseconds stop_max{10'000};        ///< to end a window and hand over its samples
  Bytes memory_max = 256 << 20;         ///< writable memory of one worker
  int samples_max = 10'000;             ///< of one window of one collector
  Bytes log_max = 64 << 10;             ///< of one collector
  int restarts_max = 1;                 ///< of one collector in one run
  int collectors_max = 64;
  std::vector<HostProfile> profiles;  ///< of the project, besides the built-in ones
  bool operator==(const CollectOptions&) const = default;
};

struct Project {
  std::string name;                     ///< empty: the repository's directory name
  std::vector<PipelineSpec> pipelines;  ///< in file order; names unique; `after` acyclic and known
  Policy gate;
  MeasureOptions measure;
  CollectOptions collect;
  GitOptions git;
  CacheOptions cache;
  bool operator==(const Project&) const = default;
};

}  // namespace melisai
