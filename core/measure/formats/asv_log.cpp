#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "core/measure/formats/asv_row.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

constexpr std::string_view kBullets = "···";
constexpr std::string_view kPlainBullets = "---";

/// Behind "[12.50%] ··· "; terminals without Unicode get "---". Nothing for another line.
std::optional<std::string_view> behind_progress(std::string_view line) {
  const std::size_t end = line.find("%] ");
  if (!line.starts_with('[') || end == std::string_view::npos || end > 8) return std::nullopt;
  line.remove_prefix(end + 3);
  for (const std::string_view bullets : {kBullets, kPlainBullets})
    if (line.starts_with(bullets)) {
      line.remove_prefix(bullets.size());
      return line.starts_with(' ') ? std::optional(line.substr(1)) : std::nullopt;
    }
  return std::nullopt;
}

/// "2.15±0.1s", "54.7+-0us", "344", "1.2k": what a cell of the log says.
std::optional<double> value_from(std::string_view cell, const Measured& measured) {
  const bool is_time = measured.metric.unit == "ns";
  std::size_t spread = cell.find("±"), skip = std::string_view("±").size();
  if (spread == std::string_view::npos) spread = cell.find("+-"), skip = 2;
  std::string text(cell.substr(0, spread));
  if (spread != std::string_view::npos) {
    const std::string_view rest = cell.substr(spread + skip);
    const std::size_t unit = rest.find_first_not_of("0123456789.eE+-");
    if (unit != std::string_view::npos) text += rest.substr(unit);
  }
  if (is_time) {
    const auto quantity = quantity_from(text);
    return quantity && quantity->unit.canonical == "ns" ? std::optional(quantity->value)
                                                        : std::nullopt;
  }
  constexpr std::string_view kPrefixes = "kMGT";
  double factor = 1;
  if (!text.empty())
    if (const std::size_t prefix = kPrefixes.find(text.back()); prefix != std::string_view::npos) {
      for (std::size_t i = 0; i <= prefix; ++i) factor *= 1000;
      text.pop_back();
    }
  const auto number = number_from(text);
  return number ? std::optional(*number * factor) : std::nullopt;
}

bool is_rule(std::string_view line, char of) {
  line = trimmed(line);
  return line.size() > 2 && line.find_first_not_of(std::string{of, ' '}) == std::string_view::npos;
}

/// From and to where a column goes, in characters.
using Span = std::pair<std::size_t, std::size_t>;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::vector<Span> spans_of(std::string_view rule) {
  std::vector<Span> spans;
  for (std::size_t at = 0; (at = rule.find_first_not_of(' ', at)) != std::string_view::npos;) {
    const std::size_t end = std::min(rule.find(' ', at), rule.size());
    spans.emplace_back(at, end);
    at = end;
  }
  return spans;
}

/// Cells may hold blanks, so it is their places that part them.
std::vector<std::string> cells_at(std::string_view line, const std::vector<Span>& spans) {
  std::vector<std::string> cells(spans.size());
  std::size_t place = 0, cell = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (i > 0 && !is_continuation(line[i])) ++place;
    while (cell < spans.size() && place >= spans[cell].second) ++cell;
    if (cell < spans.size() && place >= spans[cell].first) cells[cell] += line[i];
  }
  for (std::string& text : cells) text = std::string(trimmed(text));
  return cells;
}

/// The table of a benchmark with parameters, between rules of '='. Either each has a column before
/// that of the values, or the values of the last ones head columns of values:
///   ===== =======      ====== ===== =====
///     n                  --       how
///   ----- -------      ------ -----------
///    10    1±0ms         n      a     b
///   ===== =======      ====== ===== =====
///                        10   1±0ms 2±0ms
///                      ====== ===== =====
class ParameterTable {
 public:
  explicit ParameterTable(std::string name) : name_(std::move(name)) {}

  /// False: the table has ended, or there was none.
  Result<bool> line(std::string_view line, ReadingsBuilder& builder) {
    if (is_rule(line, '=')) {
      if (in_rows_) return false;
      if (has_begun_ && is_grouped_) begin_rows(line);
      return has_begun_ = true;
    }
    if (!has_begun_) return false;
    if (is_rule(line, '-')) {
      const auto spans = spans_of(line);
      if (!is_grouped_) begin_rows(line);
      if (is_grouped_ && spans.size() > 1) values_start_ = spans[1].first;
    } else if (in_rows_) {
      MELISAI_CHECK(row(line, builder));
    } else if (trimmed(line).starts_with("-- ")) {
      is_grouped_ = true;
    } else {
      head_line_ = line;
    }
    return true;
  }

