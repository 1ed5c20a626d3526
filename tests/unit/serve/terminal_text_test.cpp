#include "core/serve/terminal_text.h"

#include <gtest/gtest.h>

namespace melisai::serve {
namespace {

std::string shown(std::string_view text) { return TerminalText().of(text); }

TEST(TerminalTextTest, LeavesOutColoursAndShowsWhatElseControlsATerminal) {
  EXPECT_EQ(shown("\x1b[1;31mred\x1b[0m\n"), "red\n");
  EXPECT_EQ(shown("\x1b[2J\x1b]0;title\x07!"), "?[2J?]0;title?!");
  EXPECT_EQ(shown(std::string_view("a\0b\x7f\b", 5)), "a?b??");
  EXPECT_EQ(shown("\xc2\x9b"
                  "2J"),
            "?2J");
  EXPECT_EQ(shown("10 %\r20 %\r\nend"), "10 %\n20 %\nend");
}

TEST(TerminalTextTest, ShowsTextAsItIsUnlessItTurnsRound) {
  EXPECT_EQ(shown("\tGrün – 測定\n"), "\tGrün – 測定\n");
  EXPECT_EQ(shown("a\xe2\x80\xae"
                  "b\xe2\x81\xa6"),
            "a?b?");
}

TEST(TerminalTextTest, DoesNotCareWhereThePiecesEnd) {
  const std::string whole = "\x1b[31mred\x1b[0m\xe2\x80\xae\xc2\x9b|\r\n\x1b[2Jend";
  for (std::size_t at = 0; at <= whole.size(); ++at) {
    TerminalText text;
    std::string both = text.of(whole.substr(0, at));
    both += text.of(whole.substr(at));
    EXPECT_EQ(both, "red??|\n?[2Jend") << at;
  }
  EXPECT_EQ(shown("\x1b[" + std::string(100, '1')), "?[" + std::string(100, '1'));
}

}  // namespace
}  // namespace melisai::serve
