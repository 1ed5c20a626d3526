#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "core/base/text.h"
#include "core/measure/formats/cells.h"
#include "core/measure/formats/csv.h"
#include "core/measure/formats/format.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/measured.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

using nlohmann::json;

constexpr double kSecond = 1e9;
constexpr std::string_view kParameter = "parameter_";

/// Two commands may carry one name (-n): their parameters or their order tell them apart.
class Names {
 public:
  std::string name_of(const std::string& command, const std::string& parameters) {
    return repeated_.name_of(variants_.name_of(command, parameters));
  }

 private:
  Variants variants_;
  Repeated repeated_;
};

std::string parameters_of(const json& result) {
  std::string all;
  const json* const parameters = member(result, "parameters");
  if (parameters == nullptr || !parameters->is_object()) return all;
  for (const auto& [name, value] : parameters->items())
    all += (all.empty() ? "" : " ") + name + "=" +
           (value.is_string() ? value.get<std::string>() : value.dump());
  return all;
}

/// How many runs did not end with 0, of which hyperfine was told to take no notice. A command that
/// fails at once is fast, and no improvement.
std::size_t failures_in(const json& result) {
  const json* const codes = member(result, "exit_codes");
  if (codes == nullptr || !codes->is_array()) return 0;
  return static_cast<std::size_t>(std::count_if(codes->begin(), codes->end(), [](const json& code) {
    return !code.is_number() || code.get<double>() != 0;
  }));
}

Result<void> add_memory(const std::string& name, const json& result, ReadingsBuilder& builder) {
  const Metric peak = near_exact("peak_rss", "B");
  for (const double bytes : numbers_in(member(result, "memory_usage_byte")))
    MELISAI_CHECK(builder.add(name, peak, bytes));
  if (const auto bytes = number_at(result, "memory_usage_byte"))
    return builder.add_summary(name, peak, *bytes);
  return {};
}

Result<void> add_result(const std::string& name, const json& result, ReadingsBuilder& builder) {
  const std::vector<double> times = numbers_in(member(result, "times"));
  if (const std::size_t failures = failures_in(result); failures > 0) {
    builder.fail(name,
                 "exited with another code than 0 in " + std::to_string(failures) + " of its runs");
    return {};
  }
  for (const double seconds : times)
    MELISAI_CHECK(builder.add(name, wall_time(), seconds * kSecond));
  const auto median = number_at(result, "median");
  const auto center = median ? median : number_at(result, "mean");
  if (times.empty() && !center)
    return Error{Errc::parse, "command " + in_quotes(name) + " has neither times nor a mean"};
  if (times.empty()) MELISAI_CHECK(builder.add_summary(name, wall_time(), *center * kSecond));
  const auto user = number_at(result, "user"), system = number_at(result, "system");
  if (user && system)
    MELISAI_CHECK(builder.add_summary(name, cpu_time(), (*user + *system) * kSecond,
                                      std::max<std::size_t>(times.size(), 1)));
  return add_memory(name, result, builder);
}

Result<void> parse_json(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const JsonPath path, JsonPath::parse("$.results[*]"));
  Names names;
  const auto take = [&](const JsonRow& row) -> Result<void> {
    const std::string command = text_at(row.value, "command");
    if (command.empty()) return Error{Errc::parse, "a result has no command"};
    return add_result(names.name_of(command, parameters_of(row.value)), row.value, builder);
  };
  MELISAI_CHECK(read_rows(input, limits, path, take));
  return {};
}

struct CsvColumns {
  std::optional<std::size_t> median, mean, user, system;
};

Result<void> add_csv_row(const std::string& name, const CsvColumns& columns, const CsvFields& row,
                         ReadingsBuilder& builder) {
  const auto number = [&](const std::optional<std::size_t>& column) {
    return column ? number_from(row[*column]) : std::nullopt;
  };
  const auto median = number(columns.median);
  const auto center = median ? median : number(columns.mean);
  if (!center) return Error{Errc::parse, "neither the median nor the mean is a number"};
  MELISAI_CHECK(builder.add_summary(name, wall_time(), *center * kSecond));
  const auto user = number(columns.user), system = number(columns.system);
  if (!user || !system) return {};
  return builder.add_summary(name, cpu_time(), (*user + *system) * kSecond);
}

Result<void> parse_csv(Lines& lines, ReadingsBuilder& builder) {
  MELISAI_TRY(CsvTable table, CsvTable::read_header(lines));
  const CsvColumns columns{.median = table.column("median"),
                           .mean = table.column("mean"),
                           .user = table.column("user"),
                           .system = table.column("system")};
  const auto command = table.column("command");
  if (!command) return lines.wrong("the header has no column 'command'");
  Names names;
  while (true) {
    MELISAI_TRY(const std::optional<CsvFields> row, table.next());
    if (!row) return {};
    std::string parameters;
    for (std::size_t i = 0; i < row->size(); ++i)
      if (table.header()[i].starts_with(kParameter))
        parameters += (parameters.empty() ? "" : " ") +
                      table.header()[i].substr(kParameter.size()) + "=" + (*row)[i];
    const auto added =
        add_csv_row(names.name_of((*row)[*command], parameters), columns, *row, builder);
    if (!added) return lines.wrong(added.error().message);
  }
}

/// "| Command | Mean [ms] | ...", as --export-markdown and --export-orgmode write it.
std::optional<Unit> table_unit(const std::vector<std::string_view>& cells) {
  if (cells.size() < 2 || cells[0] != "Command" || !cells[1].starts_with("Mean [")) return {};
  const std::size_t end = cells[1].find(']');
  return end == std::string_view::npos ? std::nullopt : unit_from(cells[1].substr(6, end - 6));
}