 private:
  void begin_rows(std::string_view rule) {
    spans_ = spans_of(rule);
    head_ = cells_at(head_line_, spans_);
    in_rows_ = true;
    if (!is_grouped_ && !spans_.empty()) values_start_ = spans_.back().first;
  }

  Result<void> row(std::string_view line, ReadingsBuilder& builder) {
    const auto cells = cells_at(line, spans_);
    std::string fixed;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (spans_[i].first < values_start_) {
        fixed += (fixed.empty() ? "" : ", ") + cells[i];
        continue;
      }
      const std::string varied = is_grouped_ ? ", " + with_commas(head_[i]) : "";
      MELISAI_CHECK(add(name_ + "(" + fixed + varied + ")", cells[i], builder));
    }
    return {};
  }
  /// "True / 100": the values of two parameters.
  static std::string with_commas(std::string text) {
    for (std::size_t at = text.find(" / "); at != std::string::npos; at = text.find(" / ", at))
      text.replace(at, 3, ", ");
    return text;
  }
  Result<void> add(const std::string& name, std::string_view cell, ReadingsBuilder& builder) {
    if (cell == "n/a" || cell.empty()) return {};
    const Measured measured = asv_measured(name_);
    if (const auto value = value_from(cell, measured))
      return builder.add_summary(name, measured.metric, *value);
    builder.fail(name, "asv printed " + in_quotes(cell));
    return {};
  }

  std::string name_;
  std::string head_line_;
  std::vector<std::string> head_;
  std::vector<Span> spans_;
  std::size_t values_start_ = 0;  ///< place of the first column that holds values
  bool has_begun_ = false, is_grouped_ = false, in_rows_ = false;
};

std::string_view word_behind(std::string_view line, std::string_view label) {
  const std::size_t at = line.find(label);
  if (at == std::string_view::npos) return "";
  const auto words = words_of(line.substr(at + label.size()), 2);
  return words.empty() ? std::string_view() : words[0];
}

/// A benchmark may run on several commits and in several environments.
class Log {
 public:
  explicit Log(ReadingsBuilder& builder) : builder_(builder) {}

  Result<void> line(std::string_view line) {
    const auto rest = behind_progress(line);
    if (table_) {
      MELISAI_TRY(const bool goes_on, table_->line(rest.value_or(line), builder_));
      if (goes_on) return {};
      table_.reset();
    }
    if (line.find("· For ") != std::string_view::npos) commit_ = word_behind(line, "commit ");
    if (const auto word = word_behind(line, "·· Benchmarking "); !word.empty()) environment_ = word;
    return rest ? benchmark(words_of(*rest)) : Result<void>();
  }

 private:
  Result<void> benchmark(const std::vector<std::string_view>& words) {
    if (words.empty() || words[0].find('.') == std::string_view::npos) return {};
    const std::string name = ways_.name_of(words[0], commit_ + " " + environment_);
    const std::string_view cell = words.size() > 1 ? words.back() : "";
    if (const auto value = value_from(cell, asv_measured(words[0])))
      return builder_.add_summary(name, asv_measured(words[0]).metric, *value);
    // "1/4 failed": the table says which.
    if (cell == "failed" && words.size() == 2) builder_.fail(name, "asv says that it failed");
    if (cell == "ok" || cell == "failed" || cell.empty()) table_.emplace(name);
    return {};
  }

  ReadingsBuilder& builder_;
  Variants ways_;
  std::string commit_, environment_;
  std::optional<ParameterTable> table_;
};

}  // namespace

bool is_asv_log(std::string_view line) {
  const auto rest = behind_progress(line);
  if (!rest) return false;
  const auto words = words_of(*rest);
  if (words.size() < 2 || words[0].find('.') == std::string_view::npos) return false;
  const std::string_view cell = words.back();
  return cell == "ok" || cell == "failed" || cell == "n/a" ||
         value_from(cell, asv_measured(words[0])).has_value();
}

Result<void> parse_asv_log(Lines& lines, ReadingsBuilder& builder) {
  Log log(builder);
  while (true) {
    MELISAI_TRY(const std::optional<std::string_view> line, lines.next());
    if (!line) return {};
    MELISAI_CHECK(log.line(*line));
  }
}

}  // namespace melisai::formats
