#include "word_index.h"

namespace word_index {

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t at = 0;
  while (true) {
    const std::size_t begin = text.find_first_not_of(" \n", at);
    if (begin == std::string_view::npos) return words;
    at = text.find_first_of(" \n", begin);
    words.push_back(text.substr(begin, at - begin));
    if (at == std::string_view::npos) return words;
  }
}

std::uint64_t checksum(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ull;
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  return hash;
}

std::string sample_text(int words) {
  std::string text;
  std::uint32_t state = 1;
  for (int i = 0; i < words; ++i) {
    state = state * 1664525u + 1013904223u;
    text += "identifier_number_" + std::to_string((state >> 8) % 500);
    text += i % 12 == 11 ? '\n' : ' ';
  }
  return text;
}

}  // namespace word_index
