// One request on its way through the table of routes, and what handlers make answers of. Private to
// core/api.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/scope.h"
#include "core/base/result.h"
#include "core/http/http.h"

namespace melisai::api {

using Json = nlohmann::ordered_json;  // keeps the order in which fields are written

inline constexpr std::size_t kBodyBytesMax = 64 << 10;
inline constexpr int kBodyDepthMax = 8;

struct Call {
  const http::Request& request;   ///< gone when the handler returns
  std::vector<std::string> path;  ///< what stands where the pattern has {names}
  std::string caller;             ///< name of the token; "" without one
  Scope scope = Scope::none;      ///< of the token
  http::Respond respond;
};

/// One line without a line break; bad UTF-8 is replaced.
std::string text_of(const Json& json);
http::Response answer(int status, const Json& json);
/// usage, config, parse: 400; not_found: 404; what may pass: 503; else 500.
http::Response refused(const Error& error);

/// Of a query parameter. Errors: usage.
struct NumberRange {
  std::int64_t min = 0;
  std::int64_t max = 0;
};
Result<std::optional<std::int64_t>> number_at(const http::Request& request, const char* name,
                                              NumberRange range);
/// "" when it is not there.
std::string text_at(const http::Request& request, const char* name);
/// A number of a path, from 1; nothing for anything else.
std::optional<std::int64_t> id_of(std::string_view text);

/// "application/json", without parameters and in lower case; "" without one.
std::string media_type_of(const http::Request& request);

/// Reads the body: an object with no other keys, none twice, of type application/json; an empty
/// body is an empty object. Or the refusal: 400, 413, 415.
std::optional<http::Response> read_body(const http::Request& request,
                                        std::initializer_list<std::string_view> keys, Json& body);
/// Of the object that was read; "" when it is not there. Errors: usage, when it is no text or
/// longer than 1,000 bytes.
Result<std::string> text_in(const Json& body, const char* key);

}  // namespace melisai::api