/// The command in "`a \| b`".
std::string command_in(std::string_view cell) {
  for (const char mark : {'`', '='})
    if (cell.size() > 1 && cell.front() == mark && cell.back() == mark) {
      cell = cell.substr(1, cell.size() - 2);
      break;
    }
  std::string command(cell);
  for (std::size_t at = 0; (at = command.find("\\|", at)) != std::string::npos; ++at)
    command.erase(at, 1);
  return command;
}

/// "|:---|---:|" or "|---+---|"
bool is_rule(std::string_view cell) { return cell.find_first_not_of(":-+") == cell.npos; }

/// What people see: the console's blocks, or a table of them.
class TextReader {
 public:
  TextReader(Lines& lines, ReadingsBuilder& builder) : lines_(lines), builder_(builder) {}

  Result<void> line(std::string_view line) {
    if (const auto cells = cells_of(line); !cells.empty()) return row(cells);
    line = trimmed(line);
    if (line.starts_with("Benchmark ")) {
      MELISAI_CHECK(flush(1));
      const std::size_t colon = line.find(':');
      if (colon != std::string_view::npos)
        name_ = names_.name_of(std::string(trimmed(line.substr(colon + 1))), "");
    }
    if (line.starts_with("Time (")) return times(line);
    if (line.starts_with("Range (")) return range(line);
    if (line.starts_with("Warning: Ignoring non-zero exit code") && !name_.empty())
      builder_.fail(name_, "exited with another code than 0");
    return {};
  }

  Result<void> finish() { return flush(1); }

 private:
  Result<void> flush(std::uint64_t n) {
    if (mean_) MELISAI_CHECK(builder_.add_summary(name_, wall_time(), *mean_, n));
    if (cpu_) MELISAI_CHECK(builder_.add_summary(name_, cpu_time(), *cpu_, n));
    mean_.reset();
    cpu_.reset();
    return {};
  }
  Result<void> row(const std::vector<std::string_view>& cells) {
    if (const auto unit = table_unit(cells)) {
      unit_ = unit;
      return {};
    }
    if (!unit_ || is_rule(cells[0])) return {};
    const auto words = words_of(cells.size() < 2 ? "" : cells[1]);
    const auto mean = words.empty() ? std::nullopt : number_from(words[0]);
    if (!mean) return lines_.wrong("the row has no mean");
    return builder_.add_summary(names_.name_of(command_in(cells[0]), ""), wall_time(),
                                *mean * unit_->factor);
  }

  /// "Time (mean ± σ):  11.6 ms ±  1.1 ms  [User: 0.7 ms, System: 0.0 ms]"
  Result<void> times(std::string_view line) {
    const std::size_t colon = line.find("):");
    if (colon != std::string_view::npos) mean_ = first_quantity(line.substr(colon + 2));
    if (!mean_ || name_.empty())
      return lines_.wrong("there is no time of a benchmark on this line");
    const auto user = after(line, "User: "), system = after(line, "System: ");
    if (user && system) cpu_ = *user + *system;
    return {};
  }
  /// "Range (min … max):    10.8 ms …  13.2 ms    4 runs"; there is none of a single run.
  Result<void> range(std::string_view line) {
    const auto words = words_of(line);
    return flush(words.size() < 2 ? 1 : count_of(number_from(words[words.size() - 2])));
  }
  static std::optional<double> first_quantity(std::string_view text) {
    const auto words = words_of(text, 3);
    if (words.size() < 2) return std::nullopt;
    const auto unit = unit_from(words[1].substr(0, words[1].find_first_of(",]")));
    const auto value = number_from(words[0]);
    return value && unit ? std::optional(*value * unit->factor) : std::nullopt;
  }
  static std::optional<double> after(std::string_view line, std::string_view label) {
    const std::size_t at = line.find(label);
    if (at == std::string_view::npos) return std::nullopt;
    return first_quantity(line.substr(at + label.size()));
  }

  Lines& lines_;
  ReadingsBuilder& builder_;
  Names names_;
  std::string name_;
  std::optional<double> mean_, cpu_;  ///< of name_, until the number of runs is known
  std::optional<Unit> unit_;          ///< of a table's times
};

Result<void> parse_text(Lines& lines, ReadingsBuilder& builder) {
  TextReader reader(lines, builder);
  while (true) {
    MELISAI_TRY(const std::optional<std::string_view> line, lines.next());
    if (!line) return reader.finish();
    MELISAI_CHECK(reader.line(*line));
  }
}

bool is_csv_header(std::string_view line) { return line.starts_with("command,mean,stddev"); }

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  if (begins_as_json(head)) return parse_json(input, limits, builder);
  const bool is_csv = is_csv_header(head);
  Lines lines(input, limits);
  return is_csv ? parse_csv(lines, builder) : parse_text(lines, builder);
}

bool looks_like(const Probe& probe) {
  if (probe.kind() == Probe::Kind::json)
    return probe.has("results[].command") && probe.has("results[].mean");
  if (!probe.lines().empty() && is_csv_header(probe.lines().front())) return true;
  return std::any_of(probe.lines().begin(), probe.lines().end(), [](const std::string& line) {
    return line.starts_with("  Time (mean ± σ):") || line.starts_with("  Time (abs ≡):") ||
           table_unit(cells_of(line)).has_value();
  });
}

}  // namespace

extern const Format kHyperfine;
const Format kHyperfine{
    .info = {.name = "hyperfine",
             .tool = "hyperfine",
             .made_by = "hyperfine --export-json FILE COMMAND..."},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
