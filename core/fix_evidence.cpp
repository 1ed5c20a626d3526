#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/fix.h"

namespace melisai {
namespace {

// Keeps the order in which fields are written here.
using Json = nlohmann::ordered_json;

constexpr std::streamoff kLogEnd = 16 << 10;  // of each stage

/// The last part of a log; "" when it cannot be read.
std::string end_of_log(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(0, std::ios::end);
  const std::streamoff size = file.tellg();
  if (!file || size <= 0) return "";
  file.seekg(std::max<std::streamoff>(0, size - kLogEnd));
  std::string text(static_cast<std::size_t>(std::min(size, kLogEnd)), '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
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
                      {"log_end", log.empty() ? "" : end_of_log(log)}});
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
                  {"report", std::ifstream(report) ? Json(report) : Json(nullptr)},
                  {"source", source},
                  {"fix",
                   {{"number", evidence.number},
                    {"tries_max", evidence.tries_max},
                    {"earlier", std::move(earlier)}}}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace melisai
