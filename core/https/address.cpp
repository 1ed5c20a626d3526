#include "core/https/address.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

namespace melisai::https {
namespace {

using V4 = std::uint32_t;
using V6 = std::array<std::uint8_t, 16>;

struct Net4 {
  V4 first;
  int bits;
};

constexpr V4 v4(V4 a, V4 b, V4 c, V4 d) { return a << 24 | b << 16 | c << 8 | d; }

constexpr std::array kPrivate4 = {
    Net4{v4(0, 0, 0, 0), 8},      Net4{v4(10, 0, 0, 0), 8},     Net4{v4(100, 64, 0, 0), 10},
    Net4{v4(127, 0, 0, 0), 8},    Net4{v4(169, 254, 0, 0), 16}, Net4{v4(172, 16, 0, 0), 12},
    Net4{v4(192, 0, 0, 0), 24},   Net4{v4(192, 0, 2, 0), 24},   Net4{v4(192, 88, 99, 0), 24},
    Net4{v4(192, 168, 0, 0), 16}, Net4{v4(198, 18, 0, 0), 15},  Net4{v4(198, 51, 100, 0), 24},
    Net4{v4(203, 0, 113, 0), 24}, Net4{v4(224, 0, 0, 0), 3}};  // multicast, reserved, broadcast

bool is_in(V4 address, const Net4& net) { return (address ^ net.first) >> (32 - net.bits) == 0; }

bool is_public4(V4 address) {
  return std::none_of(kPrivate4.begin(), kPrivate4.end(),
                      [&](const Net4& net) { return is_in(address, net); });
}

bool begins(const V6& address, std::initializer_list<std::uint8_t> bytes) {
  return std::equal(bytes.begin(), bytes.end(), address.begin());
}

V4 v4_at(const V6& address, std::size_t place) {
  return v4(address[place], address[place + 1], address[place + 2], address[place + 3]);
}

/// The address that packets to this one end at.
std::optional<V4> inner4(const V6& address) {
  const bool mapped = begins(address, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff});
  const bool translated = begins(address, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0});
  if (mapped || translated) return v4_at(address, 12);
  if (begins(address, {0x20, 0x02})) return v4_at(address, 2);  // 6to4
  return std::nullopt;
}

bool is_public6(const V6& address) {
  if (const auto inner = inner4(address)) return is_public4(*inner);
  if ((address[0] & 0xe0) != 0x20) return false;                // all but global unicast, 2000::/3
  if (begins(address, {0x20, 0x01, 0x0d, 0xb8})) return false;  // documentation
  if (begins(address, {0x3f, 0xff}) && address[2] < 0x10) return false;  // documentation
  // 2001::/23: protocol assignments, with Teredo, benchmarking and ORCHID among them.
  return !(begins(address, {0x20, 0x01}) && address[2] < 0x02);
}

template <class Address>
Address as(const sockaddr& address) {
  Address copy{};
  std::memcpy(&copy, &address, sizeof copy);
  return copy;
}

V6 bytes_of(const sockaddr& address) {
  V6 bytes{};
  const auto whole = as<sockaddr_in6>(address);
  std::memcpy(bytes.data(), &whole.sin6_addr, bytes.size());
  return bytes;
}

V4 number_of(const sockaddr& address) { return ntohl(as<sockaddr_in>(address).sin_addr.s_addr); }

}  // namespace

bool is_public(const sockaddr& address) {
  if (address.sa_family == AF_INET) return is_public4(number_of(address));
  return address.sa_family == AF_INET6 && is_public6(bytes_of(address));
}

bool is_this_machine(const sockaddr& address) {
  constexpr Net4 kLoopback{v4(127, 0, 0, 0), 8};
  if (address.sa_family == AF_INET) return is_in(number_of(address), kLoopback);
  if (address.sa_family != AF_INET6) return false;
  const V6 bytes = bytes_of(address);
  if (const auto inner = inner4(bytes)) return is_in(*inner, kLoopback);
  V6 loopback{};
  loopback.back() = 1;
  return bytes == loopback;
}

}  // namespace melisai::https
