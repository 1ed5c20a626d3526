#include <re2/re2.h>

#include <optional>

#include "core/measure/formats/format.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/load.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

/// wrk and its descendant wrk2, which prints corrected latencies besides.
class Parser {
 public:
  explicit Parser(ReadingsBuilder& builder) : builder_(builder) {}

  Result<void> take(std::string_view line) {
    static const RE2 start(R"(Running \S+ test @ (\S+).*)");
    static const RE2 latency_row(R"(\s+Latency\s+(\S+)\s+.*)");
    static const RE2 percentile(R"(\s*([0-9.]+)%\s+(\S+)\s*)");
    static const RE2 requests(R"(\s+(\d+) requests in .*)");
    static const RE2 socket(
        R"(\s+Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+))");
    static const RE2 status(R"(\s+Non-2xx or 3xx responses: (\d+))");
    static const RE2 rate(R"((Requests|Transfer)/sec:\s+(\S+))");
    std::string first, second;
    if (RE2::FullMatch(line, start, &first)) {
      name_ = first;
      latency_.reset();
      return {};
    }
    if (name_.empty()) return {};
    if (RE2::FullMatch(line, latency_row, &first)) {
      // "Latency Distribution (...)" is a heading.
      if (const auto mean = duration_from(first)) latency_ = mean;
      return {};
    }
    // What follows are the same latencies in detail, or those that wrk2 corrects for.
    if (line.find("Detailed Percentile") != std::string_view::npos ||
        line.find("Uncorrected Latency") != std::string_view::npos)
      in_detail_ = true;
    if (!in_detail_ && RE2::FullMatch(line, percentile, &first, &second))
      return add_percentile(first, second);
    if (RE2::FullMatch(line, requests, &first)) return end_of_latencies(first);
    double sums[4] = {};
    if (RE2::FullMatch(line, socket, &sums[0], &sums[1], &sums[2], &sums[3]))
      return builder_.add_summary(name_, shown("socket_errors", "count", Better::lower),
                                  sums[0] + sums[1] + sums[2] + sums[3]);
    if (RE2::FullMatch(line, status, &first))
      return builder_.add_summary(name_, errors(), number_from(first).value_or(0));
    if (!RE2::FullMatch(line, rate, &first, &second)) return {};
    return first == "Requests" ? add_rate(second) : add_transfer(second);
  }

 private:
  Result<void> end_of_latencies(const std::string& requests) {
    in_detail_ = false;
    // Its latency of 0 is no improvement.
    if (number_from(requests) == 0.0) builder_.fail(name_, "no request was answered");
    n_ = count_from(number_from(requests).value_or(1));
    return latency_ ? builder_.add_summary(name_, latency(), *latency_, n_) : Result<void>();
  }
  Result<void> add_percentile(const std::string& percent, const std::string& text) {
    const std::optional<double> time = duration_from(text);
    return time ? builder_.add_summary(name_, latency_percentile(percent), *time) : Result<void>();
  }
  Result<void> add_rate(const std::string& text) {
    const std::optional<double> rate = number_from(text);
    if (!rate) return Error{Errc::parse, "'" + text + "' is no rate"};
    return builder_.add_summary(name_, throughput(), *rate, n_);
  }
  /// "78.52MB": wrk counts in 1024s.
  Result<void> add_transfer(std::string_view text) {
    double factor = 1;
    const std::size_t unit_at = text.find_first_not_of("0123456789.");
    const std::string_view unit = unit_at == std::string_view::npos ? "" : text.substr(unit_at);
    for (const std::string_view known : {"B", "KB", "MB", "GB", "TB"}) {
      const std::optional<double> value = number_from(text.substr(0, unit_at));
      if (unit == known && value)
        return builder_.add_summary(name_, shown("transfer", "B/s", Better::higher),
                                    *value * factor);
      factor *= 1024;
    }
    return {};
  }

  ReadingsBuilder& builder_;
  std::string name_;
  std::optional<double> latency_;
  std::uint64_t n_ = 1;
  bool in_detail_ = false;
};

bool has_run(const Probe& probe) {
  static const RE2 start(R"(Running \S+ test @ \S+.*)");
  for (const std::string& line : probe.lines())
    if (line.starts_with("Running ") && RE2::FullMatch(line, start)) return true;
  return false;
}

bool has_corrected(const Probe& probe) {
  return probe.has_line_with("HdrHistogram - ") || probe.has_line_with("Thread calibration: ") ||
         probe.has_line_starting("#[Mean ");
}

bool looks_like_wrk(const Probe& probe) { return has_run(probe) && !has_corrected(probe); }
bool looks_like_wrk2(const Probe& probe) { return has_run(probe) && has_corrected(probe); }

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  Parser parser(builder);
  return each_line(input, limits, [&](std::string_view line) { return parser.take(line); });
}

}  // namespace

extern const Format kWrk;
const Format kWrk{
    .info = {.name = "wrk", .tool = "wrk", .made_by = "wrk --latency URL > FILE"},
    .looks_like = looks_like_wrk,
    .parse = parse,
};

extern const Format kWrk2;
const Format kWrk2{
    .info = {.name = "wrk2", .tool = "wrk2", .made_by = "wrk2 -R 1000 --latency URL > FILE"},
    .looks_like = looks_like_wrk2,
    .parse = parse,
};

}  // namespace melisai::formats
