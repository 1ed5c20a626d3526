// The health part of a trial: profiling runs of both sides in turns. No timed pair is measured
// meanwhile.
#include <algorithm>

#include "core/trial.h"

namespace melisai {
namespace {

/// The collectors see the host; nobody needs to hold the tree up for them.
class NoObserver final : public RunObserver {
 public:
  void before_exec(const ProcessTree&) override {}
  void after_last(const ProcessTree&) override {}
};

/// Closes the window on every path.
class HostWindow {
 public:
  explicit HostWindow(collect::Collectors& collectors) : collectors_(collectors) {
    collectors_.open_host();
  }
  ~HostWindow() { close(); }
  HostWindow(const HostWindow&) = delete;
  HostWindow& operator=(const HostWindow&) = delete;
  HostCategories close() {
    if (std::exchange(open_, false)) collectors_.close_host();
    return collectors_.take_host_results();
  }

 private:
  collect::Collectors& collectors_;
  bool open_ = true;
};

bool has_data(const HostCategories& categories) {
  return std::any_of(categories.begin(), categories.end(), [](const auto& category) {
    return std::any_of(category.second.begin(), category.second.end(),
                       [](const HostResult& result) { return !result.data.empty(); });
  });
}

}  // namespace

/// The suite of one side, again and again until `duration` has passed, cut there.
Step<Trial::Watched> Trial::watch_suite(bool base, Milliseconds duration) {
  NoObserver nobody;
  HostWindow window(collectors_);
  const std::chrono::nanoseconds end = clock_.monotonic() + duration;
  const auto left = [&] {
    return std::max(std::chrono::floor<Milliseconds>(end - clock_.monotonic()), Milliseconds(0));
  };
  while (left() > Milliseconds(0)) {
    for (const measure::Subject& subject : subjects_) {
      if (left() == Milliseconds(0)) break;
      const Result<std::string> ran =
          pairs_.profile(subject, base ? subject.base : subject.head, nobody, left());
      if (!ran && ran.error().code == Errc::interrupted)
        return stop_for(ran.error(), ReasonCode::internal);
      if (!ran && ran.error().code != Errc::timeout)
        return Watched{.categories = {}, .problem = ran.error().message};
      if (ran && !ran->empty())
        return Watched{.categories = {}, .problem = subject.spec.name + ": " + *ran};
    }
  }
  Watched watched{.categories = window.close(), .problem = ""};
  if (!has_data(watched.categories)) watched.problem = "the collectors saw nothing";
  return watched;
}

/// False: nothing more can be had; `problem` says why.
Step<bool> Trial::add_health_pair(bool base_first, Milliseconds duration, std::string& problem) {
  gate::HealthPair pair;
  for (const bool base : {base_first, !base_first}) {
    progress_.stage_started("health of " + std::string(base ? "base" : "head"),
                            project_.gate.health.profile);
    MELISAI_TRY(Watched watched, watch_suite(base, duration));
    problem = watched.problem;
    if (!problem.empty()) return false;
    (base ? pair.base : pair.head) = std::move(watched.categories);
  }
  health_pairs_.push_back(std::move(pair));
  return true;
}

HealthResult Trial::judge_health() const {
  const HealthGate& health = project_.gate.health;
  stats::Rates rates{.alarm = project_.gate.false_alarm, .miss = project_.gate.miss};
  if (health.level == Level::fail) rates.alarm /= std::max(gate_.gating_series(), 1);
  return gate::judge_health(health_pairs_, health, rates, *stats::make_paired_test());
}

Step<HealthResult> Trial::health() {
  const HealthGate& health = project_.gate.health;
  HealthResult nothing{.profile = std::string(kNoProfile)};
  if (health.profile == kNoProfile || !project_.collect.enabled || subjects_.empty())
    return nothing;
  MELISAI_TRY(
      const HostProfile profile,
      step(find_profile(health.profile, project_.collect.profiles), ReasonCode::configuration));
  nothing = judge_health();
  if (!collectors_.any_part_ready()) {
    nothing.note = "no collector that sees the host is ready; `melisai-gate plugins` lists them";
    return nothing;
  }
  const Milliseconds budget = health.budget.value_or(profile.duration * kHealthRunsByDefault);
  const auto pairs_max = static_cast<std::size_t>(budget / (2 * profile.duration));
  bool base_first = false;
  std::string problem;
  HealthResult result = nothing;
  while (health_pairs_.size() < pairs_max && problem.empty()) {
    // For two pairs at a time, once each way, as in timed pairs.
    base_first = health_pairs_.size() % 2 == 0 ? rng_.below(2) == 0 : !base_first;
    MELISAI_TRY(const bool added, add_health_pair(base_first, profile.duration, problem));
    if (!added) break;
    result = judge_health();
    if (result.decision != Decision::inconclusive) break;
  }
  if (!problem.empty()) result.note = problem;
  return result;
}

}  // namespace melisai
