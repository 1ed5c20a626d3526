#include <re2/re2.h>

#include <optional>
#include <utility>

#include "core/measure/formats/criterion_row.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

constexpr std::string_view kStarted = "Benchmarking ";

/// "NAME  time:   [low UNIT  point UNIT  high UNIT]"; of long names the line before is the name.
const RE2& time_line() {
  static const RE2 regex(R"((.*?)\s*time:\s+\[\S+ +[^%\s]+ +(\S+) +([^%\s]+) +\S+ +[^%\s]+\].*)");
  return regex;
}

class Text {
 public:
  Text(Lines& lines, ReadingsBuilder& builder) : lines_(lines), builder_(builder) {}

  Result<void> read() {
    while (true) {
      MELISAI_TRY(const std::optional<std::string_view> line, lines_.next());
      if (!line) break;
      MELISAI_CHECK(take(*line));
      if (!trimmed(*line).empty()) last_ = trimmed(*line);
    }
    give_up_started();
    return {};
  }

 private:
  Result<void> take(std::string_view line);
  void start(std::string_view name);
  void give_up_started() {
    if (!started_.empty()) builder_.fail(started_, "it was started and gave no result");
    started_.clear();
  }

  Lines& lines_;
  ReadingsBuilder& builder_;
  std::string last_;       ///< line that was not blank
  std::string started_;    ///< benchmark that has no result yet
  std::string benchmark_;  ///< whose throughput may follow
};

Result<void> Text::take(std::string_view line) {
  static const RE2 rate_regex(R"(\s+thrpt:\s+\[\S+ +[^%\s]+ +(\S+) +([^%\s]+) +\S+ +[^%\s]+\].*)");
  const re2::StringPiece text(line.data(), line.size());
  std::string name, number, unit;
  if (line.starts_with(kStarted)) {
    start(line.substr(kStarted.size()));
  } else if (RE2::FullMatch(text, time_line(), &name, &number, &unit)) {
    const bool is_progress_above = last_.starts_with(kStarted);
    benchmark_ = !name.empty() ? name : is_progress_above ? started_ : last_;
    started_.clear();
    const auto value = number_from(number);
    if (!value) return lines_.wrong("the time is '" + number + "', not a number");
    Result<void> added = add_criterion_value(benchmark_, *value, unit, 1, builder_);
    if (!added && added.error().code == Errc::parse) return lines_.wrong(added.error().message);
    return added;
  } else if (!benchmark_.empty() && RE2::FullMatch(text, rate_regex, &number, &unit)) {
    const auto value = number_from(number);
    const auto known = unit_from(unit);
    if (value && known && known->better == Better::higher)
      return builder_.add_summary(benchmark_, throughput(known->canonical), *value * known->factor);
  }
  return {};
}

/// "NAME", then "NAME: Warming up for 3.0000 s" and other steps.
void Text::start(std::string_view name) {
  static const RE2 step_regex(R"(: (?:Warming up|Collecting|Analyzing|Complete).*$|:$)");
  std::string benchmark(name);
  RE2::Replace(&benchmark, step_regex, "");
  if (benchmark == started_) return;
  give_up_started();
  started_ = std::move(benchmark);
}

}  // namespace

bool is_criterion_line(std::string_view line) {
  return line.find("time: ") != std::string_view::npos &&
         RE2::FullMatch({line.data(), line.size()}, time_line());
}

Result<void> parse_criterion_text(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  Lines lines(input, limits);
  return Text(lines, builder).read();
}

}  // namespace melisai::formats
