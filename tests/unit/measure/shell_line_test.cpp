#include "core/measure/shell_line.h"

#include <gtest/gtest.h>

namespace melisai::measure {
namespace {

TEST(ShellLine, OfOneProgramIsReplacedByIt) {
  for (const char* line : {"./app", "./app big.txt", "gzip -c file > out", "python3 bench.py $SIZE",
                           "  /usr/bin/env app < in 2> err", "app 'two words'"})
    EXPECT_EQ(replace_shell(line), "exec " + std::string(line));
}

TEST(ShellLine, ThatNeedsTheShellIsLeftAlone) {
  for (const char* line : {"",           "a && b",        "a; b",
                           "a | b",      "a &",           "(a)",
                           "{ a; }",     "a $(b)",        "a `b`",
                           "a\nb",       "A=1 app",       "$APP x",
                           "'my app' x", "if true",       "cd build",
                           "exec app",   "echo x",        "test -e x",
                           "! app",      "app # comment", "awk 'BEGIN{print 1}'",
                           ": x",        "true",          "[ -e x ]"})
    EXPECT_EQ(replace_shell(line), line);
}

TEST(ShellLine, StartsWithItsFirstWord) {
  EXPECT_EQ(first_word("  ./app x"), "./app");
  EXPECT_EQ(first_word("cd build && ./app"), "cd");
  EXPECT_EQ(first_word("A=1 app"), "");
  EXPECT_EQ(first_word("   "), "");
}

}  // namespace
}  // namespace melisai::measure
