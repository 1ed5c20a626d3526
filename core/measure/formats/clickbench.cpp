#include <nlohmann/json.hpp>
#include <string>

#include "core/measure/formats/format.h"
#include "core/measure/formats/json_rows.h"

namespace melisai::formats {
namespace {

using nlohmann::json;

constexpr double kSecond = 1e9;

/// The first try finds cold caches, the others warm ones: two different things.
Result<void> add_query(const std::string& name, const json& tries, ReadingsBuilder& builder) {
  const std::vector<double> seconds = numbers_in(&tries);
  if (seconds.empty() || seconds.size() != tries.size()) {
    builder.fail(name, "a try of it has no time");
    return {};
  }
  if (seconds.size() == 1) return builder.add(name, wall_time(), seconds[0] * kSecond);
  MELISAI_CHECK(builder.add(name, shown("cold_time", "ns", Better::lower), seconds[0] * kSecond));
  for (std::size_t i = 1; i < seconds.size(); ++i)
    MELISAI_CHECK(builder.add(name, wall_time(), seconds[i] * kSecond));
  return {};
}

Result<void> add_document(const json& document, ReadingsBuilder& builder) {
  const json* const queries = member(document, "result");
  if (queries == nullptr || !queries->is_array())
    return Error{Errc::parse, "there is no \"result\" list"};
  for (std::size_t i = 0; i < queries->size(); ++i)
    MELISAI_CHECK(add_query("Q" + std::to_string(i), (*queries)[i], builder));
  if (const auto seconds = number_at(document, "load_time"))
    MELISAI_CHECK(builder.add("load", wall_time(), *seconds * kSecond));
  if (const auto bytes = number_at(document, "data_size"))
    MELISAI_CHECK(builder.add("load", near_exact("data_size", "B"), *bytes));
  return {};
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_CHECK(read_rows(input, limits, {},
                          [&](const JsonRow& row) { return add_document(row.value, builder); }));
  return {};
}

bool looks_like(const Probe& probe) {
  return probe.has("system") && probe.has("result[]") &&
         (probe.has("load_time") || probe.has("cluster_size"));
}

}  // namespace

extern const Format kClickBench;
const Format kClickBench{
    .info = {.name = "clickbench",
             .tool = "ClickBench",
             .made_by = "./benchmark.sh; FILE is results/MACHINE.json"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
