#include "core/measure/formats/json_reader.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/text.h"
#include "core/base/units.h"
#include "core/measure/formats/json_chunks.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/// A byte of a number, or of a word such as true or -Infinity.
bool is_word_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '+' || c == '.';
}

bool is_start_of_word(std::string_view text) {
  constexpr std::array<std::string_view, 5> kWords{"true", "false", "null", "NaN", "Infinity"};
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return word.starts_with(text); });
}

/// What a text may hold as it is.
bool is_plain(char c) { return static_cast<unsigned char>(c) >= ' ' && c != '"' && c != '\\'; }

/// Appends three bytes for a surrogate too, which is no UTF-8 unless its other half follows.
void append_utf8(std::string& text, unsigned code) {
  const auto byte = [&](unsigned bits) { text += static_cast<char>(bits); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      byte(0xE0 | code >> 12);
    } else {
      byte(0xF0 | code >> 18);
      byte(0x80 | (code >> 12 & 0x3F));
    }
    byte(0x80 | (code >> 6 & 0x3F));
  }
  byte(0x80 | (code & 0x3F));
}

/// The high surrogate at the end of `text`, taken off; 0 when there is none.
unsigned take_high_surrogate(std::string& text) {
  constexpr std::size_t kLength = 3;
  if (text.size() < kLength) return 0;
  const auto byte = [&](std::size_t i) {
    return static_cast<unsigned char>(text[text.size() - kLength + i]);
  };
  if (byte(0) != 0xED || byte(1) < 0xA0 || byte(1) > 0xAF) return 0;
  const unsigned code = 0xD000U | (byte(1) & 0x3FU) << 6 | (byte(2) & 0x3FU);
  text.resize(text.size() - kLength);
  return code;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

/// Functions return false when the reading has ended with error().
class Reader {
 public:
  Reader(Input& input, const Limits& limits, JsonHandler& handler)
      : limits_(limits), handler_(handler), chunks_(input) {}

  Result<void> read() {
    if (value() && containers() && nothing_more()) return {};
    return error_;
  }

 private:
  bool value();
  bool containers();
  bool next_of_object();
  bool next_of_array();
  bool open(bool is_object);
  bool close();
  bool string();
  bool escape();
  bool code_unit();
  bool word();
  bool take_word(std::string_view text);
  bool nothing_more();

  /// Whether there is a next byte.
  bool more() { return chunks_.next != chunks_.end || fill(); }
  bool skip_blanks() {
    while (more() && is_blank(*chunks_.next)) ++chunks_.next;
    return chunks_.next != chunks_.end;
  }
  bool skip_to_more() { return skip_blanks() || cut_off(); }
  bool expect(char c) {
    if (!skip_to_more()) return false;
    if (*chunks_.next != c) return not_json(0);
    ++chunks_.next;
    return true;
  }
  bool fill() {
    const Result<bool> filled = chunks_.fill();
    return filled ? *filled : fail(filled.error());
  }

  bool fail(Error error) {
    if (!failed_) error_ = std::move(error);
    failed_ = true;
    return false;
  }
  /// `back`: how many bytes before the current one the mistake is.
  bool fail(Errc code, std::size_t back, const std::string& what) {
    return fail({code, chunks_.place(back) + ": " + what});
  }
  bool not_json(std::size_t back) {
    return fail(Errc::parse, back, "this is not JSON; is there text of another tool around it?");
  }
  bool cut_off() {
    return fail(Errc::parse, 0, "this is not JSON to its end; is the file cut off?");
  }
  bool pass(const Result<void>& result) {
    return result || fail(result.error().code, 1, result.error().message);
  }

  const Limits& limits_;
  JsonHandler& handler_;
  JsonChunks chunks_;
  std::string text_;
  std::vector<bool> open_;  ///< of the containers that are open: whether it is an object
  bool is_first_ = false;   ///< the innermost container has just begun
  bool failed_ = false;
  Error error_;
};

bool Reader::value() {
  if (!skip_to_more()) return false;
  switch (*chunks_.next) {
    case '{': return open(true);
    case '[': return open(false);
    case '"': return string() && pass(handler_.string(text_));
    default: return word();
  }
}

bool Reader::containers() {
  while (!open_.empty())
    if (!(open_.back() ? next_of_object() : next_of_array())) return false;
  return true;
}

bool Reader::next_of_object() {
  if (!skip_to_more()) return false;
  if (*chunks_.next == '}') return close();
  if (!is_first_ && (!expect(',') || !skip_to_more())) return false;
  is_first_ = false;
  if (*chunks_.next != '"') return not_json(0);
  return string() && pass(handler_.key(text_)) && expect(':') && value();
}

bool Reader::next_of_array() {
  if (!skip_to_more()) return false;
  if (*chunks_.next == ']') return close();
  if (!is_first_ && !expect(',')) return false;
  is_first_ = false;
  return value();
}

bool Reader::open(bool is_object) {
  ++chunks_.next;
  if (open_.size() == limits_.depth_max)
    return fail(Errc::limit, 1,
                "nested deeper than " + std::to_string(limits_.depth_max) + " levels");
  open_.push_back(is_object);
  is_first_ = true;
  return pass(is_object ? handler_.begin_object() : handler_.begin_array());
}

bool Reader::close() {
  ++chunks_.next;
  open_.pop_back();
  is_first_ = false;
  return pass(handler_.end());
}

bool Reader::string() {
  ++chunks_.next;
  text_.clear();
  while (true) {
    const char* const start = chunks_.next;
    chunks_.next = std::find_if_not(start, chunks_.end, is_plain);
    const auto size = static_cast<std::size_t>(chunks_.next - start);
    if (text_.size() + size > limits_.string_bytes_max)
      return fail(Errc::limit, 0,
                  "a text is longer than " + format_bytes(limits_.string_bytes_max));
    text_.append(start, size);
    if (!more()) return cut_off();
    const char c = *chunks_.next;
    if (is_plain(c)) continue;
    if (c != '"' && c != '\\') return not_json(0);
    ++chunks_.next;
    if (c == '"') break;
    if (!escape()) return false;
  }
  if (is_utf8(text_)) return true;
  return fail(Errc::parse, 1, "the text that ends here is not UTF-8");
}

bool Reader::escape() {
  if (!more()) return cut_off();
  const char c = *chunks_.next++;
  if (c == 'u') return code_unit();
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const std::size_t which = kLetters.find(c);
  if (which == std::string_view::npos) return not_json(1);
  text_ += kMeanings[which];
  return true;
}

bool Reader::code_unit() {
  unsigned code = 0;
  for (int i = 0; i < 4; ++i) {
    if (!more()) return cut_off();
    constexpr std::string_view kDigits = "0123456789abcdefABCDEF";
    const std::size_t digit = kDigits.find(*chunks_.next);
    if (digit == std::string_view::npos) return not_json(0);
    ++chunks_.next;
    code = code << 4 | static_cast<unsigned>(digit < 16 ? digit : digit - 6);
  }
  const bool is_low_surrogate = code >= 0xDC00 && code <= 0xDFFF;
  if (const unsigned high = is_low_surrogate ? take_high_surrogate(text_) : 0; high != 0)
    code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00);
  append_utf8(text_, code);
  return true;
}

