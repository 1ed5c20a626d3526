#include <re2/re2.h>

#include <algorithm>
#include <optional>

#include "core/measure/formats/format.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/load.h"
#include "core/measure/formats/sections.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

/// One run. Its test is known only by what it prints: "sysbench" where nothing tells it.
struct Run {
  std::string name;
  std::optional<double> rate, data_rate, average, total_time, ignored_errors;
  std::string percent;  ///< of --percentile
  std::optional<double> percentile;
  double events = 1;
};

class Parser {
 public:
  explicit Parser(ReadingsBuilder& builder) : builder_(builder) {}

  Result<void> take(std::string_view line) {
    static const RE2 total(R"(\s*total time:\s+([0-9.]+)s)");
    static const RE2 events(R"(\s*total number of events:\s+(\d+))");
    static const RE2 average(R"(\s*avg:\s+([0-9.]+)(?:ms)?)");
    static const RE2 percentile(
        R"(\s*(?:approx\.\s+)?(\d+)(?:th)? percentile:\s+([0-9.]+)(?:ms)?)");
    static const RE2 ignored(R"(\s*ignored errors:\s+(\d+)\s.*)");
    std::string text;
    if (const auto title = heading_of(line)) {
      MELISAI_CHECK(finish());
      section_ = *title;
      return {};
    }
    if (line.starts_with("sysbench ") || line.starts_with("Running the test with following")) {
      if (run_.average || run_.total_time) MELISAI_CHECK(finish());
      is_open_ = true;
    }
    if (!is_open_) return {};
    take_name(line);
    take_rate(line);
    if (RE2::FullMatch(line, total, &text)) run_.total_time = number_from(text);
    if (RE2::FullMatch(line, events, &text)) run_.events = number_from(text).value_or(1);
    if (RE2::FullMatch(line, average, &text)) run_.average = number_from(text);
    if (RE2::FullMatch(line, percentile, &run_.percent, &text)) run_.percentile = number_from(text);
    if (RE2::FullMatch(line, ignored, &text)) run_.ignored_errors = number_from(text);
    return {};
  }

  Result<void> finish() {
    const Run run = std::exchange(run_, {});
    is_open_ = false;
    if (!run.average && !run.total_time) return {};
    std::string name = !section_.empty() ? section_ : run.name;
    if (name.empty()) name = "sysbench";
    const auto n = count_from(run.events);
    const auto add = [&](const Metric& metric, std::optional<double> value, double factor) {
      return value ? builder_.add_summary(name, metric, *value * factor, n) : Result<void>();
    };
    MELISAI_CHECK(add(latency(), run.average, 1e6));
    MELISAI_CHECK(add(latency_percentile(run.percent), run.percentile, 1e6));
    MELISAI_CHECK(add(errors(), run.ignored_errors, 1));
    MELISAI_CHECK(add(throughput(), run.rate, 1));
    MELISAI_CHECK(add(shown("data_rate", "B/s", Better::higher), run.data_rate, 1 << 20));
    return add(shown("total_time", "ns", Better::unknown), run.total_time, 1e9);
  }

 private:
  void take_name(std::string_view line) {
    static const RE2 file_mode(R"(Doing (.*) test)");
    std::string mode;
    if (line.starts_with("Prime numbers limit:") || line.starts_with("Maximum prime number"))
      run_.name = "cpu";
    if (line.starts_with("Running memory speed test")) run_.name = "memory";
    if (line.starts_with("Extra file open flags:")) run_.name = "fileio";
    if (run_.name == "fileio" && RE2::FullMatch(line, file_mode, &mode))
      run_.name = "fileio/" + mode;
    if (line.starts_with("SQL statistics:") || line.starts_with("OLTP test statistics:"))
      run_.name = "oltp";
  }
  /// Each kind of test says how much it did in its own words.
  void take_rate(std::string_view line) {
    static const RE2 cpu(R"(\s*events per second:\s+([0-9.]+))");
    static const RE2 memory(R"((?:Total operations|Operations performed): )"
                            R"(\d+ \(\s*([0-9.]+) (?:per second|ops/sec)\).*)");
    static const RE2 transactions(R"(\s+transactions:\s+\d+\s+\(([0-9.]+) per sec\.\))");
    static const RE2 file(R"(\s+(?:reads|writes|fsyncs)/s:\s+([0-9.]+))");
    static const RE2 moved(R"([0-9.]+ Mi?B transferred \(([0-9.]+) Mi?B/sec\))");
    static const RE2 file_moved(R"(\s+(?:read|written), MiB/s:\s+([0-9.]+))");
    std::string text;
    if (RE2::FullMatch(line, cpu, &text) || RE2::FullMatch(line, memory, &text) ||
        RE2::FullMatch(line, transactions, &text))
      run_.rate = number_from(text);
    if (RE2::FullMatch(line, file, &text))
      run_.rate = run_.rate.value_or(0) + number_from(text).value_or(0);
    if (RE2::FullMatch(line, moved, &text)) run_.data_rate = number_from(text);
    if (RE2::FullMatch(line, file_moved, &text))
      run_.data_rate = run_.data_rate.value_or(0) + number_from(text).value_or(0);
  }

  ReadingsBuilder& builder_;
  std::string section_;
  Run run_;
  bool is_open_ = false;
};

bool looks_like(const Probe& probe) {
  static const RE2 version(R"(sysbench [0-9.]+\b.*)");
  return std::any_of(probe.lines().begin(), probe.lines().end(), [](const std::string& line) {
    return line.starts_with("sysbench ") && RE2::FullMatch(line, version);
  });
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  Parser parser(builder);
  MELISAI_CHECK(each_line(input, limits, [&](std::string_view line) { return parser.take(line); }));
  return parser.finish();
}

}  // namespace

extern const Format kSysbench;
const Format kSysbench{
    .info = {.name = "sysbench", .tool = "sysbench", .made_by = "sysbench cpu run > FILE"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
