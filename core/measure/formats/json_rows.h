// JSON results row by row: the values at one path as small documents, the rest skipped. Memory
// holds one row.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/measure/formats/formats.h"
#include "core/measure/formats/input.h"
#include "core/measure/formats/json_path.h"

namespace melisai::formats {

struct JsonRow {
  nlohmann::json& value;  ///< may be moved from
  /// What each "*" of the path stood for: a member's name or an element's position, as text.
  const std::vector<std::string>& at;
};

using TakeRow = std::function<Result<void>(const JsonRow&)>;

/// Hands every value at `path` (an empty one: the document) to `take`; how many there were. Numbers
/// in it may be NaN or infinite. Members named `left_out` are not in it, at any depth: lists of
/// millions of samples that the tool sums up itself.
/// Errors: those of read_json(); limit for a row above Limits::row_bytes_max; those of `take`, with
/// the place.
Result<std::size_t> read_rows(Input& input, const Limits& limits, const JsonPath& path,
                              const TakeRow& take, std::string_view left_out = {});

// What a row holds; nothing, or "", where it is missing or of another kind.
std::optional<double> number_at(const nlohmann::json& object, std::string_view name);
/// Also "12.5" and, of tools that quote them, "NaN".
std::optional<double> loose_number_at(const nlohmann::json& object, std::string_view name);
std::string text_at(const nlohmann::json& object, std::string_view name);
const nlohmann::json* member(const nlohmann::json& object, std::string_view name);
/// All numbers of an array; others are skipped.
std::vector<double> numbers_in(const nlohmann::json* array);

}  // namespace melisai::formats
