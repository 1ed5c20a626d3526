// Content hash for cache keys and fingerprints. Not for security: whoever trusts an entry compares
// its full key too.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace melisai {

/// 16 lower-case hex digits: 64-bit FNV-1a (Fowler, Noll, Vo; offset basis and prime as published),
/// stable across machines.
inline std::string hash_hex(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  std::string hex(16, '0');
  for (std::size_t i = hex.size(); i-- > 0; hash >>= 4) hex[i] = "0123456789abcdef"[hash & 15];
  return hex;
}

}  // namespace melisai
