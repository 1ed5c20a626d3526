// The gate: pairs in, decisions out. Pure: no clock, no chance, no I/O. Splits the false-alarm
// promise over the suite, sends suspects into confirmation with fresh pairs, and says which
// benchmarks still need pairs.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/model/metric.h"
#include "core/model/project.h"
#include "core/model/promise.h"
#include "core/model/report.h"
#include "core/stats/paired_test.h"

namespace melisai::gate {

constexpr int kFirstLook = 4;  ///< pairs of a stage before which nothing is decided
static_assert(kPairsToTurnRed == 2 * kFirstLook);

/// Why no regression can be found in at most so many pairs: "max-pairs 7 cannot turn red: a
/// regression takes at least 8"; "" when one can, and for 0, not known.
std::string cannot_turn_red(int pairs_max);

class Series;  // core/gate/series.h; private to this folder
struct Judge;

/// Smallest change that counts as bad: relative for time; for exact and near exact metrics the
/// smaller of the policy's threshold and the tier's default, never below an absolute floor (table:
/// core/gate/README.md). What a rule sets (`ruled`) replaces the relative part, never the floor.
struct Threshold {
  double relative = 0.05;
  double floor = 0;  ///< in the metric's unit
  /// As a fraction of `base`, which is > 0.
  double effective(double base) const;
};
Threshold threshold_for(const Metric& metric, const Policy& policy,
                        std::optional<double> ruled = {});

/// Where one benchmark stands, for people who wait.
struct Standing {
  std::string benchmark;
  int pairs = 0;
  int benchmarks = 0;      ///< with a gating series (level fail or warn), in the whole suite
  int pairs_expected = 0;  ///< in all until a decision is likely; 0: not known yet
  bool confirming = false;
  double low = 0;  ///< interval of the widest open gating metric, as fractions; infinite before the
                   ///< first look
  double high = 0;
};

/// What runs apart from the pairs counted of one series, a value a run, the sides in turns
/// (core/gate/README.md, Counts).
struct Counts {
  SeriesId id;
  Metric metric;
  bool required = false;  ///< undecided, it counts in the verdict
  std::vector<double> base, head;
  std::string problem;  ///< why there are no more of them; "" when they are enough
  /// Every run was seen to ask for nothing that differs from run to run: none drew its work.
  bool without_chance = false;
};

/// Whether a rule leaves the series in the suite; else nobody need count.
bool is_worth_counting(const SeriesId& id, const Policy& policy);

/// Whether one more run of each side would say more: until both sides agree that nothing grew, or
/// until what grew was seen so often that chance is ruled out. `suite`: as of judge_counts(), or
/// more.
bool needs_another_run(const Counts& counts, const Policy& policy, int suite);

/// `suite`: over how many series the false alarms are split.
BenchmarkResult judge_counts(const Counts& counts, const Policy& policy, int suite);

class Gate {
 public:
  Gate(const Policy& policy, std::unique_ptr<stats::PairedTest> test);
  ~Gate();

  /// The warm-up pair of every benchmark process, once, before add(): says which series exist on
  /// which side, which of wall and CPU time gates each benchmark, and so over how many gating
  /// series the false-alarm promise is split. Further warm-up pairs of a process, if any, follow
  /// its first and have a negative index; they only help with the choice of the time.
  void start(std::span<const Pair> warm_ups);

  /// Before start(): what is judged without pairs, and shares the false alarms of the suite where
  /// it says something.
  void take_counts(std::vector<Counts> counts) { counts_ = std::move(counts); }

  /// One judged pair of one process. Series of closed benchmarks and unknown series in it are
  /// ignored; an open benchmark that is missing has failed. An empty pair says nothing, unless
  /// there is only one process.
  void add(const Pair& pair);

  /// No more pairs will come: the budget of time ended first. Changes what results() says about
  /// open series, decides nothing.
  void end_budget() { budget_ended_ = true; }

  /// Benchmarks (full names) with a gating series (level fail or warn) that still needs pairs and
  /// may have them, in the order of start().
  std::vector<std::string> open_benchmarks() const;

  /// Over how many the false-alarm promise is split, the host's health included when it can turn
  /// the suite red. Known after start().
  int gating_series() const { return gating_; }

  std::optional<Standing> standing(const std::string& benchmark) const;

  /// All series judged as far as they came; open ones are inconclusive with a note that says why.
  std::vector<BenchmarkResult> results() const;

