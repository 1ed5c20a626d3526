#include <re2/re2.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/measure/formats/format.h"
#include "core/measure/formats/json_rows.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

/// Benchmark.bm: "for:      0.950000   0.000000   0.950000 (  0.952039)" in seconds of user,
/// system, both, and wall time. bmbm prints a rehearsal first, which does not count.
class Rows {
 public:
  explicit Rows(ReadingsBuilder& builder) : builder_(builder) {}

  Result<void> take(std::string_view line) {
    static const RE2 row(R"(\s*(.*?):?\s+([0-9.]+)\s+([0-9.]+)\s+([0-9.]+)\s+\(\s*([0-9.]+)\s*\))");
    if (line.starts_with("Rehearsal ")) in_rehearsal_ = true;
    if (is_header(line)) {
      in_rehearsal_ = false;
      return {};
    }
    std::string name, user, system, total, real;
    if (in_rehearsal_ || !RE2::FullMatch(line, row, &name, &user, &system, &total, &real))
      return {};
    if (name.empty()) name = "measure";
    MELISAI_CHECK(builder_.add(name, wall_time(), number_from(real).value_or(-1) * 1e9));
    return builder_.add(name, cpu_time(), number_from(total).value_or(-1) * 1e9);
  }
  static bool is_header(std::string_view line) {
    static const RE2 header(R"(\s*user\s+system\s+total\s+real\s*)");
    return RE2::FullMatch(line, header);
  }

 private:
  ReadingsBuilder& builder_;
  bool in_rehearsal_ = false;
};

bool looks_like_rows(const Probe& probe) {
  return std::any_of(probe.lines().begin(), probe.lines().end(), Rows::is_header);
}

Result<void> parse_rows(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  Rows rows(builder);
  return each_line(input, limits, [&](std::string_view line) { return rows.take(line); });
}

/// benchmark-ips: "name     23.254k (± 0.5%) i/s   (43.00 us/i) - ..."; the warm-up's lines are of
/// another shape.
const RE2& ips_line() {
  static const RE2 pattern(R"(\s*(.+?)\s+([0-9.]+)([kMBTQ]?)\s+\(±\s*[0-9.]+%\)\s+i/s\b.*)");
  return pattern;
}

double scale_of(std::string_view letter) {
  double scale = 1;
  for (const std::string_view known : {"", "k", "M", "B", "T", "Q"}) {
    if (letter == known) return scale;
    scale *= 1e3;
  }
  return scale;
}

Result<void> take_ips(std::string_view line, ReadingsBuilder& builder) {
  std::string name, rate, letter;
  if (!RE2::FullMatch(line, ips_line(), &name, &rate, &letter)) return {};
  return builder.add_summary(name, throughput(), number_from(rate).value_or(-1) * scale_of(letter));
}

bool is_ips_json(const Probe& probe) {
  return probe.has("[].ips") || probe.has("benchmarks[].ips");
}

bool looks_like_ips(const Probe& probe) {
  if (probe.kind() == Probe::Kind::json) return is_ips_json(probe);
  return std::any_of(probe.lines().begin(), probe.lines().end(), [](const std::string& line) {
    return line.find(" i/s") != std::string::npos && RE2::FullMatch(line, ips_line());
  });
}

/// `x.json! FILE` writes a list; others wrap it.
Result<void> parse_ips(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  const Probe probe(head, input.source());
  if (probe.kind() != Probe::Kind::json)
    return each_line(input, limits, [&](std::string_view line) { return take_ips(line, builder); });
  MELISAI_TRY(const JsonPath path,
              JsonPath::parse(probe.has("benchmarks") ? "$.benchmarks[*]" : "$[*]"));
  const auto rows = read_rows(input, limits, path, [&](const JsonRow& row) -> Result<void> {
    const std::optional<double> rate = number_at(row.value, "ips");
    if (!rate) return Error{Errc::parse, "a report has no \"ips\""};
    return builder.add_summary(text_at(row.value, "name"), throughput(), *rate);
  });
  return rows ? Result<void>() : Result<void>(rows.error());
}

}  // namespace

extern const Format kRubyBenchmark;
const Format kRubyBenchmark{
    .info = {.name = "ruby-benchmark", .tool = "Ruby Benchmark", .made_by = "ruby bench.rb > FILE"},
    .looks_like = looks_like_rows,
    .parse = parse_rows,
};

extern const Format kBenchmarkIps;
const Format kBenchmarkIps{
    .info = {.name = "benchmark-ips",
             .tool = "benchmark-ips",
             .made_by = "Benchmark.ips { |x| x.json! 'FILE' }"},
    .looks_like = looks_like_ips,
    .parse = parse_ips,
};

}  // namespace melisai::formats
