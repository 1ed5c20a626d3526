#include "core/forge/names.h"

#include <algorithm>
#include <cstddef>

#include "core/forge/forge.h"

namespace melisai::forge {
namespace {

constexpr std::size_t kPartMax = 100;
constexpr std::size_t kNameMax = 500;
constexpr std::string_view kApp = "[bot]";

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

/// "." and ".." would lead to another path.
bool is_part(std::string_view text) {
  return !text.empty() && text.size() <= kPartMax &&
         std::all_of(text.begin(), text.end(), is_plain) &&
         text.find_first_not_of('.') != std::string_view::npos;
}

}  // namespace

bool is_login(std::string_view text) {
  if (text.ends_with(kApp)) text.remove_suffix(kApp.size());
  return is_part(text);
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (is_plain(c) || c == '~') {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return encoded;
}

bool is_repository(Kind kind, std::string_view name) {
  if (name.size() > kNameMax) return false;
  std::size_t parts = 1;
  for (std::size_t slash = 0; (slash = name.find('/')) != std::string_view::npos; ++parts) {
    if (!is_part(name.substr(0, slash))) return false;
    name.remove_prefix(slash + 1);
  }
  return is_part(name) && (parts == 2 || (parts > 2 && kind == Kind::gitlab));
}

}  // namespace melisai::forge
