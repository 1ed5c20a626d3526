#include "core/gate/series.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/gate/wording.h"

namespace melisai::gate {
namespace {

constexpr double kPairsForetold = 10'000;  // beyond that nobody would measure

stats::TestLevels levels_of(const Judge& judge, double delta) {
  return {.delta = delta, .alarm = judge.alarm, .miss = judge.miss};
}

bool all_zero(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return value == 0; });
}

/// Better by the threshold or more, and not by chance: the mirrored test for a slowdown.
Gain gain_of(const Comparison& comparison, const Judge& judge) {
  std::vector<double> mirrored = comparison.values;
  for (double& value : mirrored) value = -value;
  const stats::Look look = judge.test.look(mirrored, levels_of(judge, comparison.delta));
  if (look.center < comparison.delta) return Gain::none;
  // The reported interval, whose upper limit is at the other level, must not contradict the word.
  const stats::Look reported =
      judge.test.look(comparison.values, levels_of(judge, comparison.delta));
  return look.low > 0 && reported.high < 0 ? Gain::certain : Gain::possible;
}

/// How many pairs would have settled a series that `pairs` did not: limits close in with the square
/// root of the pairs.
double pairs_needed(const stats::Look& look, double delta, int pairs) {
  const auto at = [pairs](double width, double room) {
    return room > 0 ? pairs * std::max(1.0, width * width / (room * room)) : kPairsForetold;
  };
  const double clear = at(look.high - look.center, delta - look.center);
  const double slower = at(look.center - look.low, look.center);
  return std::ceil(std::min(clear, slower));
}

std::string joined(const std::string& first, const std::string& second) {
  return first.empty() || second.empty() ? first + second : first + "; " + second;
}

}  // namespace

bool is_usable(double value) { return std::isfinite(value) && std::abs(value) < 1e150; }

Series::Series(SeriesId id, Metric metric, Threshold threshold, int process)
    : id_(std::move(id)), metric_(std::move(metric)), threshold_(threshold), process_(process) {}

void Series::make_gating(Level level, const std::string& why) {
  level_ = level;
  why_gating_ = why;
}

void Series::close_one_sided(Decision decision, double warm_up) {
  close(decision, "");
  warm_up_ = warm_up;
}

void Series::fail(const std::string& note) { close(Decision::failed, note); }

void Series::close(Decision decision, const std::string& note) {
  decided_ = true;
  decision_ = decision;
  note_ = note;
}

void Series::add(double base, double head, const Judge& judge) {
  base_.push_back(base);
  head_.push_back(head);
  const int stage_pairs = pairs() - stage_start_;
  // The last pair stands in for the looks that cannot come any more, so their number stays the
  // same.
  if (judge.test.is_look(stage_pairs) || pairs() >= judge.pairs_max) judge_stage(judge);
}

Comparison Series::comparison() const { return compare(base_, head_, metric_.better, threshold_); }

void Series::judge_stage(const Judge& judge) {
  if (metric_.tier == Tier::time && all_zero(base_) && all_zero(head_)) {
    fail("measured 0 " + metric_.unit +
         ": the clock is too coarse or the compiler removed the work");
    return;
  }
  const Comparison comparison = this->comparison();
  if (metric_.better == Better::unknown) {
    judge_unknown_direction(comparison, judge);
    return;
  }
  const auto stage = std::span(comparison.values).subspan(static_cast<std::size_t>(stage_start_));
  const stats::Look look = judge.test.look(stage, levels_of(judge, comparison.delta));
  if (decision_ == Decision::clear || look.finding == stats::Finding::clear) {
    clear(gain_of(comparison, judge), judge);
  } else if (look.finding == stats::Finding::slower) {
    suspect();
  }
}

/// No slowdown is left to find. What looks like a gain is measured on until it is one or is none:
/// nobody should read "-24 %, clear".
void Series::clear(Gain gain, const Judge& judge) {
  if (decision_ != Decision::clear && confirming())
    note_ = "suspected after " + count_of(stage_start_, "pair") + ", cleared by " +
            std::to_string(pairs() - stage_start_) + " fresh";
  decision_ = gain == Gain::certain ? Decision::improved : Decision::clear;
  decided_ = gain != Gain::possible || !gating() || pairs() >= judge.pairs_max;
}

void Series::suspect() {
  if (gating() && !confirming()) {
    stage_start_ = pairs();
    return;
  }
  confirmed_ = gating();
  close(Decision::regressed, "");
}

void Series::judge_unknown_direction(const Comparison& comparison, const Judge& judge) {
  const stats::Look look = judge.test.look(comparison.values, levels_of(judge, comparison.delta));
  const bool is_within = look.low > -comparison.delta && look.high < comparison.delta;
  if (is_within) close(Decision::clear, "");
}

BenchmarkResult Series::result(const Judge& judge) const {
  BenchmarkResult result;
  result.name = id_.benchmark;
  result.metric = metric_;
  result.decision = decision_;
  result.threshold = threshold_.relative;
  result.pairs = pairs();
  result.confirmed = confirmed_;
  result.gating = level_ == Level::fail;
  result.level = level_;
  std::string note = note_;
  if (decision_ == Decision::added) result.head = Side{warm_up_};
  if (decision_ == Decision::removed) result.base = Side{warm_up_};
  if (base_.empty()) {
    if (decision_ == Decision::inconclusive && gating()) note = "no pair was measured";
  } else {
    const Comparison comparison = this->comparison();
    const stats::Look look = judge.test.look(comparison.values, levels_of(judge, comparison.delta));
    result.effect = comparison.effect(look.center);
    result.effect_low = comparison.effect(look.low);
    result.effect_high = comparison.effect(look.high);
    result.threshold = comparison.threshold;
    result.from_zero = comparison.base_median == 0 && comparison.head_median != 0;
    result.base = Side{comparison.base_median};
    result.head = Side{comparison.head_median};
    if (decision_ == Decision::inconclusive) note = open_note(comparison, look);
  }
  result.note = joined(note, why_gating_);
  return result;
}

std::string Series::open_note(const Comparison& comparison, const stats::Look& look) const {
  if (metric_.better == Better::unknown) return "direction unknown: shown, not judged";
  if (!gating()) return "";
  if (confirming()) {
    return "suspected after " + count_of(stage_start_, "pair") + ", not confirmed by " +
           std::to_string(pairs() - stage_start_) + " fresh";
  }
  std::string note = count_of(pairs(), "pair") + (pairs() == 1 ? " was" : " were") + " not enough";
  if (const auto high = comparison.effect(look.high)) {
    note += ": up to " + percent(*high) + " " + worse_adjective(metric_) + " is not ruled out";
    const double needed = pairs_needed(look, comparison.delta, pairs());
    if (needed < kPairsForetold)
      note += ", about " + std::to_string(std::lround(needed)) + " pairs would settle it";
  }
  return note;
}

}  // namespace melisai::gate
