#include "core/recover/bisect_rule.h"

#include <algorithm>
#include <cmath>

#include "core/base/result.h"

namespace melisai::recover {
namespace {

// Half of a slowdown takes four times the pairs to see, because a mean closes in with their square
// root; and a sixth of the error rates takes nearly twice as many, as the squares of the quantiles
// of the normal distribution say.
constexpr int kPairsFactor = 8;

double half_of(double effect) { return std::sqrt(1 + effect) - 1; }

bool is_slower(const BenchmarkResult& result) {
  return result.gating && result.confirmed && result.decision == Decision::regressed;
}

bool is_not_slower(const BenchmarkResult& result) {
  return result.decision == Decision::clear || result.decision == Decision::improved;
}

std::string reason_of(const BenchmarkResult& result) {
  const std::string name = result.name + " " + result.metric.name;
  if (!result.note.empty()) return name + ": " + result.note;
  if (result.decision == Decision::removed || result.decision == Decision::added)
    return name + " does not exist here";
  return name + " is undecided";
}

const BenchmarkResult* find(const std::vector<BenchmarkResult>& results, const SeriesId& id) {
  const auto found =
      std::find_if(results.begin(), results.end(), [&](const BenchmarkResult& result) {
        return result.name == id.benchmark && result.metric.name == id.metric;
      });
  return found == results.end() ? nullptr : &*found;
}

/// What went wrong with a benchmark is told by one of its series, not always by the one asked for.
std::string failure_of(const std::vector<BenchmarkResult>& results, const SeriesId& id) {
  for (const BenchmarkResult& result : results)
    if (result.decision == Decision::failed && result.name == id.benchmark)
      return reason_of(result);
  return id.benchmark + " " + id.metric + " was not measured";
}

}  // namespace

BisectRule bisect_rule(const Policy& policy, const std::vector<BenchmarkResult>& bad_against_good,
                       int answers) {
  MELISAI_ASSERT(answers >= 1);
  BisectRule rule{.series = {}, .policy = policy};
  rule.policy.false_alarm /= answers;
  rule.policy.miss /= answers;
  rule.policy.max_pairs *= kPairsFactor;
  // Nothing else is measured, and nothing else takes a share of the false alarms.
  rule.policy.rules.push_back({.benchmark = "*", .metric = "*", .level = Level::off});
  for (const BenchmarkResult& result : bad_against_good) {
    if (!is_slower(result)) continue;
    rule.series.push_back({result.name, result.metric.name});
    Rule one{.benchmark = result.name, .metric = result.metric.name, .level = Level::fail};
    if (result.effect && *result.effect > 0) one.threshold = half_of(*result.effect);
    rule.policy.rules.push_back(std::move(one));
  }
  return rule;
}

Judged judge(const std::vector<BenchmarkResult>& results, const BisectRule& rule) {
  Judged judged{.answer = Answer::fast, .why = "", .result = {}};
  const auto is_worse = [&](const BenchmarkResult& result) {
    return judged.result.name.empty() ||
           result.effect.value_or(1) > judged.result.effect.value_or(1);
  };
  for (const SeriesId& id : rule.series) {
    const BenchmarkResult* result = find(results, id);
    if (result != nullptr && is_slower(*result)) {
      if (judged.answer != Answer::slow || is_worse(*result)) judged.result = *result;
      judged.answer = Answer::slow;
      judged.why = "";
    } else if (judged.answer == Answer::slow) {
      continue;
    } else if (result == nullptr || !is_not_slower(*result)) {
      judged.answer = Answer::unknown;
      judged.why =
          result != nullptr && !result->note.empty() ? reason_of(*result) : failure_of(results, id);
      judged.result = result != nullptr ? *result : BenchmarkResult{};
    } else if (judged.answer == Answer::fast && is_worse(*result)) {
      judged.result = *result;
    }
  }
  return judged;
}

double error_of(Answer answer, const Policy& policy) {
  if (answer == Answer::unknown) return 0;
  return answer == Answer::slow ? policy.false_alarm : policy.miss;
}

}  // namespace melisai::recover
