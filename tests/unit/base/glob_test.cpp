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

}  // namespace
}  // namespace melisai
