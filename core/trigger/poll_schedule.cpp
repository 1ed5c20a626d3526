#include "core/trigger/poll_schedule.h"

#include <algorithm>

namespace melisai::trigger {
namespace {

using namespace std::chrono_literals;

// 20 repositories take 10 s, and the first is asked at once.
constexpr Milliseconds kFirstPollGap{500};
constexpr int kBackoffFactor = 2;
constexpr int kBackoffIntervalsMax = 10;
constexpr Milliseconds kBackoffMax = 10min;
constexpr int kJitterPart = 10;

Milliseconds pause_after(const PollSchedule::State& state) {
  const Milliseconds longest = std::max(state.interval * kBackoffIntervalsMax, kBackoffMax);
  Milliseconds pause = state.interval;
  for (int i = 0; i < state.failures && pause < longest; ++i) pause *= kBackoffFactor;
  return std::min(pause, longest);
}

/// Uniform over nine to eleven tenths.
MonotonicTime with_jitter(MonotonicTime pause, Rng& rng) {
  const MonotonicTime most = pause / kJitterPart;
  const auto width = static_cast<std::uint64_t>(2 * most.count() + 1);
  return pause - most + MonotonicTime(rng.below(width));
}

}  // namespace

PollSchedule::PollSchedule(const std::vector<PolledRepository>& repositories, MonotonicTime now,
                           Rng& rng)
    : rng_(rng) {
  MonotonicTime due = now;
  for (const PolledRepository& repository : repositories) {
    states_[repository.name] = {.interval = repository.interval, .due = due};
    const auto share = repository.interval / static_cast<int>(repositories.size());
    due += std::min<MonotonicTime>(kFirstPollGap, share);
  }
}

std::vector<std::string> PollSchedule::take_due(MonotonicTime now) {
  std::vector<std::string> names;
  for (auto& [name, state] : states_) {
    if (state.in_progress || state.due > now) continue;
    state.in_progress = true;
    names.push_back(name);
  }
  return names;
}

void PollSchedule::succeeded(const std::string& name, MonotonicTime now) {
  State& state = states_.at(name);
  state.failures = 0;
  state.last_good = now;
  end_poll(state, now);
}

void PollSchedule::failed(const std::string& name, MonotonicTime now) {
  State& state = states_.at(name);
  ++state.failures;
  end_poll(state, now);
}

void PollSchedule::end_poll(State& state, MonotonicTime now) {
  state.in_progress = false;
  state.due = now + with_jitter(pause_after(state), rng_);
}

std::optional<MonotonicTime> PollSchedule::next_due() const {
  std::optional<MonotonicTime> next;
  for (const auto& [name, state] : states_)
    if (!state.in_progress && (!next || state.due < *next)) next = state.due;
  return next;
}

}  // namespace melisai::trigger
