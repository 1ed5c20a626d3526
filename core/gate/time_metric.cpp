#include "core/gate/time_metric.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>

#include "core/gate/series.h"

namespace melisai::gate {
namespace {

constexpr double kBusy = 0.95;      // CPU / wall at or below this: the benchmark waits
constexpr double kParallel = 1.05;  // above this: more than one thread works

// Between these limits and those above a single reading does not say which side of them is true:
// noise of a busy machine hides up to so much.
constexpr double kSurelyWaits = 0.80;
constexpr double kSurelyAlone = 1.02;

// /proc/stat counts what is stolen in ticks of this length, and the difference of two readings may
// be one too high.
constexpr double kStealTickNs = 10e6;

/// Times of one run, in one unit.
struct Times {
  double wall = 0;
  double cpu = 0;
  double delay = 0;   ///< ready to run, but another program had the CPU; 0 when unknown
  double stolen = 0;  ///< at least so much was taken from its CPU; 0 when unknown
};

std::optional<double> value_of(const Observation& half, const SeriesId& id, Tier tier) {
  const auto found = half.values.find(id);
  if (found == half.values.end() || found->second.metric.tier != tier) return {};
  return is_usable(found->second.value) ? std::optional(found->second.value) : std::nullopt;
}

bool has_time(const Pair& pair, const std::string& benchmark, const std::string& metric) {
  return value_of(pair.base, {benchmark, metric}, Tier::time) &&
         value_of(pair.head, {benchmark, metric}, Tier::time);
}

std::optional<Times> times_of(const Observation& half, const std::string& benchmark) {
  const auto wall = value_of(half, {benchmark, "wall_time"}, Tier::time);
  const auto cpu = value_of(half, {benchmark, "cpu_time"}, Tier::time);
  if (!wall || !cpu) return {};
  const double delay = value_of(half, {benchmark, "run_delay"}, Tier::explain).value_or(0);
  const double stolen = value_of(half, {benchmark, "steal_time"}, Tier::explain).value_or(0);
  return Times{*wall, *cpu, delay, std::max(0.0, stolen - kStealTickNs)};
}

/// CPU time as a share of the time that was the program's own. Nothing when there was none.
std::optional<double> share_of(const Times& times) {
  const double own = times.wall - times.delay;
  if (own <= 0) return {};
  if (times.stolen <= 0 || times.cpu <= 0 || times.cpu >= own) return times.cpu / own;
  // Time is stolen from whoever runs. While another program ran, the theft is in our delay already.
  const double stolen_from_us = times.stolen * times.cpu / (times.cpu + times.delay);
  return times.cpu / std::max(times.cpu, own - stolen_from_us);
}

/// What the warm-up runs of one side say together.
struct Reading {
  std::optional<double> share;
  bool queued = false;
  bool stolen = false;
};

/// The largest share counts: other programs, interrupts, cold caches and the hypervisor make a run
/// wait that would not, and nothing makes a waiting program busy. What is subtracted for them
/// errs on the low side.
Reading read(std::span<const Pair> warm_ups, Observation Pair::*side,
             const std::string& benchmark) {
  Reading reading;
  for (const Pair& pair : warm_ups) {
    const std::optional<Times> times = times_of(pair.*side, benchmark);
    const std::optional<double> share = times ? share_of(*times) : std::nullopt;
    if (!share) continue;
    reading.queued = reading.queued || times->delay > 0;
    reading.stolen = reading.stolen || times->stolen > 0;
    reading.share = std::max(reading.share.value_or(0), *share);
  }
  return reading;
}

std::string percent_of(double share) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.0f %%", share * 100);
  return text.data();
}

/// "CPU time is 97 % (base) and 98 % (head) of wall time without queueing".
std::string sentence(const Reading& base, const Reading& head, std::size_t pairs) {
  std::string text = "CPU time is " + percent_of(*base.share) + " (base) and " +
                     percent_of(*head.share) + " (head) of wall time";
  const bool queued = base.queued || head.queued;
  const bool stolen = base.stolen || head.stolen;
  if (queued || stolen)
    text += queued && stolen ? " without queueing and stolen time"
            : queued         ? " without queueing"
                             : " without stolen time";
  return pairs > 1 ? text + ", the most of " + std::to_string(pairs) + " warm-up pairs" : text;
}

}  // namespace

TimeChoice choose_time_metric(std::span<const Pair> warm_ups, const std::string& benchmark) {
  const bool has_wall = has_time(warm_ups.front(), benchmark, "wall_time");
  const bool has_cpu = has_time(warm_ups.front(), benchmark, "cpu_time");
  if (!has_wall && !has_cpu) return {};
  if (!has_cpu) return {.metric = "wall_time", .why = "gates as the only time metric"};
  if (!has_wall) return {.metric = "cpu_time", .why = "gates as the only time metric"};
  const Reading base = read(warm_ups, &Pair::base, benchmark);
  const Reading head = read(warm_ups, &Pair::head, benchmark);
  if (!base.share || !head.share) {
    return {.metric = "wall_time", .why = "gates because the warm-up measured no wall time"};
  }
  const auto [lower, upper] = std::minmax(*base.share, *head.share);
  const std::string shares = sentence(base, head, warm_ups.size());
  if (upper > kParallel) {
    return {.metric = "wall_time",
            .why = "gates because the benchmark runs in parallel: " + shares};
  }
  if (lower <= kBusy) {
    return {.metric = "wall_time",
            .why = "gates because the benchmark waits: " + shares,
            .is_certain = lower < kSurelyWaits};
  }
  return {.metric = "cpu_time",
          .why = "gates because one thread is busy throughout: " + shares,
          .is_certain = upper <= kSurelyAlone};
}

}  // namespace melisai::gate
