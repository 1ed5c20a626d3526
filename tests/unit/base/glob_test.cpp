#include "core/base/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace melisai {
namespace {

TEST(Glob, MatchesTheWholeText) {
  EXPECT_TRUE(matches_glob("parse/BM_A", "parse/BM_A"));
  EXPECT_FALSE(matches_glob("parse/BM_A", "parse/BM_AB"));
  EXPECT_FALSE(matches_glob("parse/BM_A", "xparse/BM_A"));
  EXPECT_FALSE(matches_glob("parse/BM_A", ""));
  EXPECT_TRUE(matches_glob("", ""));
  EXPECT_FALSE(matches_glob("", "a"));
}

TEST(Glob, AStarTakesAnythingAlsoNothingAndSlashes) {
  EXPECT_TRUE(matches_glob("*", ""));
  EXPECT_TRUE(matches_glob("*", "a/b/c"));
  EXPECT_TRUE(matches_glob("a*", "a"));
  EXPECT_TRUE(matches_glob("a**", "a/b"));
  EXPECT_TRUE(matches_glob("*BM_*/1024", "parse/BM_Sort/512/1024"));
  EXPECT_FALSE(matches_glob("*BM_*/1024", "parse/BM_Sort/1024/512"));
  EXPECT_TRUE(matches_glob("*aab", "aaaab"));
  EXPECT_FALSE(matches_glob("a*b*c", "acb"));
}

TEST(Glob, AQuestionMarkTakesOneByte) {
  EXPECT_TRUE(matches_glob("BM_?", "BM_A"));
  EXPECT_FALSE(matches_glob("BM_?", "BM_"));
  EXPECT_FALSE(matches_glob("BM_?", "BM_AB"));
  EXPECT_TRUE(matches_glob("*?x", "abx"));
  EXPECT_FALSE(matches_glob("*?x", "x"));
}

TEST(Glob, TakesBracketsAndBackslashesAsTheyAre) {
  EXPECT_TRUE(matches_glob("BM_Sort<int[8]>", "BM_Sort<int[8]>"));
  EXPECT_FALSE(matches_glob("BM_[AB]", "BM_A"));
  EXPECT_TRUE(matches_glob("a\\*", "a\\b"));
  EXPECT_FALSE(matches_glob("a\\*", "a*"));
}

TEST(Glob, IsQuickOnAHostilePattern) {
  std::string glob;
  for (int i = 0; i < 100; ++i) glob += "*a";
  EXPECT_FALSE(matches_glob(glob + "*b", std::string(1'000, 'a')));
  EXPECT_TRUE(matches_glob(glob, std::string(1'000, 'a')));
}

TEST(PathGlob, AStarStopsAtASlash) {
  EXPECT_TRUE(matches_path_glob("*.md", "README.md"));
  EXPECT_FALSE(matches_path_glob("*.md", "docs/README.md"));
  EXPECT_TRUE(matches_path_glob("src/*/a.cpp", "src/x/a.cpp"));
  EXPECT_FALSE(matches_path_glob("src/*/a.cpp", "src/x/y/a.cpp"));
  EXPECT_FALSE(matches_path_glob("src/*/a.cpp", "src/a.cpp"));
  EXPECT_TRUE(matches_path_glob("*a*b*", "xaabyb"));
  EXPECT_TRUE(matches_path_glob("a?c", "abc"));
  EXPECT_FALSE(matches_path_glob("a?c", "a/c"));
  EXPECT_FALSE(matches_path_glob("a", "ab"));
  EXPECT_FALSE(matches_path_glob("a?", "a"));
}

TEST(PathGlob, TwoStarsDoNot) {
  EXPECT_TRUE(matches_path_glob("**", "a/b/c"));
  EXPECT_TRUE(matches_path_glob("src/**", "src/a"));
  EXPECT_TRUE(matches_path_glob("src/**", "src/a/b/c"));
  EXPECT_FALSE(matches_path_glob("src/**", "lib/src/a"));
  EXPECT_FALSE(matches_path_glob("src/**", "srcs/a"));
  EXPECT_TRUE(matches_path_glob("**.md", "docs/a.md"));
  EXPECT_TRUE(matches_path_glob("src/**x", "src/a/bx"));
}

TEST(PathGlob, TwoStarsAndASlashAreAlsoNoFolder) {
  EXPECT_TRUE(matches_path_glob("**/x", "x"));
  EXPECT_TRUE(matches_path_glob("**/x", "a/b/x"));
  EXPECT_FALSE(matches_path_glob("**/x", "ax"));
  EXPECT_FALSE(matches_path_glob("**/x", "a/bx"));
  EXPECT_TRUE(matches_path_glob("a/**/b", "a/b"));
  EXPECT_TRUE(matches_path_glob("a/**/b", "a/x/y/b"));
  EXPECT_FALSE(matches_path_glob("a/**/b", "a/xb"));
  EXPECT_TRUE(matches_path_glob("a/**/*.md", "a/b/c.md"));
  EXPECT_TRUE(matches_path_glob("**/b/**/d", "a/b/c/b/d"));
}

TEST(PathGlob, ASlashAtTheEndMeansEverythingBelow) {
  EXPECT_TRUE(matches_path_glob("docs/", "docs/a/b"));
  EXPECT_FALSE(matches_path_glob("docs/", "docs"));
  EXPECT_FALSE(matches_path_glob("docs/", "old/docs/a"));
}

TEST(PathGlob, AHostilePatternEndsSoon) {
  std::string pattern;
  for (int i = 0; i < 60; ++i) pattern += i % 2 == 0 ? "*a" : "**/a";
  EXPECT_FALSE(matches_path_glob(pattern, std::string(4000, 'a') + "b"));
}

}  // namespace
}  // namespace melisai
