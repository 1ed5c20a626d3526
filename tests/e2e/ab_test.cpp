// Two commands without git.
#include <gmock/gmock.h>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Ab : public Sandbox {};

TEST_F(Ab, FindsWhichCommandWritesMore) {
  const Ran ran = ab({}, {"head", "-c", "1000", "/dev/zero"}, {"head", "-c", "2000", "/dev/zero"});
  EXPECT_EQ(ran.code, 1) << ran.err;
  EXPECT_EQ(benchmark("ab", "wchar")["decision"], "regressed");
  EXPECT_EQ(report()["base"]["ref"], "head -c 1000 /dev/zero");
  expect_nothing_left();
}

TEST_F(Ab, OneWordIsAShellLine) {
  const Ran ran = ab({"--fail-on", "never"}, {"echo a | cat"}, {"echo b | cat"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(benchmark("ab", "wchar")["decision"], "clear");
}

TEST_F(Ab, ObeysItsFlags) {
  EXPECT_EQ(ab({"--fail-on", "never"}, {"head", "-c", "1000", "/dev/zero"},
               {"head", "-c", "2000", "/dev/zero"})
                .code,
            0);
  EXPECT_EQ(report()["verdict"], "regression");
}

TEST_F(Ab, SaysSoWhenTheReportCannotBePrinted) {
  const Ran ran = run_program(
      {"/bin/sh", "-c",
       MELISAI_BIN_DIR "/melisai-gate ab --json --max-pairs 4 --fail-on never --output-dir '" +
           output() + "' --state-dir '" + state() + "' -- true -- true > /dev/full"},
      root());
  EXPECT_EQ(ran.code, 4);
}

TEST_F(Ab, RunsInTheGivenDirectory) {
  write("here", "x");
  EXPECT_EQ(
      ab({"-C", repo(), "--fail-on", "never"}, {"test", "-e", "here"}, {"test", "-e", "here"}).code,
      0);
  EXPECT_NE(report()["verdict"], "error");
}

TEST_F(Ab, ACommandThatIsMissingOnEitherSideIsAnError) {
  EXPECT_EQ(ab({}, {"no-such-program", "x"}, {"true"}).code, 4);
  EXPECT_THAT(benchmark("ab", "wall_time")["note"].get<std::string>(),
              HasSubstr("no-such-program"));
  EXPECT_EQ(ab({}, {"true"}, {"no-such-program", "x"}).code, 4);
}

TEST_F(Ab, ACommandThatIsNoProgramIsAnErrorOfTheBenchmark) {
  write("text", "no program");
  const Ran ran = ab({"-C", repo()}, {"./text"}, {"true"});
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(benchmark("ab", "wall_time")["note"].get<std::string>(),
              HasSubstr("Permission denied"));
  EXPECT_THAT(ran.err, Not(HasSubstr("defect of melisai-gate")));
}

}  // namespace
}  // namespace melisai::e2e
