#include "core/serve/mail_message.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "core/base/text.h"
#include "core/serve/notice_text.h"

namespace melisai::serve {
namespace {

constexpr std::size_t kSubjectMax = 200;  // bytes of the notice's own text; a line may have 998
constexpr std::size_t kEncodedPart = 42;  // bytes; an encoded word may have 75 characters
constexpr std::size_t kBodyLine = 76;     // RFC 2045, section 6.8
constexpr Bytes kBodyMax = 32 << 10;

bool is_plain(std::string_view text) {
  return text.find("=?") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

/// At most that many bytes, never a part of a character. `text` is valid UTF-8.
std::string_view head_of(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

std::string in_lines(const std::string& encoded) {
  std::string lines;
  for (std::size_t at = 0; at < encoded.size(); at += kBodyLine)
    lines += encoded.substr(at, kBodyLine) + "\r\n";
  return lines;
}

/// "Sat, 21 Nov 2026 02:00:00 +0000", in English whatever the locale.
std::string mail_date(WallTime at) {
  constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02d %s %d %02d:%02d:%02d +0000",
                kDays.at(static_cast<std::size_t>(utc.tm_wday)), utc.tm_mday,
                kMonths.at(static_cast<std::size_t>(utc.tm_mon)), utc.tm_year + 1900, utc.tm_hour,
                utc.tm_min, utc.tm_sec);
  return text.data();
}

std::string recipients_of(const EmailOptions& email) {
  std::string list;
  for (const std::string& to : email.to) list += (list.empty() ? "" : ",\r\n ") + to;
  return list;
}

std::string subject_of(const Notice& notice) {
  const std::string line = printable(headline_of(notice));
  const std::string_view head = head_of(line, kSubjectMax);
  return "[melisai-gate] " + std::string(to_string(notice.level)) + ": " + std::string(head) +
         (head.size() < line.size() ? "..." : "");
}

/// The same for a repetition, so that a mailbox may drop it.
std::string message_id(const Notice& notice, const EmailOptions& email) {
  return "<notice-" + std::to_string(notice.id) + "-" +
         std::to_string(notice.at.time_since_epoch() / Milliseconds(1)) + ".melisai-gate" +
         email.from.substr(email.from.find('@')) + ">";
}

}  // namespace

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = (group << 8) | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0u);
    for (std::size_t i = 0; i < 4; ++i)
      text += i <= count ? kDigits[(group >> (18 - 6 * i)) & 0x3F] : '=';
  }
  return text;
}

std::string header_text(std::string_view text) {
  const std::string clean = printable(text);
  if (is_plain(clean)) return clean;
  std::string encoded;
  for (std::string_view rest = clean; !rest.empty();) {
    const std::string_view part = head_of(rest, kEncodedPart);
    encoded += (encoded.empty() ? "" : "\r\n ") + ("=?UTF-8?B?" + base64(part) + "?=");
    rest.remove_prefix(part.size());
  }
  return encoded;
}

std::string mail_message(const Notice& notice, const EmailOptions& email) {
  const std::string body = text_of(notice);
  return "From: " + email.from + "\r\nTo: " + recipients_of(email) +
         "\r\nSubject: " + header_text(subject_of(notice)) + "\r\nDate: " + mail_date(notice.at) +
         "\r\nMessage-ID: " + message_id(notice, email) +
         "\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
         "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
         in_lines(base64(head_of(body, kBodyMax)));
}

}  // namespace melisai::serve
