#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>

#include "core/base/text.h"
#include "core/measure/formats/csv.h"
#include "core/measure/formats/format.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/measured.h"
#include "core/measure/formats/names.h"

namespace melisai::formats {
namespace {

/// What stands for the main value of a test; the first that it has counts.
constexpr std::array<std::string_view, 4> kCenters{"median", "mean", "average", "avg"};
/// What describes how values scatter around it.
constexpr std::array<std::string_view, 8> kScatter{"min", "max",      "stddev",   "stdev",
                                                   "std", "variance", "ci_lower", "ci_upper"};

template <std::size_t N>
std::size_t rank_in(const std::array<std::string_view, N>& names, std::string_view name) {
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

Better direction_of(std::string_view text) {
  if (text == "higher_is_better") return Better::higher;
  if (text == "lower_is_better") return Better::lower;
  return Better::unknown;
}

struct Columns {
  std::optional<std::size_t> test, metric, unit, value, direction;
};

struct Center {
  std::size_t rank = kCenters.size();
  Measured measured;
  double value = 0;
};

/// test_name,metric_name,unit,value,direction
class Reader {
 public:
  explicit Reader(ReadingsBuilder& builder) : builder_(builder) {}

  Result<void> row(const Columns& columns, const CsvFields& row) {
    const auto text = [&](const std::optional<std::size_t>& column) {
      return column ? std::string(trimmed(row[*column])) : std::string();
    };
    const std::string test = text(columns.test), name = snake_case(text(columns.metric));
    const auto value = number_from(text(columns.value));
    if (test.empty()) return Error{Errc::parse, "a row has no test_name"};
    if (!value) return Error{Errc::parse, in_quotes(text(columns.value)) + " is not a number"};
    if (rank_in(kScatter, name) < kScatter.size()) return {};
    const Better better = direction_of(text(columns.direction));
    const std::string unit_text = text(columns.unit);
    if (const std::size_t rank = rank_in(kCenters, name); rank < kCenters.size() || name.empty()) {
      Center& center = centers_[test];
      if (rank < center.rank || name.empty())
        center = {rank, measured_in(unit_text, better), *value};
      return {};
    }
    const auto unit = unit_text.empty() ? Unit{1, "count", Better::unknown} : unit_from(unit_text);
    if (!unit) return {};
    return builder_.add(test, judged(name, *unit, better), *value * unit->factor);
  }

  Result<void> finish() {
    for (const auto& [test, center] : centers_)
      MELISAI_CHECK(builder_.add_summary(test, center.measured.metric,
                                         center.value * center.measured.factor));
    return {};
  }

 private:
  ReadingsBuilder& builder_;
  std::map<std::string, Center> centers_;
};

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  Lines lines(input, limits);
  MELISAI_TRY(CsvTable table, CsvTable::read_header(lines));
  const Columns columns{.test = table.column("test_name"),
                        .metric = table.column("metric_name"),
                        .unit = table.column("unit"),
                        .value = table.column("value"),
                        .direction = table.column("direction")};
  if (!columns.test || !columns.value)
    return lines.wrong("the header lacks the column 'test_name' or 'value'");
  Reader reader(builder);
  while (true) {
    MELISAI_TRY(const std::optional<CsvFields> row, table.next());
    if (!row) return reader.finish();
    const auto added = reader.row(columns, *row);
    if (!added) return lines.wrong(added.error().message);
  }
}

bool looks_like(const Probe& probe) {
  if (probe.kind() != Probe::Kind::text || probe.lines().empty()) return false;
  const std::string& header = probe.lines().front();
  const Result<CsvFields> fields = split_csv(header, separator_of(header));
  const auto has = [&](std::string_view name) {
    return std::find(fields->begin(), fields->end(), name) != fields->end();
  };
  return fields && has("test_name") && has("metric_name") && has("value");
}

}  // namespace

extern const Format kCustomCsv;
const Format kCustomCsv{
    .info = {.name = "custom-csv",
             .tool = "a table of your own",
             .made_by = "your script: test_name,metric_name,unit,value,direction"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
