#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "core/measure/formats/csv.h"
#include "core/measure/formats/format.h"
#include "core/measure/formats/json_lines.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/load.h"
#include "core/measure/formats/names.h"
#include "core/measure/formats/sections.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

/// What CSV and JSON, which do not name the command, are readings of.
constexpr std::string_view kNameless = "perf stat";

constexpr std::array<std::string_view, 3> kRepeatable{"instructions", "branches",
                                                      "branch-instructions"};
constexpr std::array<std::string_view, 3> kCycles{"cycles", "cpu-cycles", "ref-cycles"};
constexpr std::array<std::string_view, 4> kTimes{"task-clock", "cpu-clock", "user_time",
                                                 "system_time"};

bool is_in(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// "cpu_core/cycles/u" and "cycles:u" -> "cycles".
std::string_view kind_of(std::string_view event) {
  event = event.substr(0, event.find(':'));
  if (const std::size_t slash = event.find('/'); slash != std::string_view::npos) {
    event.remove_prefix(slash + 1);
    event = event.substr(0, event.find('/'));
  }
  return event;
}

bool is_harm(std::string_view kind) {
  for (const std::string_view part : {"misses", "faults", "switches", "migrations"})
    if (kind.find(part) != std::string_view::npos) return true;
  return false;
}

bool is_known(std::string_view event) {
  const std::string_view kind = kind_of(event);
  return is_in(kRepeatable, kind) || is_in(kCycles, kind) || is_in(kTimes, kind) || is_harm(kind) ||
         kind == "duration_time";
}

/// Nothing for a unit that no metric has (Joules, degrees).
std::optional<Metric> metric_of(std::string_view event, const std::optional<Unit>& unit) {
  if (!unit) return std::nullopt;
  const std::string name = snake_case(event);
  const std::string_view kind = kind_of(event);
  if (event.starts_with("task-clock") && unit->canonical == "ns") return cpu_time();
  if (event == "duration_time") return wall_time();
  if (unit->canonical != "count") return shown(name, unit->canonical, unit->better);
  if (is_in(kRepeatable, kind)) return near_exact(name, "count");
  if (is_in(kCycles, kind)) return Metric{name, "count", Better::lower, Tier::time};
  return shown(name, "count", is_harm(kind) ? Better::lower : Better::unknown);
}

struct Count {
  std::string value;  ///< may be "<not supported>"
  std::string unit;
  std::string event;
  std::string where{};  ///< "S0" of --per-socket and the like
};

Result<void> add_count(const std::string& benchmark, const Count& count, bool commas_group,
                       ReadingsBuilder& builder, std::uint64_t n) {
  if (count.value.starts_with("<not")) return {};
  const std::optional<double> value = loose_number_from(count.value, commas_group);
  if (!value) return Error{Errc::parse, "the count '" + count.value + "' is no number"};
  // Without a unit, newer versions write clocks in ns.
  const bool is_clock = is_in(kTimes, kind_of(count.event)) || count.event == "duration_time";
  const std::string unit_text = !count.unit.empty() ? count.unit : is_clock ? "ns" : "count";
  const std::optional<Unit> unit = unit_from(unit_text);
  const std::optional<Metric> metric = metric_of(count.event, unit);
  if (!metric) return {};
  return builder.add_summary(benchmark, *metric, *value * unit->factor, n);
}

bool is_count(std::string_view text) {
  return text.starts_with("<not") || loose_number_from(text, false).has_value();
}

/// `perf stat -x`: VALUE,UNIT,EVENT,[DEVIATION%,]RUN TIME,PERCENT,... behind columns of --per-core
/// and the like.
std::optional<Count> csv_count(std::string_view line) {
  static const RE2 event_shape("[A-Za-z_][-A-Za-z0-9_:./=*@,]*");
  for (const char separator : {';', '|', '\t', ',', ':'}) {
    if (std::count(line.begin(), line.end(), separator) < 4) continue;
    const Result<CsvFields> fields = split_csv(line, separator);
    if (!fields) return std::nullopt;
    for (std::size_t at = 0; at < 3 && at + 4 < fields->size(); ++at) {
      const std::string& unit = (*fields)[at + 1];
      const bool is_row = is_count((*fields)[at]) && !is_count(unit) &&
                          RE2::FullMatch((*fields)[at + 2], event_shape) &&
                          (is_count((*fields)[at + 4]) || (*fields)[at + 3].ends_with('%'));
      if (is_row && (at == 0 || !is_count((*fields)[0])))
        return Count{(*fields)[at], unit, (*fields)[at + 2], at == 0 ? "" : (*fields)[0]};
      if (is_row) return Count{"interval", "", (*fields)[at + 2]};
    }
  }
  return std::nullopt;
}

std::string named(std::string_view name, std::string_view where) {
  return where.empty() ? std::string(name) : joined(name, where, "/");
}

constexpr std::string_view kIntervals =
    "these are counts of intervals, not of a run; leave out `perf stat -I`";

bool is_interval_header(std::string_view line) {
  return line.starts_with("#") && line.find("counts unit events") != std::string_view::npos;
}

class Text {
 public:
  explicit Text(ReadingsBuilder& builder) : builder_(builder) {}

  Result<void> take(std::string_view line) {
    static const RE2 start("\\s*Performance counter stats for (.*?)(?: \\((\\d+) runs\\))?:");
    static const RE2 elapsed("\\s*([0-9.,]+)(?: \\+- [0-9.,]+)? seconds time elapsed.*");
    if (is_interval_header(line)) return Error{Errc::parse, std::string(kIntervals)};
    std::string runs;
    if (RE2::FullMatch(line, start, &name_, &runs)) {
      n_ = runs.empty() ? 1 : count_from(number_from(runs).value_or(1));
      if (name_.size() > 2 && name_.front() == '\'') name_ = name_.substr(1, name_.size() - 2);
      if (!section_.empty()) name_ = section_;
      is_open_ = true;
      has_duration_ = false;
      return {};
    }
    if (const auto title = heading_of(line)) {
      section_ = *title;
      is_open_ = false;
      return {};
    }
    std::string seconds;
    if (is_open_ && RE2::FullMatch(line, elapsed, &seconds))
      return has_duration_
                 ? Result<void>()
                 : builder_.add_summary(name_, wall_time(),
                                        loose_number_from(seconds, false).value_or(-1) * 1e9, n_);
    if (is_open_) return take_count(line);
    return take_csv(line);
  }

 private:
  Result<void> take_count(std::string_view line) {
    const std::vector<std::string_view> words = words_of(line);
    if (words.size() < 2 || !is_count(words[0])) return {};
    if (words[1] == "seconds") {
      if (words.size() < 3) return {};
      const std::string name = words[2] == "sys" ? "system_time" : "user_time";
      return add_count(name_, {std::string(words[0]), "s", name}, false, builder_, n_);
    }
    if (words[0].starts_with("<not")) return {};
    // Before 4.19: "0.35 task-clock (msec)".
    const bool has_note = words.size() > 2 && words[2] == "(msec)";
    // Behind the event: "# ...", "( +- 1.00% )", or the share of the time it was counted,
    // "(49.90%)".
    const bool has_unit =
        !has_note && words.size() > 2 && words[2] != "#" && !words[2].starts_with('(');
    Count count{std::string(words[0]), has_note ? "msec" : "",
                std::string(words[has_unit ? 2 : 1])};
    if (has_unit) count.unit = words[1];
    if (count.event == "duration_time") has_duration_ = true;
    // Without a unit it is a whole number, whatever its locale puts between the digits.
    if (count.unit.empty()) std::erase_if(count.value, [](char c) { return c < '0' || c > '9'; });
    return add_count(name_, count, true, builder_, n_);
  }
  Result<void> take_csv(std::string_view line) {
    const std::optional<Count> count = csv_count(line);
    if (!count) return {};
    if (count->value == "interval") return Error{Errc::parse, std::string(kIntervals)};
    const std::string_view name = section_.empty() ? kNameless : section_;
    return add_count(named(name, count->where), *count, false, builder_, 1);
  }

  ReadingsBuilder& builder_;
  std::string name_, section_;
  std::uint64_t n_ = 1;
  bool is_open_ = false;
  bool has_duration_ = false;  ///< the event that counts what "time elapsed" says, too
};

Result<void> add_json(const nlohmann::json& row, ReadingsBuilder& builder) {
  if (member(row, "interval") != nullptr) return Error{Errc::parse, std::string(kIntervals)};
  const Count count{text_at(row, "counter-value"), text_at(row, "unit"), text_at(row, "event")};
  if (count.value.empty() || count.event.empty()) return {};
  std::string where;
  for (const std::string_view place : {"cpu", "core", "die", "socket", "node", "thread"})
    if (where.empty()) where = text_at(row, place);
  return add_count(named(kNameless, where), count, false, builder, 1);
}

bool has_json(std::string_view line) {
  return line.starts_with('{') && line.find("\"counter-value\"") != std::string_view::npos;
}

bool looks_like(const Probe& probe) {
  return std::any_of(probe.lines().begin(), probe.lines().end(), [](const std::string& line) {
    if (has_json(line) || is_interval_header(line)) return true;
    if (line.find("Performance counter stats for ") != std::string::npos) return true;
    const std::optional<Count> count = csv_count(line);
    return count && is_known(count->event);
  });
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  if (head.find("\"counter-value\"") != std::string_view::npos) {
    MELISAI_TRY([[maybe_unused]] const std::size_t rows,
                read_json_lines(input, limits,
                                [&](const nlohmann::json& row) { return add_json(row, builder); }));
    return {};
  }
  Text text(builder);
  return each_line(input, limits, [&](std::string_view line) { return text.take(line); });
}

}  // namespace

extern const Format kPerfStat;
const Format kPerfStat{
    .info = {.name = "perf-stat", .tool = "perf stat", .made_by = "perf stat -o FILE -r 5 ./bench"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
