// Arguments of a tool against its input schema. Private to core/host.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace melisai::host {

/// What is wrong with `arguments`, in words for whoever made them; "" when they fit. Of JSON Schema
/// it knows what our tools say: properties, required, type (one or several of string and integer),
/// enum, minimum, maximum, maxLength (bytes). Other properties are never allowed.
std::string problem_of(const nlohmann::json& arguments, const nlohmann::json& schema);

/// A string or integer property as text; `fallback` when it is absent.
std::string text_of(const nlohmann::json& arguments, const std::string& name,
                    const std::string& fallback);

}  // namespace melisai::host
