#include <re2/re2.h>

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

bool looks_like(const Probe& probe) {
  return probe.has_line_starting("RUN\t") &&
         (probe.has_line_starting("REQUEST\t") || probe.has_line_starting("USER\t"));
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
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
