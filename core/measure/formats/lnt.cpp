#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "core/base/text.h"
#include "core/measure/formats/format.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/names.h"

namespace melisai::formats {
namespace {

using nlohmann::json;

constexpr double kSecond = 1e9;

struct Field {
  std::string_view name;  ///< in any of LNT's schemas and of lit's metrics
  std::string_view metric;
};

/// Times, in seconds.
constexpr std::array<Field, 9> kTimes{{{"exec", "wall_time"},
                                       {"exec_time", "wall_time"},
                                       {"execution_time", "wall_time"},
                                       {"wall", "wall_time"},
                                       {"wall_time", "wall_time"},
                                       {"compile", "compile_time"},
                                       {"compile_time", "compile_time"},
                                       {"user", "user_time"},
                                       {"sys", "system_time"}}};

struct Scaled {
  Metric metric;
  double factor = 1;
};

Scaled scaled(std::string_view field) {
  for (const auto& [name, metric] : kTimes)
    if (field == name) return {{std::string(metric), "ns", Better::lower, Tier::time}, kSecond};
  const std::string name = snake_case(field);
  if (name == "score") return {{"score", "count", Better::higher, Tier::time}, 1};
  const bool is_size = name == "size" || name == "mem" || name == "mem_bytes" ||
                       name.starts_with("size_") || name.ends_with("_size");
  if (is_size) return {near_exact(name, "B"), 1};
  return {shown(name, "count", Better::unknown), 1};
}

/// Everything that is a number; hashes and names of profiles are not.
Result<void> add_field(const std::string& benchmark, std::string_view field, const json& value,
                       ReadingsBuilder& builder) {
  const json list = value.is_array() ? value : json::array({value});
  const std::vector<double> numbers = numbers_in(&list);
  if (numbers.empty() || snake_case(field).empty()) return {};
  if (field.ends_with("status")) {
    for (const double status : numbers)
      if (status != 0) builder.fail(benchmark, "its " + std::string(field) + " is not 0");
    return {};
  }
  const Scaled into = scaled(field);
  for (const double number : numbers)
    MELISAI_CHECK(builder.add(benchmark, into.metric, number * into.factor));
  return {};
}

/// Version 1: {"Name": "nts.foo.exec", "Data": [...]}; a status has two words, "exec.status".
Result<void> add_sample(const json& test, ReadingsBuilder& builder) {
  const std::string name = text_at(test, "Name");
  const json* const data = member(test, "Data");
  std::size_t dot = name.rfind('.');
  if (dot != std::string::npos && dot > 0 && name.substr(dot) == ".status")
    dot = name.rfind('.', dot - 1);
  if (dot == std::string::npos || dot == 0 || data == nullptr)
    return Error{Errc::parse,
                 "test " + in_quotes(name) + " lacks a name like nts.NAME.exec or Data"};
  return add_field(name.substr(0, dot), std::string_view(name).substr(dot + 1), *data, builder);
}

/// Version 2: {"name": ..., FIELD: number or list, ...}.
Result<void> add_test(const json& test, ReadingsBuilder& builder) {
  const std::string name = text_at(test, "name");
  if (name.empty()) return Error{Errc::parse, "a test has no name"};
  for (const auto& [field, value] : test.items())
    if (field != "name") MELISAI_CHECK(add_field(name, field, value, builder));
  return {};
}

/// `llvm-lit --output`: {"name", "code", "metrics": {...}}.
Result<void> add_lit_test(const json& test, const json& metrics, ReadingsBuilder& builder) {
  const std::string name = text_at(test, "name");
  const std::string code = text_at(test, "code");
  if (name.empty()) return Error{Errc::parse, "a test has no name"};
  if (code != "PASS") {
    builder.fail(name, "lit says " + code);
    return {};
  }
  if (!metrics.is_object()) return {};
  for (const auto& [field, value] : metrics.items())
    MELISAI_CHECK(add_field(name, field, value, builder));
  return {};
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  JsonPath path{{{.kind = JsonStep::Kind::any}, {.kind = JsonStep::Kind::any}}};
  MELISAI_CHECK(read_rows(input, limits, path, [&](const JsonRow& row) -> Result<void> {
    if (!row.value.is_object()) return {};
    if (row.at[0] == "Tests") return add_sample(row.value, builder);
    if (row.at[0] != "tests") return {};
    const json* const metrics = member(row.value, "metrics");
    return metrics == nullptr ? add_test(row.value, builder)
                              : add_lit_test(row.value, *metrics, builder);
  }));
  return {};
}

bool looks_like(const Probe& probe) {
  return (probe.has("Machine") && probe.has("Run") && probe.has("Tests")) ||
         (probe.has("machine") && probe.has("run") && probe.has("tests")) ||
         (probe.has("tests[].code") && probe.has("tests[].metrics"));
}

}  // namespace

extern const Format kLnt;
const Format kLnt{
    .info = {.name = "lnt-report",
             .tool = "LNT and llvm-lit",
             .made_by = "llvm-lit --output=FILE TESTS, or report.json of lnt runtest"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
