// The OpenAPI document, as it is in openapi.json.
#pragma once

#include <string_view>

namespace melisai::api {

extern const std::string_view kOpenApi;

}  // namespace melisai::api
