#include "core/gate/series.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/base/units.h"
#include "core/gate/wording.h"

namespace melisai::gate {
namespace {

// A forecast is rough, so a series is given up only when it is this far from ending in time, and
// never before this many pairs of a stage.
constexpr int kHopelessFactor = 3;
constexpr int kHopelessPairsMin = 16;

stats::TestLevels levels_of(const stats::Rates& rates, double delta) {
  return {.delta = delta, .rates = rates};
}

bool all_zero(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return value == 0; });
}

/// Better by the threshold or more, and not by chance: the mirrored test for a slowdown.
Gain gain_of(const Comparison& comparison, const Judge& judge) {
  std::vector<double> mirrored = comparison.values;
  for (double& value : mirrored) value = -value;
  const stats::Look look = judge.test.look(mirrored, levels_of(judge.gain, comparison.delta));
  if (look.center < comparison.delta) return Gain::none;
  // The reported interval, whose upper limit is at the other level, must not contradict the word.
  const stats::Look reported =
      judge.test.look(comparison.values, levels_of(judge.stages.screening, comparison.delta));
  return look.low > 0 && reported.high < 0 ? Gain::certain : Gain::possible;
}

}  // namespace

stats::TwoStages stages_for(bool gating, const Policy& policy, int suite) {
  const stats::Rates whole{.alarm = policy.false_alarm, .miss = policy.miss};
  if (!gating) return {.screening = whole, .confirmation = whole};
  return stats::two_stages({.alarm = policy.false_alarm / std::max(1, suite), .miss = policy.miss});
}

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
    fail(measured_zero(metric_));
    return;
  }
  looked_at_ = pairs();
  const Comparison comparison = this->comparison();
  if (metric_.better == Better::unknown) {
    judge_unknown_direction(comparison, judge);
    return;
  }
  const stats::Rates& rates = confirming() ? judge.stages.confirmation : judge.stages.screening;
  const auto stage = std::span(comparison.values).subspan(static_cast<std::size_t>(stage_start_));
  const stats::Look look = judge.test.look(stage, levels_of(rates, comparison.delta));
  const bool is_clear = decision_ == Decision::clear || look.finding == stats::Finding::clear;
  if (is_clear && is_too_coarse(metric_, base_, head_, comparison)) return;
  if (is_clear) {
    clear(gain_of(comparison, judge), judge);
  } else if (look.finding == stats::Finding::slower) {
    suspect();
  } else if (is_hopeless(comparison, judge)) {
    decided_ = true;
  }
}

bool Series::is_hopeless(const Comparison& comparison, const Judge& judge) const {
  if (!gating() || confirming() || pairs() < kHopelessPairsMin) return false;
  const int expected = judge.test.pairs_expected(
      comparison.values, levels_of(judge.stages.screening, comparison.delta));
  return expected > kHopelessFactor * judge.pairs_max;
}

int Series::pairs_expected(const Judge& judge) const {
  if (pairs() - stage_start_ < kFirstLook) return 0;
  const Comparison comparison = this->comparison();
  const stats::Rates& rates = confirming() ? judge.stages.confirmation : judge.stages.screening;
  const auto stage = std::span(comparison.values).subspan(static_cast<std::size_t>(stage_start_));
  return stage_start_ + judge.test.pairs_expected(stage, levels_of(rates, comparison.delta));
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
  const stats::Look look =
      judge.test.look(comparison.values, levels_of(judge.stages.screening, comparison.delta));
  const bool is_within = look.low > -comparison.delta && look.high < comparison.delta;
  if (is_within) close(Decision::clear, "");
}

/// Only what the looks saw counts: the levels are spent on them. After screening and confirmation,
/// which see different pairs, the truth is below both lower limits with the product of their alarm
/// levels, and above either upper limit with the sum of their misses. The pairs of the screening
/// were selected for looking slow, so the fresh ones alone say how slow.
Series::Knowledge Series::knowledge(const Comparison& comparison, const Judge& judge) const {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  const auto all = std::span(comparison.values);
  const auto look = [&](int from, int to, const stats::Rates& rates) {
    const auto seen =
        all.subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from));
    return seen.empty() ? stats::Look{.low = -kInfinite, .high = kInfinite}
                        : judge.test.look(seen, levels_of(rates, comparison.delta));
  };
  const stats::Look first =
      look(0, confirming() ? stage_start_ : looked_at_, judge.stages.screening);
  const double center = look(0, pairs(), judge.stages.screening).center;
  if (!confirming())
    return {.center = std::clamp(center, first.low, std::max(first.low, first.high)),
            .low = first.low,
            .high = first.high};
  if (looked_at_ == stage_start_) {
    // No fresh look yet, so the screening alone has to reach the level that both have together.
    const double both = judge.stages.screening.alarm * judge.stages.confirmation.alarm;
    const stats::Rates rates{.alarm = both, .miss = judge.stages.screening.miss};
    return {.center = center, .low = look(0, stage_start_, rates).low, .high = first.high};
  }
  const stats::Look second = look(stage_start_, looked_at_, judge.stages.confirmation);
  const double low = std::min(first.low, second.low);
  const double high = std::max(low, std::min(first.high, second.high));
  return {.center = std::clamp(second.center, low, high), .low = low, .high = high};
}

