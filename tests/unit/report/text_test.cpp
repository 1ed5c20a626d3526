#include "core/report/text.h"

#include <gtest/gtest.h>

#include <string>

namespace melisai::report {
namespace {

constexpr const char* kReplaced = "\xEF\xBF\xBD";

TEST(OneLine, KeepsOrdinaryTextOfAnyScript) {
  const std::string text = "parse/BM_Größe<日本語>/1024 é 🎉";
  EXPECT_EQ(one_line(text), text);
}

TEST(OneLine, RemovesTerminalSequences) {
  EXPECT_EQ(one_line("\x1b[1;31mred\x1b[0m"), "red");
  EXPECT_EQ(one_line("a\x1b[2Jb\x1b[Hc"), "abc");
  EXPECT_EQ(one_line("\x1b]0;window title\x07name"), "name");
  EXPECT_EQ(one_line("\x1b]8;;http://evil\x1b\\link"), "link");
}

TEST(OneLine, LeavesNoControlCharacter) {
  std::string all;
  for (int c = 0; c < 32; ++c) all += static_cast<char>(c);
  all += "\x7f\xc2\x9b";  // DEL, and the one-character form of ESC [
  const std::string clean = one_line(all);
  for (const char c : clean) EXPECT_FALSE((c >= 0 && c < 32) || c == 127) << static_cast<int>(c);
  EXPECT_EQ(clean.find("\xc2\x9b"), std::string::npos);
}

TEST(OneLine, KeepsTheTextAfterABrokenSequence) {
  EXPECT_EQ(one_line("\x1b]0;never ends"), kReplaced + std::string("]0;never ends"));
  EXPECT_EQ(one_line("\x1b[31"), kReplaced + std::string("[31"));
  EXPECT_EQ(one_line("\x1b"), kReplaced);
}

TEST(OneLine, TurnsLineBreaksIntoSpaces) { EXPECT_EQ(one_line("a\nb\r\nc\td"), "a b c d"); }

TEST(OneLine, ShowsCharactersThatHideOrReverseText) {
  EXPECT_EQ(one_line("a\u202Eb"), std::string("a") + kReplaced + "b");
  EXPECT_EQ(one_line("a\u200Bb\uFEFF"), std::string("a") + kReplaced + "b" + kReplaced);
}

TEST(OneLine, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(one_line("a\xff"), std::string("a") + kReplaced);
  EXPECT_EQ(one_line("\xc0\xaf"), std::string(kReplaced) + kReplaced);  // overlong slash
  EXPECT_EQ(one_line("\xed\xa0\x80").substr(0, 3), kReplaced);          // surrogate
  EXPECT_EQ(one_line("\xf4\x90\x80\x80").substr(0, 3), kReplaced);      // beyond Unicode
  EXPECT_EQ(one_line("\xe2\x82"), std::string(kReplaced) + kReplaced);  // cut short
  EXPECT_EQ(one_line("\xe2\x82"
                     "a"),
            std::string(kReplaced) + kReplaced + "a");
}

TEST(OneLine, LooksAtABoundedPart) {
  EXPECT_EQ(one_line(std::string(1'000'000, 'x')), std::string(kLineBytesMax, 'x') + "…");
  EXPECT_EQ(plain_lines("start" + std::string(1'000'000, 'x') + "end").size(), kLogBytesMax);
}

TEST(PlainLines, KeepsLinesAndShowsWhatACarriageReturnWouldHide) {
  EXPECT_EQ(plain_lines("one\r\ntwo\n"), "one\ntwo\n");
  EXPECT_EQ(plain_lines("error\rfine"), "error\nfine");
}

TEST(DisplayWidth, CountsColumnsNotBytes) {
  EXPECT_EQ(display_width(""), 0);
  EXPECT_EQ(display_width("größe"), 5);
  EXPECT_EQ(display_width("日本"), 4);
  EXPECT_EQ(display_width("e\u0301"), 1);
  EXPECT_EQ(display_width("🎉"), 2);
}

TEST(Fit, CutsTheMiddleToTheExactWidth) {
  EXPECT_EQ(fit("short", 5), "short");
  EXPECT_EQ(fit("parse/BM_Large/1024", 11), "parse…/1024");
  EXPECT_EQ(fit("abc", 1), "…");
  EXPECT_EQ(fit("abc", 0), "");
}

TEST(Fit, NeverCutsACharacterOrPassesTheWidth) {
  const std::string wide = "日本語日本語日本語";
  for (int columns = 1; columns < 20; ++columns) {
    const std::string cut = fit(wide, columns);
    EXPECT_LE(display_width(cut), columns);
    EXPECT_EQ(one_line(cut), cut) << "not UTF-8 at " << columns;
  }
}

TEST(Pad, AlignsByColumns) {
  EXPECT_EQ(pad("日本", 6, Align::left), "日本  ");
  EXPECT_EQ(pad("12", 4, Align::right), "  12");
  EXPECT_EQ(display_width(pad("日本語", 4, Align::left)), 4);
}

TEST(Clip, CountsCharacters) {
  EXPECT_EQ(clip("größe", 5), "größe");
  EXPECT_EQ(clip("größe!", 5), "größ…");
  EXPECT_EQ(clip("", 0), "");
}

TEST(LastLines, KeepsWholeLinesWithinBothLimits) {
  const std::string log = "one\ntwo\nthree\nfour\n\n";
  EXPECT_EQ(last_lines(log, {.lines_max = 2, .bytes_max = 100}), "three\nfour");
  EXPECT_EQ(last_lines(log, {.lines_max = 10, .bytes_max = 100}), "one\ntwo\nthree\nfour");
  EXPECT_EQ(last_lines(log, {.lines_max = 10, .bytes_max = 12}), "three\nfour");
  EXPECT_EQ(last_lines("\na", {.lines_max = 10, .bytes_max = 12}), "\na");
  EXPECT_EQ(last_lines("\n\n", {.lines_max = 10, .bytes_max = 12}), "");
  EXPECT_EQ(last_lines(log, {.lines_max = 0, .bytes_max = 12}), "");
}

TEST(LastLines, CutsTheStartOfAnEndlessLineBetweenCharacters) {
  EXPECT_EQ(last_lines("begin" + std::string(50, '.') + "end", {.lines_max = 3, .bytes_max = 5}),
            "..end");
  EXPECT_EQ(last_lines("éééé", {.lines_max = 3, .bytes_max = 5}), "éé");
}

TEST(FormatPercent, HasNoSign) {
  EXPECT_EQ(format_percent(0.05), "5 %");
  EXPECT_EQ(format_percent(0.0125), "1.25 %");
  EXPECT_EQ(format_percent(1.0 / 0.0), "unknown");
}

}  // namespace
}  // namespace melisai::report
