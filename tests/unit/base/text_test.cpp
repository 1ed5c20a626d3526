#include "core/base/text.h"

#include <gtest/gtest.h>

#include <vector>

namespace melisai {
namespace {

TEST(Text, QuotesWithoutControlCharacters) {
  EXPECT_EQ(in_quotes("abc"), "'abc'");
  EXPECT_EQ(in_quotes("a\x1b[31m\nb\x7f"), "'a?[31m?b?'");
  EXPECT_EQ(in_quotes("\xC2\x9B"
                      "x"),
            "'?x'");  // CSI as one C1 character
  EXPECT_EQ(in_quotes("a\xE2\x80\xAE"
                      "b"),
            "'a?b'");                                            // right-to-left override
  EXPECT_EQ(in_quotes("\xEF\xBB\xBFx\xE2\x80\x8By"), "'?x?y'");  // invisible
  EXPECT_EQ(in_quotes("gr\xC3\xBC\xC3\x9F"), "'gr\xC3\xBC\xC3\x9F'");
  EXPECT_EQ(in_quotes("\xFF\xC3"), std::string("'?") + "?'");
}

TEST(Text, CutsLongQuotesBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 61; ++i) text += "\xC3\xA9";
  EXPECT_EQ(in_quotes(text), "'" + text.substr(0, 120) + "...'");
  EXPECT_EQ(in_quotes(text.substr(0, 120)), "'" + text.substr(0, 120) + "'");
  EXPECT_EQ(printable(text), text);
}

TEST(Text, KnowsValidUtf8) {
  EXPECT_EQ(utf8_length("a"), 1u);
  EXPECT_EQ(utf8_length("\xC3\xA9"), 2u);
  EXPECT_EQ(utf8_length("\xE2\x82\xAC"), 3u);
  EXPECT_EQ(utf8_length("\xF0\x9F\x98\x80"), 4u);
  EXPECT_EQ(utf8_length("\xF4\x8F\xBF\xBF"), 4u);  // U+10FFFF
}

TEST(Text, KnowsInvalidUtf8) {
  for (const char* text :
       {"\x80", "\xC0\xAF", "\xC1\xBF", "\xC3", "\xC3(", "\xE0\x80\xAF", "\xE2\x82", "\xED\xA0\x80",
        "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"})
    EXPECT_EQ(utf8_length(text), 0u) << in_quotes(text);
  EXPECT_EQ(utf8_length(""), 0u);
}

TEST(Text, FindsTheNearestName) {
  const std::vector<std::string> names = {"run", "timeout", "threshold", "main"};
  EXPECT_EQ(nearest_name("treshold", names), "threshold");
  EXPECT_EQ(nearest_name("time_out", names), "timeout");
  EXPECT_EQ(nearest_name("mian", names), "main");
  EXPECT_EQ(nearest_name("Timeout", names), "timeout");
  EXPECT_EQ(nearest_name("rnu", names), "run");
  EXPECT_EQ(nearest_name("tresholt", names), "threshold");
}

TEST(Text, NamesNothingThatIsFar) {
  const std::vector<std::string> names = {"run", "on", "threshold"};
  EXPECT_EQ(nearest_name("tresholx_", names), "");
  EXPECT_EQ(nearest_name("cat", names), "");
  EXPECT_EQ(nearest_name("x", names), "");
  EXPECT_EQ(nearest_name("", names), "");
  EXPECT_EQ(nearest_name(std::string(1000, 'r'), names), "");
}

TEST(Text, PrefersTheNearerOfTwoNames) {
  const std::vector<std::string> names = {"timeouts__", "timeout"};
  EXPECT_EQ(nearest_name("timeouts", names), "timeout");
}

}  // namespace
}  // namespace melisai
