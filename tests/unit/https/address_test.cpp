#include "core/https/address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstring>
#include <string>

namespace melisai::https {
namespace {

sockaddr_storage address_of(const std::string& text) {
  sockaddr_storage storage{};
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  v4.sin_family = AF_INET;
  v6.sin6_family = AF_INET6;
  if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1)
    std::memcpy(&storage, &v4, sizeof v4);
  else if (inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1)
    std::memcpy(&storage, &v6, sizeof v6);
  return storage;
}

bool is_public_text(const std::string& text) {
  sockaddr_storage storage = address_of(text);
  EXPECT_NE(storage.ss_family, 0) << text;
  return is_public(reinterpret_cast<const sockaddr&>(storage));
}

bool is_here(const std::string& text) {
  sockaddr_storage storage = address_of(text);
  return is_this_machine(reinterpret_cast<const sockaddr&>(storage));
}

TEST(Address, OfTheInternetIsPublic) {
  for (const char* text :
       {"1.1.1.1",         "9.255.255.255",    "11.0.0.0",       "100.63.255.255",
        "100.128.0.0",     "126.255.255.255",  "128.0.0.0",      "169.253.255.255",
        "169.255.0.0",     "172.15.255.255",   "172.32.0.0",     "192.167.255.255",
        "192.169.0.0",     "198.17.255.255",   "198.20.0.0",     "223.255.255.255",
        "2606:4700::1111", "2001:200::1",      "2001:db9::1",    "3ffe::1",
        "::ffff:1.1.1.1",  "64:ff9b::1.1.1.1", "2002:101:101::1"})
    EXPECT_TRUE(is_public_text(text)) << text;
}

TEST(Address, OfThisMachineAndPrivateNetworksIsNot) {
  for (const char* text : {"0.0.0.0",
                           "0.1.2.3",
                           "10.0.0.0",
                           "10.255.255.255",
                           "100.64.0.0",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.255.255.255",
                           "169.254.169.254",
                           "172.16.0.0",
                           "172.31.255.255",
                           "192.0.0.8",
                           "192.0.2.1",
                           "192.168.0.1",
                           "198.18.0.1",
                           "198.19.255.255",
                           "198.51.100.1",
                           "203.0.113.1",
                           "224.0.0.1",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::7f00:1",
                           "fc00::1",
                           "fdff::1",
                           "fe80::1",
                           "fec0::1",
                           "ff02::1",
                           "2001:db8::1",
                           "2001::1",
                           "2001:1ff::1",
                           "3fff::1",
                           "::ffff:10.0.0.1",
                           "::ffff:127.0.0.1",
                           "64:ff9b::169.254.169.254",
                           "64:ff9b:1::1",
                           "2002:7f00:1::1",
                           "2002:a9fe:a9fe::1"})
    EXPECT_FALSE(is_public_text(text)) << text;
}

TEST(Address, ThatIsNoneIsNotPublic) {
  const sockaddr local{.sa_family = AF_UNIX, .sa_data = {}};
  EXPECT_FALSE(is_public(local));
  EXPECT_FALSE(is_this_machine(local));
}

TEST(Address, OfThisMachineIsLoopback) {
  for (const char* text : {"127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"})
    EXPECT_TRUE(is_here(text)) << text;
  for (const char* text : {"126.0.0.1", "128.0.0.1", "0.0.0.0", "::", "::2", "::ffff:10.0.0.1"})
    EXPECT_FALSE(is_here(text)) << text;
}

}  // namespace
}  // namespace melisai::https
