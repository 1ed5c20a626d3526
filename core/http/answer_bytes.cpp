#include "core/http/answer_bytes.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace melisai::http {
namespace {

bool is_token(std::string_view name) {
  constexpr std::string_view kAlso = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kAlso.find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 || c == '\t') && byte != 0x7f;
  });
}

// Sun, 06 Nov 1994 08:49:37 GMT (RFC 9110, section 5.6.7), whatever the locale.
std::string http_date(std::chrono::system_clock::time_point at) {
  constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 16> day{};
  std::array<char, 32> rest{};
  std::strftime(day.data(), day.size(), ", %d ", &parts);
  std::strftime(rest.data(), rest.size(), " %Y %H:%M:%S GMT", &parts);
  return std::string(kDays.at(static_cast<std::size_t>(parts.tm_wday))) + day.data() +
         kMonths.at(static_cast<std::size_t>(parts.tm_mon)) + rest.data();
}

// What a browser that is lured here must not do with an answer, and nobody may keep it.
const std::array<Header, 3>& always() {
  static const std::array<Header, 3> headers{{{"X-Content-Type-Options", "nosniff"},
                                              {"Cache-Control", "no-store"},
                                              {"Content-Security-Policy", "default-src 'none'"}}};
  return headers;
}

// The server's own business: where an answer ends, and whether the connection does.
bool is_framing(std::string_view name) {
  const Request lookup{.headers = {{std::string(name), ""}}};
  return lookup.count("Content-Length") + lookup.count("Transfer-Encoding") +
             lookup.count("Connection") >
         0;
}

void add(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

bool is_sendable(const Response& response) {
  return response.status >= 200 && response.status <= 599 && is_field_value(response.type) &&
         std::all_of(response.headers.begin(), response.headers.end(), [](const Header& header) {
           return is_token(header.name) && is_field_value(header.value) && !is_framing(header.name);
         });
}

bool has_body(int status) { return status != 204 && status != 304; }

std::string head_bytes(const Response& response, const AnswerForm& form) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head.append(reason_of(response.status)).append("\r\n");
  if (form.date) add(head, "Date", http_date(*form.date));
  if (has_body(response.status)) {
    if (!response.type.empty()) add(head, "Content-Type", response.type);
    if (form.ending == Ending::length)
      add(head, "Content-Length", std::to_string(response.body.size()));
    if (form.ending == Ending::chunked) add(head, "Transfer-Encoding", "chunked");
  }
  // Each version would take the other for granted.
  if (!form.keep_alive) add(head, "Connection", "close");
  if (form.keep_alive && form.http_1_0) add(head, "Connection", "keep-alive");
  const Request own{.headers = response.headers};
  for (const Header& header : always())
    if (own.count(header.name) == 0) add(head, header.name, header.value);
  for (const Header& header : response.headers) add(head, header.name, header.value);
  return head + "\r\n";
}

std::string chunk_bytes(std::string_view piece) {
  std::array<char, 20> size{};
  const auto written = std::to_chars(size.begin(), size.end(), piece.size(), 16);
  std::string bytes(size.begin(), written.ptr);
  bytes.reserve(bytes.size() + piece.size() + 4);
  return bytes.append("\r\n").append(piece).append("\r\n");
}

}  // namespace melisai::http
