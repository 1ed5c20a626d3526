// What answers of forges have in common: when they have been asked too often. Part of forge.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/http_client.h"
#include "core/model/serve_config.h"

namespace melisai::forge {

std::string_view name_of(ForgeKind kind);  ///< "GitHub"

/// 429, and GitHub's 403 that means the same, which now and then says so in its words only.
bool is_asked_too_often(const HttpAnswer& answer);

/// When the forge may be asked again: one of them, or nothing when it does not say. Not checked for
/// sense.
struct AskAgain {
  std::optional<std::int64_t> seconds;  ///< from now; not negative
  std::optional<std::int64_t> epoch;    ///< seconds since 1970; not negative
};
AskAgain ask_again(const HttpAnswer& answer);

}  // namespace melisai::forge
