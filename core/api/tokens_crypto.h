// What tokens need of OpenSSL, without its types.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace melisai::api {

/// 64 lower-case hex digits. Errors: unavailable.
Result<std::string> sha256_hex(std::string_view text);

/// Bytes that nobody can guess. Errors: unavailable.
Result<std::string> secret_bytes(std::size_t count);

/// Takes as long whatever the difference, for texts of one length.
bool same_secret(std::string_view a, std::string_view b);

}  // namespace melisai::api
