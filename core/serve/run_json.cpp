#include "core/serve/run_json.h"

#include <nlohmann/json.hpp>

#include "core/base/clock.h"

namespace melisai::serve {
namespace {

using Json = nlohmann::ordered_json;

Json time_or_null(const std::optional<WallTime>& time) {
  return time ? Json(utc_time_ms(*time)) : Json(nullptr);
}

}  // namespace

std::string run_to_json(const PipelineRun& run, const std::string& waits_for) {
  const Json json{
      {"run", name_of(run)},
      {"id", run.id},
      {"project", run.project},
      {"pipeline", run.pipeline},
      {"number", run.number},
      {"ref", run.ref},
      {"commit", run.sha},
      {"state", to_string(run.state)},
      {"outcome", run.outcome ? Json(to_string(*run.outcome)) : Json(nullptr)},
      {"reason", run.reason},
      {"waits_for", waits_for.empty() ? Json(nullptr) : Json(waits_for)},
      {"attempts", run.attempts},
      {"created_at", utc_time_ms(run.created_at)},
      {"started_at", time_or_null(run.started_at)},
      {"finished_at", time_or_null(run.finished_at)},
      {"report", run.report ? Json(*run.report) : Json(nullptr)},
      {"slow", run.slow == PipelineRun::Slow::no ? Json(nullptr) : Json(to_string(run.slow))}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace melisai::serve
