#include <re2/re2.h>

#include "core/measure/formats/format.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/load.h"
#include "core/measure/formats/sections.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

/// The report of a run, then of each of its scripts when there are several.
class Parser {
 public:
  explicit Parser(ReadingsBuilder& builder) : builder_(builder) {}

  Result<void> take(std::string_view line) {
    static const RE2 type(R"(transaction type: (.*))");
    static const RE2 script(R"(SQL script \d+: (.*))");
    static const RE2 processed(R"(number of transactions actually processed: (\d+).*)");
    static const RE2 script_rate(R"( - (\d+) transactions \(.*tps = ([0-9.]+)\))");
    static const RE2 average(R"((?: - )?latency average(?: =|:) ([0-9.]+) ms)");
    static const RE2 rate(R"(tps = ([0-9.]+) \((.*)\))");
    static const RE2 failed(R"((?: - )?number of failed transactions: (\d+) .*)");
    std::string text, note;
    if (const auto title = heading_of(line)) {
      section_ = *title;
      return {};
    }
    if (RE2::FullMatch(line, type, &text) || RE2::FullMatch(line, script, &text)) {
      name_ = text;
      if (!section_.empty()) name_ = line.starts_with("SQL") ? section_ + "/" + text : section_;
      n_ = 1;
      return {};
    }
    if (name_.empty()) return {};
    if (RE2::FullMatch(line, processed, &text)) n_ = count(text);
    if (RE2::FullMatch(line, script_rate, &text, &note)) {
      n_ = count(text);
      return builder_.add_summary(name_, throughput(), number_from(note).value_or(-1), n_);
    }
    if (RE2::FullMatch(line, average, &text))
      return builder_.add_summary(name_, latency(), number_from(text).value_or(-1) * 1e6, n_);
    if (RE2::FullMatch(line, failed, &text))
      return builder_.add_summary(name_, errors(), number_from(text).value_or(0));
    // Older versions print a second rate, which counts the time of connecting too.
    if (RE2::FullMatch(line, rate, &text, &note) && !note.starts_with("including connections"))
      return builder_.add_summary(name_, throughput(), number_from(text).value_or(-1), n_);
    return {};
  }

 private:
  static std::uint64_t count(const std::string& text) {
    return count_from(number_from(text).value_or(1));
  }

  ReadingsBuilder& builder_;
  std::string section_, name_;
  std::uint64_t n_ = 1;
};

bool looks_like(const Probe& probe) {
  return probe.has_line_starting("transaction type: ") &&
         probe.has_line_starting("number of transactions actually processed: ");
}

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  Parser parser(builder);
  return each_line(input, limits, [&](std::string_view line) { return parser.take(line); });
}

}  // namespace

extern const Format kPgbench;
const Format kPgbench{
    .info = {.name = "pgbench", .tool = "pgbench", .made_by = "pgbench -T 30 > FILE"},
    .looks_like = looks_like,
    .parse = parse,
};

}  // namespace melisai::formats
