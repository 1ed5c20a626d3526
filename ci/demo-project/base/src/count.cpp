#include "word_index.h"

namespace word_index {

std::unordered_map<std::string_view, int> count(std::string_view text) {
  std::unordered_map<std::string_view, int> counts;
  for (std::string_view word : split(text)) ++counts[word];
  return counts;
}

}  // namespace word_index
