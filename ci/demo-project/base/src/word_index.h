// Words of a text: split, count, checksum. A sample for melisai-gate, readable in a minute.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace word_index {

/// Maximal runs of characters other than space and newline; views into `text`.
std::vector<std::string_view> split(std::string_view text);

/// How often each word occurs. The keys are views into `text`.
std::unordered_map<std::string_view, int> count(std::string_view text);

/// FNV-1a, 64 bits.
std::uint64_t checksum(std::string_view text);

/// `words` words from a vocabulary of 500, the same on every call.
std::string sample_text(int words);

}  // namespace word_index
