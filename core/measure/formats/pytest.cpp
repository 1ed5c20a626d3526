#include "core/measure/formats/pytest.h"

#include <nlohmann/json.hpp>
#include <string>

#include "core/base/text.h"
#include "core/measure/formats/csv.h"
#include "core/measure/formats/format.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/measured.h"
#include "core/measure/formats/names.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

using nlohmann::json;

constexpr double kSecond = 1e9;

/// Raw times only when all of them are there: files are cut to save space.
Result<void> add_times(const std::string& name, const json& stats, ReadingsBuilder& builder) {
  const std::vector<double> data = numbers_in(member(stats, "data"));
  const auto rounds = number_at(stats, "rounds");
  if (!data.empty() && (!rounds || static_cast<double>(data.size()) == *rounds)) {
    for (const double seconds : data)
      MELISAI_CHECK(builder.add(name, wall_time(), seconds * kSecond));
    return {};
  }
  for (const char* const statistic : {"median", "mean", "min"}) {
    const auto value = loose_number_at(stats, statistic);
    if (!value) continue;
    return builder.add_summary(name, wall_time(), *value * kSecond, count_of(rounds));
  }
  builder.fail(name, "it has no times");
  return {};
}

Result<void> add_benchmark(const json& benchmark, ReadingsBuilder& builder) {
  std::string name = text_at(benchmark, "fullname");
  if (name.empty()) name = text_at(benchmark, "name");
  const json* const stats = member(benchmark, "stats");
  if (name.empty()) return Error{Errc::parse, "a benchmark has no fullname"};
  if (stats == nullptr || !stats->is_object()) {
    builder.fail(name, "it has no times");
    return {};
  }
  MELISAI_CHECK(add_times(name, *stats, builder));
  const json* const extra = member(benchmark, "extra_info");
  if (extra == nullptr || !extra->is_object()) return {};
  for (const auto& [key, value] : extra->items()) {
    const std::string metric = snake_case(key);
    if (value.is_number() && !metric.empty() && metric != wall_time().name)
      MELISAI_CHECK(
          builder.add(name, shown(metric, "count", Better::unknown), value.get<double>()));
  }
  return {};
}

Result<void> parse_json(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const JsonPath path, JsonPath::parse("$.benchmarks[*]"));
  MELISAI_CHECK(read_rows(input, limits, path,
                          [&](const JsonRow& row) { return add_benchmark(row.value, builder); }));
  return {};
}

/// `pytest-benchmark compare --csv`: seconds.
Result<void> parse_csv(Lines& lines, ReadingsBuilder& builder) {
  MELISAI_TRY(CsvTable table, CsvTable::read_header(lines));
  const auto name = table.column("name");
  auto center = table.column("median");
  if (!center) center = table.column("mean");
  const auto rounds = table.column("rounds");
  if (!name || !center) return lines.wrong("the header has no column 'median' or 'mean'");
  Repeated repeated;
  while (true) {
    MELISAI_TRY(const std::optional<CsvFields> row, table.next());
    if (!row) return {};
    const auto seconds = number_from((*row)[*center]);
    const auto count = rounds ? number_from((*row)[*rounds]) : std::nullopt;
    if (!seconds) return lines.wrong(in_quotes((*row)[*center]) + " is not a number");
    MELISAI_CHECK(builder.add_summary(repeated.name_of((*row)[*name]), wall_time(),
                                      *seconds * kSecond, count_of(count)));
  }
}

bool is_csv_header(std::string_view line) {
  return line.starts_with("name,") && line.find(",stddev") != std::string_view::npos &&
         line.find(",iterations") != std::string_view::npos;
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  if (begins_as_json(head)) return parse_json(input, limits, builder);
  const bool is_csv = is_csv_header(head.substr(0, head.find('\n')));
  Lines lines(input, limits);
  return is_csv ? parse_csv(lines, builder) : parse_pytest_table(lines, builder);
}

bool looks_like(const Probe& probe) {
  if (probe.kind() == Probe::Kind::json)
    return probe.has("benchmarks[].stats.mean") ||
           (probe.has("benchmarks[].stats") && probe.has("machine_info"));
  if (!probe.lines().empty() && is_csv_header(probe.lines().front())) return true;
  return probe.has_line_starting("Name (time in ");
}

/// A word of a -k expression; what it may not hold (pytest's grammar of names) is left off the end,
/// which selects more, never less.
std::string word_of(std::string_view name) {
  std::size_t length = 0;
  while (length < name.size()) {
    const char c = name[length];
    const bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!is_word && std::string_view("_:+-.[]\\/").find(c) == std::string_view::npos) break;
    ++length;
  }
  return std::string(name.substr(0, length));
}

/// "tests/test_a.py::TestB::test_c[1]" -> "test_a.py and TestB and test_c[1]"
std::string expression_of(std::string_view name) {
  name.remove_prefix(name.rfind('/', name.find("::")) + 1);
  std::string expression;
  while (!name.empty()) {
    const std::size_t end = name.find("::");
    const std::string word = word_of(name.substr(0, end));
    if (!word.empty()) expression += (expression.empty() ? "" : " and ") + word;
    name.remove_prefix(end == std::string_view::npos ? name.size() : end + 2);
  }
  return expression;
}

std::string filter(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) {
    const std::string expression = expression_of(name);
    if (!expression.empty()) all += (all.empty() ? "" : " or ") + expression;
  }
  return all;
}

}  // namespace

extern const Format kPytest;
const Format kPytest{
    .info = {.name = "pytest-benchmark",
             .tool = "pytest-benchmark",
             .made_by = "pytest --benchmark-only --benchmark-json=FILE"},
    .looks_like = looks_like,
    .parse = parse,
    .filter_template = "-k={regex}",
    .filter = filter,
};

}  // namespace melisai::formats
