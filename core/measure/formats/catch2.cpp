#include <re2/re2.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "core/measure/formats/catch2_names.h"
#include "core/measure/formats/format.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/units.h"
#include "core/measure/formats/xml.h"

namespace melisai::formats {
namespace {

// A benchmark's name is only its own within a test case and its sections.
constexpr std::string_view kSeparator = "/";

std::string full_name(const std::vector<std::string>& path, const std::string& benchmark) {
  std::string name;
  for (const std::string& part : path) name += part + std::string(kSeparator);
  return name + benchmark;
}

bool is_table_head(std::string_view line) {
  line = trimmed(line);
  return line.starts_with("benchmark name ") && line.find("samples") != std::string_view::npos &&
         line.find("iterations") != std::string_view::npos;
}

bool looks_like(const Probe& probe) {
  if (probe.kind() == Probe::Kind::xml)
    return probe.root() == "Catch2TestRun" || probe.root() == "Catch";
  if (probe.kind() == Probe::Kind::json) return probe.has("metadata.catch2-version");
  return std::any_of(probe.lines().begin(), probe.lines().end(), is_table_head);
}

/// What the console reporter prints: rules around the names of a test case and its sections, then
/// tables.
class Console {
 public:
  Console(Lines& lines, ReadingsBuilder& builder) : lines_(lines), builder_(builder) {}

  Result<void> read() {
    while (true) {
      MELISAI_TRY(const std::optional<std::string_view> line, lines_.next());
      if (!line) return end_row();
      MELISAI_CHECK(take(*line));
    }
  }

 private:
  enum class Where { outside, header, table_head, table };
  struct Row {
    std::string name;
    std::uint64_t samples = 1;
    std::optional<double> mean;
  };

  Result<void> take(std::string_view line);
  Result<void> take_rule(std::string_view line);
  Result<void> take_row(std::string_view line);
  Result<void> take_statistics(std::string_view line);
  Result<void> end_row();
  Result<double> time_from(const std::string& number, const std::string& unit) const;

  Lines& lines_;
  ReadingsBuilder& builder_;
  Where where_ = Where::outside;
  bool has_analysis_ = true;
  std::vector<std::string> header_;
  std::vector<std::string> path_;
  std::string name_start_;  ///< of a name that goes on in the next line
  std::optional<Row> row_;
};

bool is_rule(std::string_view line, char of) {
  constexpr std::size_t kShortest = 20;
  line = trimmed(line);
  return line.size() >= kShortest && line.find_first_not_of(of) == std::string_view::npos;
}

Result<void> Console::take(std::string_view line) {
  constexpr std::size_t kHeaderLinesMax = 100;
  if (is_rule(line, '-')) return take_rule(line);
  if (is_rule(line, '=') || is_rule(line, '~')) {
    where_ = Where::outside;
    return end_row();
  }
  if (is_table_head(line)) {
    MELISAI_CHECK(end_row());
    where_ = Where::table_head;
    has_analysis_ = !trimmed(line).ends_with("mean");
  } else if (where_ == Where::header && header_.size() < kHeaderLinesMax) {
    header_.emplace_back(line);
  } else if (where_ == Where::table) {
    return take_row(line);
  }
  return {};
}

Result<void> Console::take_rule(std::string_view line) {
  MELISAI_CHECK(end_row());
  name_start_.clear();
  if (where_ == Where::table_head) {
    where_ = Where::table;
  } else if (where_ == Where::header) {
    path_ = catch2_header_names(header_, trimmed(line).size());
    where_ = Where::outside;
  } else {
    header_.clear();
    where_ = Where::header;
  }
  return {};
}

Result<double> Console::time_from(const std::string& number, const std::string& unit) const {
  // With the decimal comma of some locales.
  const auto value = loose_number_from(number, false);
  const auto known = unit_from(unit);
  if (value && known && known->canonical == "ns") return *value * known->factor;
  return lines_.wrong("the time " + in_quotes(number + " " + unit) + " is not understood");
}

/// "NAME  samples  iterations  estimated time", or with --benchmark-no-analysis the mean instead.
Result<void> Console::take_row(std::string_view line) {
  static const RE2 start_regex(R"((.*?)\s+(\d+)\s+\d+\s+(\S+) (\S+)\s*)");
  static const RE2 failed_regex(R"((.*?)\s*Benchmark failed \((.*)\)\s*)");
  const re2::StringPiece text(line.data(), line.size());
  std::string name, samples, number, unit;
  if (RE2::FullMatch(text, failed_regex, &name, &number)) {
    MELISAI_CHECK(end_row());
    builder_.fail(full_name(path_, catch2_joined(std::exchange(name_start_, {}), name)), number);
    return {};
  }
  if (RE2::FullMatch(text, start_regex, &name, &samples, &number, &unit)) {
    MELISAI_CHECK(end_row());
    const auto count = number_from(samples).value_or(1);
    row_ = Row{catch2_joined(std::exchange(name_start_, {}), name),
               static_cast<std::uint64_t>(std::clamp(count, 1.0, 1e12)), std::nullopt};
    if (!has_analysis_) {
      MELISAI_TRY(row_->mean, time_from(number, unit));
    }
    return {};
  }
  return take_statistics(line);
}

/// The lines of the mean, and of the deviation; or the start of a long name, which is padded to the
/// table's width, unlike what the benchmark prints.
Result<void> Console::take_statistics(std::string_view line) {
  static const RE2 three_regex(R"((.*?)\s+(\S+) (\S+)\s+\S+ [^\s\d]+\s+\S+ [^\s\d]+\s*)");
  std::string name, number, unit;
  if (row_ && RE2::FullMatch({line.data(), line.size()}, three_regex, &name, &number, &unit)) {
    if (!trimmed(name).empty()) row_->name = catch2_joined(row_->name, trimmed(name));
    if (row_->mean) return end_row();
    MELISAI_TRY(row_->mean, time_from(number, unit));
    return {};
  }
  if (!trimmed(line).empty() && line.ends_with("  ") && !line.starts_with(' '))
    name_start_ = catch2_joined(name_start_, trimmed(line));
  return {};
}

Result<void> Console::end_row() {
  const std::optional<Row> row = std::exchange(row_, std::nullopt);
  if (!row || !row->mean) return {};
  return builder_.add_summary(full_name(path_, row->name), wall_time(), *row->mean, row->samples);
}

/// <TestCase name><Section name><BenchmarkResults name samples><mean value in ns>
class Document final : public XmlHandler {
 public:
  explicit Document(ReadingsBuilder& builder) : builder_(builder) {}

