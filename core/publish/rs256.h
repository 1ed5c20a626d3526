// What the login of an app needs of OpenSSL, without its types.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace melisai::publish {

/// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, section 8.2), as bytes. Errors: config for what is no
/// RSA key of at least 2048 bits without a passphrase; its text is in no message.
Result<std::string> rs256(std::string_view pem, std::string_view text);

/// RFC 4648, section 5, without padding.
std::string base64url(std::string_view bytes);

}  // namespace melisai::publish
