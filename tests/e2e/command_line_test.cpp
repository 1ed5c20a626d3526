// What a person types, right and wrong.
#include <gmock/gmock.h>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Ran gate(Words words) {
  words.insert(words.begin(), MELISAI_BIN_DIR "/melisai-gate");
  return run_program(words, "/");
}

TEST(CommandLine, PrintsItsVersion) {
  const Ran ran = gate({"--version"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out,
              ::testing::MatchesRegex(
                  "melisai-gate [0-9]+\\.[0-9]+\\.[0-9]+ .commit [0-9a-z+]+, plugin ABI 1\\.0.\n"));
}

TEST(CommandLine, NamesTheCommandThatWasMeant) {
  const Ran ran = gate({"chek", "--quiet"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("unknown command 'chek'; did you mean 'check'?"));
}

TEST(CommandLine, HelpOfEverySubcommandNamesItsFlagsAndExitCodes) {
  EXPECT_THAT(gate({"--help"}).out, AllOf(HasSubstr("check"), HasSubstr("ab")));
  const Ran check = gate({"check", "--help"});
  EXPECT_EQ(check.code, 0);
  EXPECT_THAT(check.out, HasSubstr("melisai-gate check"));
  for (const char* flag :
       {"-C",       "--config", "--base",      "--head",        "--build",     "--test",
        "--bench",  "--only",   "--threshold", "--false-alarm", "--miss",      "--max-pairs",
        "--budget", "--pin",    "--seed",      "--output-dir",  "--state-dir", "--fail-on",
        "--json",   "--quiet",  "--keep",      "Exit codes"})
    EXPECT_THAT(check.out, HasSubstr(flag));
  const Ran ab = gate({"ab", "--help"});
  EXPECT_EQ(ab.code, 0);
  EXPECT_THAT(ab.out, HasSubstr("CMD_A"));
}

class WrongCommandLine : public ::testing::TestWithParam<Words> {};

TEST_P(WrongCommandLine, IsExitCodeTwoWithAMessageOnStandardError) {
  const Ran ran = gate(GetParam());
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("melisai-gate"));
}

INSTANTIATE_TEST_SUITE_P(
    Wrong, WrongCommandLine,
    ::testing::Values(Words{}, Words{"chekc"}, Words{"check", "--bogus"}, Words{"check", "--base"},
                      Words{"check", "--threshold", "many"}, Words{"check", "--threshold", "5"},
                      Words{"check", "--max-pairs", "3"}, Words{"check", "--max-pairs", "-1"},
                      Words{"check", "--budget", "0s"}, Words{"check", "--pin", "x"},
                      Words{"check", "--seed", "abc"}, Words{"check", "--fail-on", "sometimes"},
                      Words{"check", "--build", "make"}, Words{"check", "stray"}, Words{"ab"},
                      Words{"ab", "--", "true"}, Words{"ab", "--", "--", "true"},
                      Words{"ab", "--format", "xml", "--", "true", "--", "true"}));

}  // namespace
}  // namespace melisai::e2e
