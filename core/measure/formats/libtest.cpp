#include <re2/re2.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "core/measure/formats/format.h"
#include "core/measure/formats/json_documents.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/libtest_suites.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

using nlohmann::json;

constexpr double kMegabyte = 1e6;

bool is_json_result(std::string_view line) {
  return line.starts_with('{') && (line.find(R"("type": "bench")") != std::string_view::npos ||
                                   line.find(R"("type":"bench")") != std::string_view::npos);
}

bool looks_like(const Probe& probe) {
  return std::any_of(probe.lines().begin(), probe.lines().end(), [](std::string_view line) {
    if (is_json_result(line)) return true;
    if (!line.starts_with("test ") && !line.starts_with("bench:")) return false;
    return (line.find("bench:") != std::string_view::npos &&
            line.find("/iter (+/-") != std::string_view::npos) ||
           line.find(" ... ok <") != std::string_view::npos;
  });
}

/// "Running benches/a.rs (target/release/deps/a-0123abcd)": "a"; "" for other lines.
std::string_view binary_in(std::string_view line) {
  line = trimmed(line);
  if (!line.starts_with("Running ")) return {};
  if (line.ends_with(')')) line.remove_suffix(1);
  line = line.substr(line.find_last_of("/\\( ") + 1);
  return line.substr(0, line.rfind('-'));
}

/// The text that cargo prints, line by line.
class Text {
 public:
  Text(const Lines& lines, LibtestSuites& suites) : lines_(lines), suites_(suites) {}

  Result<void> take(std::string_view line) {
    if (const std::string_view binary = binary_in(line); !binary.empty())
      return suites_.begin(binary);
    if (line.starts_with("running ")) return suites_.begin("");
    if (line.starts_with("test ")) return take_test(line.substr(5));
    // What the benchmark printed itself may stand between its name and its result.
    if (line.starts_with("bench:") && !test_.empty()) return take_result(line);
    take_panic(line);
    return {};
  }

 private:
  Result<void> take_test(std::string_view line);
  Result<void> take_result(std::string_view line);
  Result<void> take_test_time(const std::string& seconds);
  void take_panic(std::string_view line);

  const Lines& lines_;
  LibtestSuites& suites_;
  std::string test_;      ///< whose result is next
  std::string panicked_;  ///< whose output is next
  std::string panic_;     ///< "thread 'main' panicked at src/lib.rs:1:2:", the reason is next
};

Result<void> Text::take_test(std::string_view line) {
  const std::size_t dots = line.find(" ... ");
  if (dots == std::string_view::npos) return {};
  test_ = trimmed(line.substr(0, dots));
  const std::string_view outcome = trimmed(line.substr(dots + 5));
  static const RE2 timed_regex(R"(ok <([0-9.]+)s>)");
  if (outcome.starts_with("bench:")) return take_result(outcome);
  if (outcome.starts_with("FAILED")) {
    suites_.failed(test_, "FAILED");
  } else if (std::string seconds;
             RE2::FullMatch({outcome.data(), outcome.size()}, timed_regex, &seconds)) {
    return take_test_time(seconds);
  } else if (outcome.starts_with("ok") || outcome.starts_with("ignored")) {
    suites_.listed(test_);
  } else {
    return {};
  }
  test_.clear();
  return {};
}

/// cargo test -- --report-time
Result<void> Text::take_test_time(const std::string& seconds) {
  const auto number = number_from(seconds);
  if (!number) return lines_.wrong("the time is " + in_quotes(seconds) + ", not a number");
  return suites_.measured(test_, *number * 1e9, std::nullopt);
}

Result<void> Text::take_result(std::string_view line) {
  static const RE2 result_regex(
      R"(bench: +(\S+) (\S+)/iter(?: \(\+/- \S+\))?(?: = (\S+) (\S+/s))?)");
  std::string time, unit, rate, rate_unit;
  const bool is_complete =
      RE2::FullMatch({line.data(), line.size()}, result_regex, &time, &unit, &rate, &rate_unit);
  if (!is_complete) return {};
  const auto number = loose_number_from(time, true);
  const auto time_unit = unit_from(unit);
  if (!number || !time_unit || time_unit->canonical != "ns")
    return lines_.wrong("the result " + in_quotes(time + " " + unit) + " is no time");
  std::optional<double> bytes_per_second;
  const auto rate_number = loose_number_from(rate, true);
  const auto known_rate = unit_from(rate_unit);
  if (rate_number && known_rate && known_rate->canonical == "B/s")
    bytes_per_second = *rate_number * known_rate->factor;
  return suites_.measured(std::exchange(test_, {}), *number * time_unit->factor, bytes_per_second);
}

void Text::take_panic(std::string_view line) {
  if (line.starts_with("---- ") && line.ends_with(" stdout ----")) {
    panicked_ = line.substr(5, line.size() - 5 - std::string_view(" stdout ----").size());
  } else if (!panicked_.empty() && line.starts_with("thread '")) {
    panic_ = line;
    suites_.explain(panicked_, panic_);
  } else if (!panicked_.empty() && panic_.ends_with(':')) {
    suites_.explain(panicked_, panic_ + " " + std::string(line));
    panic_.clear();
  }
}

/// The panic at the start of a test's output: where it was, and why.
std::string first_lines_of(std::string_view output) {
  std::string first;
  for (int lines = 0; lines < 2 && !output.empty();) {
    const std::size_t end = std::min(output.find('\n'), output.size());
    const std::string_view line = trimmed(output.substr(0, end));
    if (!line.empty()) {
      first.append(first.empty() ? "" : " ").append(line);
      ++lines;
    }
    output.remove_prefix(std::min(end + 1, output.size()));
  }
  return first;
}

/// -Z unstable-options --format json: a median, and megabytes a second that are called MiB.
Result<void> take_json(const json& event, LibtestSuites& suites) {
  const std::string type = text_at(event, "type");
  const std::string name = text_at(event, "name");
  const std::string outcome = text_at(event, "event");
  if (type == "suite" && outcome == "started") return suites.begin("");
  if (type == "bench") {
    const auto median = loose_number_at(event, "median");
    if (!median) return Error{Errc::parse, "benchmark " + in_quotes(name) + " has no median"};
    std::optional<double> rate = loose_number_at(event, "mib_per_second");
    if (rate) *rate *= kMegabyte;
    return suites.measured(name, *median, rate);
  }
  if (type != "test" || outcome == "started") return {};
  if (outcome != "failed") {
    suites.listed(name);
    return {};
  }
  const std::string output = text_at(event, "stdout");
  suites.failed(name, output.empty() ? "failed" : first_lines_of(output));
  return {};
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  Lines lines(input, limits);
  LibtestSuites suites(limits, builder);
  Text text(lines, suites);
  while (true) {
    MELISAI_TRY(const std::optional<std::string_view> line, lines.next());
    if (!line) return suites.end();
    if (!line->starts_with('{')) {
      MELISAI_CHECK(text.take(*line));
      continue;
    }
    MELISAI_TRY(const std::optional<json> event, json_from(*line, limits));
    if (!event && is_json_result(*line)) return lines.wrong("the JSON of a result is broken");
    if (!event) continue;
    const Result<void> taken = take_json(*event, suites);
    if (!taken) return lines.wrong(taken.error().message);
  }
}

}  // namespace

extern const Format kLibtest;
const Format kLibtest{
    .info = {.name = "libtest",
             .tool = "cargo bench (libtest, bencher)",
             .made_by = "cargo bench 2>&1 | tee FILE"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
