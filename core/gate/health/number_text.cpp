#include "core/gate/health/number_text.h"

#include <array>
#include <cstdio>

namespace melisai::gate {

std::string number_text(double value) {
  std::array<char, 512> buffer{};  // the largest double has 309 digits before the point
  const int length = std::snprintf(buffer.data(), buffer.size(), "%.2f", value);
  std::string text(buffer.data(), static_cast<std::size_t>(length));
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace melisai::gate
