#include "core/base/secret_forms.h"

#include <cstdint>
#include <cstring>
#include <set>

#include "core/base/masker.h"

namespace melisai {
namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kLowerHex = "0123456789abcdef";
constexpr std::string_view kUpperHex = "0123456789ABCDEF";

unsigned byte_of(char c) { return static_cast<unsigned char>(c); }

/// The characters that depend on the secret alone when `before` bytes (0 to 2) come before it.
std::string base64_after(std::size_t before, std::string_view secret, std::string_view alphabet) {
  std::string out;
  const std::size_t first = (8 * before + 5) / 6 * 6 - 8 * before;  // bit
  for (std::size_t bit = first; bit + 6 <= 8 * secret.size(); bit += 6) {
    unsigned pair = byte_of(secret[bit / 8]) << 8;
    if (bit / 8 + 1 < secret.size()) pair |= byte_of(secret[bit / 8 + 1]);
    out += alphabet[(pair >> (10 - bit % 8)) & 63];
  }
  return out;
}

std::string percent_encoded(std::string_view secret, std::string_view digits, bool plus) {
  std::string out;
  for (const char c : secret) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       std::strchr("-_.~", c) != nullptr;
    if (plain && c != '\0')
      out += c;
    else if (plus && c == ' ')
      out += '+';
    else
      out += {'%', digits[byte_of(c) >> 4], digits[byte_of(c) & 15]};
  }
  return out;
}

std::string json_escaped(std::string_view secret) {
  std::string out;
  for (const char c : secret) {
    if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else if (c == '\t')
      out += "\\t";
    else if (c == '"' || c == '\\')
      out += {'\\', c};
    else
      out += c;
  }
  return out;
}

std::string hexadecimal(std::string_view secret, std::string_view digits) {
  std::string out;
  for (const char c : secret) out += {digits[byte_of(c) >> 4], digits[byte_of(c) & 15]};
  return out;
}

class Forms {
 public:
  void add(const std::string& form) {
    if (form.size() >= kMaskPatternMin && seen_.insert(form).second) forms_.push_back(form);
  }
  void add_lines(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = text.find_first_of("\r\n");
      add(std::string(text.substr(0, end)));
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
  }
  void add_wrapped(const std::string& text, std::size_t width) {
    for (std::size_t at = 0; text.size() > width && at < text.size(); at += width)
      add(text.substr(at, width));
  }
  std::vector<std::string> take() { return std::move(forms_); }

 private:
  std::vector<std::string> forms_;
  std::set<std::string> seen_;
};

}  // namespace

std::vector<std::string> forms_of(std::string_view secret) {
  Forms forms;
  forms.add(std::string(secret));
  forms.add_lines(secret);
  for (const std::string_view alphabet : {kBase64, kBase64Url}) {
    for (const std::size_t before : {std::size_t{0}, std::size_t{1}, std::size_t{2}})
      forms.add(base64_after(before, secret, alphabet));
    for (const std::size_t width : {std::size_t{64}, std::size_t{76}})
      forms.add_wrapped(base64_after(0, secret, alphabet), width);
  }
  for (const std::string_view digits : {kUpperHex, kLowerHex}) {
    for (const bool plus : {false, true}) forms.add(percent_encoded(secret, digits, plus));
    forms.add(hexadecimal(secret, digits));
  }
  forms.add(json_escaped(secret));
  return forms.take();
}

std::string mask_block(const std::vector<std::string>& patterns) {
  std::string block;
  for (const std::string& pattern : patterns) {
    const auto size = static_cast<std::uint32_t>(pattern.size());
    char bytes[sizeof size];
    std::memcpy(bytes, &size, sizeof size);
    block.append(bytes, sizeof size);
    block += pattern;
  }
  return block;
}

}  // namespace melisai