Series::Limits Series::limits(const Judge& judge) const {
  if (base_.empty()) return {};
  const Comparison comparison = this->comparison();
  const Knowledge known = knowledge(comparison, judge);
  return {.low = comparison.effect(known.low), .high = comparison.effect(known.high)};
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
    const Knowledge known = knowledge(comparison, judge);
    result.effect = comparison.effect(known.center);
    result.effect_low = comparison.effect(known.low);
    result.effect_high = comparison.effect(known.high);
    result.threshold = comparison.threshold;
    result.from_zero = comparison.base_median == 0 && comparison.head_median != 0;
    result.base = Side{comparison.base_median};
    result.head = Side{comparison.head_median};
    if (gating() && pairs() >= kFirstLook && metric_.better != Better::unknown)
      result.smallest_found = comparison.effect(judge.test.smallest_found(
          comparison.values, judge.stages, judge.budget_ended ? pairs() : judge.pairs_max));
    if (decision_ == Decision::inconclusive) note = open_note(comparison, known, judge);
    if (decision_ == Decision::regressed || decision_ == Decision::improved) {
      const std::string medians = medians_note(comparison, known);
      note += (note.empty() || medians.empty() ? "" : "; ") + medians;
    }
  }
  result.note = note;
  result.gates_because = why_gating_;
  return result;
}

/// The medians of all pairs stand beside a change that is judged pair by pair, and, once it is
/// confirmed, in the fresh pairs alone. Where they say something else, so does this.
std::string Series::medians_note(const Comparison& comparison, const Knowledge& known) const {
  const double sign = metric_.better == Better::higher ? -1 : 1;
  const auto agrees = [&](double base, double head) {
    const double change = comparison.logarithmic ? std::log(head) - std::log(base) : head - base;
    return std::abs(sign * change - known.center) <= comparison.delta / 2;
  };
  if (agrees(comparison.base_median, comparison.head_median)) return "";
  const auto from = static_cast<std::size_t>(stage_start_);
  const double base = median_of(std::span(base_).subspan(from));
  const double head = median_of(std::span(head_).subspan(from));
  const std::string columns = "base and head are medians of all " + count_of(pairs(), "pair");
  if (!confirmed_ || !agrees(base, head))
    return columns + ", and the change is judged pair by pair";
  return "the change is that of the " + std::to_string(pairs() - stage_start_) +
         " fresh pairs, from " + format_quantity(base, metric_.unit) + " to " +
         format_quantity(head, metric_.unit) + "; " + columns;
}

std::string Series::open_note(const Comparison& comparison, const Knowledge& known,
                              const Judge& judge) const {
  if (metric_.better == Better::unknown) return kDirectionUnknown;
  if (!gating()) return "";
  if (is_too_coarse(metric_, base_, head_, comparison)) return kTooCoarse;
  const std::string cause = cannot_turn_red(judge.pairs_max);
  const std::string end = cause.empty() ? "" : "; " + cause;
  if (confirming()) {
    const int fresh = pairs() - stage_start_;
    return "suspected after " + count_of(stage_start_, "pair") +
           (fresh == 0 ? ", and no fresh one was measured"
                       : ", not confirmed by " + std::to_string(fresh) + " fresh") +
           end;
  }
  std::string note = count_of(pairs(), "pair") + (pairs() == 1 ? " was" : " were") + " not enough";
  if (const auto high = comparison.effect(known.high)) {
    note += ": up to " + percent(*high) + " " + worse_adjective(metric_) + " is not ruled out";
    const int needed = pairs_expected(judge);
    if (needed > 0 && needed < stats::kPairsForetold)
      note += ", about " + std::to_string(needed) + " pairs would settle it";
  } else if (!std::isfinite(known.high)) {
    note += ": any slowdown may hide";
  }
  if (decided_)
    note += "; given up, since no more than " + count_of(judge.pairs_max, "pair") + " may be";
  return note + end;
}

}  // namespace melisai::gate
