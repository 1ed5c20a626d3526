#include <gtest/gtest.h>

#include "core/flame/stacks.h"

namespace melisai::flame {
namespace {

TEST(CommonName, DropsWhatCompilersAndLinkersAppend) {
  for (const char* name :
       {"Cache::get(int)", "Cache::get(int) [clone .isra.0]",
        "Cache::get(int) [clone .constprop.0] [clone .cold]", "Cache::get(int).part.1",
        "Cache::get(int).cold", "Cache::get(int).cold.7", "Cache::get(int).llvm.123456789",
        "Cache::get(int).constprop.0.isra.0.cold", "Cache::get(int).__uniq.42.llvm.7",
        "Cache::get(int)+0x1f"})
    EXPECT_EQ(common_name(name), "Cache::get(int)") << name;
  for (const char* name : {"memcpy", "memcpy@plt", "memcpy@@GLIBC_2.14", "memcpy@GLIBC_2.2.5",
                           "memcpy.localalias", "memcpy.resolver"})
    EXPECT_EQ(common_name(name), "memcpy") << name;
  EXPECT_EQ(common_name("core::fmt::write::h0123456789abcdef"), "core::fmt::write");
}

TEST(CommonName, KeepsWhatOnlyLooksLikeIt) {
  for (const char* name :
       {"a.b", "part.1x", "cold", ".cold", "operator+", "f(double) [clone", "x@", "@plt",
        "std::hash", "v1.2.3", "{lambda(int)#1}::operator()", "f::hxyz3456789abcdef"})
    EXPECT_EQ(common_name(name), name);
  EXPECT_EQ(common_name("f@app.js:12", FrameKind::jit), "f@app.js:12");
  EXPECT_EQ(common_name("worker.cold", FrameKind::process), "worker.cold");
}

TEST(CommonName, ForgetsAddresses) {
  EXPECT_EQ(common_name("0x7ffd1234abcd"), "[unknown]");
  EXPECT_EQ(common_name("app+0x1a2b", FrameKind::unknown), "[app]");
  EXPECT_EQ(common_name(""), "[unknown]");
}

TEST(CommonName, IsOneCleanLine) {
  EXPECT_EQ(common_name("a;b\nc\x1b[0m\xff"), "a:b?c?[0m?");
  EXPECT_LE(common_name(std::string(100'000, 'x')).size(), kNameBytesMax);
}

}  // namespace
}  // namespace melisai::flame
