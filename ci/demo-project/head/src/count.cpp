#include "word_index.h"

namespace word_index {

std::unordered_map<std::string, int> count(std::string_view text) {
  std::unordered_map<std::string, int> counts;
  for (std::string_view word : split(text)) ++counts[std::string(word)];
  return counts;
}

}  // namespace word_index
