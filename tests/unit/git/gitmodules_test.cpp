#include "core/git/gitmodules.h"

#include <gtest/gtest.h>

namespace melisai::git {
namespace {

using Urls = std::map<std::string, std::string>;

TEST(Gitmodules, MapsPathsToUrls) {
  const auto urls = parse_gitmodules(
      "# comment\n[submodule \"a\"]\n\tpath = vendor/a\n\turl = ../a.git\n\tbranch = main\n"
      "[submodule \"b\"]\r\n\tURL=https://h/b\r\n\tpath=b\r\n");
  EXPECT_EQ(urls.value(), (Urls{{"vendor/a", "../a.git"}, {"b", "https://h/b"}}));
}

TEST(Gitmodules, IncompleteAndForeignSectionsAreLeftOut) {
  const auto urls = parse_gitmodules(
      "[submodule \"a\"]\npath = a\n[submodule \"b\"]\nurl = b\n[core]\npath = c\nurl = c\n"
      "[include]\npath = /etc/passwd\n[submodule \"d\"]\npath\nurl = d\n");
  EXPECT_EQ(urls.value(), Urls{});
}

TEST(Gitmodules, TheLastSectionOfAPathCounts) {
  const auto urls =
      parse_gitmodules("[submodule \"a\"]\npath=p\nurl=1\n[submodule \"b\"]\npath=p\nurl=2\n");
  EXPECT_EQ(urls.value(), (Urls{{"p", "2"}}));
}

TEST(Gitmodules, QuotesEscapesAndComments) {
  const auto urls = parse_gitmodules(
      "[submodule \"a\"]\npath = \"with # hash\" ; comment\nurl = a b  # comment\n"
      "[submodule \"b\"]\npath = say\\\"hi\\\\\nurl = \" x \"y\n");
  EXPECT_EQ(urls.value(), (Urls{{"with # hash", "a b"}, {"say\"hi\\", " x y"}}));
}

TEST(Gitmodules, BrokenLinesAreErrorsWithTheirNumber) {
  for (const char* text :
       {"\n[submodule \"a\"\n", "\npath = \"open\n", "\npath = bad\\q\n", "\npath = end\\\n"}) {
    const auto urls = parse_gitmodules(text);
    ASSERT_FALSE(urls.has_value()) << text;
    EXPECT_EQ(urls.error().message.substr(0, 14), ".gitmodules:2:") << text;
  }
}

TEST(Gitmodules, AnyBytesAreSurvived) {
  std::string text;
  unsigned state = 1;
  for (int i = 0; i < 20'000; ++i) {
    state = state * 1103515245u + 12345u;
    text += "[]\"\\=#;\n ab\0"[(state >> 16) % 12];
    if (i % 40 == 0) {
      (void)parse_gitmodules(text).has_value();
      text.clear();
    }
  }
  EXPECT_TRUE(parse_gitmodules("").value().empty());
}

}  // namespace
}  // namespace melisai::git
