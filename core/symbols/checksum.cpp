#include "core/symbols/checksum.h"

#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <vector>

namespace melisai::symbols {
namespace {

constexpr std::size_t kBlock = 1 << 20;
constexpr std::size_t kBlocksMax = 1'024;

constexpr std::array<std::uint32_t, 256> kTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = (rest >> 1) ^ (rest & 1 ? 0xEDB88320U : 0);
    table[byte] = rest;
  }
  return table;
}();

}  // namespace

std::uint32_t checksum(std::string_view bytes, std::uint32_t before) {
  std::uint32_t rest = ~before;
  for (const char byte : bytes)
    rest = (rest >> 8) ^ kTable[(rest ^ static_cast<unsigned char>(byte)) & 0xFF];
  return ~rest;
}

std::optional<std::uint32_t> checksum_of(int file) {
  std::vector<char> block(kBlock);
  std::uint32_t sum = 0;
  off_t at = 0;
  for (std::size_t blocks = 0; blocks < kBlocksMax; ++blocks) {
    const ssize_t got = pread(file, block.data(), block.size(), at);
    if (got < 0) return std::nullopt;
    if (got == 0) return sum;
    sum = checksum({block.data(), static_cast<std::size_t>(got)}, sum);
    at += got;
  }
  return std::nullopt;
}

}  // namespace melisai::symbols
