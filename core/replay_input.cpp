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
constexpr std::array kBetters{Better::lower, Better::higher, Better::unknown};
constexpr std::array kLevels{Level::fail, Level::warn, Level::off};
constexpr std::array kTiers{Tier::exact, Tier::near_exact, Tier::time, Tier::explain};

enum class Key { series, a, b, better, level, tier, threshold, health, counted, ignored };
constexpr std::array<std::string_view, 9> kKeyNames{
    "series", "a", "b", "better", "level", "tier", "threshold", "health", "counted"};

std::string name_of(Key key) {
  return "'" + std::string(kKeyNames.at(static_cast<std::size_t>(key))) + "'";
}

bool is_text(Key key) {
  return key == Key::series || key == Key::better || key == Key::level || key == Key::health;
}

/// The events of one line, for Json::sax_parse: a document costs several times as much. A handler
/// that returns false ends the reading.
class PairHandler {
 public:
  std::string name;
  double base = 0;
  double head = 0;
  RecordedTraits traits;
  std::string problem;

  bool has(Key key) const { return (seen_ & bit_of(key)) != 0; }

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
  static unsigned bit_of(Key key) { return 1U << static_cast<unsigned>(key); }
  bool number(double value);
  bool take_value(double value, double& into);
  bool take_tier(double value);
  bool take_threshold(double value);
  bool take_counted(double value);
  bool take_name(const std::string& text);
  template <class Word, std::size_t N>
  bool take_word(const std::string& text, const std::array<Word, N>& all, Word& into);
  bool other(std::string_view kind);
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
  unsigned seen_ = 0;       ///< bits of the keys so far
};

bool PairHandler::key(const std::string& text) {
  if (depth_ != 1) return true;
  const auto* const known = std::find(kKeyNames.begin(), kKeyNames.end(), text);
  key_ = static_cast<Key>(known - kKeyNames.begin());
  if (key_ == Key::ignored) return true;
  // Which of two values was meant, nobody knows.
  if (has(key_)) return fail(name_of(key_) + " comes twice");
  seen_ |= bit_of(key_);
  return true;
}

bool PairHandler::string(std::string& text) {
  if (depth_ != 1 || !is_text(key_)) return other("a text");
  if (key_ == Key::better) return take_word(text, kBetters, traits.better);
  if (key_ == Key::level) return take_word(text, kLevels, traits.level);
  if (key_ == Key::health) return take_word(text, kLevels, traits.health);
  return take_name(text);
}

bool PairHandler::take_name(const std::string& text) {
  if (text.empty()) return fail("'series' is empty");
  if (text.size() > kRecordedNameBytesMax)
    return fail("'series' is longer than " + format_bytes(kRecordedNameBytesMax));
  name = text;
  return true;
}

template <class Word, std::size_t N>
bool PairHandler::take_word(const std::string& text, const std::array<Word, N>& all, Word& into) {
  std::string words;
  for (const Word each : all) {
    if (text == to_string(each)) {
      into = each;
      return true;
    }
    words += (words.empty()        ? ""
              : each == all.back() ? " or "
                                   : ", ") +
             std::string(to_string(each));
  }
  return fail(name_of(key_) + " is " + in_quotes(text) + "; it can be " + words);
}

bool PairHandler::number(double value) {
  if (depth_ != 1 || key_ == Key::ignored || is_text(key_)) return other("a number");
  if (key_ == Key::tier) return take_tier(value);
  if (key_ == Key::threshold) return take_threshold(value);
  if (key_ == Key::counted) return take_counted(value);
  return take_value(value, key_ == Key::a ? base : head);
}

bool PairHandler::take_value(double value, double& into) {
  if (!(std::abs(value) < kRecordedValueMax))
    return fail(name_of(key_) + " is not below 1e150 in size");
  into = value;
  return true;
}

