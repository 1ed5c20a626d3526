// Secret forms: all ways in which a secret is likely to be printed. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace melisai {

/// The secret; each of its lines; in base64 (also the alphabet of URLs) wherever in a text it
/// begins; with %XX for what a URL does not take; as in JSON; in hexadecimal. Of base64 the
/// characters that the secret alone decides: the one at an end, which holds less than six of its
/// bits, may be left. Wrapped in lines of kMaskLineMin characters or more (base/masker.h) each of
/// these is found by the masker; base64 of nothing but the secret in lines of 64 and 76 is here
/// too, a line each, for where something stands before each line. Each once, none shorter than
/// kMaskPatternMin.
std::vector<std::string> forms_of(std::string_view secret);

/// The block that MaskPatterns takes.
std::string mask_block(const std::vector<std::string>& patterns);

}  // namespace melisai
