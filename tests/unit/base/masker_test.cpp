// Secrets in streams and texts: what of them is left.
#include "core/base/masker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/base/secret_forms.h"
#include "core/base/secrets.h"

namespace melisai {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

/// What comes out when `pieces` go in one after the other.
std::string through(const std::vector<std::string>& patterns,
                    const std::vector<std::string>& pieces) {
  const std::string block = mask_block(patterns);
  MaskPatterns table;
  EXPECT_TRUE(table.open(block.data(), block.size()));
  MaskStream stream;
  std::string out;
  EXPECT_TRUE(stream.open(
      table,
      [](void* to, const char* data, std::size_t size) {
        static_cast<std::string*>(to)->append(data, size);
      },
      &out));
  for (const std::string& piece : pieces) stream.write(piece.data(), piece.size());
  stream.finish();
  return out;
}

TEST(Masker, ReplacesAPatternAndNothingElse) {
  EXPECT_EQ(through({"hunter2hunter2"}, {"a hunter2hunter2 b"}), "a *** b");
  EXPECT_EQ(through({"hunter2hunter2"}, {"a hunter2hunter b"}), "a hunter2hunter b");
  EXPECT_EQ(through({"12345678"}, {""}), "");
}

TEST(Masker, FindsAPatternInPiecesOfAnySize) {
  const std::string text = "begin 12345678901234567890 end 1234567890";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < text.size(); at += size) pieces.push_back(text.substr(at, size));
    EXPECT_EQ(through({"12345678901234567890"}, pieces), "begin *** end 1234567890") << size;
  }
}

TEST(Masker, MasksEveryByteOfPatternsThatOverlap) {
  EXPECT_EQ(through({"abcdefgh", "efghijkl"}, {"<abcdefghijkl>"}), "<***>");
  EXPECT_EQ(through({"abcdefgh", "abcdefghijkl"}, {"<abcdefgh", "ijkl>"}), "<***>");
  EXPECT_EQ(through({"abcdefgh", "abcdefghijkl"}, {"<abcdefgh", "ijk>"}), "<***ijk>");
  EXPECT_EQ(through({"aaaaaaaa"}, {"aaaaaaaaaaaaaaaaaaab"}), "***b");
}

TEST(Masker, HoldsBackNothingThatCannotBeAPattern) {
  const std::string block = mask_block({"secret-of-ours"});
  MaskPatterns table;
  ASSERT_TRUE(table.open(block.data(), block.size()));
  MaskStream stream;
  std::string out;
  ASSERT_TRUE(stream.open(
      table,
      [](void* to, const char* data, std::size_t size) {
        static_cast<std::string*>(to)->append(data, size);
      },
      &out));
  stream.write("waiting", 7);
  EXPECT_EQ(out, "waiting") << "who follows the log would not see it";
  stream.write(" secret", 7);
  EXPECT_EQ(out, "waiting ");
  stream.write(" is not it", 10);
  EXPECT_EQ(out, "waiting secret is not it");
}

TEST(Masker, TakesAMegabyteWithoutLosingAByte) {
  std::string text, expected;
  for (int i = 0; i < 20'000; ++i) {
    const std::string number = std::to_string(i * 7919);
    text += number + (i % 1000 == 0 ? "top-secret-word" : "") + "\n" + std::string(40, 'x');
    expected += number + (i % 1000 == 0 ? "***" : "") + "\n" + std::string(40, 'x');
  }
  EXPECT_EQ(through({"top-secret-word"}, {text}), expected);
}

/// As `base64 -w WIDTH` has it; 0: in one line.
std::string base64_of(const std::string& text, std::size_t width, const std::string& line_end) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string digits;
  for (std::size_t at = 0; at < text.size(); at += 3) {
    unsigned bits = 0;
    for (std::size_t i = 0; i < 3; ++i)
      bits = bits << 8 | (at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0);
    for (std::size_t i = 0; i < 4; ++i)
      digits += at + i > text.size() ? '=' : kDigits[bits >> (18 - 6 * i) & 63];
  }
  std::string out;
  for (std::size_t at = 0; at < digits.size(); at += width == 0 ? digits.size() : width)
    out += digits.substr(at, width == 0 ? std::string::npos : width) + line_end;
  return out;
}

/// No three characters of it follow each other twice.
std::string secret_of(std::size_t size) {
  std::string secret;
  for (std::size_t i = 0; secret.size() < size; ++i)
    secret += static_cast<char>('!' + (i * i * 7 + i * 13 + i / 5) % 90);
  return secret;
}

TEST(Masker, FindsBase64ThatIsWrappedWhereverTheSecretBegins) {
  for (const std::size_t size : {60, 76, 100, 200}) {
    const std::string secret = secret_of(size);
    const std::vector<std::string> forms = forms_of(secret);
    for (std::size_t before = 0; before <= 60; ++before) {
      const std::string text = std::string(before, 'u') + secret;
      // What is of the secret alone: the digits from its first whole one to its last.
      const std::size_t first = (before * 8 + 5) / 6, end = text.size() * 8 / 6;
      const std::string all = base64_of(text, 0, "");
      const std::string expected = all.substr(0, first) + "***" + all.substr(end);
      for (const std::size_t width : {64, 76})
        for (const std::string line_end : {"\n", "\r\n"}) {
          const std::string wrapped = base64_of(text, width, line_end);
          const std::size_t piece = before % 8 == 0 ? 1 : 50;
          std::vector<std::string> pieces;
          for (std::size_t at = 0; at < wrapped.size(); at += piece)
            pieces.push_back(wrapped.substr(at, piece));
          std::string out = through(forms, pieces);
          std::erase_if(out, [](char c) { return c == '\r' || c == '\n'; });
          ASSERT_EQ(out, expected) << size << " after " << before << " in lines of " << width;
        }
    }
  }
}

