#include <nlohmann/json.hpp>

#include "core/base/text.h"
#include "core/measure/formats/gungraun_metrics.h"
#include "core/measure/formats/json_documents.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/lines.h"

namespace melisai::formats {
namespace {

using nlohmann::json;

constexpr std::string_view kSchema = "6";

/// {"Int": 5} or {"Float": 0.5}
std::optional<double> number_of(const json& metric) {
  const auto whole = number_at(metric, "Int");
  return whole ? whole : number_at(metric, "Float");
}

/// The new run's value: {"Left": NEW} or {"Both": [NEW, OLD]}; {"Right": OLD} has none.
std::optional<double> new_value(const json& metrics) {
  if (const json* const left = member(metrics, "Left")) return number_of(*left);
  const json* const both = member(metrics, "Both");
  if (both == nullptr || !both->is_array() || both->empty()) return std::nullopt;
  return number_of(both->front());
}

/// {"tool": "DHAT", "summaries": {"total": {"summary": {"Dhat": {"TotalBytes": {...}}}}}}
Result<void> add_profile(const json& profile, GungraunBenchmark& benchmark,
                         ReadingsBuilder& builder) {
  const json* values = &profile;
  for (const char* name : {"summaries", "total", "summary"})
    if (values != nullptr) values = member(*values, name);
  if (values == nullptr || !values->is_object()) return {};
  const std::string tool = text_at(profile, "tool");
  for (const auto& [kind, metrics] : values->items()) {
    if (!metrics.is_object()) continue;
    for (const auto& [name, metric] : metrics.items()) {
      const json* const sides = member(metric, "metrics");
      const auto value = sides == nullptr ? std::nullopt : new_value(*sides);
      if (value) MELISAI_CHECK(benchmark.add(tool, name, *value, builder));
    }
  }
  return {};
}

Result<void> take(const json& summary, ReadingsBuilder& builder) {
  const std::string path = text_at(summary, "module_path");
  const json* const profiles = member(summary, "profiles");
  if (path.empty() || !summary.contains("benchmark_exe")) return {};
  if (const std::string version = text_at(summary, "version");
      version != kSchema || profiles == nullptr || !profiles->is_array())
    return Error{Errc::parse, "this is a summary of schema " + in_quotes(version) + " and only " +
                                  in_quotes(kSchema) +
                                  " is known; read the text that is printed without "
                                  "--output-format=json, or update Gungraun"};
  std::string name = path;
  if (const std::string id = text_at(summary, "id"); !id.empty()) name += " " + id;
  if (const std::string details = text_at(summary, "details"); !details.empty())
    name += ":" + details;
  GungraunBenchmark benchmark(gungraun_name(name));
  for (const json& profile : *profiles) MELISAI_CHECK(add_profile(profile, benchmark, builder));
  return {};
}

}  // namespace

bool is_gungraun_json(std::string_view line) {
  return line.find("\"module_path\":") != std::string_view::npos;
}

Result<void> parse_gungraun_json(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  Lines lines(input, limits);
  JsonDocuments documents(lines, limits);
  while (true) {
    MELISAI_TRY(const std::optional<json> summary, documents.next());
    if (!summary) return {};
    const Result<void> taken = take(*summary, builder);
    if (!taken) return lines.wrong(taken.error().message);
  }
}

}  // namespace melisai::formats
