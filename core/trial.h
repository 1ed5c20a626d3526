// Trial: measuring and judging in turns. Warms every benchmark up, counts the instructions of short
// ones, then measures rounds of one pair per open benchmark until the gate has decided all of them
// or the budget ends; then profiles each side once, with collectors around it. Used by the
// orchestrator only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/rng.h"
#include "core/collect/collect.h"
#include "core/exact.h"
#include "core/gate/gate.h"
#include "core/gate/health/health.h"
#include "core/measure/measure.h"
#include "core/model/progress.h"
#include "core/model/project.h"
#include "core/run_log.h"
#include "core/schedule.h"
#include "core/step.h"

namespace melisai {

class Trial {
 public:
  /// What a trial works with; all of it outlives the trial.
  struct Tools {
    ProcessRunner& processes;
    const Clock& clock;
    Rng& rng;
    ProgressSink& progress;
    collect::Collectors& collectors;
    RunLog* log = nullptr;         ///< null: pairs are not stored
    measure::Counters counters{};  ///< what counts instructions here; by default nothing does
  };
  /// `work_dir`: private scratch directory.
  Trial(const Project& project, std::vector<measure::Subject> subjects, std::string work_dir,
        Tools tools);
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  /// `only`: glob over benchmark names, "" for all. What was measured before a Stop stays available
  /// below.
  Step<void> run(const std::string& only);

  /// One run of each side of every subject with the collectors around it, as far as the budget
  /// reaches. Never before run(). A run that fails is a note in its profile.
  Step<std::vector<Profile>> profile();

  struct OneRun {
    std::size_t subject = 0;  ///< of subjects()
    bool base = false;
    std::vector<std::string> only;  ///< full names, as of measure::PairRunner::profile()
    Milliseconds time_left;         ///< not the trial's
  };
  /// One run of one side with `observer` around it. "" or why it yielded nothing. Never before
  /// run(). Errors: as of measure::PairRunner::profile().
  Result<std::string> observe(const OneRun& run, RunObserver& observer);
  /// The same under a tool, as of measure::PairRunner::run_under(); `only` is not for it.
  Result<measure::PairRunner::UnderTool> run_under(const OneRun& run,
                                                   const std::vector<std::string>& tool);
  const std::vector<measure::Subject>& subjects() const { return subjects_; }

  /// Runs the suite of each side in turns, for the profile's duration each, while the collectors
  /// watch the host; judges what changed. Never before run(). What cannot be had, and an interrupt,
  /// is a note.
  Step<HealthResult> health();

  /// In the order of the subjects. What the budget left no warm-up for is inconclusive.
  std::vector<BenchmarkResult> results() const;
  std::vector<Measurement> measurements() const;
  bool budget_ended() const { return budget_ended_; }
  const ExactCounter& exact() const { return exact_; }

 private:
  Step<void> warm_up();
  Step<void> warm_up_again(const measure::Subject& subject, Milliseconds took,
                           std::vector<Pair>& warm_ups);
  Step<std::optional<Pair>> warm_up_one(const measure::Subject& subject);
  Step<void> count_exactly(std::span<const Pair> warm_ups);
  Step<void> measure_rounds();
  Step<bool> measure_one(std::size_t subject);
  std::vector<Waiting> waiting() const;
  std::vector<std::string> open_benchmarks_of(const BenchmarkSpec& spec) const;
  void show_progress(const std::string& benchmark);
  void note_disturbance(const std::optional<collect::QuietWatch::Finding>& finding);
  Step<Profile> profile_one(std::size_t index);
  struct Watched {
    HostCategories categories;
    std::string problem;  ///< why they are not worth anything; "" when they are
  };
  std::vector<measure::Subject> measured_subjects() const;
  Step<Watched> watch_suite(bool base, Milliseconds duration);
  Step<bool> add_health_pair(bool base_first, Milliseconds duration, std::string& problem);
  bool wants_health() const;
  HealthResult judge_health() const;
  /// What there is, and why there is no more of it.
  HealthResult undecided_health(const std::string& why) const;
  Milliseconds time_left() const;

  struct Series {
    int pairs = 0;
    int watched = 0;  ///< pairs up to here lie in windows of the watch that are closed
    Milliseconds last_pair{0};
    std::vector<Disturbance> disturbed;
  };

  const Project& project_;
  std::vector<measure::Subject> subjects_;
  std::vector<Series> series_;
  const Clock& clock_;
  Rng& rng_;
  ProgressSink& progress_;
  collect::Collectors& collectors_;
  RunLog* log_;
  collect::QuietWatch watch_;
  measure::PairRunner pairs_;
  gate::Gate gate_;
  ExactCounter exact_;
  std::chrono::nanoseconds start_{0};
  std::string only_;  ///< glob over benchmark names, "" for all
  std::vector<gate::HealthPair> health_pairs_;
  bool budget_ended_ = false;
  std::vector<std::string> not_started_;  ///< benchmarks without a warm-up
};

}  // namespace melisai
