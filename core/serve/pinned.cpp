#include "core/serve/pinned.h"

#include <nlohmann/json.hpp>

namespace melisai::serve {

using Json = nlohmann::ordered_json;

namespace {

Error damaged() { return {Errc::parse, "the configuration that the run keeps is damaged"}; }

}  // namespace

std::string to_json(const Pinned& pinned) {
  Json json{{"pipeline_file", pinned.pipeline_file}, {"serve_file", pinned.serve_file}};
  // Runs of one commit share their row; most have no such workflow.
  if (!pinned.workflows.empty()) json["workflows"] = pinned.workflows;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Pinned> pinned_from_json(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("pipeline_file") || !json["pipeline_file"].is_string() ||
      !json.contains("serve_file") || !json["serve_file"].is_string())
    return damaged();
  Pinned pinned{json["pipeline_file"].get<std::string>(), json["serve_file"].get<std::string>()};
  if (!json.contains("workflows")) return pinned;
  if (!json["workflows"].is_array()) return damaged();
  for (const Json& each : json["workflows"]) {
    if (!each.is_string()) return damaged();
    pinned.workflows.push_back(each.get<std::string>());
  }
  return pinned;
}

}  // namespace melisai::serve
