#include "core/trial.h"

#include <algorithm>

#include "core/run/run.h"

namespace melisai {
namespace {

bool belongs_to(const std::string& benchmark, const BenchmarkSpec& spec) {
  return benchmark == spec.name || benchmark.starts_with(spec.name + "/");
}

bool is_empty(const Observation& half) { return half.values.empty() && half.failed.empty(); }

}  // namespace

Trial::Trial(const Project& project, std::vector<measure::Subject> subjects, std::string work_dir,
             ProcessRunner& processes, const Clock& clock, Rng& rng, ProgressSink& progress)
    : project_(project),
      subjects_(std::move(subjects)),
      series_(subjects_.size()),
      clock_(clock),
      progress_(progress),
      pairs_(processes, rng, project.measure, std::move(work_dir)),
      gate_(project.gate, stats::make_winsorised_test()) {}

Step<void> Trial::run(const std::string& only) {
  start_ = clock_.monotonic();
  MELISAI_CHECK(warm_up(only));
  return measure_rounds();
}

std::vector<Measurement> Trial::measurements() const {
  std::vector<Measurement> all;
  for (const measure::Subject& subject : subjects_) all.push_back(pairs_.describe(subject));
  return all;
}

Step<void> Trial::warm_up(const std::string& only) {
  std::vector<Pair> warm_ups;
  for (const measure::Subject& subject : subjects_) {
    progress_.stage_started("warm-up of " + subject.spec.name, "base and head");
    MELISAI_TRY(Pair pair, step(pairs_.warm_up(subject, time_left()), ReasonCode::internal));
    for (Observation* half : {&pair.base, &pair.head})
      std::erase_if(half->values, [&](const auto& entry) {
        return !run::selects(only, subject.spec.name, entry.first.benchmark);
      });
    warm_ups.push_back(std::move(pair));
  }
  const bool nothing = std::all_of(warm_ups.begin(), warm_ups.end(), [](const Pair& pair) {
    return is_empty(pair.base) && is_empty(pair.head);
  });
  if (nothing && !only.empty())
    return Stop{ReasonCode::configuration,
                "--only '" + only + "' matches no benchmark on either side"};
  gate_.start(warm_ups);
  return {};
}

Step<void> Trial::measure_rounds() {
  for (bool measured = true; measured;) {
    measured = false;
    for (std::size_t i = 0; i < subjects_.size(); ++i) {
      MELISAI_TRY(const bool one_more, measure_one(i));
      measured = measured || one_more;
    }
  }
  return {};
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
  gate_.add(*pair);
  show_progress(open.front());
  return true;
}

std::vector<std::string> Trial::open_benchmarks_of(const BenchmarkSpec& spec) const {
  std::vector<std::string> open = gate_.open_benchmarks();
  std::erase_if(open, [&](const std::string& name) { return !belongs_to(name, spec); });
  return open;
}

void Trial::show_progress(const std::string& benchmark) {
  const std::optional<gate::Standing> standing = gate_.standing(benchmark);
  if (!standing) return;
  const int open = static_cast<int>(gate_.open_benchmarks().size());
  progress_.pair_finished({.benchmark = benchmark,
                           .pairs = standing->pairs,
                           .pairs_max = project_.gate.max_pairs,
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
