#include "plugins/perf/report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace melisai::plugins::perf {
namespace {

using nlohmann::json;

constexpr std::string_view kClock = "task_clock";

/// With its unit; what counts events needs none.
std::string key_of(const Event& event) {
  return std::string(event.metric) + (event.metric == kClock ? "_ns" : "");
}

std::optional<double> share_of(const std::vector<Counters::Result>& results) {
  std::optional<double> share;
  for (const Counters::Result& result : results)
    if (result.count && result.event->is_hardware())
      share = std::min(share.value_or(1), result.count->share);
  return share;
}

}  // namespace

std::vector<Number> numbers_of(const std::vector<Counters::Result>& results) {
  std::vector<Number> numbers;
  for (const Counters::Result& result : results)
    if (result.count) numbers.push_back({result.event->metric, result.count->value});
  if (const auto share = share_of(results)) numbers.push_back({"counted_share", *share});
  return numbers;
}

std::string part_of(Scope scope, const std::vector<Counters::Result>& results) {
  json data = {{"scope", to_string(scope)}};
  json unavailable = json::object();
  std::vector<std::string> reasons;
  for (const Counters::Result& result : results) {
    if (result.count) {
      data[key_of(*result.event)] = result.count->value;
      if (result.count->share < 1)
        data["counted_share_ratio"][key_of(*result.event)] = result.count->share;
      continue;
    }
    unavailable[key_of(*result.event)] = result.reason;
    if (std::find(reasons.begin(), reasons.end(), result.reason) == reasons.end())
      reasons.push_back(result.reason);
  }
  const bool is_nothing = unavailable.size() == results.size();
  if (!unavailable.empty()) data["unavailable"] = std::move(unavailable);
  json part = {{"data", std::move(data)}};
  if (is_nothing)
    for (const std::string& reason : reasons) part["errors"].push_back("unavailable: " + reason);
  return part.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string part_without(Scope scope, const std::string& problem) {
  const json part = {{"data", {{"scope", to_string(scope)}}},
                     {"errors", {"unavailable: " + problem}}};
  return part.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace melisai::plugins::perf
