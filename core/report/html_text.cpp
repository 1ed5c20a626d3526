#include "core/report/html_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "core/report/text.h"

namespace melisai::report {
namespace {

std::string escaped_for_html(std::string_view clean) {
  std::string out;
  out.reserve(clean.size());
  for (const char c : clean) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace

std::string html_text(std::string_view hostile, std::size_t characters) {
  return escaped_for_html(clip(one_line(hostile), characters));
}

std::string html_lines(std::string_view hostile) { return escaped_for_html(plain_lines(hostile)); }

std::string json_in_html(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (std::size_t at = 0; at < json.size(); ++at) {
    const std::string_view rest = json.substr(at, 3);
    if (json[at] == '<') {
      out += "\\u003c";
    } else if (json[at] == '>') {
      out += "\\u003e";
    } else if (json[at] == '&') {
      out += "\\u0026";
    } else if (rest == "\xE2\x80\xA8" || rest == "\xE2\x80\xA9") {
      out += rest == "\xE2\x80\xA8" ? "\\u2028" : "\\u2029";
      at += 2;
    } else {
      out += json[at];
    }
  }
  return out;
}

std::string json_text(std::string_view hostile, std::size_t characters) {
  std::string out = "\"";
  for (const char c : clip(one_line(hostile), characters)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return json_in_html(out + "\"");
}

std::string json_number(double value) {
  if (!std::isfinite(value)) return "null";
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::string_view group = bytes.substr(at, 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i)
      bits = (bits << 8U) | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      out += i <= group.size() ? kDigits[(bits >> (18U - 6U * i)) & 63U] : '=';
  }
  return out;
}

std::string from_hex(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string out;
  for (std::size_t at = 0; at + 1 < hex.size(); at += 2)
    out += static_cast<char>(digit(hex[at]) * 16 + digit(hex[at + 1]));
  return out;
}

std::string tagged(std::string_view tag, const std::string& inner) {
  const std::string name(tag);
  return "<" + name + ">" + inner + "</" + name + ">";
}

std::string tagged(std::string_view tag, std::string_view css_class, const std::string& inner) {
  const std::string name(tag);
  return "<" + name + " class=\"" + std::string(css_class) + "\">" + inner + "</" + name + ">";
}

std::string listed(const Listed& frame, const std::vector<std::string>& items) {
  if (items.empty()) return "";
  std::string out = frame.head;
  std::size_t shown = 0;
  while (shown < items.size() && out.size() + items[shown].size() <= frame.bytes_max)
    out += items[shown++];
  out += frame.foot;
  const std::size_t rest = items.size() - shown;
  if (rest == 0) return out;
  return out +
         tagged("p", "soft",
                count_of(rest, "more " + frame.noun) + (rest == 1 ? " is" : " are") +
                    " left out for size; report.json has all of them.") +
         "\n";
}

}  // namespace melisai::report
