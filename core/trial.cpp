#include "core/trial.h"

#include <algorithm>

#include "core/run/run.h"

namespace melisai {
namespace {

/// Drops what `only` does not select, failures too: a benchmark that nobody asked for must not
/// decide the verdict. A failure of the whole process stays.
void keep_selected(Pair& pair, const BenchmarkSpec& spec, const std::string& only) {
  const auto is_selected = [&](const std::string& benchmark) {
    return benchmark == spec.name || run::selects(only, spec.name, benchmark);
  };
  for (Observation* half : {&pair.base, &pair.head}) {
    std::erase_if(half->values,
                  [&](const auto& entry) { return !is_selected(entry.first.benchmark); });
    std::erase_if(half->failed, [&](const auto& entry) { return !is_selected(entry.first); });
  }
}

bool is_empty(const Observation& half) { return half.values.empty() && half.failed.empty(); }

}  // namespace

Trial::Trial(const Project& project, std::vector<measure::Subject> subjects, std::string work_dir,
             Tools tools)
    : project_(project),
      subjects_(std::move(subjects)),
      series_(subjects_.size()),
      clock_(tools.clock),
      rng_(tools.rng),
      progress_(tools.progress),
      collectors_(tools.collectors),
      log_(tools.log),
      watch_(tools.collectors, project.collect, tools.clock),
      pairs_(tools.processes, tools.rng, project.measure, std::move(work_dir)),
      gate_(project.gate, stats::make_paired_test()),
      exact_(project.gate,
             {.clock = tools.clock,
              .progress = tools.progress,
              .counters = std::move(tools.counters),
              .run_under = [this](std::size_t subject, bool base,
                                  const std::vector<std::string>& tool, Milliseconds left) {
                return run_under({.subject = subject, .base = base, .only = {}, .time_left = left},
                                 tool);
              }}) {}

Step<void> Trial::run(const std::string& only) {
  start_ = clock_.monotonic();
  only_ = only;
  MELISAI_CHECK(warm_up());
  watch_.begin();
  Step<void> measured = measure_rounds();
  note_disturbance(watch_.last_reading());
  return measured;
}

std::vector<Measurement> Trial::measurements() const {
  std::vector<Measurement> all;
  for (std::size_t i = 0; i < subjects_.size(); ++i) {
    all.push_back(pairs_.describe(subjects_[i]));
    all.back().disturbed = series_[i].disturbed;
    all.back().configuration = run::benchmark_configuration(project_, subjects_[i].spec.name);
  }
  return all;
}

std::vector<BenchmarkResult> Trial::results() const {
  std::vector<BenchmarkResult> results = gate_.results();
  for (const std::string& name : not_started_) {
    BenchmarkResult result;
    result.name = name;
    result.metric = {.name = "wall_time", .unit = "ns", .tier = Tier::time};
    result.threshold = project_.gate.threshold;
    result.gating = true;
    result.note = "the budget ended before its warm-up did";
    results.push_back(std::move(result));
  }
  return results;
}

/// Nothing when the budget, spent on other benchmarks, ended it.
Step<std::optional<Pair>> Trial::warm_up_one(const measure::Subject& subject) {
  const Milliseconds left = time_left();
  if (left == Milliseconds{0}) return std::optional<Pair>();
  progress_.stage_started("warm-up of " + subject.spec.name, "base and head");
  Result<Pair> pair = pairs_.warm_up(subject, left);
  if (pair) return std::optional<Pair>(*std::move(pair));
  if (pair.error().code != Errc::timeout) return stop_for(pair.error(), ReasonCode::internal);
  if (left * 2 < project_.gate.budget) return std::optional<Pair>();
  // Not even most of the budget was enough for one run of each side: more pairs will never be.
  Pair failed;
  failed.head.failed[subject.spec.name] =
      "one run of each side did not finish within the measuring budget of " +
      format_duration(project_.gate.budget) + "; raise --budget or shorten the benchmark";
  return std::optional<Pair>(std::move(failed));
}

/// Up to two more pairs, placed like the judged ones, while those of the benchmark (the last of
/// `warm_ups`, which took `took`) do not say clearly which time should gate. None that would cost a
/// large part of the budget: the pairs that decide matter more.
Step<void> Trial::warm_up_again(const measure::Subject& subject, Milliseconds took,
                                std::vector<Pair>& warm_ups) {
  constexpr int kMorePairs = 2;
  constexpr int kBudgetShare = 20;
  const std::size_t first = warm_ups.size() - 1;
  for (int i = 1; i <= kMorePairs; ++i) {
    const std::vector<std::string> uncertain =
        gate::uncertain_benchmarks(std::span(warm_ups).subspan(first));
    if (uncertain.empty() || took * kBudgetShare > time_left()) return {};
    Result<Pair> pair = pairs_.measure(subject, -i, uncertain, time_left());
    if (!pair && pair.error().code == Errc::timeout) return {};
    if (!pair) return stop_for(pair.error(), ReasonCode::internal);
    keep_selected(*pair, subject.spec, only_);
    const bool failed = !pair->base.failed.empty() || !pair->head.failed.empty();
    warm_ups.push_back(*std::move(pair));
    if (failed) return {};
  }
  return {};
}

Step<void> Trial::warm_up() {
  std::vector<Pair> warm_ups;
  for (const measure::Subject& subject : subjects_) {
    const auto start = clock_.monotonic();
    MELISAI_TRY(std::optional<Pair> measured, warm_up_one(subject));
    if (!measured) {
      budget_ended_ = true;
      not_started_.push_back(subject.spec.name);
      continue;
    }
    keep_selected(*measured, subject.spec, only_);
    warm_ups.push_back(*std::move(measured));
    const auto took = std::chrono::duration_cast<Milliseconds>(clock_.monotonic() - start);
    MELISAI_CHECK(warm_up_again(subject, took, warm_ups));
  }
  const bool nothing = std::all_of(warm_ups.begin(), warm_ups.end(), [](const Pair& pair) {
    return is_empty(pair.base) && is_empty(pair.head);
  });
  if (nothing && not_started_.empty() && !only_.empty())
    return Stop{ReasonCode::configuration,
                "--only '" + only_ +
                    "' matches no benchmark on either side; a report without --only names them"};
  MELISAI_CHECK(count_exactly(warm_ups));
  gate_.start(warm_ups);
  return {};
}

/// Before the pairs, so that the gate knows over how many the false alarms are split.
Step<void> Trial::count_exactly(std::span<const Pair> warm_ups) {
  const auto begun = clock_.monotonic();
  Result<std::vector<gate::Counts>> counts = exact_.count(subjects_, warm_ups);
  if (!counts) return stop_for(counts.error(), ReasonCode::internal);
  gate_.take_counts(*std::move(counts));
  start_ += clock_.monotonic() - begun;  // its budget is its own
  return {};
}

Step<void> Trial::measure_rounds() {
  for (bool measured = true; measured;) {
    measured = false;
    const std::vector<Waiting> waiting = this->waiting();
    const std::vector<std::size_t> round =
        next_round(waiting, project_.gate.max_pairs, time_left());
    for (const std::size_t subject : round) {
      MELISAI_TRY(const bool one_more, measure_one(subject));
      measured = measured || one_more;
    }
    budget_ended_ = budget_ended_ || (round.empty() && !waiting.empty());
  }
  if (budget_ended_) gate_.end_budget();
  return {};
}

std::vector<Waiting> Trial::waiting() const {
  std::vector<Waiting> all;
  for (std::size_t i = 0; i < subjects_.size(); ++i) {
    const std::vector<std::string> open = open_benchmarks_of(subjects_[i].spec);
    if (open.empty()) continue;
    Waiting one{.subject = i, .pairs = series_[i].pairs, .pair_time = series_[i].last_pair};
    for (const std::string& benchmark : open) {
      const auto standing = gate_.standing(benchmark);
      if (!standing) continue;
      one.pairs_expected = std::max(one.pairs_expected, standing->pairs_expected);
      one.confirming = one.confirming || standing->confirming;
    }
    all.push_back(one);
  }
  return all;
}

/// False: the subject is decided, or its next pair does not fit into the budget.
Step<bool> Trial::measure_one(std::size_t subject) {
  const std::vector<std::string> open = open_benchmarks_of(subjects_[subject].spec);
  if (open.empty()) return false;
  Series& series = series_[subject];
  // A pair that the budget would cut in half is wasted time; another benchmark's pair may still
  // fit.
  if (time_left() <= series.last_pair) {
    budget_ended_ = true;
    return false;
  }
  const auto start = clock_.monotonic();
  Result<Pair> pair = pairs_.measure(subjects_[subject], series.pairs + 1, open, time_left());
  if (!pair && pair.error().code == Errc::timeout) {
    budget_ended_ = true;
    return false;
  }
  if (!pair) return stop_for(pair.error(), ReasonCode::internal);
  ++series.pairs;
  series.last_pair = std::chrono::duration_cast<Milliseconds>(clock_.monotonic() - start);
  keep_selected(*pair, subjects_[subject].spec, only_);
  gate_.add(*pair);
  if (log_ != nullptr) log_->add_pair(subjects_[subject].spec.name, *pair);
  note_disturbance(watch_.reading());
  show_progress(open.front());
  return true;
}

std::vector<std::string> Trial::open_benchmarks_of(const BenchmarkSpec& spec) const {
  std::vector<std::string> open = gate_.open_benchmarks();
  std::erase_if(open, [&](const std::string& name) { return !run::belongs_to(name, spec); });
  return open;
}

/// A window of the watch has ended: all pairs since the one before lie in it.
void Trial::note_disturbance(const std::optional<collect::QuietWatch::Finding>& finding) {
  if (!finding) return;
  for (std::size_t i = 0; i < series_.size(); ++i) {
    Series& series = series_[i];
    const Disturbance what{series.watched + 1, series.pairs, finding->reason};
    series.watched = series.pairs;
    if (finding->reason.empty() || what.first_pair > what.last_pair) continue;
    if (log_ != nullptr) log_->mark_disturbed(subjects_[i].spec.name, what);
    series.disturbed.push_back(what);
  }
}

void Trial::show_progress(const std::string& benchmark) {
  const std::optional<gate::Standing> standing = gate_.standing(benchmark);
  if (!standing) return;
  const int open = static_cast<int>(gate_.open_benchmarks().size());
  progress_.pair_finished({.benchmark = benchmark,
                           .pairs = standing->pairs,
                           .pairs_max = project_.gate.max_pairs,
                           .pairs_expected = standing->pairs_expected,
                           .confirming = standing->confirming,
                           .low = standing->low,
                           .high = standing->high,
                           .decided = standing->benchmarks - open,
                           .benchmarks = standing->benchmarks,
                           .time_left = time_left()});
}

Milliseconds Trial::time_left() const {
  const auto used = std::chrono::duration_cast<Milliseconds>(clock_.monotonic() - start_);
  return std::max(project_.gate.budget - used, Milliseconds{0});
}

}  // namespace melisai
