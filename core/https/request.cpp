#include "core/https/request.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>

namespace melisai::https {
namespace {

constexpr std::array<std::string_view, 6> kMethods = {"GET",   "HEAD", "POST",
                                                      "PATCH", "PUT",  "DELETE"};

/// token of RFC 9110, section 5.6.2, without the signs that no header has.
bool is_name(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_';
  });
}

bool is_line(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
}

bool is_word(const std::string& text) {
  return is_line(text) && text.find(' ') == std::string::npos;
}

Result<void> check(const Request& request) {
  if (std::find(kMethods.begin(), kMethods.end(), request.method) == kMethods.end())
    return Error{Errc::usage, "'method' is none that is sent"};
  if (request.url.empty() || !is_word(request.url))
    return Error{Errc::usage, "'url' is no address"};
  if (!is_word(request.bearer)) return Error{Errc::usage, "'bearer' is no token"};
  for (const auto& [name, value] : request.headers)
    if (!is_name(name) || !is_line(value)) return Error{Errc::usage, "'headers' holds no header"};
  if (request.timeout <= Milliseconds(0)) return Error{Errc::usage, "'timeout_ms' is not positive"};
  if (request.answer_max <= 0) return Error{Errc::usage, "'answer_max' is not positive"};
  return {};
}

}  // namespace

Result<Request> read_request(const std::string& json) {
  Request request;
  try {
    const auto parsed = nlohmann::json::parse(json);
    request.method = parsed.at("method").get<std::string>();
    request.url = parsed.at("url").get<std::string>();
    request.headers = parsed.at("headers").get<std::vector<std::pair<std::string, std::string>>>();
    request.bearer = parsed.at("bearer").get<std::string>();
    request.body = parsed.at("body").get<std::string>();
    request.ca_file = parsed.at("ca_file").get<std::string>();
    request.allow_private = parsed.at("allow_private").get<bool>();
    request.timeout = Milliseconds(parsed.at("timeout_ms").get<std::int64_t>());
    request.answer_max = parsed.at("answer_max").get<Bytes>();
  } catch (const nlohmann::json::exception&) {
    // Without its text, which may quote the token.
    return Error{Errc::usage, "the request is not the JSON object that README.md describes"};
  }
  MELISAI_CHECK(check(request));
  return request;
}

}  // namespace melisai::https
