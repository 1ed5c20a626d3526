#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "core/measure/formats/jmh_row.h"
#include "core/measure/formats/measured.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

constexpr std::array<std::string_view, 4> kModes{"thrpt", "avgt", "sample", "ss"};
constexpr std::string_view kAbout = "≈";

bool is_mode(std::string_view word) {
  return std::find(kModes.begin(), kModes.end(), word) != kModes.end();
}

/// sbt, which runs JMH for Scala, puts "[info] " in front of each line.
std::string_view behind_sbt(std::string_view line) {
  constexpr std::string_view kInfo = "[info] ";
  return line.starts_with(kInfo) ? line.substr(kInfo.size()) : line;
}

/// "10⁻⁴": what scores that round to nothing are printed as.
std::optional<double> power_from(std::string_view text) {
  constexpr std::string_view kBase = "10", kMinus = "⁻";
  constexpr std::array<std::string_view, 10> kDigits{"⁰", "¹", "²", "³", "⁴",
                                                     "⁵", "⁶", "⁷", "⁸", "⁹"};
  if (text == "0") return 0;
  if (!text.starts_with(kBase)) return std::nullopt;
  text.remove_prefix(kBase.size());
  const bool is_negative = text.starts_with(kMinus);
  if (is_negative) text.remove_prefix(kMinus.size());
  int exponent = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const auto* const digit = std::find_if(kDigits.begin(), kDigits.end(),
                                           [&](std::string_view d) { return text.starts_with(d); });
    if (digit == kDigits.end() || exponent > 99) return std::nullopt;
    exponent = exponent * 10 + static_cast<int>(digit - kDigits.begin());
    text.remove_prefix(digit->size());
  }
  return std::pow(10, is_negative ? -exponent : exponent);
}

/// Reads "3  2150.117 ± 0.222  ms/op" or "≈ 10⁻⁴  ms/op" behind the mode. The count is left out of
/// a single shot.
bool read_score(std::vector<std::string_view> words, JmhRow& row) {
  if (words.size() < 2) return false;
  row.unit = words.back();
  words.pop_back();
  std::size_t at = 0;
  const bool has_count = words.size() > 1 && words[1] != "±";
  if (has_count && words[0] != kAbout) row.n = count_of(number_from(words[at++]));
  if (words[at] == kAbout && at + 1 < words.size()) {
    const auto power = power_from(words[at + 1]);
    row.is_rough = true;
    row.score = power.value_or(0);
    return power.has_value();
  }
  const auto score = loose_number_from(words[at], false);
  row.score = score.value_or(0);
  return score.has_value();
}

/// "(size)" of the header "Benchmark  (size)  Mode ..." -> {"size"}
std::vector<std::string> parameters_in(std::string_view header) {
  std::vector<std::string> names;
  for (const std::string_view word : words_of(header))
    if (word.starts_with('(') && word.ends_with(')'))
      names.emplace_back(word.substr(1, word.size() - 2));
  return names;
}

/// A row of the table; nothing for another line.
std::optional<JmhRow> row_from(std::string_view line, const std::vector<std::string>& parameters) {
  const auto words = words_of(line);
  const auto mode = std::find_if(words.begin(), words.end(), is_mode);
  if (mode == words.end() || mode == words.begin()) return std::nullopt;
  JmhRow row;
  row.name = words[0];
  split_label(row);
  row.mode = *mode;
  // Values that hold blanks are columns all the same, when two blanks or more part them.
  std::vector<std::string_view> values(words.begin() + 1, mode);
  if (values.size() != parameters.size()) {
    values = columns_of(line);
    if (values.size() < parameters.size() + 1) return std::nullopt;
    values.erase(values.begin());
    values.resize(parameters.size());
  }
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] != "N/A")
      row.name = with_parameter(std::move(row.name), parameters[i], values[i]);
  if (!read_score({mode + 1, words.end()}, row)) return std::nullopt;
  return row;
}

}  // namespace

bool is_jmh_header(std::string_view line) {
  line = behind_sbt(line);
  const auto words = words_of(line);
  return words.size() >= 4 && words[0] == "Benchmark" && words.back() == "Units" &&
         std::find(words.begin(), words.end(), "Mode") != words.end() &&
         std::find(words.begin(), words.end(), "Score") != words.end();
}

Result<void> parse_jmh_table(Lines& lines, ReadingsBuilder& builder) {
  constexpr std::string_view kRunning = "# Benchmark: ";
  std::optional<std::vector<std::string>> parameters;
  std::string running;
  while (true) {
    MELISAI_TRY(std::optional<std::string_view> line, lines.next());
    if (!line) return {};
    line = behind_sbt(*line);
    if (line->starts_with(kRunning)) running = line->substr(kRunning.size());
    if (trimmed(*line) == "<failure>" && !running.empty())
      builder.fail(running, "JMH reported a failure");
    if (is_jmh_header(*line)) {
      parameters = parameters_in(*line);
      continue;
    }
    if (!parameters) continue;
    const auto row = row_from(*line, *parameters);
    // A figure beside the score may be printed in ways that no number has ("NaN", a stack).
    if (!row) continue;
    const auto added = add_row(*row, builder);
    if (!added) return lines.wrong(added.error().message);
  }
}

}  // namespace melisai::formats
