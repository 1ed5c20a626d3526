#include "core/measure/formats/lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace melisai::formats {
namespace lines_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<std::vector<std::string>> lines_of(std::string_view text, std::size_t chunk,
                                          const Limits& limits = {}) {
  Input input(text, "f", chunk);
  std::vector<std::string> all;
  MELISAI_CHECK(each_line(input, limits, [&](std::string_view line) -> Result<void> {
    all.emplace_back(line);
    return {};
  }));
  return all;
}

std::string clean(std::string_view line) {
  std::string buffer;
  return std::string(cleaned(line, buffer));
}

TEST(Lines, AreTheSameHoweverTheInputIsCut) {
  constexpr std::string_view kText =
      "one\r\n\r\n\x1B[32mtwo\x1B[0m\n  3 %\r 50 %\r\x1B[Kdone\n2026-04-12T22:06:46.4828380Z "
      "four\nlast";
  for (std::size_t chunk = 1; chunk <= kText.size(); ++chunk)
    EXPECT_THAT(*lines_of(kText, chunk), ElementsAre("one", "", "two", "done", "four", "last"))
        << chunk;
}

TEST(Lines, CarryTheirNumberInErrors) {
  Input input("a\nb\n", "f");
  const auto result = each_line(input, {}, [&](std::string_view line) -> Result<void> {
    if (line == "b") return Error{Errc::limit, "too much"};
    return {};
  });
  EXPECT_EQ(result.error(), (Error{Errc::limit, "f:2: too much"}));
}

TEST(Lines, CountOnlyLinesThatExist) {
  Input input("a\n", "f");
  const Limits limits;
  Lines lines(input, limits);
  while (*lines.next()) {
  }
  EXPECT_EQ(lines.wrong("x").message, "f:1: x");
}

TEST(Lines, HaveALimitThatAProgressBarDoesNotReach) {
  const Limits limits{.line_bytes_max = 10};
  EXPECT_THAT(*lines_of("0123456789\nb", 3, limits), ElementsAre("0123456789", "b"));
  for (std::size_t chunk = 1; chunk < 40; ++chunk) {
    EXPECT_THAT(lines_of("a\n0123456789A\n", chunk, limits).error().message,
                HasSubstr("f:2: the line is longer than 10 B"));
    EXPECT_THAT(*lines_of(" 3 %\r 4 %\r 5 %\r 6 %\rdone\r\nb", chunk, limits),
                ElementsAre("done", "b"))
        << chunk;
    EXPECT_THAT(*lines_of("done\r \r\x1B[0m\r \r \r \n", chunk, limits), ElementsAre("done"));
    EXPECT_FALSE(lines_of("0123456789A\rdone\n", chunk, limits))
        << "too long before it is drawn over";
  }
}

TEST(CleanedLine, HasNoEscapeSequencesOfAnyKind) {
  EXPECT_EQ(clean("\x1B[1;31mred\x1B[0m"), "red");
  EXPECT_EQ(clean("\x1B]8;;http://x\x1B\\link\x1B]8;;\x07!"), "link!");
  EXPECT_EQ(clean("\x1B(Bplain\x1B[m\x1B="), "plain");
  EXPECT_EQ(clean("a\tb\x08\x7F" + std::string(1, '\0') + "c"), "a\tbc");
  EXPECT_EQ(clean("cut\x1B[12"), "cut");
  EXPECT_EQ(clean("cut\x1B]0;title"), "cut");
  EXPECT_EQ(clean("cut\x1B"), "cut");
}

TEST(CleanedLine, IsWhatWasDrawnLast) {
  EXPECT_EQ(clean(" 10 %\r 99 %\rresult"), "result");
  EXPECT_EQ(clean("result\r   \r"), "result");
  EXPECT_EQ(clean("result\r\x1B[0m"), "result") << "a colour is blank";
  EXPECT_EQ(clean("\r\r"), "");
}

TEST(LogTime, IsTakenOffOnlyInTheShapeOfCiLogs) {
  EXPECT_EQ(without_log_time("2026-04-12T22:06:46.4828380Z  x"), " x");
  EXPECT_EQ(without_log_time("2026-04-12T22:06:46.4828380Z"), "");
  for (const std::string_view other :
       {"2026-04-12T22:06:46.4828380Zx", "2026-04-12T22:06:46.4828380 x", "2026-04-12 x"})
    EXPECT_EQ(without_log_time(other), other);
}

TEST(Columns, AreSplitByTwoBlanksOrATab) {
  EXPECT_THAT(columns_of("  a b   c\td  \t e "), ElementsAre("a b", "c", "d", "e"));
  EXPECT_THAT(columns_of(" \t "), ElementsAre());
  // Linear: a million of them take no time.
  std::string many;
  for (int i = 0; i < 250'000; ++i) many += "a  ";
  EXPECT_EQ(columns_of(many).size(), 250'000u);
}

TEST(Words, LeaveTheRestToTheLastOne) {
  EXPECT_THAT(words_of(" a\tb  c d "), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(words_of(" a b  c d ", 2), ElementsAre("a", "b  c d"));
}

}  // namespace lines_test
}  // namespace melisai::formats