bool Reader::word() {
  const char* const start = chunks_.next;
  chunks_.next = std::find_if_not(start, chunks_.end, is_word_byte);
  std::string_view whole(start, static_cast<std::size_t>(chunks_.next - start));
  if (chunks_.next != chunks_.end) return take_word(whole);
  // The chunk cuts it.
  text_ = whole;
  while (more() && is_word_byte(*chunks_.next)) {
    if (text_.size() == limits_.string_bytes_max)
      return fail(Errc::limit, 0,
                  "a number is longer than " + format_bytes(limits_.string_bytes_max));
    text_ += *chunks_.next++;
  }
  return !failed_ && take_word(text_);
}

bool Reader::take_word(std::string_view text) {
  if (text == "true" || text == "false") return pass(handler_.boolean(text == "true"));
  if (text == "null") return pass(handler_.null());
  if (const std::optional<double> number = number_from(text)) return pass(handler_.number(*number));
  const bool is_number = text.find_first_of("0123456789-") != std::string_view::npos;
  if ((is_number || is_start_of_word(text)) && !more()) return cut_off();
  if (!is_number) return not_json(text.size());
  return fail(Errc::parse, text.size(),
              "the number " + in_quotes(text) + " is malformed or too large");
}

bool Reader::nothing_more() {
  if (!skip_blanks()) return !failed_;
  return not_json(0);
}

}  // namespace

Result<void> read_json(Input& input, const Limits& limits, JsonHandler& handler) {
  return Reader(input, limits, handler).read();
}

}  // namespace melisai::formats
