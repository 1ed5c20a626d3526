#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/pipeline.h"

namespace melisai {
namespace {

// Keeps the order in which fields are written here.
using Json = nlohmann::ordered_json;
using RunOutcome = PipelineRun::Outcome;
using Status = StageResult::Status;

constexpr std::array kOutcomes{RunOutcome::passed,       RunOutcome::failed, RunOutcome::regression,
                               RunOutcome::inconclusive, RunOutcome::error,  RunOutcome::skipped};
constexpr std::array kStatuses{Status::passed, Status::failed, Status::cached, Status::skipped};

template <class Enum, std::size_t N>
Result<Enum> word(const nlohmann::json& value, const std::array<Enum, N>& all) {
  const std::string text = value.get<std::string>();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](Enum candidate) { return to_string(candidate) == text; });
  if (found == all.end()) return Error{Errc::parse, "unknown word in a result of a pipeline"};
  return *found;
}

Result<PipelineResult> read(const nlohmann::json& json) {
  PipelineResult result;
  MELISAI_TRY(result.outcome, word(json.at("outcome"), kOutcomes));
  result.reason = json.at("reason").get<std::string>();
  if (!json.at("report").is_null()) result.report = json.at("report").get<std::int64_t>();
  result.noisy = json.value("noisy", false);
  result.base = json.value("base", "");
  for (const nlohmann::json& item : json.at("stages")) {
    StageResult stage;
    stage.name = item.at("name").get<std::string>();
    stage.side = item.at("side").get<std::string>();
    MELISAI_TRY(stage.status, word(item.at("status"), kStatuses));
    stage.seconds = item.at("seconds").get<double>();
    stage.message = item.at("message").get<std::string>();
    stage.log = item.at("log").get<std::string>();
    result.stages.push_back(std::move(stage));
  }
  return result;
}

}  // namespace

std::string to_json(const PipelineResult& result) {
  Json stages = Json::array();
  for (const StageResult& stage : result.stages)
    stages.push_back({{"name", stage.name},
                      {"side", stage.side},
                      {"status", to_string(stage.status)},
                      {"seconds", stage.seconds},
                      {"message", stage.message},
                      {"log", stage.log}});
  const Json json{{"outcome", to_string(result.outcome)},
                  {"reason", result.reason},
                  {"report", result.report ? Json(*result.report) : Json(nullptr)},
                  {"noisy", result.noisy},
                  {"base", result.base},
                  {"stages", std::move(stages)}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<PipelineResult> pipeline_result_from_json(const std::string& text) {
  try {
    return read(nlohmann::json::parse(text));
  } catch (const nlohmann::json::exception& error) {
    return Error{Errc::parse, std::string("no result of a pipeline: ") + error.what()};
  }
}

}  // namespace melisai
