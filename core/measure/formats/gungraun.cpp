#include <re2/re2.h>

#include <algorithm>
#include <optional>

#include "core/measure/formats/format.h"
#include "core/measure/formats/gungraun_metrics.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

struct Row {
  std::string label;
  std::string value;  ///< of the new run; "" when there is none
  char next = ' ';    ///< '|' before the old run's value
};

/// "  L1 Hits:    2359|N/A   (*****)", of iai and old versions "  L1 Hits:   2359 (No change)".
std::optional<Row> row_in(std::string_view line) {
  static const RE2 row_regex(R"(  (\S[^:]*):\s+(N/A|[0-9.,]+)([|\s].*)?)");
  if (!line.starts_with("  ")) return std::nullopt;
  Row row;
  std::string rest;
  if (!RE2::FullMatch({line.data(), line.size()}, row_regex, &row.label, &row.value, &rest) ||
      !gungraun_metric(row.label, ""))
    return std::nullopt;
  if (row.value == "N/A") row.value.clear();
  if (!rest.empty()) row.next = rest.front();
  return row;
}

/// "file::group::function id:arguments"
bool is_path(std::string_view line) {
  static const RE2 path_regex(R"(\w+(?:::\w+)+(?:\s.*)?)");
  return line.find("::") != std::string_view::npos &&
         RE2::FullMatch({line.data(), line.size()}, path_regex);
}

bool is_function(std::string_view line) {
  static const RE2 function_regex(R"([A-Za-z_]\w*)");
  return RE2::FullMatch({line.data(), line.size()}, function_regex);
}

/// Whether the lines hold a name that `is_name` knows, with a metric below it.
bool has_benchmark(const Probe& probe, bool (*is_name)(std::string_view), bool has_old_value) {
  bool follows_name = false;
  for (const std::string& line : probe.lines()) {
    const std::optional<Row> row = row_in(line);
    if (row && follows_name && (row->next == '|') == has_old_value) return true;
    const bool is_rest_or_rule =
        !line.empty() && (line.starts_with("  ===") || !line.starts_with(' '));
    follows_name = is_name(line) || (follows_name && (row || is_rest_or_rule));
  }
  return false;
}

bool looks_like_gungraun(const Probe& probe) {
  const auto has = [&](std::string_view part) { return probe.has_line_with(part); };
  if (has("\"module_path\":") && has("\"benchmark_exe\":")) return true;
  return has_benchmark(probe, is_path, true) || has_benchmark(probe, is_path, false);
}

bool looks_like_iai(const Probe& probe) { return has_benchmark(probe, is_function, false); }

/// Names, each above the metrics of its tools.
class Text {
 public:
  Text(Lines& lines, bool (*is_name)(std::string_view), ReadingsBuilder& builder)
      : lines_(lines), is_name_(is_name), builder_(builder) {}

  Result<void> read() {
    while (true) {
      MELISAI_TRY(const std::optional<std::string_view> line, lines_.next());
      if (!line) return {};
      MELISAI_CHECK(take(*line));
    }
  }

 private:
  Result<void> take(std::string_view line);
  Result<void> take_row(const Row& row);

  Lines& lines_;
  bool (*is_name_)(std::string_view);
  ReadingsBuilder& builder_;
  std::string name_;  ///< above the next metric; may go on over several lines
  std::optional<GungraunBenchmark> benchmark_;
  std::string tool_;
  bool is_skipped_ = false;  ///< below a comparison with another benchmark, or a part of the total
};

Result<void> Text::take(std::string_view line) {
  constexpr std::size_t kNameMax = 10'000;
  static const RE2 tool_regex(R"(  =+ (\w+) =+\s*)");
  if (const std::optional<Row> row = row_in(line)) return take_row(*row);
  if (RE2::FullMatch({line.data(), line.size()}, tool_regex, &tool_)) {
    is_skipped_ = false;
  } else if (line.starts_with("  Comparison with ") || line.starts_with("  ## ")) {
    is_skipped_ = !line.starts_with("  ## Total");
  } else if (trimmed(line).empty()) {
    name_.clear();
  } else if (is_name_(line)) {
    name_ = line;
    benchmark_.reset();
    tool_.clear();
    is_skipped_ = false;
  } else if (!name_.empty() && !line.starts_with("  ") && name_.size() < kNameMax) {
    name_.append("\n").append(line);
  }
  return {};
}

Result<void> Text::take_row(const Row& row) {
  if (!name_.empty()) benchmark_.emplace(gungraun_name(name_));
  name_.clear();
  if (!benchmark_ || is_skipped_ || row.value.empty()) return {};
  const auto value = loose_number_from(row.value, true);
  if (!value) return lines_.wrong("the value of " + row.label + " is '" + row.value + "'");
  return benchmark_->add(tool_, row.label, *value, builder_);
}

Result<void> parse_gungraun(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  const Probe probe(head, input.source());
  if (std::any_of(probe.lines().begin(), probe.lines().end(), is_gungraun_json))
    return parse_gungraun_json(input, limits, builder);
  Lines lines(input, limits);
  return Text(lines, is_path, builder).read();
}

Result<void> parse_iai(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  Lines lines(input, limits);
  return Text(lines, is_function, builder).read();
}

}  // namespace

extern const Format kGungraun;
const Format kGungraun{
    .info = {.name = "gungraun",
             .tool = "Gungraun (iai-callgrind)",
             .made_by = "cargo bench -- --output-format=json | tee FILE"},
    .looks_like = looks_like_gungraun,
    .parse = parse_gungraun,
};

extern const Format kIai;
const Format kIai{
    .info = {.name = "iai", .tool = "Iai", .made_by = "cargo bench | tee FILE"},
    .looks_like = looks_like_iai,
    .parse = parse_iai,
};

}  // namespace melisai::formats
