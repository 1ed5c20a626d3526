#include "core/serve/pinned.h"

#include <nlohmann/json.hpp>

namespace melisai::serve {

using Json = nlohmann::ordered_json;

std::string to_json(const Pinned& pinned) {
  return Json{{"pipeline_file", pinned.pipeline_file}, {"serve_file", pinned.serve_file}}.dump(
      -1, ' ', false, Json::error_handler_t::replace);
}

Result<Pinned> pinned_from_json(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("pipeline_file") || !json["pipeline_file"].is_string() ||
      !json.contains("serve_file") || !json["serve_file"].is_string())
    return Error{Errc::parse, "the configuration that the run keeps is damaged"};
  return Pinned{json["pipeline_file"].get<std::string>(), json["serve_file"].get<std::string>()};
}

}  // namespace melisai::serve
