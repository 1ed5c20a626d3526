#include <re2/re2.h>

#include "core/measure/formats/csv.h"
#include "core/measure/formats/format.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/load.h"
#include "core/measure/formats/sections.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

/// The output does not name its target; a heading before it may.
constexpr std::string_view kName = "requests";

class Text {
 public:
  explicit Text(ReadingsBuilder& builder) : builder_(builder) {}

  Result<void> take(std::string_view line) {
    static const RE2 figure(R"(\s+(Average|Requests/sec):\s+([0-9.]+)(?: secs)?\s*)");
    static const RE2 percentile(R"(\s+([0-9.]+)%+ in ([0-9.]+) secs\s*)");
    static const RE2 status(R"(\s+\[(\d+)\]\s+(\d+) responses\s*)");
    static const RE2 error(R"(\s+\[(\d+)\]\s+\S.*)");
    std::string what, number;
    if (const auto title = heading_of(line)) {
      MELISAI_CHECK(finish());
      name_ = title->empty() ? kName : *title;
      return {};
    }
    if (line.starts_with("Summary:")) in_errors_ = false;
    if (RE2::FullMatch(line, figure, &what, &number)) {
      const double value = number_from(number).value_or(-1);
      return what == "Average" ? builder_.add_summary(name_, latency(), value * 1e9)
                               : builder_.add_summary(name_, throughput(), value);
    }
    if (RE2::FullMatch(line, percentile, &what, &number))
      return builder_.add_summary(name_, latency_percentile(what),
                                  number_from(number).value_or(0) * 1e9);
    if (line.starts_with("Error distribution")) in_errors_ = true;
    if (in_errors_ && RE2::FullMatch(line, error, &number))
      failures_ += number_from(number).value_or(0);
    if (in_errors_ || !RE2::FullMatch(line, status, &what, &number)) return {};
    if (what.front() != '4' && what.front() != '5') return {};
    failures_ += number_from(number).value_or(0);
    return {};
  }
  Result<void> finish() {
    const double failures = std::exchange(failures_, 0);
    return failures > 0 ? builder_.add_summary(name_, errors(), failures) : Result<void>();
  }

 private:
  ReadingsBuilder& builder_;
  std::string name_{kName};
  double failures_ = 0;
  bool in_errors_ = false;
};

bool is_csv(const Probe& probe) { return probe.has_line_starting("response-time,DNS+dialup,"); }

/// `hey -o csv`: a row for each request.
Result<void> parse_csv(Lines& lines, ReadingsBuilder& builder) {
  MELISAI_TRY(CsvTable table, CsvTable::read_header(lines));
  const auto time = table.column("response-time");
  if (!time) return lines.wrong("there is no column 'response-time'");
  while (true) {
    MELISAI_TRY(const std::optional<CsvFields> row, table.next());
    if (!row) return {};
    const std::optional<double> seconds = number_from((*row)[*time]);
    if (!seconds) return lines.wrong("the response time is no number");
    MELISAI_CHECK(builder.add(kName, latency(), *seconds * 1e9));
  }
}

bool looks_like(const Probe& probe) {
  return is_csv(probe) || (probe.has_line_starting("Response time histogram:") &&
                           probe.has_line_with("Requests/sec:"));
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  if (is_csv(Probe(head, input.source()))) {
    Lines lines(input, limits);
    return parse_csv(lines, builder);
  }
  Text text(builder);
  MELISAI_CHECK(each_line(input, limits, [&](std::string_view line) { return text.take(line); }));
  return text.finish();
}

}  // namespace

extern const Format kHey;
const Format kHey{
    .info = {.name = "hey", .tool = "hey", .made_by = "hey URL > FILE"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
