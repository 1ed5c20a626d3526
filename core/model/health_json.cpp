#include "core/model/health_json.h"

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/model/host_report_input.h"
#include "core/model/host_report_output.h"

namespace melisai {
namespace {

using Output = nlohmann::ordered_json;
using Fields = JsonFields;

constexpr auto kOptional = Fields::Presence::optional;
constexpr std::array kDecisions{Decision::clear, Decision::regressed, Decision::improved,
                                Decision::inconclusive};
constexpr std::array kLevels{Level::fail, Level::warn, Level::off};

Output number(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? Output(*value) : Output(nullptr);
}

template <class T>
Output list(const std::vector<T>& values, Output (*one)(const T&)) {
  Output result = Output::array();
  for (const T& value : values) result.push_back(one(value));
  return result;
}

Output resource(const ResourceChange& value) {
  return {{"resource", value.resource},
          {"use", value.use},
          {"base", number(value.base)},
          {"head", number(value.head)},
          {"decision", to_string(value.decision)}};
}

ResourceChange read_resource(Fields fields) {
  ResourceChange out;
  fields.read("resource", out.resource);
  fields.read("use", out.use);
  fields.read("base", out.base);
  fields.read("head", out.head);
  fields.read_word<Decision>("decision", kDecisions, out.decision);
  return out;
}

void read_score(Fields& health, std::string_view side, std::optional<double>& out) {
  if (auto object = health.object(side)) object->read("score", out);
}

}  // namespace

nlohmann::ordered_json health_to_json(const HealthResult& health) {
  if (health.profile == kNoProfile) return nullptr;
  return {{"profile", health.profile},
          {"base", {{"score", number(health.base)}}},
          {"head", {{"score", number(health.head)}}},
          {"change", number(health.change)},
          {"change_low", number(health.change_low)},
          {"change_high", number(health.change_high)},
          {"decision", to_string(health.decision)},
          {"level", to_string(health.level)},
          {"max_drop", number(health.max_drop)},
          {"runs", health.runs},
          {"note", health.note},
          {"resources", list(health.resources, resource)},
          {"new_anomalies", list(health.new_anomalies, host_output::anomaly)},
          {"resolved_anomalies", list(health.resolved_anomalies, host_output::anomaly)},
          {"recommendations", list(health.recommendations, host_output::recommendation)}};
}

HealthResult read_health(JsonFields& fields) {
  HealthResult out{.profile = std::string(kNoProfile)};
  auto health = fields.object("health", kOptional, /*nullable=*/true);
  if (!health) return out;
  health->read("profile", out.profile);
  read_score(*health, "base", out.base);
  read_score(*health, "head", out.head);
  health->read("change", out.change);
  health->read("change_low", out.change_low);
  health->read("change_high", out.change_high);
  health->read_word<Decision>("decision", kDecisions, out.decision);
  health->read_word<Level>("level", kLevels, out.level);
  health->read("max_drop", out.max_drop, kOptional);
  health->read("runs", out.runs);
  health->read("note", out.note, kOptional);
  health->read_objects("resources", out.resources, read_resource, kOptional);
  health->read_objects("new_anomalies", out.new_anomalies, host_input::anomaly);
  health->read_objects("resolved_anomalies", out.resolved_anomalies, host_input::anomaly);
  health->read_objects("recommendations", out.recommendations, host_input::recommendation);
  return out;
}

}  // namespace melisai
