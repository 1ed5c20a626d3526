#include <re2/re2.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/measure/formats/format.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/names.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

using nlohmann::json;

Result<void> add_run(const std::string& group, const json& run, ReadingsBuilder& builder) {
  const std::string name = joined(group, text_at(run, "name"), "/");
  const json* const stats = member(run, "stats");
  if (stats == nullptr || !stats->is_object()) {
    const json* const error = member(run, "error");
    const std::string why = error == nullptr ? "" : text_at(*error, "message");
    builder.fail(name, why.empty() ? "it has no statistics; did it throw?" : why);
    return {};
  }
  std::optional<double> time = number_at(*stats, "p50");
  if (!time) time = number_at(*stats, "avg");
  if (!time) return Error{Errc::parse, "the statistics have neither p50 nor avg"};
  MELISAI_CHECK(builder.add_summary(name, wall_time(), *time));
  const json* const heap = member(*stats, "heap");
  const std::optional<double> bytes = heap == nullptr ? std::nullopt : number_at(*heap, "avg");
  return bytes ? builder.add_summary(name, shown("heap", "B", Better::lower), *bytes)
               : Result<void>();
}

/// {"layout": [{"name": GROUP or null}], "benchmarks": [{"group": index, "runs": [RUN]}]}
Result<void> parse_json(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  const auto rows = read_rows(
      input, limits, {},
      [&](const JsonRow& row) -> Result<void> {
        std::vector<std::string> groups;
        if (const json* const layout = member(row.value, "layout"); layout != nullptr)
          for (const json& group : *layout) groups.push_back(text_at(group, "name"));
        const json* const benchmarks = member(row.value, "benchmarks");
        if (benchmarks == nullptr) return Error{Errc::parse, "there is no \"benchmarks\" list"};
        for (const json& benchmark : *benchmarks) {
          const double index = number_at(benchmark, "group").value_or(-1);
          const bool has_group = index >= 0 && index < static_cast<double>(groups.size());
          const json* const runs = member(benchmark, "runs");
          if (runs == nullptr) continue;
          for (const json& run : *runs)
            MELISAI_CHECK(
                add_run(has_group ? groups[static_cast<std::size_t>(index)] : "", run, builder));
        }
        return {};
      },
      "samples");
  return rows ? Result<void>() : Result<void>(rows.error());
}

/// "name      467.73 ns/iter ...": the mean; a bullet in front of a group's name, a rule below it
/// and, where groups end, another.
class Table {
 public:
  explicit Table(ReadingsBuilder& builder) : builder_(builder) {}

  Result<void> take(std::string_view line) {
    static const RE2 row(R"((\S.*?)\s+([0-9.,']+ [a-zµμ]+)/iter\b.*)");
    static const RE2 error(R"((\S.*?)\s+error: (.*))");
    std::string name, text;
    if (line.starts_with("• ")) {
      group_ = trimmed(line.substr(std::string_view("• ").size()));
      is_new_group_ = true;
      return {};
    }
    if (line.starts_with("---")) {
      if (!is_new_group_) group_.clear();
      is_new_group_ = false;
    }
    if (RE2::FullMatch(line, error, &name, &text)) {
      builder_.fail(joined(group_, name, "/"), text);
      return {};
    }
    if (!RE2::FullMatch(line, row, &name, &text)) return {};
    const std::optional<Quantity> time = quantity_from(text);
    if (!time) return Error{Errc::parse, "'" + text + "' is not a time"};
    return builder_.add_summary(joined(group_, name, "/"), wall_time(), time->value);
  }

 private:
  ReadingsBuilder& builder_;
  std::string group_;
  bool is_new_group_ = false;
};

bool looks_like(const Probe& probe) {
  if (probe.kind() == Probe::Kind::json)
    return probe.has("benchmarks[].runs[].stats") || probe.has("benchmarks[].runs[].name");
  return std::any_of(probe.lines().begin(), probe.lines().end(), [](const std::string& line) {
    return line.starts_with("benchmark ") && (line.find("(min … max)") != std::string::npos ||
                                              line.find("avg (min") != std::string::npos);
  });
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  if (Probe(head, input.source()).kind() == Probe::Kind::json)
    return parse_json(input, limits, builder);
  Table table(builder);
  return each_line(input, limits, [&](std::string_view line) { return table.take(line); });
}

}  // namespace

extern const Format kMitata;
const Format kMitata{
    .info = {.name = "mitata", .tool = "mitata", .made_by = "await run({ format: 'json' })"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
