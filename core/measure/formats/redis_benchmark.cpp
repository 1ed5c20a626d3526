#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <optional>

#include "core/measure/formats/csv.h"
#include "core/measure/formats/format.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/load.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

constexpr double kMillisecond = 1e6;

const RE2& quiet_line() {
  static const RE2 pattern(
      R"(\s*(.+): ([0-9.]+) requests per second(?:, p50=([0-9.]+) msec.*)?\s*)");
  return pattern;
}

const RE2& heading_line() {
  static const RE2 pattern(R"(\s*====== (.*) ======\s*)");
  return pattern;
}

class Text {
 public:
  explicit Text(ReadingsBuilder& builder) : builder_(builder) {}

  Result<void> take(std::string_view line) {
    static const RE2 completed(R"(\s+(\d+) requests completed in .*)");
    static const RE2 rate(R"(\s*(?:throughput summary: )?([0-9.]+) requests per second)");
    std::string text, rate_text, middle;
    if (RE2::FullMatch(line, heading_line(), &text)) {
      name_ = text;
      columns_.clear();
      return {};
    }
    if (RE2::FullMatch(line, rate, &text))
      return name_.empty() ? Result<void>() : add(throughput(), text, 1);
    if (RE2::FullMatch(line, quiet_line(), &text, &rate_text, &middle)) {
      name_ = text;
      n_ = 1;
      MELISAI_CHECK(add(throughput(), rate_text, 1));
      return middle.empty() ? Result<void>() : add(latency_percentile("50"), middle, kMillisecond);
    }
    if (RE2::FullMatch(line, completed, &text)) n_ = count_from(number_from(text).value_or(1));
    return take_latencies(line);
  }

 private:
  /// "latency summary (msec):", a row of names, a row of values.
  Result<void> take_latencies(std::string_view line) {
    const std::vector<std::string_view> words = words_of(line);
    if (words.size() > 2 && words[0] == "avg" && words[1] == "min") {
      columns_.assign(words.begin(), words.end());
      return {};
    }
    if (columns_.empty() || words.size() != columns_.size()) return {};
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (columns_[i] == "avg") MELISAI_CHECK(add(latency(), words[i], kMillisecond));
      if (columns_[i].starts_with('p'))
        MELISAI_CHECK(add(latency_percentile(std::string_view(columns_[i]).substr(1)), words[i],
                          kMillisecond));
    }
    columns_.clear();
    return {};
  }
  Result<void> add(const Metric& metric, std::string_view text, double factor) {
    const std::optional<double> value = number_from(text);
    if (!value) return Error{Errc::parse, "'" + std::string(text) + "' is no number"};
    return builder_.add_summary(name_, metric, *value * factor, n_);
  }

  ReadingsBuilder& builder_;
  std::string name_;
  std::uint64_t n_ = 1;
  std::vector<std::string> columns_;
};

/// Before version 6.2 there was no header: "SET","26567.48".
const RE2& old_row() {
  static const RE2 pattern(R"re("([^"]+)","([0-9.]+)")re");
  return pattern;
}

bool is_headed_csv(const Probe& probe) { return probe.has_line_starting("\"test\",\"rps\""); }

bool is_old_csv(const Probe& probe) {
  bool has_known = false;
  for (const std::string& line : probe.lines()) {
    std::string name;
    if (trimmed(line).empty()) continue;
    if (!RE2::FullMatch(line, old_row(), &name)) return false;
    for (const std::string_view known : {"PING_INLINE", "PING_BULK", "PING_MBULK", "SET", "GET"})
      has_known |= name == known;
  }
  return has_known;
}

Result<void> parse_old_csv(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  return each_line(input, limits, [&](std::string_view line) -> Result<void> {
    std::string name, rate;
    if (!RE2::FullMatch(line, old_row(), &name, &rate)) return {};
    return builder.add_summary(name, throughput(), number_from(rate).value_or(-1));
  });
}

Result<void> parse_csv(Lines& lines, ReadingsBuilder& builder) {
  MELISAI_TRY(CsvTable table, CsvTable::read_header(lines));
  while (true) {
    MELISAI_TRY(const std::optional<CsvFields> row, table.next());
    if (!row) return {};
    for (std::size_t i = 1; i < row->size(); ++i) {
      const std::string& column = table.header()[i];
      const std::optional<double> value = number_from((*row)[i]);
      if (!value) return lines.wrong("'" + (*row)[i] + "' is no number");
      const std::string& name = row->front();
      if (column == "rps") MELISAI_CHECK(builder.add_summary(name, throughput(), *value));
      if (column == "avg_latency_ms")
        MELISAI_CHECK(builder.add_summary(name, latency(), *value * kMillisecond));
      if (column.starts_with('p') && column.ends_with("_latency_ms"))
        MELISAI_CHECK(
            builder.add_summary(name, latency_percentile(column.substr(1, column.find('_') - 1)),
                                *value * kMillisecond));
    }
  }
}

bool looks_like(const Probe& probe) {
  if (probe.kind() != Probe::Kind::text) return false;
  if (is_headed_csv(probe) || is_old_csv(probe)) return true;
  return std::any_of(probe.lines().begin(), probe.lines().end(),
                     [](const std::string& line) {
                       return line.find(" requests per second") != std::string::npos &&
                              (RE2::FullMatch(line, quiet_line()) ||
                               line.find("throughput summary: ") != std::string::npos);
                     }) ||
         (probe.has_line_with("requests completed in") && probe.has_line_starting("====== "));
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  const Probe probe(head, input.source());
  if (is_headed_csv(probe)) {
    Lines lines(input, limits);
    return parse_csv(lines, builder);
  }
  if (is_old_csv(probe)) return parse_old_csv(input, limits, builder);
  Text text(builder);
  return each_line(input, limits, [&](std::string_view line) { return text.take(line); });
}

}  // namespace

extern const Format kRedisBenchmark;
const Format kRedisBenchmark{
    .info = {.name = "redis-benchmark",
             .tool = "redis-benchmark",
             .made_by = "redis-benchmark --csv > FILE"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
