// Places in a JSON document: "$.results[*].times[0]", "$['a b'].c", "$[*]". A subset of RFC 9535:
// $ .name ['name'] [n] [*]; "*" takes every element of an array and every member of an object.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace melisai::formats {

struct JsonStep {
  enum class Kind { name, index, any } kind = Kind::any;
  std::string name;
  std::size_t index = 0;
};

struct JsonPath {
  std::vector<JsonStep> steps;  ///< empty: the document itself

  /// Errors: parse, with the position in `text`.
  static Result<JsonPath> parse(std::string_view text);
};

/// The value there, nullptr when there is none. A path with "*" takes the first.
const nlohmann::json* find_at(const nlohmann::json& value, const JsonPath& path);

}  // namespace melisai::formats
