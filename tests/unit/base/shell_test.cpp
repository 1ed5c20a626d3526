#include "core/base/shell.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <vector>

namespace melisai {
namespace {

/// What a shell makes of `line`.
std::string said_by_shell(const std::string& line) {
  std::FILE* const pipe = popen(line.c_str(), "r");
  std::string out;
  std::array<char, 256> part{};
  while (pipe != nullptr && std::fgets(part.data(), part.size(), pipe) != nullptr)
    out += part.data();
  if (pipe != nullptr) pclose(pipe);
  return out;
}

TEST(Shell, LeavesPlainWordsAlone) {
  EXPECT_EQ(shell_quoted("--base"), "--base");
  EXPECT_EQ(shell_quoted("./a/b-c_d.e:1,2+3@4%=5"), "./a/b-c_d.e:1,2+3@4%=5");
  EXPECT_EQ(shell_quoted("gzip -9"), "'gzip -9'");
  EXPECT_EQ(shell_quoted(""), "''") << "an empty word is one too";
}

TEST(Shell, TakesEveryWordAsItIs) {
  for (const char* word : {"", "a b", "it's", "''", "$HOME", "`id`", "a\\", "*", "~", "#", "a\nb",
                           "!x", "a&b;c|d<e>f(g)h", "\"", "{a,b}", "[a-z]?"})
    EXPECT_EQ(said_by_shell(shell_line(std::vector<std::string>{"printf", "%s", word})), word);
}

}  // namespace
}  // namespace melisai
