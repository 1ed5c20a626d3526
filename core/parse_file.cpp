#include "core/parse_file.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/base/log.h"
#include "core/base/output.h"
#include "core/base/units.h"
#include "core/measure/formats/formats.h"
#include "core/model/report.h"
#include "core/report/report.h"

namespace melisai {
namespace {

using Json = nlohmann::ordered_json;
using formats::Reading;
using formats::Readings;

std::string json_of(const Readings& readings) {
  Json rows = Json::array();
  for (const Reading& reading : readings.readings)
    rows.push_back({{"benchmark", reading.benchmark},
                    {"metric", reading.metric.name},
                    {"unit", reading.metric.unit},
                    {"better", to_string(reading.metric.better)},
                    {"value", reading.value},
                    {"n", reading.n}});
  return rows.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string text_of(const Readings& readings) {
  report::Table table({{.title = "benchmark", .width_max = 60},
                       {"metric"},
                       {.title = "value", .align = report::Align::right},
                       {.title = "n", .align = report::Align::right},
                       {"better"}});
  for (const Reading& reading : readings.readings)
    table.add({reading.benchmark, reading.metric.name,
               format_quantity(reading.value, reading.metric.unit), std::to_string(reading.n),
               std::string(to_string(reading.metric.better))});
  return "read as " + readings.format + "\n\n" + table.text();
}

}  // namespace

Result<void> parse_file(const ParseRequest& request,
                        const std::function<bool(std::string_view)>& print) {
  MELISAI_TRY(const Readings readings, formats::read_path(request.file, request.format, {}));
  for (const auto& [benchmark, why] : readings.failed)
    log_warning("benchmark " + benchmark + " has no value: " + why);
  if (print(request.json ? json_of(readings) : text_of(readings))) return {};
  return cannot_print();
}

std::string formats_text(const FormatsRequest& request) {
  if (request.json) {
    Json all = Json::array();
    for (const formats::FormatInfo& info : formats::formats())
      all.push_back({{"name", info.name},
                     {"tool", info.tool},
                     {"made_by", info.made_by},
                     {"filter", info.can_filter}});
    return all.dump(2) + "\n";
  }
  report::Table table({{"format"}, {"tool"}, {.title = "made by", .width_max = 100}});
  for (const formats::FormatInfo& info : formats::formats())
    table.add({std::string(info.name), std::string(info.tool), std::string(info.made_by)});
  return table.text() +
         "\nOthers without code, in the pipeline file:\n"
         "  format: { json: { items: \"$.results[*]\", name: \"$.id\", value: \"$.ms\", unit: ms } "
         "}\n"
         "  format: { regex: '^(?P<name>\\S+)\\s+(?P<value>[\\d.]+) ns/op', unit: ns }\n";
}

}  // namespace melisai
