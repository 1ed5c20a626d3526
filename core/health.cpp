// The health part of a trial: profiling runs of both sides in turns. No timed pair is measured
// meanwhile.
#include <algorithm>

#include "core/host_window.h"
#include "core/run/run.h"
#include "core/trial.h"

namespace melisai {
namespace {

/// The collectors see the host; nobody needs to hold the tree up for them.
class NoObserver final : public RunObserver {
 public:
  void before_exec(const ProcessTree&) override {}
  void after_last(const ProcessTree&) override {}
};

// What collectors read at the end of a window (sockets, memory in use) must be that of a suite that
// still runs: its last run is cut so much later. Reading takes a few hundredths of a second.
constexpr Milliseconds kBeyondWindow{500};

}  // namespace

/// A benchmark that only one side has, or that fails, would make the sides differ, or end it all.
std::vector<measure::Subject> Trial::measured_subjects() const {
  const std::vector<BenchmarkResult> results = gate_.results();
  std::vector<measure::Subject> measured = subjects_;
  std::erase_if(measured, [&](const measure::Subject& subject) {
    return std::none_of(results.begin(), results.end(), [&](const BenchmarkResult& result) {
      return run::belongs_to(result.name, subject.spec) && result.decision != Decision::added &&
             result.decision != Decision::removed && result.decision != Decision::failed;
    });
  });
  return measured;
}

/// The suite of one side, again and again until `duration` has passed, cut there.
Step<Trial::Watched> Trial::watch_suite(bool base, Milliseconds duration) {
  const std::vector<measure::Subject> subjects = measured_subjects();
  if (subjects.empty())
    return Watched{.categories = {}, .problem = "no benchmark ran on both sides"};
  NoObserver nobody;
  HostWindow window(collectors_);
  if (const Result<void> opened = window.open(duration); !opened)
    return Watched{.categories = {}, .problem = opened.error().message};
  const std::chrono::nanoseconds end = clock_.monotonic() + duration;
  const auto left = [&] {
    return std::max(std::chrono::floor<Milliseconds>(end - clock_.monotonic()), Milliseconds(0));
  };
  while (left() > Milliseconds(0)) {
    for (const measure::Subject& subject : subjects) {
      if (left() == Milliseconds(0)) break;
      const Result<std::string> ran = pairs_.profile(subject, base ? subject.base : subject.head,
                                                     nobody, left() + kBeyondWindow);
      if (!ran && ran.error().code == Errc::interrupted)
        return stop_for(ran.error(), ReasonCode::internal);
      if (!ran && ran.error().code != Errc::timeout)
        return Watched{.categories = {}, .problem = ran.error().message};
      if (ran && !ran->empty())
        return Watched{.categories = {}, .problem = subject.spec.name + ": " + *ran};
    }
  }
  return Watched{.categories = window.results(), .problem = ""};
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
  // What only warns has the error of a check for itself, half for the score, half for the rest.
  const stats::Rates half{.alarm = project_.gate.false_alarm / 2, .miss = project_.gate.miss};
  gate::HealthRates rates{.score = half, .rest = half};
  if (health.level == Level::fail)
    rates.score.alarm = project_.gate.false_alarm / std::max(gate_.gating_series(), 1);
  return gate::judge_health(health_pairs_, health, rates);
}

HealthResult Trial::undecided_health(const std::string& why) const {
  HealthResult result = judge_health();
  if (result.decision != Decision::inconclusive) return result;
  result.note = why;
  return result;
}

bool Trial::wants_health() const {
  const HealthGate& health = project_.gate.health;
  if (health.profile == kNoProfile || health.level == Level::off || subjects_.empty()) return false;
  return project_.collect.enabled || health.level == Level::fail;
}

Step<HealthResult> Trial::health() {
  const HealthGate& health = project_.gate.health;
  if (!wants_health()) return HealthResult{.profile = std::string(kNoProfile)};
  if (!project_.collect.enabled)
    return undecided_health("collectors are off; switch them on, or set gate.health.profile: none");
  MELISAI_TRY(
      const HostProfile profile,
      step(find_profile(health.profile, project_.collect.profiles), ReasonCode::configuration));
  const Milliseconds budget = health.budget.value_or(profile.duration * kHealthRunsByDefault);
  const auto pairs_max = budget / (2 * profile.duration);
  bool base_first = false;
  for (int pair = 0; pair < pairs_max; ++pair) {
    if (!collectors_.any_part_ready())
      return undecided_health(
          "no collector that sees the host is ready; `melisai-gate plugins` lists them");
    // For two pairs at a time, once each way, as in timed pairs.
    base_first = pair % 2 == 0 ? rng_.below(2) == 0 : !base_first;
    std::string problem;
    const Step<bool> added = add_health_pair(base_first, profile.duration, problem);
    if (!added) return undecided_health(added.error().reason);
    if (!*added) return undecided_health(problem);
    if (judge_health().decision != Decision::inconclusive) break;
  }
  return judge_health();
}

}  // namespace melisai
