// What a person types, right and wrong.
#include <gmock/gmock.h>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

Ran gate(Words words) {
  words.insert(words.begin(), MELISAI_BIN_DIR "/melisai-gate");
  return run_program(words, "/");
}

TEST(CommandLine, PrintsItsVersion) {
  const Ran ran = gate({"--version"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out,
              ::testing::MatchesRegex(
                  "melisai-gate [0-9]+\\.[0-9]+\\.[0-9]+ .commit [0-9a-z+]+, plugin ABI 1\\.2.\n"));
}

struct Mistake {
  Words words;
  const char* said;
  const char* help;  ///< where to read on
};

TEST(CommandLine, SaysWhatWasMeantAndWhereToReadOn) {
  for (const Mistake& mistake : std::vector<Mistake>{
           {{"chek", "--quiet"}, "unknown command 'chek'; did you mean 'check'?", ""},
           {{"baseline", "lst"}, "unknown command 'lst'; did you mean 'list'?", " baseline"},
           {{"check", "--thresold", "5%"}, "did you mean '--threshold'?", " check"},
           {{"check", "--thresold=5%"}, "did you mean '--threshold'?", " check"},
           {{"ab", "--thres", "5%", "--", "true", "--", "true"}, "mean '--threshold'?", " ab"},
           {{"check", "--bu", "x"}, "unknown option '--bu'\n", " check"},
           {{"runs", "--zzzz"}, "unknown option '--zzzz'\n", " runs"},
           {{"baseline", "set", "1", "--brnach", "b"}, "mean '--branch'?", " baseline set"},
           {{"runs", "12"}, "unexpected '12'\n", " runs"},
           {{"check", "v1", "v2"}, "melisai-gate check --base v1 --head v2\n", " check"},
           {{"bisect", "v1", "v2"}, "melisai-gate bisect --good v1 --bad v2\n", " bisect"},
           {{"bisect", "--good", "v1", "v2"}, "melisai-gate bisect --bad v2\n", " bisect"},
           {{"bisect", "--good", "1", "--bad", "2", "3"}, "unexpected '3'\n", " bisect"},
           {{"bisect"}, "--good is required", " bisect"},
           {{"bisect", "--good="}, "--good", " bisect"},
           {{"gc", "--keep", "x"}, "neither a number of runs", " gc"},
           {{"ab", "--", "true"}, "needs two commands", " ab"},
           {{"replay", "/tmp"}, "'/tmp' is a directory; name a file", " replay"},
           {{"history", "/tmp"}, "'/tmp' is a directory; name a file", " history"},
           {{"replay", ""}, "is empty; name a file", " replay"}}) {
    const Ran ran = gate(mistake.words);
    EXPECT_EQ(ran.code, 2) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr(mistake.said));
    EXPECT_THAT(ran.err, EndsWith("\nRun melisai-gate" + std::string(mistake.help) +
                                  " --help for the options.\n"));
  }
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

TEST(CommandLine, HelpSpeaksOfTheCommandThatWasAsked) {
  for (const std::string command :
       {"check", "ab", "init", "bisect", "replay", "selftest", "history", "plugins", "doctor",
        "runs", "show", "report", "explain", "gc", "baseline", "ack"}) {
    const Ran ran = gate({command, "--help"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_THAT(ran.out, HasSubstr("Usage: melisai-gate " + command + " "));
    const bool has_verdicts = command == "check" || command == "ab" || command == "replay";
    EXPECT_EQ(ran.out.find("3 inconclusive") != std::string::npos, has_verdicts) << command;
  }
  EXPECT_THAT(
      gate({"baseline", "set", "--help"}).out,
      AllOf(HasSubstr("Usage: melisai-gate baseline set "), HasSubstr("Exit codes: 0 done")));
}

TEST(CommandLine, HelpOfBisectSaysWhatOptionsOfACheckMeanThere) {
  const std::string help = gate({"bisect", "--help"}).out;
  EXPECT_THAT(help, AllOf(HasSubstr("of each comparison, not of the whole search"),
                          HasSubstr("bisect profiles nothing"), HasSubstr("3 cannot tell"),
                          HasSubstr("bad_against_good")));
  EXPECT_THAT(help, Not(AnyOf(HasSubstr("profile each side"), HasSubstr("report.json instead"),
                              HasSubstr("Which verdict fails"))));
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
                      Words{"check", "--explain", "always"}, Words{"explain", "first"},
                      Words{"check", "--exact", "always"}, Words{"check", "--seed", "abc"},
                      Words{"check", "--fail-on", "sometimes"}, Words{"check", "--build", "make"},
                      Words{"check", "stray"}, Words{"ab"}, Words{"ab", "--", "true"},
                      Words{"ab", "--", "--", "true"},
                      Words{"ab", "--format", "xml", "--", "true", "--", "true"}));

TEST(CommandLine, ValidatesAFileAlsoByTheOldOption) {
  const std::string file = MELISAI_SOURCE_DIR "/tests/data/serve_blocks/triggers.yaml";
  const Ran ran = gate({"validate", "--config", file});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, EndsWith(": valid: 0 projects, 3 pipelines\n"));
  for (const Words& words :
       {Words{"--validate-config", "--config", file}, Words{"--config", file, "--validate-config"},
        Words{"serve", "--config", file, "--validate-config"},
        Words{"serve", "--state-dir=/", "--config", file, "--daemon", "--validate-config"}})
    EXPECT_EQ(gate(words).out, ran.out) << words.front();
  EXPECT_EQ(gate({"validate", file}).out, ran.out);
  EXPECT_EQ(gate({"validate", file, "--config", file}).code, 2);
}

TEST(CommandLine, StopsADaemonAlsoByTheOldOption) {
  const std::string nowhere = testing::TempDir() + "/no_daemon_here";
  const Ran ran = gate({"stop", "--state-dir", nowhere});
  EXPECT_EQ(ran.code, 2);
  for (const Words& words :
       {Words{"--stop", "--state-dir", nowhere}, Words{"serve", "--stop", "--state-dir", nowhere},
        Words{"serve", "--config", "F", "--stop", "--state-dir", nowhere}})
    EXPECT_EQ(gate(words).err, ran.err) << words.front();
}

TEST(CommandLine, ValidateEndsWithTwoWhenAFileIsWrongOrNotThere) {
  const Ran wrong = gate({"validate", "--config", MELISAI_SOURCE_DIR "/CMakeLists.txt"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("CMakeLists.txt:1:"));
  EXPECT_EQ(wrong.out, "");
  EXPECT_EQ(gate({"validate", "--config", "/nowhere.yaml"}).code, 2);
  EXPECT_EQ(gate({"validate", "--config", ""}).code, 2);
  const Ran none = gate({"validate"});
  EXPECT_EQ(none.code, 2);
  EXPECT_THAT(none.err, HasSubstr("there is no .melisai-gate.yaml in this directory"));
}

}  // namespace
}  // namespace melisai::e2e
