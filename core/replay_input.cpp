#include "core/replay_input.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/base/text.h"
#include "core/base/units.h"
#include "core/model/report.h"

namespace melisai {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kForm = R"({"series": "gzip/wall_ms", "a": 139.5, "b": 140.2})";

/// The events of one line, for Json::sax_parse: a document costs several times as much. A handler
/// that returns false ends the reading.
class PairHandler {
 public:
  std::optional<std::string> name;
  std::optional<double> base;
  std::optional<double> head;
  std::optional<Better> better;
  std::string problem;

  bool null() { return other("null"); }
  bool boolean(bool) { return other("a truth value"); }
  bool number_integer(Json::number_integer_t value) { return number(static_cast<double>(value)); }
  bool number_unsigned(Json::number_unsigned_t value) { return number(static_cast<double>(value)); }
  bool number_float(Json::number_float_t value, const std::string&) { return number(value); }
  bool string(std::string& text);
  bool binary(Json::binary_t&) { return other("bytes"); }
  bool start_object(std::size_t) {
    const bool goes_on = depth_ == 0 || other("an object");
    ++depth_;
    return goes_on;
  }
  bool start_array(std::size_t) {
    const bool goes_on = other("an array");
    ++depth_;
    return goes_on;
  }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(const std::string& text);
  bool parse_error(std::size_t position, const std::string& token, const Json::exception& error);

 private:
  enum class Key { ignored, series, a, b, better };

  bool number(double value);
  bool other(std::string_view kind);
  bool is_set(Key key) const;
  bool fail(std::string what) {
    problem = std::move(what);
    return false;
  }
  bool close() {
    --depth_;
    return true;
  }

  int depth_ = 0;
  Key key_ = Key::ignored;  ///< of the value that comes next in the pair's own object
};

bool PairHandler::is_set(Key key) const {
  switch (key) {
    case Key::series: return name.has_value();
    case Key::a: return base.has_value();
    case Key::b: return head.has_value();
    case Key::better: return better.has_value();
    case Key::ignored: break;
  }
  return false;
}

bool PairHandler::key(const std::string& text) {
  if (depth_ != 1) return true;
  key_ = text == "series"   ? Key::series
         : text == "a"      ? Key::a
         : text == "b"      ? Key::b
         : text == "better" ? Key::better
                            : Key::ignored;
  // Which of two values was meant, nobody knows.
  return !is_set(key_) || fail("'" + text + "' comes twice");
}

bool PairHandler::string(std::string& text) {
  if (depth_ == 1 && key_ == Key::series) {
    if (text.empty()) return fail("'series' is empty");
    if (text.size() > kRecordedNameBytesMax)
      return fail("'series' is longer than " + format_bytes(kRecordedNameBytesMax));
    name = text;
    return true;
  }
  if (depth_ != 1 || key_ != Key::better) return other("a text");
  for (const Better each : {Better::lower, Better::higher, Better::unknown})
    if (text == to_string(each)) better = each;
  return better.has_value() ||
         fail("'better' is " + in_quotes(text) + "; it can be lower, higher or unknown");
}

bool PairHandler::number(double value) {
  if (depth_ != 1 || (key_ != Key::a && key_ != Key::b)) return other("a number");
  const std::string_view side = key_ == Key::a ? "'a'" : "'b'";
  if (!(std::abs(value) < kRecordedValueMax))
    return fail(std::string(side) + " is not below 1e150 in size");
  (key_ == Key::a ? base : head) = value;
  return true;
}

/// A value where none of this kind belongs, unless nobody asked for it.
bool PairHandler::other(std::string_view kind) {
  if (depth_ == 0) return fail("this is " + std::string(kind) + ", not an object");
  if (depth_ > 1) return true;
  switch (key_) {
    case Key::series: return fail("'series' is " + std::string(kind) + ", not a text");
    case Key::a: return fail("'a' is " + std::string(kind) + ", not a number");
    case Key::b: return fail("'b' is " + std::string(kind) + ", not a number");
    case Key::better: return fail("'better' is " + std::string(kind) + ", not a text");
    case Key::ignored: break;
  }
  return true;
}

bool PairHandler::parse_error(std::size_t position, const std::string&,
                              const Json::exception& error) {
  constexpr int kNumberTooLarge = 406;
  if (error.id == kNumberTooLarge) return fail("a number is too large");
  return fail("not JSON at byte " + std::to_string(position));
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

std::string missing_key(const PairHandler& pair) {
  if (!pair.name) return "'series'";
  if (!pair.base) return "'a'";
  return pair.head ? "" : "'b'";
}

}  // namespace

Result<void> PairLines::add(std::string_view bytes) {
  return cutter_.add(bytes, [this](std::string_view line) { return add_line(line); });
}

Result<std::vector<RecordedSeries>> PairLines::finish() {
  MELISAI_CHECK(cutter_.finish([this](std::string_view line) { return add_line(line); }));
  index_.clear();
  return std::move(series_);
}

Result<void> PairLines::add_line(std::string_view line) {
  if (is_blank(line)) return {};
  PairHandler pair;
  Json::sax_parse(line.begin(), line.end(), &pair);
  if (!pair.problem.empty()) return wrong(pair.problem);
  if (const std::string missing = missing_key(pair); !missing.empty())
    return wrong(missing + " is missing");
  MELISAI_TRY(RecordedSeries* const series,
              series_named(*pair.name, pair.better.value_or(Better::lower)));
  if (++pairs_ > kRecordedPairsMax)
    return above_limit("more than " + std::to_string(kRecordedPairsMax) + " pairs");
  series->base.push_back(*pair.base);
  series->head.push_back(*pair.head);
  return {};
}

Result<RecordedSeries*> PairLines::series_named(const std::string& name, Better better) {
  const auto [entry, is_new] = index_.try_emplace(name, series_.size());
  if (is_new) {
    if (series_.size() == kRecordedSeriesMax)
      return above_limit("more than " + std::to_string(kRecordedSeriesMax) + " series");
    series_.push_back({.name = name, .better = better, .base = {}, .head = {}});
  }
  RecordedSeries& series = series_[entry->second];
  if (series.better != better)
    return wrong("series " + in_quotes(name) + " is 'better': " + in_quotes(to_string(better)) +
                 " here and " + in_quotes(to_string(series.better)) +
                 " before (lower when a line does not say)");
  return &series;
}

Error PairLines::wrong(const std::string& what) const {
  return {Errc::parse, cutter_.place() + ": " + what + "; every line must be one pair like " +
                           std::string(kForm)};
}

Error PairLines::above_limit(const std::string& what) const {
  return {Errc::limit, cutter_.place() + ": " + what +
                           "; split the file, and mind that each part is a suite of its own"};
}

Result<std::vector<RecordedSeries>> read_recorded(const std::string& file) {
  PairLines lines(input_name(file));
  MELISAI_CHECK(read_parts(file, [&](std::string_view bytes) { return lines.add(bytes); }));
  return lines.finish();
}

}  // namespace melisai
