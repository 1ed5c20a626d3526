#include <nlohmann/json.hpp>

#include "core/bisect_result.h"

namespace melisai {
namespace {

// Keeps the order in which fields are written here.
using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string_view word_of(BisectResult::Kind kind) {
  switch (kind) {
    case BisectResult::Kind::culprit: return "culprit";
    case BisectResult::Kind::range: return "range";
    case BisectResult::Kind::cannot_tell: return "cannot_tell";
    case BisectResult::Kind::not_slower: return "not_slower";
  }
  return "cannot_tell";
}

std::string_view word_of(recover::Answer answer) {
  switch (answer) {
    case recover::Answer::slow: return "slow";
    case recover::Answer::fast: return "fast";
    case recover::Answer::unknown: return "unknown";
  }
  return "unknown";
}

Json commit_json(const CommitInfo& commit) { return {{"sha", commit.sha}, {"ref", commit.ref}}; }

Json commit_json(const GitCommit& commit) {
  return {{"sha", commit.sha}, {"subject", commit.subject}};
}

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

/// Adds the series and what was measured of it; nulls when there is nothing.
void add_effect(Json& json, const BenchmarkResult* result) {
  const bool measured = result != nullptr && !result->name.empty();
  json["benchmark"] = measured ? Json(result->name) : Json(nullptr);
  json["metric"] = measured ? Json(result->metric.name) : Json(nullptr);
  json["effect"] = measured ? number(result->effect) : Json(nullptr);
  json["effect_low"] = measured ? number(result->effect_low) : Json(nullptr);
  json["effect_high"] = measured ? number(result->effect_high) : Json(nullptr);
  json["pairs"] = measured ? result->pairs : 0;
}

Json effect_json(const std::optional<BenchmarkResult>& result) {
  if (!result) return nullptr;
  Json json;
  add_effect(json, &*result);
  return json;
}

Json step_json(const BisectStep& step) {
  Json json = commit_json(step.commit);
  json["base"] = step.base == BisectBase::good ? "good" : "parent";
  json["answer"] = word_of(step.judged.answer);
  json["why"] = step.judged.why;
  add_effect(json, &step.judged.result);
  return json;
}

}  // namespace

std::string to_json(const BisectResult& result) {
  const bool is_found = result.kind == BisectResult::Kind::culprit;
  const bool is_sure = is_found || result.kind == BisectResult::Kind::range;
  Json json{{"result", word_of(result.kind)},
            {"reason", headline(result)},
            {"good", commit_json(result.good)},
            {"bad", commit_json(result.bad)},
            {"culprit", is_found ? Json(result.suspects.front().sha) : Json(nullptr)},
            {"subject", is_found ? Json(result.suspects.front().subject) : Json(nullptr)},
            {"suspects", Json::array()},
            {"confidence", is_sure ? Json(result.confidence) : Json(nullptr)}};
  for (const GitCommit& suspect : result.suspects) json["suspects"].push_back(suspect.sha);
  const std::optional<BenchmarkResult>& effect =
      result.alone ? result.alone : result.bad_against_good;
  add_effect(json, effect ? &*effect : nullptr);
  json["bad_against_good"] = effect_json(result.bad_against_good);
  json["steps"] = Json::array();
  for (const BisectStep& step : result.steps) json["steps"].push_back(step_json(step));
  json["skipped"] = Json::array();
  for (const BisectSkip& skip : result.skipped) {
    Json entry = commit_json(skip.commit);
    entry["why"] = skip.why;
    json["skipped"].push_back(std::move(entry));
  }
  return text_of(json);
}

std::string to_json(const BisectPlan& plan, const BisectResult& range) {
  Json json{{"result", "plan"},
            {"good", commit_json(range.good)},
            {"bad", commit_json(range.bad)},
            {"commits", plan.commits},
            {"steps", plan.steps},
            {"first", plan.first ? commit_json(*plan.first) : Json(nullptr)},
            {"merges", Json::array()}};
  for (const GitCommit& merge : plan.merges) json["merges"].push_back(commit_json(merge));
  return text_of(json);
}

}  // namespace melisai
