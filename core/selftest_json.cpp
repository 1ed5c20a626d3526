#include <nlohmann/json.hpp>

#include "core/selftest_summary.h"

namespace melisai {
namespace {

using Json = nlohmann::ordered_json;

const char* word_of(SelftestVerdict verdict) {
  switch (verdict) {
    case SelftestVerdict::kept: return "kept";
    case SelftestVerdict::broken: return "broken";
    case SelftestVerdict::cannot_tell: return "cannot_tell";
    case SelftestVerdict::interrupted: return "interrupted";
  }
  return "";
}

Json json_of(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

/// `wrong`: how many of the trials went against the promise.
Json json_of(const SelftestArm& arm, int wrong) {
  Json json;
  json["trials"] = arm.trials;
  json["red"] = arm.red;
  json["clear"] = arm.clear;
  json["inconclusive"] = arm.inconclusive;
  json["mean_pairs"] = nullptr;
  if (arm.trials > 0) json["mean_pairs"] = static_cast<double>(arm.pairs) / arm.trials;
  json["wrong_at_most"] = wrong_at_most(wrong, arm);
  return json;
}

}  // namespace

std::string json_of(const SelftestSummary& summary) {
  Json json;
  json["verdict"] = word_of(verdict_of(summary));
  json["reason"] = sentence_of(summary);
  json["threshold"] = summary.policy.threshold;
  json["false_alarm"] = summary.policy.false_alarm;
  json["miss"] = summary.policy.miss;
  json["max_pairs"] = summary.policy.max_pairs;
  json["seed"] = summary.seed;
  json["seconds"] = summary.seconds;
  json["run_ms"] = summary.run_ms;
  json["slowdown"] = summary.slowdown;
  json["equal"] = json_of(summary.equal, summary.equal.red);
  json["slow"] = json_of(summary.slow, summary.slow.clear);
  json["noise"]["metric"] = summary.metric.empty() ? Json(nullptr) : Json(summary.metric);
  json["noise"]["spread"] = json_of(summary.spread);
  json["noise"]["smallest_found"] = json_of(summary.smallest_found);
  return json.dump(2) + "\n";
}

}  // namespace melisai
