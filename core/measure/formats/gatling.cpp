#include <re2/re2.h>

#include <map>
#include <optional>
#include <string>

#include "core/measure/formats/format.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/load.h"
#include "core/measure/formats/names.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

/// simulation.log up to Gatling 3.10 (later ones are binary): "REQUEST <GROUPS> <NAME> <START>
/// <END> OK|KO <WHY>" between tabs; before 3.4 a user's number stands behind REQUEST. Times in ms.
Result<void> take_line(std::string_view line, std::map<std::string, bool>& succeeded,
                       ReadingsBuilder& builder) {
  static const RE2 request(R"(REQUEST\t(?:\d+\t)?([^\t]*)\t([^\t]+)\t(\d+)\t(\d+)\t(OK|KO)\t.*)");
  std::string groups, request_name, start, end, how;
  if (!RE2::FullMatch(line, request, &groups, &request_name, &start, &end, &how)) return {};
  const std::string name = joined(groups, request_name, "/");
  bool& has_succeeded = succeeded[name];
  if (how != "OK") return {};
  has_succeeded = true;
  const double milliseconds = number_from(end).value_or(0) - number_from(start).value_or(0);
  return builder.add(name, latency(), milliseconds * 1e6);
}

/// What a run prints at its end, of all requests: "> mean response time   2 (OK=2  KO=-  )", in a
/// table since 3.11.
Result<void> take_console(std::string_view line, ReadingsBuilder& builder) {
  static const RE2 figure(
      R"(> (mean response time|mean requests/sec|mean throughput|response time \d+th percentile))"
      R"((?: \(ms\)| \(rps\))?\s+\|?\s*([0-9.,]+)[ |].*)");
  constexpr std::string_view kAll = "Global Information";
  std::string what, text;
  if (!line.starts_with("> ") || !RE2::FullMatch(line, figure, &what, &text)) return {};
  const std::optional<double> value = loose_number_from(text, true);
  if (!value) return Error{Errc::parse, "'" + text + "' is no number"};
  if (what == "mean response time") return builder.add_summary(kAll, latency(), *value * 1e6);
  if (what.starts_with("mean")) return builder.add_summary(kAll, throughput(), *value);
  const std::string percent = what.substr(what.find_first_of("0123456789"));
  return builder.add_summary(kAll, latency_percentile(percent.substr(0, percent.find('t'))),
                             *value * 1e6);
}

bool is_console(const Probe& probe) {
  return probe.has_line_starting("---- Global Information --") &&
         probe.has_line_starting("> mean response time");
}

bool looks_like(const Probe& probe) {
  if (is_console(probe)) return true;
  return probe.has_line_starting("RUN\t") &&
         (probe.has_line_starting("REQUEST\t") || probe.has_line_starting("USER\t"));
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  if (is_console(Probe(head, input.source())))
    return each_line(input, limits,
                     [&](std::string_view line) { return take_console(line, builder); });
  std::map<std::string, bool> succeeded;
  MELISAI_CHECK(each_line(
      input, limits, [&](std::string_view line) { return take_line(line, succeeded, builder); }));
  for (const auto& [name, has_succeeded] : succeeded)
    if (!has_succeeded) builder.fail(name, "every request failed");
  return {};
}

}  // namespace

extern const Format kGatling;
const Format kGatling{
    .info = {.name = "gatling", .tool = "Gatling", .made_by = "mvn gatling:test (simulation.log)"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
