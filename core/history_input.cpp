#include "core/history_input.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "core/base/text.h"
#include "core/base/units.h"

namespace melisai {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::array<std::string_view, 4> kColumnNames{"series", "index", "value", "commit"};

std::string_view without_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// All of `text`, or nothing.
template <class Number>
std::optional<Number> number_from(std::string_view text) {
  text = without_blanks(text);
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

Result<HistorySeries*> HistoryBuilder::series(std::string_view name) {
  std::vector<HistorySeries>& all = histories_.series;
  // Most files hold one series after another.
  if (last_series_ < all.size() && all[last_series_].name == name) return &all[last_series_];
  const auto known = series_.find(name);
  if (known != series_.end()) return &all[last_series_ = known->second];
  if (all.size() == kHistorySeriesMax)
    return Error{Errc::limit, "more than " + std::to_string(kHistorySeriesMax) + " series"};
  last_series_ = all.size();
  series_.emplace(name, last_series_);
  all.emplace_back().name = name;
  return &all.back();
}

Result<void> HistoryBuilder::add(HistorySeries& series, std::int64_t index, double value,
                                 std::string_view commit) {
  if (++histories_.points > kHistoryPointsMax)
    return Error{Errc::limit, "more than " + std::to_string(kHistoryPointsMax) + " points"};
  std::uint32_t number = 0;
  if (!commit.empty()) {
    auto known = commits_.find(commit);
    if (known == commits_.end()) {
      known = commits_.emplace(commit, static_cast<std::uint32_t>(histories_.commits.size())).first;
      histories_.commits.emplace_back(commit);
    }
    number = known->second;
  }
  series.values.push_back(value);
  series.indexes.push_back(index);
  series.commits.push_back(number);
  return {};
}

Result<void> HistoryLines::add(std::string_view bytes) {
  return cutter_.add(bytes, [this](std::string_view line) { return add_line(line); });
}

Result<Histories> HistoryLines::finish() {
  MELISAI_CHECK(cutter_.finish([this](std::string_view line) { return add_line(line); }));
  if (!has_header_) return wrong("there is no header");
  Histories histories = builder_.take();
  if (histories.points == 0) return wrong("there is no point");
  return histories;
}

Result<void> HistoryLines::add_line(std::string_view line) {
  if (cutter_.number() == 1 && line.starts_with(kByteOrderMark))
    line.remove_prefix(kByteOrderMark.size());
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (without_blanks(line).empty()) return {};
  MELISAI_CHECK(split(line));
  if (has_header_) return read_point();
  has_header_ = true;
  return read_header();
}

/// RFC 4180, but a quoted field ends on its line.
Result<void> HistoryLines::split(std::string_view line) {
  fields_.clear();
  unquoted_.clear();
  // A line has at most this many fields, so that views of earlier ones stay valid.
  unquoted_.reserve(static_cast<std::size_t>(std::count(line.begin(), line.end(), '"')) / 2);
  while (true) {
    if (!line.starts_with('"')) {
      const std::size_t comma = line.find(',');
      fields_.push_back(line.substr(0, comma));
      if (comma == std::string_view::npos) return {};
      line.remove_prefix(comma + 1);
      continue;
    }
    std::string text;
    std::size_t quote = line.find('"', 1);
    for (std::size_t from = 1;; quote = line.find('"', from)) {
      if (quote == std::string_view::npos) return wrong("a quoted field does not end on its line");
      text += line.substr(from, quote - from);
      if (!line.substr(quote + 1).starts_with('"')) break;
      text += '"';
      from = quote + 2;
    }
    line.remove_prefix(quote + 1);
    fields_.push_back(unquoted_.emplace_back(std::move(text)));
    if (line.empty()) return {};
    if (!line.starts_with(',')) return wrong("there is text between a closing quote and the comma");
    line.remove_prefix(1);
  }
}

Result<void> HistoryLines::read_header() {
  for (std::size_t field = 0; field < fields_.size(); ++field) {
    const auto name =
        std::find(kColumnNames.begin(), kColumnNames.end(), without_blanks(fields_[field]));
    if (name == kColumnNames.end()) continue;
    auto& column = columns_.at(static_cast<std::size_t>(name - kColumnNames.begin()));
    if (column) return wrong("column '" + std::string(*name) + "' comes twice");
    column = field;
  }
  for (const Column needed : {kSeries, kIndex, kValue})
    if (!columns_[needed])
      return wrong("column '" + std::string(kColumnNames.at(needed)) + "' is missing");
  width_ = fields_.size();
  return {};
}

Result<void> HistoryLines::read_point() {
  if (fields_.size() != width_)
    return wrong("there are " + std::to_string(fields_.size()) + " fields and the header has " +
                 std::to_string(width_));
  const std::string_view name = fields_[*columns_[kSeries]];
  const std::string_view commit =
      columns_[kCommit] ? without_blanks(fields_[*columns_[kCommit]]) : std::string_view();
  if (name.empty()) return wrong("'series' is empty");
  if (std::max(name.size(), commit.size()) > kHistoryFieldBytesMax)
    return wrong("a field is longer than " + format_bytes(kHistoryFieldBytesMax));
  const auto index = number_from<std::int64_t>(fields_[*columns_[kIndex]]);
  if (!index)
    return wrong("'index' is " + in_quotes(fields_[*columns_[kIndex]]) + ", not a whole number");
  const auto value = number_from<double>(fields_[*columns_[kValue]]);
  if (!value || !(std::abs(*value) < kHistoryValueMax))
    return wrong("'value' is " + in_quotes(fields_[*columns_[kValue]]) +
                 ", not a number below 1e150 in size");

  const Result<HistorySeries*> series = builder_.series(name);
  if (!series) return with_place(series.error());
  HistorySeries& into = **series;
  if (!into.indexes.empty() && into.indexes.back() >= *index)
    return wrong("index " + std::to_string(*index) + " of series " + in_quotes(name) +
                 " does not come after " + std::to_string(into.indexes.back()));
  const Result<void> added = builder_.add(into, *index, *value, commit);
  return added ? added : with_place(added.error());
}

Error HistoryLines::wrong(const std::string& what) const {
  return with_place({Errc::parse, what + "; the header is series,index,value[,commit], every line "
                                         "one point, ascending in index within a series"});
}

Error HistoryLines::with_place(const Error& error) const {
  return {error.code, cutter_.place() + ": " + error.message +
                          (error.code == Errc::limit ? "; split the file" : "")};
}

Result<Histories> read_histories(const std::string& file) {
  HistoryLines lines(input_name(file));
  MELISAI_CHECK(read_parts(file, [&](std::string_view bytes) { return lines.add(bytes); }));
  return lines.finish();
}

}  // namespace melisai
