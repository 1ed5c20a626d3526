// What strangers and operators call users and repositories, before it becomes a part of an address.
// Part of forge.
#pragma once

#include <string>
#include <string_view>

namespace melisai::forge {

/// 1 to 100 letters, digits and . _ -, not only dots; an app of GitHub also ends in "[bot]".
bool is_login(std::string_view text);

/// For one part of a path: all but letters, digits and . _ - ~ as %XX (RFC 3986, section 2.3).
std::string percent_encoded(std::string_view text);

}  // namespace melisai::forge
