#include "core/http/http.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/text.h"

namespace melisai::http {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

Error bad_target(std::string_view what) {
  return {Errc::parse, "the address of the request " + std::string(what)};
}

enum class Plus { stays, is_blank };

Result<std::string> decoded(std::string_view text, Plus plus) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == Plus::is_blank) {
      result += ' ';
      continue;
    }
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return bad_target("holds a bad escape");
    result += static_cast<char>(high * 16 + low);
    i += 2;
  }
  if (result.find('\0') != std::string::npos) return bad_target("holds a zero byte");
  return result;
}

Result<std::map<std::string, std::string>> parse_query(std::string_view text) {
  std::map<std::string, std::string> query;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (one.empty()) continue;
    const std::size_t sign = std::min(one.find('='), one.size());
    MELISAI_TRY(const std::string name, decoded(one.substr(0, sign), Plus::is_blank));
    MELISAI_TRY(std::string value,
                decoded(one.substr(std::min(sign + 1, one.size())), Plus::is_blank));
    if (!query.emplace(name, std::move(value)).second)
      return bad_target("names " + in_quotes(name) + " twice");
  }
  return query;
}

Result<void> check_path(std::string_view path) {
  if (path.find('\\') != std::string_view::npos) return bad_target("holds a backslash");
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::string_view part = path.substr(0, path.find('/'));
    if (part == "." || part == "..") return bad_target("holds " + in_quotes(part));
    path.remove_prefix(part.size());
  }
  return {};
}

}  // namespace

std::string_view Request::header(std::string_view name) const {
  for (const Header& header : headers)
    if (same_name(header.name, name)) return header.value;
  return {};
}

int Request::count(std::string_view name) const {
  return static_cast<int>(std::count_if(headers.begin(), headers.end(), [&](const Header& header) {
    return same_name(header.name, name);
  }));
}

Result<Target> parse_target(std::string_view target) {
  if (!target.starts_with('/')) return bad_target("is no absolute path");
  const std::size_t mark = std::min(target.find('?'), target.size());
  Target parsed;
  MELISAI_TRY(parsed.path, decoded(target.substr(0, mark), Plus::stays));
  MELISAI_CHECK(check_path(parsed.path));
  MELISAI_TRY(parsed.query, parse_query(target.substr(std::min(mark + 1, target.size()))));
  return parsed;
}

Response problem(int status, std::string_view detail) {
  const nlohmann::ordered_json body{{"type", "about:blank"},
                                    {"title", reason_of(status)},
                                    {"status", status},
                                    {"detail", detail}};
  return {.status = status,
          .type = "application/problem+json",
          .body = body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)};
}

std::string_view reason_of(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 422: return "Unprocessable Content";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    default: return "";
  }
}

}  // namespace melisai::http