 private:
  Judge judge_for(const Series& series) const;
  bool is_open(const Series& series) const;
  std::set<std::string> open_names() const;
  /// The process that a pair belongs to, by what it reports; -1 when nothing in it is known.
  int process_of(const Pair& pair) const;
  std::vector<std::string> benchmarks_named(const std::string& name, int process) const;
  void add_process(std::span<const Pair> warm_ups, int process);
  void fail_benchmark(const std::string& benchmark, const std::string& note, int process);
  /// After series came or changed their level.
  void group_by_benchmark();

  Policy policy_;
  std::unique_ptr<stats::PairedTest> test_;
  std::vector<Series> series_;  ///< in the order of start()
  std::vector<Counts> counts_;
  /// Indices of the gating series of each benchmark that has one: large suites ask about one
  /// benchmark at a time.
  std::map<std::string, std::vector<std::size_t>> gating_series_;
  int processes_ = 0;
  bool budget_ended_ = false;
  int gating_ = 0;  ///< over which the false-alarm promise is split
};

/// Benchmarks (full names) for which the warm-up pairs of their process do not say clearly whether
/// wall or CPU time should gate, so that one more may help. `warm_ups`: at least one.
std::vector<std::string> uncertain_benchmarks(std::span<const Pair> warm_ups);

/// The percentage with which threshold_for() makes the same threshold again, from the effective one
/// of a result. Where the floor made that one, the percentage is lost: the one that holds without a
/// rule.
double percentage_of(const BenchmarkResult& judged, const Policy& policy);

/// Recorded values of one series in time order, one a pair.
struct Recording {
  SeriesId id;
  Metric metric;
  std::span<const double> base;
  std::span<const double> head;          ///< as many
  Level level = Level::fail;             ///< off: shown, none of the suite
  std::optional<double> threshold = {};  ///< as a rule would set it
};

/// What the gate decides on a recording in a suite of `suite` gating series. No pair is a warm-up;
/// those after the decision are not looked at. Values must be usable (finite, below 1e150).
BenchmarkResult judge_recording(const Recording& recording, const Policy& policy,
                                const stats::PairedTest& test, int suite);

/// What was known of a recorded series when so many pairs were in.
struct Standpoint {
  int pairs = 0;
  std::optional<double> low, high;  ///< fractions, positive = worse; nothing: no limit yet
  bool confirming = false;          ///< the screening ended in suspicion
};
/// How judge_recording() came to its decision: after every pair from kFirstLook on, up to the one
/// that decided. For people.
std::vector<Standpoint> follow_recording(const Recording& recording, const Policy& policy,
                                         const stats::PairedTest& test, int suite);

/// Values of one series that are not paired: repetitions, or one a result file. A side without
/// values does not have the series.
struct SampledSeries {
  SeriesId id;
  Metric metric;
  std::vector<double> base, head;  ///< in any order
  std::string defect;              ///< why the two sides cannot be compared; "" when they can
};

/// What can be said of values that were measured apart: decisions by rank limits of the shift,
/// which hold for the whole suite like those of a check. There are no fresh values, so a regression
/// counts as confirmed. One value a side says nothing about noise: it is inconclusive, unless the
/// metric is exact or `noise_floor` (a fraction: how far two values of equal programs lie apart,
/// and then no interval is narrower) is known. What gates is what gates in a check. In the order of
/// `series`.
std::vector<BenchmarkResult> judge_samples(const std::vector<SampledSeries>& series,
                                           const Policy& policy, std::optional<double> noise_floor);

/// Whether the names of the two match; an acknowledgement of wall_time or cpu_time holds for both.
bool concerns(const Acknowledgement& accepted, const BenchmarkResult& result);

/// Marks the regressed results that an acknowledgement covers: both globs match, `today`
/// ("2026-11-21", UTC) is not past `until`, and the slowdown is known and within `up_to`, if there
/// is one. The first that covers a result is taken; one whose date is malformed covers nothing.
void acknowledge(std::vector<BenchmarkResult>& results,
                 const std::vector<Acknowledgement>& accepted, const std::string& today);

/// Verdict, reason code and sentence from judged benchmarks (report.benchmarks) and required
/// collectors (report.collectors); overwrites only those three fields. Regressions of level warn
/// and acknowledged ones are named in the sentence and change nothing else.
void conclude(Report& report);

/// One sentence for each rule that matches no result: most likely a name is misspelt.
std::vector<std::string> unused_rules(const Policy& policy,
                                      const std::vector<BenchmarkResult>& results);

}  // namespace melisai::gate
