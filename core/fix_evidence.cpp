#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/fix.h"

namespace melisai {
namespace {

// Keeps the order in which fields are written here.
using Json = nlohmann::ordered_json;

constexpr Bytes kLogEnd = 16 << 10;  // of each stage

/// Stages wrote beside it: a link or a pipe of theirs is not followed.
bool is_file(const std::string& path) {
  std::error_code error;
  return std::filesystem::symlink_status(path, error).type() == std::filesystem::file_type::regular;
}

Json stages_of(const FixEvidence& evidence) {
  Json stages = Json::array();
  for (const StageResult& stage : evidence.result.stages) {
    const std::string log = stage.log.empty() ? "" : evidence.directory + "/" + stage.log;
    stages.push_back({{"name", stage.name},
                      {"side", stage.side},
                      {"status", to_string(stage.status)},
                      {"message", stage.message},
                      {"log", log},
                      {"log_end", log.empty() ? "" : file_tail(log, kLogEnd)}});
  }
  return stages;
}

}  // namespace

std::string to_json(const FixEvidence& evidence, const PipelineRequest& failed,
                    const std::string& source) {
  Json earlier = Json::array();
  for (const FixEvidence::Earlier& each : evidence.earlier)
    earlier.push_back({{"patch", each.patch}, {"reason", each.reason}});
  const std::string report = evidence.directory + "/report.json";
  const Json json{{"version", 1},
                  {"run", evidence.run},
                  {"project", failed.project.name},
                  {"pipeline", failed.pipeline},
                  {"commit", failed.sha},
                  {"branch", failed.branch},
                  {"base", failed.before},
                  {"outcome", to_string(evidence.result.outcome)},
                  {"reason", evidence.result.reason},
                  {"stages", stages_of(evidence)},
                  {"report", is_file(report) ? Json(report) : Json(nullptr)},
                  {"source", source},
                  {"fix",
                   {{"number", evidence.number},
                    {"tries_max", evidence.tries_max},
                    {"earlier", std::move(earlier)}}}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace melisai