  Result<void> begin(const std::string& element, const XmlAttributes& attributes) override {
    const auto text = [&](std::string_view name) {
      const auto found = attributes.find(name);
      return found == attributes.end() ? std::string() : found->second;
    };
    if (element == "TestCase" || element == "Section") path_.push_back(text("name"));
    if (element == "BenchmarkResults") {
      benchmark_ = full_name(path_, text("name"));
      samples_ = number_from(text("samples")).value_or(1);
    }
    if (benchmark_.empty()) return {};
    if (element == "failed") builder_.fail(benchmark_, text("message"));
    if (element != "mean") return {};
    const auto mean = number_from(text("value"));
    if (!mean)
      return Error{Errc::parse, "the mean of " + in_quotes(benchmark_) + " is " +
                                    in_quotes(text("value")) + ", not a number"};
    return builder_.add_summary(benchmark_, wall_time(), *mean,
                                static_cast<std::uint64_t>(std::clamp(samples_, 1.0, 1e12)));
  }
  Result<void> end(const std::string& element, const std::string&) override {
    if (element == "TestCase" || element == "Section") path_.pop_back();
    if (element == "BenchmarkResults") benchmark_.clear();
    return {};
  }

 private:
  ReadingsBuilder& builder_;
  std::vector<std::string> path_;
  std::string benchmark_;
  double samples_ = 1;
};

Result<void> parse(Input& input, const Limits& limits, ReadingsBuilder& builder) {
  MELISAI_TRY(const std::string_view head, input.head());
  const std::size_t first = head.find_first_not_of(" \t\r\n");
  const char start = first == std::string_view::npos ? '\0' : head[first];
  if (start == '{')
    return Error{Errc::parse,
                 "Catch2's JSON reporter leaves benchmarks out; rerun with --reporter xml"};
  if (start == '<') {
    Document document(builder);
    return read_xml(input, limits, document);
  }
  Lines lines(input, limits);
  return Console(lines, builder).read();
}

/// Catch2 selects test cases, not benchmarks: those that start like the names do, with everything
/// special escaped.
std::string filter(const std::vector<std::string>& names) {
  std::set<std::string> starts;
  for (const std::string& name : names) starts.insert(name.substr(0, name.find(kSeparator)));
  std::string patterns;
  for (const std::string& start : starts) {
    if (!patterns.empty()) patterns += ',';
    for (const char c : start) {
      if (std::string_view("\\,[]\"*~").find(c) != std::string_view::npos) patterns += '\\';
      patterns += c;
    }
    patterns += '*';
  }
  return patterns;
}

}  // namespace

extern const Format kCatch2;
const Format kCatch2{
    .info = {.name = "catch2", .tool = "Catch2", .made_by = "./tests --reporter xml --out FILE"},
    .looks_like = looks_like,
    .parse = parse,
    .filter_template = "{regex}",
    .filter = filter,
};

}  // namespace melisai::formats
