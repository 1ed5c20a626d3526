// The secrets of this process: what they are, and texts without them. Kept once, when the
// configuration is read; everything that writes for people or to the disk asks masked(). Any
// thread.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/units.h"

namespace melisai {

/// Of a secret, in bytes: what is shorter cannot be masked, what is longer is none.
inline constexpr std::size_t kSecretMin = 8;
inline constexpr std::size_t kSecretMax = 64 << 10;

/// By name. `for_stages`: put_secrets() may answer. Errors: limit, when all their forms together
/// are more than kMaskBlockMax; the secrets that were kept before stay then.
Result<void> keep_secrets(const std::map<std::string, std::string>& secrets, bool for_stages);

/// `text` with *** for each secret, in all forms of forms_of(). Costs nothing without secrets.
std::string masked(std::string text);

/// At most the last `bytes_max` bytes of a regular file, masked before they are cut: nothing is
/// left of a secret that begins before them. "" when it cannot be read.
std::string masked_end(const std::string& path, Bytes bytes_max);

/// What melisai-gate-exec masks with; "" without secrets.
std::string kept_mask_block();

/// `text` with the value for each ${secret:NAME}. Errors: config, for a name that is not known, or
/// when these secrets are not for stages.
Result<std::string> put_secrets(std::string_view text);

}  // namespace melisai
