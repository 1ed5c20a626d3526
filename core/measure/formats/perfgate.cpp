#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "core/base/text.h"
#include "core/measure/formats/format.h"
#include "core/measure/formats/json_rows.h"

namespace melisai::formats {
namespace {

using nlohmann::json;

struct Field {
  std::string_view name;
  Metric metric;
  double factor;
};

const std::array<Field, 9>& fields() {
  constexpr double kMillisecond = 1e6, kKibibyte = 1024;
  static const std::array<Field, 9> all{
      {{"wall_ms", wall_time(), kMillisecond},
       {"cpu_ms", cpu_time(), kMillisecond},
       {"max_rss_kb", near_exact("peak_rss", "B"), kKibibyte},
       {"binary_bytes", near_exact("binary_size", "B"), 1},
       {"throughput_per_s", throughput(), 1},
       {"page_faults", shown("page_faults", "count", Better::lower), 1},
       {"ctx_switches", shown("context_switches", "count", Better::lower), 1},
       {"io_read_bytes", shown("io_read", "B", Better::lower), 1},
       {"io_write_bytes", shown("io_write", "B", Better::lower), 1}}};
  return all;
}

bool is_set(const json& sample, std::string_view flag) {
  const json* const value = member(sample, flag);
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

Result<void> add_sample(const std::string& name, const json& sample, ReadingsBuilder& builder) {
  if (is_set(sample, "warmup")) return {};
  if (is_set(sample, "timed_out")) builder.fail(name, "a run of it timed out");
  if (number_at(sample, "exit_code").value_or(0) != 0)
    builder.fail(name, "a run of it exited with another code than 0");
  for (const Field& field : fields())
    if (const auto value = number_at(sample, field.name))
      MELISAI_CHECK(builder.add(name, field.metric, *value * field.factor));
  return {};
}

/// What no sample has, such as throughput, is in the statistics.
Result<void> add_statistics(const std::string& name, const json& stats, ReadingsBuilder& builder) {
  for (const Field& field : fields()) {
    const json* const summary = member(stats, field.name);
    const auto median = summary == nullptr ? std::nullopt : number_at(*summary, "median");
    if (median) MELISAI_CHECK(builder.add_summary(name, field.metric, *median * field.factor));
  }
  return {};
}

Result<void> add_receipt(const json& receipt, ReadingsBuilder& builder) {
  const std::string schema = text_at(receipt, "schema");
  if (!schema.starts_with("perfgate.run."))
    return Error{Errc::parse, "the schema is " + in_quotes(schema) +
                                  ", not perfgate.run.v1; give the receipt of a run"};
  const json* const bench = member(receipt, "bench");
  const std::string name = bench == nullptr ? "" : text_at(*bench, "name");
  if (name.empty()) return Error{Errc::parse, "the bench has no name"};
  const json* const samples = member(receipt, "samples");
  if (samples != nullptr && samples->is_array())
    for (const json& sample : *samples) MELISAI_CHECK(add_sample(name, sample, builder));
  const json* const stats = member(receipt, "stats");
  return stats == nullptr ? Result<void>() : add_statistics(name, *stats, builder);
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_CHECK(read_rows(input, limits, {},
                          [&](const JsonRow& row) { return add_receipt(row.value, builder); }));
  return {};
}

bool looks_like(const Probe& probe) { return probe.text_at("schema").starts_with("perfgate."); }

}  // namespace

extern const Format kPerfgate;
const Format kPerfgate{
    .info = {.name = "perfgate-receipt",
             .tool = "perfgate",
             .made_by = "perfgate run --name NAME --out FILE -- COMMAND"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
