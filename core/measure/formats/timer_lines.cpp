#include <re2/re2.h>

#include <algorithm>

#include "core/measure/formats/format.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/load.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

// Harnesses that print one line for each benchmark: a name and a quantity of time.

/// "Template(RunTime): 1.0 us."
const RE2& dart_line() {
  static const RE2 pattern(R"(\s*(\S.*?\(RunTime(?:Raw)?\)): ([0-9.eE+]+ [a-z]+)\.?\s*)");
  return pattern;
}

/// "Code block 'sort' took: 2150.28821 ms"
const RE2& linetimer_line() {
  static const RE2 pattern(R"(\s*Code block(?: '(.*)')? took: ([0-9.eE+-]+ \S+)\s*)");
  return pattern;
}

bool has_line(const Probe& probe, const RE2& pattern) {
  return std::any_of(probe.lines().begin(), probe.lines().end(),
                     [&](const std::string& line) { return RE2::FullMatch(line, pattern); });
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder,
                   const RE2& pattern) {
  return each_line(input, limits, [&](std::string_view line) -> Result<void> {
    std::string name, text;
    if (!RE2::FullMatch(line, pattern, &name, &text)) return {};
    const std::optional<Quantity> time = quantity_from(text);
    if (!time || time->unit.canonical != "ns")
      return Error{Errc::parse, "'" + text + "' is not a time"};
    return builder.add(name.empty() ? "code block" : name, wall_time(), time->value);
  });
}

/// "label: 7617ms - timer ended" (Firefox), "label: 1.234ms", "label: 1.234s", "label: 2:03.456
/// (m:ss.mmm)" (Node), "label: 12.5 ms" (Chrome).
const RE2& timer_line() {
  static const RE2 pattern(R"(\s*(.+): ([0-9.]+ ?m?s|[0-9:.]+ \(h?h?:?m?m:ss(?:\.mmm)?\)|)"
                           R"([0-9:.]+ \(h:mm:ss\))( - timer ended)?\s*)");
  return pattern;
}

Result<void> take_timer(std::string_view line, ReadingsBuilder& builder) {
  std::string name, text;
  if (!RE2::FullMatch(line, timer_line(), &name, &text)) return {};
  const std::size_t note = text.find(" (");
  if (note != std::string::npos) {
    const std::optional<double> time = clock_from(text.substr(0, note));
    return time ? builder.add(name, wall_time(), *time) : Result<void>();
  }
  const std::optional<Quantity> time = quantity_from(text);
  return time ? builder.add(name, wall_time(), time->value) : Result<void>();
}

/// Any program may print "label: 5ms": without Firefox's words, all lines must.
bool looks_like_timers(const Probe& probe) {
  if (probe.kind() != Probe::Kind::text) return false;
  bool is_all = true;
  bool has_any = false;
  for (const std::string& line : probe.lines()) {
    if (trimmed(line).empty()) continue;
    std::string name, text, ended;
    const bool is_timer = RE2::FullMatch(line, timer_line(), &name, &text, &ended) &&
                          !RE2::FullMatch(line, linetimer_line());
    if (is_timer && !ended.empty()) return true;
    has_any |= is_timer;
    is_all &= is_timer;
  }
  return has_any && is_all;
}

Result<void> parse_timers(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  return each_line(input, limits, [&](std::string_view line) { return take_timer(line, builder); });
}

}  // namespace

extern const Format kDart;
const Format kDart{
    .info = {.name = "dart-benchmark-harness",
             .tool = "benchmark_harness",
             .made_by = "dart run bench.dart > FILE"},
    .looks_like = [](const Probe& probe) { return has_line(probe, dart_line()); },
    .parse = [](Input& input, const Limits& limits,
                ReadingsBuilder& builder) { return parse(input, limits, builder, dart_line()); },
};

extern const Format kLinetimer;
const Format kLinetimer{
    .info = {.name = "linetimer", .tool = "linetimer", .made_by = "python bench.py > FILE"},
    .looks_like = [](const Probe& probe) { return has_line(probe, linetimer_line()); },
    .parse =
        [](Input& input, const Limits& limits, ReadingsBuilder& builder) {
          return parse(input, limits, builder, linetimer_line());
        },
};

extern const Format kConsoleTime;
const Format kConsoleTime{
    .info = {.name = "js-console-time",
             .tool = "console.timeEnd",
             .made_by = "node script.js > FILE"},
    .looks_like = looks_like_timers,
    .parse = parse_timers,
};

}  // namespace melisai::formats