bool PairHandler::take_tier(double value) {
  for (const Tier each : kTiers) {
    if (value != static_cast<int>(each)) continue;
    traits.tier = each;
    return true;
  }
  return fail("'tier' is " + Json(value).dump() + "; it can be 1, 2, 3 or 4");
}

bool PairHandler::take_threshold(double value) {
  if (value < kThresholdMin || value > kThresholdMax)
    return fail("'threshold' is " + Json(value).dump() + "; it can be from " +
                Json(kThresholdMin).dump() + " to " + Json(kThresholdMax).dump() +
                ", 0.05 being 5 %");
  traits.threshold = value;
  return true;
}

bool PairHandler::take_counted(double value) {
  if (!(value >= 0 && value <= kRecordedCountedMax) || value != std::floor(value))
    return fail("'counted' is " + Json(value).dump() + "; it can be a whole number from 0 to " +
                std::to_string(kRecordedCountedMax));
  traits.counted = static_cast<int>(value);
  return true;
}

/// A value where none of this kind belongs, unless nobody asked for it.
bool PairHandler::other(std::string_view kind) {
  if (depth_ == 0) return fail("this is " + std::string(kind) + ", not an object");
  if (depth_ > 1 || key_ == Key::ignored) return true;
  return fail(name_of(key_) + " is " + std::string(kind) + ", not a " +
              (is_text(key_) ? "text" : "number"));
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
  for (const Key key : {Key::series, Key::a, Key::b})
    if (!pair.has(key)) return name_of(key);
  return "";
}

struct Word {
  Key key;
  std::string text;
};

std::array<Word, 6> words_of(const RecordedTraits& traits) {
  return {{{Key::better, std::string(to_string(traits.better))},
           {Key::level, std::string(to_string(traits.level))},
           {Key::tier, std::to_string(static_cast<int>(traits.tier))},
           {Key::threshold, traits.threshold ? Json(*traits.threshold).dump() : "not given"},
           {Key::health, std::string(to_string(traits.health))},
           {Key::counted, std::to_string(traits.counted)}}};
}

/// Of two lines that differ: in what. A line that does not say something means the default.
std::string contradiction(const RecordedTraits& here, const RecordedTraits& before) {
  const auto now = words_of(here);
  const auto then = words_of(before);
  const auto silent = words_of({});
  std::size_t at = 0;
  while (now.at(at).text == then.at(at).text) ++at;
  return name_of(now.at(at).key) + ": " + in_quotes(now.at(at).text) + " here and " +
         in_quotes(then.at(at).text) + " before (" + silent.at(at).text +
         " when a line does not say)";
}

}  // namespace

Result<void> PairLines::add(std::string_view bytes) {
  return cutter_.add(bytes, [this](std::string_view line) { return add_line(line); });
}

Result<std::vector<RecordedSeries>> PairLines::finish() {
  MELISAI_CHECK(cutter_.finish([this](std::string_view line) { return add_line(line); }));
  if (series_.empty()) return wrong("there is no pair");
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
  MELISAI_TRY(RecordedSeries* const series, series_named(pair.name, pair.traits));
  if (++pairs_ > limits_.pairs_max)
    return above_limit("more than " + std::to_string(limits_.pairs_max) + " pairs");
  series->base.push_back(pair.base);
  series->head.push_back(pair.head);
  return {};
}

Result<RecordedSeries*> PairLines::series_named(const std::string& name,
                                                const RecordedTraits& traits) {
  const auto [entry, is_new] = index_.try_emplace(name, series_.size());
  if (is_new) {
    if (series_.size() == limits_.series_max)
      return above_limit("more than " + std::to_string(limits_.series_max) + " series");
    series_.push_back({.name = name, .traits = traits, .base = {}, .head = {}});
  }
  RecordedSeries& series = series_[entry->second];
  if (series.traits == traits) return &series;
  return wrong("series " + in_quotes(name) + " is " + contradiction(traits, series.traits));
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
