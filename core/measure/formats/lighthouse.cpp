#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/measure/formats/format.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/names.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

using nlohmann::json;

/// What the performance score is made of; other audits are shown.
constexpr std::array<std::string_view, 5> kScored{"first-contentful-paint",
                                                  "largest-contentful-paint", "speed-index",
                                                  "total-blocking-time", "interactive"};

std::optional<Unit> unit_of(const std::string& text) {
  if (text == "unitless" || text == "element") return Unit{1, "count", Better::lower};
  return unit_from(text);
}

Result<void> add_audit(const std::string& url, const std::string& id, const json& audit,
                       ReadingsBuilder& builder) {
  const std::optional<double> value = number_at(audit, "numericValue");
  const std::optional<Unit> unit = unit_of(text_at(audit, "numericUnit"));
  if (!value || !unit) return {};
  const bool is_scored = std::find(kScored.begin(), kScored.end(), id) != kScored.end();
  Metric metric = shown(snake_case(id), unit->canonical, Better::lower);
  if (is_scored && unit->canonical == "ns") metric.tier = Tier::time;
  return builder.add_summary(url, metric, *value * unit->factor);
}

Result<void> add_report(const json& report, ReadingsBuilder& builder) {
  std::string url = text_at(report, "finalDisplayedUrl");
  if (url.empty()) url = text_at(report, "finalUrl");
  if (url.empty()) url = text_at(report, "requestedUrl");
  if (const json* const error = member(report, "runtimeError");
      error != nullptr && !text_at(*error, "message").empty())
    builder.fail(url, text_at(*error, "message"));
  if (const json* const audits = member(report, "audits"); audits != nullptr)
    for (const auto& [id, audit] : audits->items())
      MELISAI_CHECK(add_audit(url, id, audit, builder));
  if (const json* const categories = member(report, "categories"); categories != nullptr)
    for (const auto& [id, category] : categories->items())
      if (const auto score = number_at(category, "score"))
        MELISAI_CHECK(builder.add_summary(
            url, shown("score_" + snake_case(id), "ratio", Better::higher), *score));
  return {};
}

bool looks_like(const Probe& probe) { return probe.has("lighthouseVersion"); }

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  const auto rows = read_rows(input, limits, {},
                              [&](const JsonRow& row) { return add_report(row.value, builder); });
  return rows ? Result<void>() : Result<void>(rows.error());
}

}  // namespace

extern const Format kLighthouse;
const Format kLighthouse{
    .info = {.name = "lighthouse",
             .tool = "Lighthouse",
             .made_by = "lighthouse URL --output=json --output-path=FILE"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
