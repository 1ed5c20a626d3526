// What one tool tells of a window: a result of the host report, in the making.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace melisai::plugins::ebpf {

using Json = nlohmann::ordered_json;

struct Findings {
  Json data = Json::object();
  Json histograms = Json::array();
  Json events = Json::array();
  Json stacks = Json::array();
  std::vector<std::string> errors;
  bool truncated = false;
};

/// On one line, in UTF-8; without what is in it when that is more than a result may hold.
std::string to_text(const Findings& findings);

}  // namespace melisai::plugins::ebpf
