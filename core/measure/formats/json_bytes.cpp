#include "core/measure/formats/json_bytes.h"

#include <algorithm>

#include "core/base/units.h"

namespace melisai::formats {
namespace {

constexpr std::size_t kWordMax = 16;  // "Infinity" and the words of JSON are shorter

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_word(std::string_view word, std::string_view lower) {
  return word.size() == lower.size() && std::equal(word.begin(), word.end(), lower.begin(),
                                                   [](char a, char b) { return (a | 0x20) == b; });
}

}  // namespace

void NonFiniteFilter::end_word(std::string& text) {
  if (is_word(word_, "nan"))
    text += kNan;
  else if (is_word(word_, "inf") || is_word(word_, "infinity"))
    text += kInfinity;
  else
    text += word_;
  word_.clear();
}

std::string NonFiniteFilter::filtered(std::string_view bytes, bool is_last) {
  std::string text;
  text.reserve(bytes.size() + kWordMax);
  for (const char c : bytes) {
    if (in_string_) {
      in_string_ = escaped_ || c != '"';
      escaped_ = !escaped_ && c == '\\';
      text += c;
      continue;
    }
    if (is_letter(c) && word_.size() < kWordMax) {
      word_ += c;
      continue;
    }
    end_word(text);
    in_string_ = c == '"';
    text += c;
  }
  if (is_last) end_word(text);
  return text;
}

bool JsonBytes::fail(Error error) {
  failed_ = true;
  error_ = std::move(error);
  return false;
}

bool JsonBytes::fill() {
  if (failed_ || input_ended_) return false;
  before_ = offset();
  const std::string_view chunk(begin_, static_cast<std::size_t>(end_ - begin_));
  lines_before_ += static_cast<std::size_t>(std::count(chunk.begin(), chunk.end(), '\n'));
  if (const std::size_t newline = chunk.rfind('\n'); newline != std::string_view::npos)
    line_start_ = before_ - chunk.size() + newline + 1;
  begin_ = next_ = end_ = nullptr;
  if (before_ - token_at_ > limits_.string_bytes_max)
    return fail({Errc::limit,
                 place() + ": a text is longer than " + format_bytes(limits_.string_bytes_max)});
  Result<std::string_view> bytes = input_.next();
  if (!bytes) return fail(bytes.error());
  input_ended_ = bytes->empty();
  if (has_non_finite_) {
    filtered_ = filter_.filtered(*bytes, input_ended_);
    *bytes = filtered_;
  }
  if (bytes->empty()) return !input_ended_ && fill();
  begin_ = next_ = bytes->data();
  end_ = begin_ + bytes->size();
  return true;
}

std::string JsonBytes::place() const {
  const std::string_view read(begin_, static_cast<std::size_t>(next_ - begin_));
  const auto lines = static_cast<std::size_t>(std::count(read.begin(), read.end(), '\n'));
  const std::size_t newline = read.rfind('\n');
  const std::size_t start = newline == std::string_view::npos ? line_start_ : before_ + newline + 1;
  return input_.source() + ":" + std::to_string(lines_before_ + lines + 1) + ":" +
         std::to_string(std::max<std::size_t>(offset() - std::min(start, offset()), 1));
}

}  // namespace melisai::formats
