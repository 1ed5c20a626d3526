#include <re2/re2.h>

#include <algorithm>

#include "core/measure/formats/format.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/load.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

/// "fib(10) x 1,431,759 ops/sec ±0.74% (93 runs sampled)"; the name may hold " x 2 " itself.
const RE2& cycle_line() {
  static const RE2 pattern(R"(\s*(.+) x ([0-9.,]+|Infinity) ops/sec\s*(?:±|\+-|\+/-)\s*)"
                           R"([0-9.,]+%\s*\((\d+) runs? sampled\).*)");
  return pattern;
}

Result<void> take_line(std::string_view line, ReadingsBuilder& builder) {
  std::string name, rate, runs;
  if (!RE2::FullMatch(line, cycle_line(), &name, &rate, &runs)) return {};
  if (rate == "Infinity") {
    builder.fail(name, "its rate is infinite; the clock saw no time pass");
    return {};
  }
  const std::optional<double> value = loose_number_from(rate, true);
  if (!value) return Error{Errc::parse, "'" + rate + "' is no number"};
  return builder.add_summary(name, throughput(), *value, count_from(number_from(runs).value_or(1)));
}

bool looks_like(const Probe& probe) {
  return std::any_of(probe.lines().begin(), probe.lines().end(), [](const std::string& line) {
    return line.find(" ops/sec") != std::string::npos && RE2::FullMatch(line, cycle_line());
  });
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  return each_line(input, limits, [&](std::string_view line) { return take_line(line, builder); });
}

}  // namespace

extern const Format kBenchmarkjs;
const Format kBenchmarkjs{
    .info = {.name = "benchmarkjs", .tool = "Benchmark.js", .made_by = "node bench.js > FILE"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