TEST(Masker, FindsHexadecimalThatIsWrapped) {
  const std::string secret(40, 'k');
  std::string hex;
  for (std::size_t i = 0; i < secret.size(); ++i) hex += "6b";
  EXPECT_EQ(through(forms_of(secret), {hex.substr(0, 60) + "\n" + hex.substr(60) + "\n"}), "***\n");
}

TEST(Masker, TakesShortLinesForWhatTheyAre) {
  EXPECT_EQ(through({"11111111"}, {"1111\n1111\n"}), "1111\n1111\n");
  EXPECT_EQ(through({"two\nlines"}, {"a two\nlines b"}), "a *** b");
  const std::string forty(40, '-');
  EXPECT_EQ(through({"two\nlines"}, {forty + "two\nlines b"}), forty + "*** b");
  EXPECT_EQ(through({"twolines", "two\nlinen"}, {forty + "two\nlines b"}), forty + "*** b");
  EXPECT_EQ(through({"twolines"}, {forty + "two\n\nlines"}), forty + "two\n\nlines");
  EXPECT_EQ(through({"twolines"}, {forty + "two\r", "\nlines"}), forty + "***");
  EXPECT_EQ(through({"twolines"}, {forty + "two\r"}), forty + "two\r");
}

TEST(Masker, RefusesABlockThatIsNone) {
  MaskPatterns cut, short_one;
  const std::string block = mask_block({"12345678"});
  EXPECT_FALSE(cut.open(block.data(), block.size() - 1));
  const std::string little = mask_block({"1234567"});
  EXPECT_FALSE(short_one.open(little.data(), little.size()));
}

TEST(SecretForms, AreThoseOfOtherPrograms) {
  // printf %s 's3cr3t/with+more' | base64; with one and two bytes before it; of URLs.
  const std::vector<std::string> forms = forms_of("s3cr3t/with+more");
  EXPECT_THAT(forms, Contains("s3cr3t/with+more"));
  EXPECT_THAT(forms, Contains("czNjcjN0L3dpdGgrbW9yZ"));
  EXPECT_THAT(forms, Contains("MzY3IzdC93aXRoK21vcm"));
  EXPECT_THAT(forms, Contains("zM2NyM3Qvd2l0aCttb3Jl"));
  EXPECT_THAT(forms, Contains("s3cr3t%2Fwith%2Bmore"));
  EXPECT_THAT(forms, Contains("s3cr3t%2fwith%2bmore"));
  EXPECT_THAT(forms, Contains("73336372337"
                              "42f776974682b6d6f7265"));
  EXPECT_THAT(forms_of("two lines\nof a secret"), Contains("two lines\\nof a secret"));
  EXPECT_THAT(forms_of("two lines\nof a secret\nno"), Contains("of a secret"));
  EXPECT_THAT(forms_of("two lines\nof a secret\nno"), Not(Contains("no")));
}

class Secrets : public ::testing::Test {
 protected:
  void TearDown() override { ASSERT_TRUE(keep_secrets({}, false)); }
};

TEST_F(Secrets, AreMaskedInTextsAndPutWhereTheyAreNamed) {
  EXPECT_EQ(masked("nothing is known of hunter2hunter2"), "nothing is known of hunter2hunter2");
  ASSERT_TRUE(keep_secrets({{"KEY", "hunter2hunter2"}}, true));
  EXPECT_EQ(masked("it is hunter2hunter2, or aHVudGVyMmh1bnRlcjI="), "it is ***, or ***I=");
  EXPECT_EQ(*put_secrets("Bearer ${secret:KEY}!"), "Bearer hunter2hunter2!");
  const Result<std::string> unknown = put_secrets("${secret:OTHER}");
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, HasSubstr("OTHER"));
}

TEST_F(Secrets, LeaveNothingAtTheEndOfAFile) {
  ASSERT_TRUE(keep_secrets({{"KEY", "hunter2hunter2"}, {"LONG", std::string(70, 'L')}}, true));
  const std::string file = ::testing::TempDir() + "masked-end-" + std::to_string(getpid());
  for (std::size_t behind = 0; behind < 300; ++behind) {
    const std::string rest(behind, 'r');
    std::ofstream(file) << std::string(5000, 'x') << "hunter2hunter2" << std::string(70, 'L')
                        << rest;
    const std::string all = std::string(5000, 'x') + "***" + rest;
    const std::string end = masked_end(file, 100);
    EXPECT_TRUE(all.ends_with(end)) << behind << ": " << end;
    EXPECT_TRUE(end.ends_with(rest.substr(0, 100))) << behind << ": " << end;
  }
  std::ofstream(file) << "hunter2hunter2 is all";
  EXPECT_EQ(masked_end(file, 100), "*** is all");
  ASSERT_TRUE(keep_secrets({}, true));
  EXPECT_EQ(masked_end(file, 6), "is all");
  std::filesystem::remove(file);
}

TEST_F(Secrets, ThatAreNotForStagesAreOnlyMasked) {
  ASSERT_TRUE(keep_secrets({{"KEY", "hunter2hunter2"}}, false));
  EXPECT_FALSE(put_secrets("${secret:KEY}"));
  EXPECT_EQ(masked("hunter2hunter2"), "***");
}

}  // namespace
}  // namespace melisai
