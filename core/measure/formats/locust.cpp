#include <re2/re2.h>

#include <nlohmann/json.hpp>

#include "core/measure/formats/csv.h"
#include "core/measure/formats/format.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/load.h"
#include "core/measure/formats/names.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

constexpr double kMillisecond = 1e6;

/// One row of statistics: a request, or all of them together ("Aggregated", once "Total").
struct Row {
  std::string name;
  double requests = 0, failures = 0;
  double average_ms = 0, rate = 0;
};

Result<void> add_row(const Row& row, ReadingsBuilder& builder) {
  if (row.requests < 1) return {};
  const auto n = count_from(row.requests);
  MELISAI_CHECK(builder.add_summary(row.name, latency(), row.average_ms * kMillisecond, n));
  MELISAI_CHECK(builder.add_summary(row.name, throughput(), row.rate, n));
  return builder.add_summary(row.name, errors(), row.failures);
}

/// *_stats.csv of `locust --csv`.
Result<void> parse_csv(Lines& lines, ReadingsBuilder& builder) {
  MELISAI_TRY(CsvTable table, CsvTable::read_header(lines));
  if (table.column("Timestamp"))
    return lines.wrong("this is the history within a run; read the file ..._stats.csv instead");
  const auto find = [&](std::string_view name) { return table.column(name); };
  const auto type = find("Type"), name = find("Name"), requests = find("Request Count"),
             failures = find("Failure Count"), average = find("Average Response Time"),
             rate = find("Requests/s");
  if (!type || !name || !requests || !failures || !average || !rate)
    return lines.wrong("a column is missing; is it the file ..._stats.csv?");
  while (true) {
    MELISAI_TRY(const std::optional<CsvFields> row, table.next());
    if (!row) return {};
    const auto number = [&](std::size_t at) { return number_from((*row)[at]).value_or(-1); };
    const Row read{joined((*row)[*type], (*row)[*name], " "), number(*requests), number(*failures),
                   number(*average), number(*rate)};
    MELISAI_CHECK(add_row(read, builder));
    if (read.requests < 1) continue;
    for (std::size_t i = 0; i < row->size(); ++i)
      if (const std::string& column = table.header()[i]; column.ends_with('%') && column != "100%")
        if (const auto time = number_from((*row)[i]))
          MELISAI_CHECK(builder.add_summary(read.name,
                                            latency_percentile(column.substr(0, column.size() - 1)),
                                            *time * kMillisecond));
  }
}

/// The tables on the console; while a run lasts they are printed again and again: the last counts.
class Text {
 public:
  Result<void> take(std::string_view line) {
    static const RE2 row(R"((\S*)\s+(.*?)\s+(\d+)\s+(\d+)\([0-9.]+%\)\s+\|)"
                         R"(\s+(\d+)\s+\d+\s+\d+\s+\d+\s+\|\s+([0-9.]+)\s+[0-9.]+\s*)");
    if (line.starts_with("Type ") && line.find("# fails") != std::string_view::npos) rows_.clear();
    std::string type, name, requests, failures, average, rate;
    if (!RE2::FullMatch(line, row, &type, &name, &requests, &failures, &average, &rate)) return {};
    const auto number = [](const std::string& text) { return number_from(text).value_or(-1); };
    rows_.push_back({joined(type, name, " "), number(requests), number(failures), number(average),
                     number(rate)});
    return {};
  }
  Result<void> finish(ReadingsBuilder& builder) const {
    for (const Row& row : rows_) MELISAI_CHECK(add_row(row, builder));
    return {};
  }

 private:
  std::vector<Row> rows_;
};

/// `locust --json`: a list of requests with sums.
Result<void> parse_json(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const JsonPath path, JsonPath::parse("$[*]"));
  const auto rows = read_rows(input, limits, path, [&](const JsonRow& row) -> Result<void> {
    const auto number = [&](std::string_view name) {
      return number_at(row.value, name).value_or(0);
    };
    const double requests = number("num_requests");
    const double seconds = number("last_request_timestamp") - number("start_time");
    if (requests < 1) return {};
    const std::string name = joined(text_at(row.value, "method"), text_at(row.value, "name"), " ");
    const auto n = count_from(requests);
    MELISAI_CHECK(builder.add_summary(name, latency(),
                                      number("total_response_time") / requests * kMillisecond, n));
    if (seconds > 0) MELISAI_CHECK(builder.add_summary(name, throughput(), requests / seconds, n));
    return builder.add_summary(name, errors(), number("num_failures"));
  });
  return rows ? Result<void>() : Result<void>(rows.error());
}

bool is_csv(const Probe& probe) {
  return probe.has_line_starting("Type,Name,Request Count,") ||
         probe.has_line_starting("\"Type\",\"Name\",\"Request Count\",") ||
         probe.has_line_starting("Timestamp,User Count,Type,Name,");
}

bool looks_like(const Probe& probe) {
  if (probe.kind() == Probe::Kind::json)
    return probe.has("[].num_requests") && probe.has("[].total_response_time");
  return is_csv(probe) || (probe.has_line_with("# reqs") && probe.has_line_with("# fails"));
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  const Probe probe(head, input.source());
  if (probe.kind() == Probe::Kind::json) return parse_json(input, limits, builder);
  if (is_csv(probe)) {
    Lines lines(input, limits);
    return parse_csv(lines, builder);
  }
  Text text;
  MELISAI_CHECK(each_line(input, limits, [&](std::string_view line) { return text.take(line); }));
  return text.finish(builder);
}

}  // namespace

extern const Format kLocust;
const Format kLocust{
    .info = {.name = "locust", .tool = "Locust", .made_by = "locust --headless --csv PREFIX"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
