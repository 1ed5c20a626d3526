// From judged benchmarks to the verdict and its sentence.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "core/base/units.h"
#include "core/gate/gate.h"
#include "core/gate/health/number_text.h"
#include "core/gate/wording.h"

namespace melisai::gate {
namespace {

using Results = std::vector<const BenchmarkResult*>;

/// What was judged, by how it ended. Only the first five count in the verdict.
struct Tally {
  Results regressed;  ///< confirmed, worst first
  Results failed;
  Results inconclusive;  ///< widest first
  int clear = 0;         ///< improved included
  int improved = 0;
  Results warnings;      ///< of level warn: confirmed regressions and failures, worst first
  Results acknowledged;  ///< confirmed regressions that somebody accepted, of any level
  int only_warn = 0;     ///< metrics of level warn that exist on both sides
  double threshold = 0;  ///< the largest of clear metrics without a floor: times above all
  /// Of clear counts, the one with the largest threshold: floors make those of small counts large.
  const BenchmarkResult* coarsest = nullptr;
};

/// A change from zero has no percentage and is worse than any that has one.
bool is_worse(const BenchmarkResult* a, const BenchmarkResult* b) {
  constexpr double kFromZero = 1e300;
  return a->effect.value_or(kFromZero) > b->effect.value_or(kFromZero);
}

bool is_wider(const BenchmarkResult* a, const BenchmarkResult* b) {
  constexpr double kUnknown = 1e300;
  return a->effect_high.value_or(kUnknown) > b->effect_high.value_or(kUnknown);
}

bool has_floor(const Metric& metric) {
  return metric.tier == Tier::exact || metric.tier == Tier::near_exact;
}

void count(Tally& tally, const BenchmarkResult& result) {
  switch (result.decision) {
    case Decision::improved: ++tally.improved; [[fallthrough]];
    case Decision::clear:
      ++tally.clear;
      if (!has_floor(result.metric))
        tally.threshold = std::max(tally.threshold, result.threshold);
      else if (tally.coarsest == nullptr || result.threshold > tally.coarsest->threshold)
        tally.coarsest = &result;
      break;
    case Decision::failed: tally.failed.push_back(&result); break;
    case Decision::inconclusive: tally.inconclusive.push_back(&result); break;
    case Decision::regressed:
      // Nobody is told of a suspect before fresh pairs agree.
      (result.confirmed ? tally.regressed : tally.inconclusive).push_back(&result);
      break;
    case Decision::added:
    case Decision::removed: break;
  }
}

void count_warning(Tally& tally, const BenchmarkResult& result) {
  if (result.decision == Decision::added || result.decision == Decision::removed) return;
  ++tally.only_warn;
  const bool is_slower = result.decision == Decision::regressed && result.confirmed;
  if (is_slower || result.decision == Decision::failed) tally.warnings.push_back(&result);
}

Tally tally_of(const std::vector<BenchmarkResult>& results) {
  Tally tally;
  for (const BenchmarkResult& result : results) {
    const bool is_regressed = result.decision == Decision::regressed && result.confirmed;
    if (is_regressed && result.acknowledged && (result.gating || result.level == Level::warn)) {
      tally.acknowledged.push_back(&result);
    } else if (result.gating) {
      count(tally, result);
    } else if (result.level == Level::warn) {
      count_warning(tally, result);
    }
  }
  std::stable_sort(tally.regressed.begin(), tally.regressed.end(), is_worse);
  std::stable_sort(tally.inconclusive.begin(), tally.inconclusive.end(), is_wider);
  std::stable_sort(tally.warnings.begin(), tally.warnings.end(), is_worse);
  return tally;
}

std::string title(const BenchmarkResult& result) { return result.name + ": " + result.metric.name; }

std::string and_more(std::size_t named_of) {
  return named_of > 1 ? ", and " + std::to_string(named_of - 1) + " more" : "";
}

std::string regression_of(const BenchmarkResult& result) {
  std::string text = title(result);
  if (result.effect) {
    text += " is " + percent(*result.effect) + " " + worse_adjective(result.metric) + " (";
    if (result.effect_low && result.effect_high) {
      text += percent(*result.effect_low) + " to " + percent(*result.effect_high) + ", ";
    }
    text += "threshold " + short_percent(result.threshold) + ")";
  } else {
    text += result.from_zero ? " was 0 on base and is not on head" : " is worse";
  }
  // Values that were not measured in pairs cannot be measured again.
  return result.pairs > 0 ? text + ", confirmed after " + count_of(result.pairs, "pair") : text;
}

std::size_t benchmarks_in(const Results& results) {
  std::set<std::string> names;
  for (const BenchmarkResult* result : results) names.insert(result->name);
  return names.size();
}

std::string failures_of(const Results& failed) {
  return failed.front()->name + " could not be measured (" + failed.front()->note + ")" +
         and_more(benchmarks_in(failed));
}

/// Nothing for values that were not measured in pairs.
std::string after_pairs(const BenchmarkResult& result) {
  return result.pairs > 0 ? " after " + count_of(result.pairs, "pair") : "";
}

std::string inconclusive_of(const Tally& tally, int pairs_max) {
  const std::size_t open = tally.inconclusive.size();
  const BenchmarkResult& widest = *tally.inconclusive.front();
  std::string text = std::to_string(open) + " of " +
                     count_of(static_cast<int>(open) + tally.clear, "benchmark metric") +
                     (open == 1 ? " is" : " are") + " not decided: " + title(widest);
  text += widest.effect_high ? " may be up to " + percent(*widest.effect_high) + " " +
                                   worse_adjective(widest.metric)
                             : " may hide any slowdown";
  if (widest.pairs == 0 && !widest.effect_high && !widest.note.empty()) text += ": " + widest.note;
  text += after_pairs(widest) + and_more(open);
  const std::string cause = cannot_turn_red(pairs_max);
  return text + (cause.empty() ? "" : "; " + cause);
}

/// What is ruled out, and never more: the largest threshold of those that are clear.
std::string ruled_out_by(const Tally& tally, double policy_threshold) {
  const auto ruled_out = [](const char* what, double threshold) {
    return std::string(what) + " of " + short_percent(threshold) + " or more are ruled out";
  };
  if (tally.coarsest == nullptr)
    return ruled_out("slowdowns", tally.threshold > 0 ? tally.threshold : policy_threshold);
  if (tally.threshold <= 0) return ruled_out("increases", tally.coarsest->threshold);
  std::string text = ruled_out("slowdowns", tally.threshold);
  if (tally.coarsest->threshold > tally.threshold)
    text += ", and of counts increases of " + short_percent(tally.coarsest->threshold) +
            " or more (" + title(*tally.coarsest) + ")";
  return text;
}

std::string clear_of(const Tally& tally, double policy_threshold) {
  std::string text =
      count_of(tally.clear, "benchmark metric") + (tally.clear == 1 ? " is" : " are") + " clear";
  if (tally.improved > 0) text += " (" + std::to_string(tally.improved) + " improved)";
  return text + ": " + ruled_out_by(tally, policy_threshold);
}

std::string pass_of(const Tally& tally, double policy_threshold) {
  if (tally.clear > 0) return clear_of(tally, policy_threshold);
  if (!tally.acknowledged.empty()) return "every regression is acknowledged";
  return "only warnings were judged: no benchmark metric of level fail exists on both base and "
         "head";
}

/// What changes nothing but should be known.
std::string remarks_of(const Tally& tally) {
  std::string text;
  if (!tally.warnings.empty()) {
    const BenchmarkResult& worst = *tally.warnings.front();
    text += "; " + count_of(static_cast<int>(tally.warnings.size()), "warning") + ": " +
            worst.name + " " + worst.metric.name + " ";
    if (worst.decision == Decision::failed) {
      text += "could not be measured";
    } else {
      text += worst.effect ? format_effect(*worst.effect) : "is worse";
    }
    text += and_more(tally.warnings.size());
  }
  if (!tally.acknowledged.empty()) {
    text += "; " + count_of(static_cast<int>(tally.acknowledged.size()), "acknowledged slowdown");
  }
  return text;
}

/// "the host's health score fell by 21.5 points, from 92 to 70.5 (more than 5 are too many)".
std::string drop_of(const HealthResult& health) {
  return "the host's health score fell by " + number_text(-health.change.value_or(0)) +
         " points, from " + number_text(health.base.value_or(0)) + " to " +
         number_text(health.head.value_or(0)) + " (" + number_text(health.max_drop) +
         " are too many)";
}

bool health_counts(const HealthResult& health) {
  return health.profile != kNoProfile && health.level == Level::fail;
}

std::string health_remark_of(const HealthResult& health) {
  if (health.profile == kNoProfile || health.level != Level::warn ||
      health.decision != Decision::regressed)
    return "";
  return "; warning: " + drop_of(health);
}

/// Whether `decision` is that of every metric of the benchmark process.
bool all_are(Decision decision, const std::string& process, const Report& report) {
  return std::all_of(
      report.benchmarks.begin(), report.benchmarks.end(), [&](const BenchmarkResult& row) {
        const bool other = row.name != process && !row.name.starts_with(process + "/");
        return other || row.decision == decision;
      });
}

/// Whether it yielded a number for each side that was profiled and exists.
bool yielded_for(const Profile& profile, const std::string& collector, const Report& report) {
  bool base = all_are(Decision::added, profile.benchmark, report);
  bool head = all_are(Decision::removed, profile.benchmark, report);
  for (const ProfileValue& value : profile.values) {
    if (value.collector != collector) continue;
    base = base || value.base.has_value();
    head = head || value.head.has_value();
  }
  return base && head;
}

bool yielded(const CollectorResult& collector, const Report& report) {
  return collector.status == CollectorStatus::ok && !report.profiles.empty() &&
         std::all_of(report.profiles.begin(), report.profiles.end(), [&](const Profile& profile) {
           return yielded_for(profile, collector.name, report);
         });
}

/// A required collector that did not yield what it is required for; null when there is none.
const CollectorResult* missing_collector(const Report& report) {
  const auto found =
      std::find_if(report.collectors.begin(), report.collectors.end(),
                   [&](const CollectorResult& c) { return c.required && !yielded(c, report); });
  return found == report.collectors.end() ? nullptr : &*found;
}

std::string missing_of(const CollectorResult& collector) {
  const std::string name = "required collector " + collector.name;
  if (collector.status == CollectorStatus::ok)
    return name + " did not see every benchmark on both sides; see profiles in report.json";
  const std::string why = collector.reason.empty() ? "" : " (" + collector.reason + ")";
  return name + " yielded nothing: " + std::string(to_string(collector.status)) + why;
}

void set(Report& report, Verdict verdict, ReasonCode code, const std::string& reason) {
  report.verdict = verdict;
  report.reason_code = code;
  report.reason = reason;
}

/// Something other than the benchmarks ended the check; its reason stands.
bool ended_early(ReasonCode code) {
  switch (code) {
    case ReasonCode::build_failed:
    case ReasonCode::tests_failed:
    case ReasonCode::git:
    case ReasonCode::baseline:
    case ReasonCode::busy:
    case ReasonCode::disk:
    case ReasonCode::configuration: return true;
    default: return false;
  }
}

}  // namespace

void conclude(Report& report) {
  if (ended_early(report.reason_code)) return;
  const Tally tally = tally_of(report.benchmarks);
  const std::string remarks = remarks_of(tally) + health_remark_of(report.health);
  const bool is_unhealthy =
      health_counts(report.health) && report.health.decision == Decision::regressed;
  const bool is_interrupted = report.reason_code == ReasonCode::interrupted;
  const bool is_compared = tally.clear + tally.only_warn > 0 || !tally.acknowledged.empty();
  if (!tally.regressed.empty()) {
    std::string reason = regression_of(*tally.regressed.front()) + and_more(tally.regressed.size());
    if (!tally.failed.empty()) reason += "; " + failures_of(tally.failed);
    if (is_interrupted) reason += "; interrupted before the rest was judged";
    set(report, Verdict::regression, ReasonCode::regressed, reason + remarks);
  } else if (is_unhealthy) {
    set(report, Verdict::regression, ReasonCode::regressed,
        drop_of(report.health) + (tally.failed.empty() ? "" : "; " + failures_of(tally.failed)) +
            remarks);
  } else if (is_interrupted) {
    return;
  } else if (!tally.failed.empty()) {
    set(report, Verdict::error, ReasonCode::bench_failed, failures_of(tally.failed) + remarks);
  } else if (!tally.inconclusive.empty()) {
    set(report, Verdict::inconclusive, ReasonCode::budget,
        inconclusive_of(tally, report.max_pairs) + remarks);
  } else if (!is_compared) {
    set(report, Verdict::inconclusive, ReasonCode::nothing_compared,
        "nothing was compared: no benchmark metric that gates exists on both base and head");
  } else if (health_counts(report.health) && report.health.decision == Decision::inconclusive) {
    set(report, Verdict::inconclusive, ReasonCode::budget,
        "the host's health is not decided: " + report.health.note + "; " +
            pass_of(tally, report.threshold) + remarks);
  } else if (const CollectorResult* const missing = missing_collector(report)) {
    set(report, Verdict::inconclusive, ReasonCode::collector,
        missing_of(*missing) + "; " + pass_of(tally, report.threshold) + remarks);
  } else {
    set(report, Verdict::pass, ReasonCode::clear, pass_of(tally, report.threshold) + remarks);
  }
}

}  // namespace melisai::gate
