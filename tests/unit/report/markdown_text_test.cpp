#include "core/report/markdown_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace melisai::report {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(MarkdownProse, LeavesPlainSentencesAlone) {
  const std::string text =
      "parse/BM_Small cpu_time +5.1 % (from 1.0 to 2.0), see build.log: done - ok!";
  EXPECT_EQ(markdown_prose(text), text);
}

TEST(MarkdownProse, EscapesMarkup) {
  EXPECT_EQ(markdown_prose("*a* _b_ `c` [d](e) ~f~ \\"),
            "\\*a\\* \\_b\\_ \\`c\\` \\[d\\](e) \\~f\\~ \\\\");
  EXPECT_EQ(markdown_prose("<img src=x> & |"), "&lt;img src=x&gt; &amp; &#124;");
  EXPECT_EQ(markdown_prose("![alt](http://x)"), "!\\[alt\\](http:&#8203;//x)");
}

TEST(MarkdownProse, MentionsNobodyAndLinksNothing) {
  EXPECT_EQ(markdown_prose("@octocat"), "@&#8203;octocat");
  EXPECT_EQ(markdown_prose("fix #12, GH-34"), "fix #&#8203;12, GH-&#8203;34");
  EXPECT_EQ(markdown_prose("https://a.b www.c.d"), "https:&#8203;//a.b www&#8203;.c.d");
}

TEST(MarkdownProse, OpensNoBlockAtTheStartOfALine) {
  EXPECT_EQ(markdown_prose("# title"), "\\# title");
  EXPECT_EQ(markdown_prose("- item"), "\\- item");
  EXPECT_EQ(markdown_prose("   \n - item"), "\\- item");
  EXPECT_EQ(markdown_prose("      code"), "code");
  EXPECT_EQ(markdown_prose("  "), "");
  EXPECT_EQ(markdown_prose("---"), "\\---");
  EXPECT_EQ(markdown_prose("+ item"), "\\+ item");
  EXPECT_EQ(markdown_prose("12. item"), "12\\. item");
  EXPECT_EQ(markdown_prose("> quote\n# next line"), "&gt; quote # next line");
}

TEST(MarkdownProse, StaysWithinItsBytesAndCutsBetweenCharacters) {
  for (const char* piece : {"@a", "é", "日", "x"}) {
    std::string text;
    for (int i = 0; i < 500; ++i) text += piece;
    for (std::size_t bytes = 20; bytes < 60; ++bytes) {
      const std::string markdown = markdown_prose(text, bytes);
      EXPECT_LE(markdown.size(), bytes);
      EXPECT_THAT(markdown, EndsWith("…"));
      EXPECT_THAT(markdown, Not(HasSubstr("\xEF\xBF\xBD")));
      EXPECT_GE(markdown.size() + 16, bytes) << "cut too early";
    }
  }
}

TEST(MarkdownCode, OutgrowsTheBackticksInside) {
  EXPECT_EQ(markdown_code("name", Within::text), "`name`");
  EXPECT_EQ(markdown_code("a`b``c", Within::text), "```a`b``c```");
  EXPECT_EQ(markdown_code("`x`", Within::text), "`` `x` ``");
  EXPECT_EQ(markdown_code("", Within::text), "(none)");
  EXPECT_EQ(markdown_code(" \n", Within::text), "(none)");
}

TEST(MarkdownCode, KeepsMentionsAndLinksAsCode) {
  EXPECT_EQ(markdown_code("@octocat <b> [x](y)\n# z", Within::text), "`@octocat <b> [x](y) # z`");
}

TEST(MarkdownCode, EndsNoTableCell) {
  EXPECT_EQ(markdown_code("a|b", Within::table), "`a\\|b`");
  EXPECT_EQ(markdown_code("a\\|b", Within::table), "`a\\¦b`");
  EXPECT_EQ(markdown_code("a|b", Within::text), "`a|b`");
}

TEST(MarkdownBlock, CannotBeLeft) {
  EXPECT_EQ(markdown_block("a\nb"), "```text\na\nb\n```\n");
  EXPECT_EQ(markdown_block("```\n# out\n````\n"), "`````text\n```\n# out\n````\n`````\n");
  EXPECT_THAT(markdown_block("\x1b[31mred\x1b[0m\r~~~"), HasSubstr("\nred\n~~~\n"));
}

TEST(MarkdownBlock, CommandsNoRobot) {
  EXPECT_EQ(markdown_block("/merge\na /merge\r/approve\n```\n/close\n"),
            "````text\n /merge\na /merge\n /approve\n```\n /close\n````\n");
}

}  // namespace
}  // namespace melisai::report
