#include "core/host/mcp_arguments.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/base/text.h"

namespace melisai::host {
namespace {

using nlohmann::json;

// JSON Schema counts 5.0 as an integer too.
bool is_integer(const json& value) {
  if (value.is_number_integer()) return true;
  return value.is_number_float() && std::trunc(value.get<double>()) == value.get<double>();
}

bool is_of(const json& value, const std::string& type) {
  return type == "string" ? value.is_string() : is_integer(value);
}

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : ", ") + word;
  return all;
}

std::string problem_of_type(const json& value, const json& rule) {
  const auto types = rule.is_array() ? rule.get<std::vector<std::string>>()
                                     : std::vector<std::string>{rule.get<std::string>()};
  const bool fits = std::any_of(types.begin(), types.end(),
                                [&](const std::string& type) { return is_of(value, type); });
  std::string wanted;
  for (const std::string& type : types) wanted += (wanted.empty() ? "" : " or ") + type;
  return fits ? "" : "must be " + wanted + ", not " + value.type_name();
}

std::string problem_of_range(double value, const json& rule) {
  const bool in_range =
      value >= rule.value("minimum", value) && value <= rule.value("maximum", value);
  return in_range ? ""
                  : "must be between " + rule["minimum"].dump() + " and " + rule["maximum"].dump();
}

std::string problem_of_value(const json& value, const json& rule) {
  if (std::string problem = problem_of_type(value, rule.at("type")); !problem.empty())
    return problem;
  if (value.is_number())
    return rule.contains("minimum") ? problem_of_range(value.get<double>(), rule) : "";
  const auto& text = value.get_ref<const std::string&>();
  if (rule.contains("maxLength") && text.size() > rule["maxLength"].get<std::size_t>())
    return "is longer than " + rule["maxLength"].dump() + " bytes";
  if (!rule.contains("enum")) return "";
  const auto known = rule["enum"].get<std::vector<std::string>>();
  const bool is_known = std::find(known.begin(), known.end(), text) != known.end();
  return is_known ? "" : in_quotes(text) + " is none of " + joined(known);
}

}  // namespace

std::string problem_of(const json& arguments, const json& schema) {
  const json& properties = schema.at("properties");
  std::vector<std::string> names;
  for (const auto& property : properties.items()) names.push_back(property.key());
  for (const auto& argument : arguments.items()) {
    if (!properties.contains(argument.key()))
      return "unknown argument " + in_quotes(argument.key()) +
             (names.empty() ? "; the tool takes none" : "; there are " + joined(names));
    const std::string problem = problem_of_value(argument.value(), properties[argument.key()]);
    if (!problem.empty()) return argument.key() + ": " + problem;
  }
  for (const json& name : schema.value("required", json::array())) {
    if (!arguments.contains(name.get<std::string>()))
      return name.get<std::string>() + ": is missing";
  }
  return "";
}

std::string text_of(const json& arguments, const std::string& name, const std::string& fallback) {
  const auto found = arguments.find(name);
  if (found == arguments.end()) return fallback;
  if (found->is_string()) return found->get<std::string>();
  if (found->is_number_integer()) return found->dump();
  return std::to_string(std::llround(found->get<double>()));
}

}  // namespace melisai::host
