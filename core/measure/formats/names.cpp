#include "core/measure/formats/names.h"

namespace melisai::formats {

std::string snake_case(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    const bool is_word = is_upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (is_word)
      name += is_upper ? static_cast<char>(c | 0x20) : c;
    else if (!name.empty() && name.back() != '_')
      name += '_';
  }
  if (name.ends_with('_')) name.pop_back();
  return name;
}

std::string joined(std::string_view group, std::string_view name, std::string_view separator) {
  std::string both(group);
  if (!group.empty()) both += separator;
  return both.append(name);
}

}  // namespace melisai::formats
