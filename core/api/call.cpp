#include "core/api/call.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/config.h"
#include "core/base/text.h"

namespace melisai::api {
namespace {

constexpr std::size_t kTextBytesMax = 1'000;

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// What the parser meets, and whether it is more than we take.
class Watch {
 public:
  bool operator()(int depth, Json::parse_event_t event, const Json& value) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start) objects_.emplace_back();
    if (event == Event::object_end) objects_.pop_back();
    if (event == Event::key && !objects_.back().insert(value.get<std::string>()).second)
      problem_ = "names the key " + in_quotes(value.get<std::string>()) + " twice";
    if (depth > kBodyDepthMax)
      problem_ = "is nested deeper than " + std::to_string(kBodyDepthMax) + " levels";
    return true;
  }
  const std::string& problem() const { return problem_; }

 private:
  std::vector<std::set<std::string>> objects_;
  std::string problem_;
};

}  // namespace

std::string media_type_of(const http::Request& request) {
  const std::string_view type = request.header("content-type");
  std::string name(type.substr(0, type.find(';')));
  while (name.ends_with(' ')) name.pop_back();
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name;
}

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

http::Response answer(int status, const Json& json) {
  return {.status = status, .body = text_of(json) + "\n"};
}

http::Response refused(const Error& error) {
  switch (error.code) {
    case Errc::usage:
    case Errc::config:
    case Errc::parse: return http::problem(400, error.message);
    case Errc::not_found: return http::problem(404, error.message);
    case Errc::limit:
    case Errc::unavailable:
    case Errc::io:
    case Errc::disk_full:
    case Errc::timeout:
    case Errc::interrupted: return http::problem(503, error.message);
    case Errc::git:
    case Errc::process:
    case Errc::internal: break;
  }
  return http::problem(500, error.message);
}

Result<std::optional<std::int64_t>> number_at(const http::Request& request, const char* name,
                                              NumberRange range) {
  const auto found = request.query.find(name);
  if (found == request.query.end()) return std::optional<std::int64_t>();
  const auto number = whole_number(found->second);
  if (!number || *number < range.min || *number > range.max)
    return Error{Errc::usage, in_quotes(name) + " is a whole number from " +
                                  std::to_string(range.min) + " to " + std::to_string(range.max) +
                                  ", not " + in_quotes(found->second)};
  return number;
}

std::string text_at(const http::Request& request, const char* name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? "" : found->second;
}

std::optional<std::int64_t> id_of(std::string_view text) {
  const auto number = whole_number(text);
  return number && *number >= 1 && text.front() != '+' ? number : std::nullopt;
}

std::optional<http::Response> read_body(const http::Request& request,
                                        std::initializer_list<std::string_view> keys, Json& body) {
  body = Json::object();
  if (request.body.empty()) return std::nullopt;
  if (media_type_of(request) != "application/json")
    return http::problem(415, "the body of this request has to be application/json");
  if (request.body.size() > kBodyBytesMax)
    return http::problem(413,
                         "the body is longer than " + std::to_string(kBodyBytesMax) + " bytes");
  Watch watch;
  body = Json::parse(request.body, std::ref(watch), false);
  if (!watch.problem().empty()) return http::problem(400, "the body " + watch.problem());
  if (!body.is_object()) return http::problem(400, "the body is no JSON object");
  const std::vector<std::string> known(keys.begin(), keys.end());
  for (const auto& [key, value] : body.items())
    if (std::find(known.begin(), known.end(), key) == known.end())
      return http::problem(
          400, "unknown key " + in_quotes(key) +
                   (known.empty() ? "; this request takes none" : suggestion(key, known, "known")));
  return std::nullopt;
}

Result<std::string> text_in(const Json& body, const char* key) {
  if (!body.contains(key)) return std::string();
  if (!body[key].is_string()) return Error{Errc::usage, in_quotes(key) + " has to be text"};
  std::string text = body[key].get<std::string>();
  if (text.size() > kTextBytesMax)
    return Error{Errc::usage,
                 in_quotes(key) + " is longer than " + std::to_string(kTextBytesMax) + " bytes"};
  return text;
}

}  // namespace melisai::api
