// Instructions of a command, counted under valgrind: a little more work is found, the same work is
// clear, and what depends on chance is never red.
#include <gmock/gmock.h>

#include <filesystem>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {
namespace exact_test {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

class CountedExactly : public Sandbox {
 protected:
  void SetUp() override {
    Sandbox::SetUp();
    if (!std::filesystem::exists("/usr/bin/valgrind")) GTEST_SKIP() << "valgrind is not installed";
    write_pipeline("./work", "", "cc -O1 -g work.c -o work");
  }
  /// About 3 ms; strings and memory as in other programs.
  void commit_work(int rounds, const std::string& more = "") {
    write("work.c",
          "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <sys/wait.h>\n"
          "#include <unistd.h>\n"
          "volatile unsigned long sink;\n"
          "__attribute__((noinline)) void spin(long rounds) {\n"
          "  for (long i = 0; i < rounds; ++i) sink = sink * 1664525u + 1;\n}\n"
          "int main() {\n"
          "  for (int i = 0; i < 500; ++i) {\n"
          "    char* text = malloc(40 + i % 7);\n"
          "    snprintf(text, 40, \"number %d\", i);\n"
          "    sink += strlen(text);\n    free(text);\n  }\n  " +
              more + "  spin(" + std::to_string(rounds) + ");\n  return 0;\n}\n");
    commit("work");
  }
  Ran counted(Words options = {}) {
    Words all = {"--base", "main~1",      "--exact", "on",           "--threshold",
                 "0.25%",  "--max-pairs", "4",       "--collectors", "off"};
    all.insert(all.end(), options.begin(), options.end());
    return check(all);
  }
};

TEST_F(CountedExactly, HalfAPercentMoreIsRedAfterThreeRuns) {
  commit_work(300'000);
  commit_work(303'000);
  const Ran ran = counted({"--collectors", "on", "--explain", "regressions"});
  EXPECT_EQ(ran.code, 1) << ran.out << ran.err;
  const json row = benchmark("cli", "instructions");
  EXPECT_EQ(row["decision"], "regressed") << row.dump(1);
  EXPECT_EQ(row["base"]["values"], 3) << "it asks for nothing that may be a draw";
  EXPECT_EQ(row["head"]["values"], 3);
  EXPECT_GT(row["effect_low"], 0.005);
  EXPECT_LT(row["effect_high"], 0.01);
  EXPECT_EQ(benchmark("cli", "allocations")["decision"], "clear");
  EXPECT_THAT(ran.out, HasSubstr("instructions"));
  const json found = report()["evidence"][0];
  EXPECT_EQ(found["class"], "cpu_work");
  EXPECT_EQ(found["functions"][0]["name"], "spin") << found.dump(1);
  EXPECT_EQ(answer_of({"runs", "--json"})[0]["verdict"], "regression");
  expect_nothing_left();
}

TEST_F(CountedExactly, WorkBeforeAForkIsCountedOnceAndThatOfTheChildToo) {
  const auto child = [](int rounds) {
    return "spin(300000); if (fork() == 0) { spin(" + std::to_string(rounds) +
           "); _exit(0); } wait(0);\n";
  };
  commit_work(100'000, child(100'000));
  commit_work(100'000, child(140'000));
  const Ran ran = counted();
  EXPECT_EQ(ran.code, 1) << ran.out << ran.err;
  const json row = benchmark("cli", "instructions");
  EXPECT_EQ(row["decision"], "regressed") << row.dump(1);
  EXPECT_GT(row["effect"], 0.055) << "of what was counted twice 0.04";
  EXPECT_LT(row["effect"], 0.08);
}

TEST_F(CountedExactly, TheSameWorkIsClear) {
  commit_work(300'000);
  write("README", "new");
  commit("nothing");
  const Ran ran = counted();
  EXPECT_NE(ran.code, 1) << ran.out << ran.err;
  const json row = benchmark("cli", "instructions");
  EXPECT_EQ(row["decision"], "clear") << row.dump(1);
  EXPECT_EQ(row["effect"], 0.0);
  EXPECT_EQ(row["base"]["values"], 2);
}

TEST_F(CountedExactly, WorkThatDependsOnChanceIsNeverRed) {
  const std::string chance = "unsigned char c; getentropy(&c, 1); spin(2000L * c);\n";
  commit_work(100'000, chance);
  commit_work(400'000, chance);
  counted();
  const json row = benchmark("cli", "instructions");
  EXPECT_EQ(row["decision"], "inconclusive") << row.dump(1);
  EXPECT_THAT(row["note"].get<std::string>(), HasSubstr("depends on time or randomness"));
}

TEST_F(CountedExactly, WhatMayDrawItsWorkIsRedAfterMoreRuns) {
  const std::string asks = "if (getpid() == 1) spin(100000);\n";
  commit_work(300'000, asks);
  commit_work(303'000, asks);
  EXPECT_EQ(counted().code, 1);
  const json row = benchmark("cli", "instructions");
  EXPECT_EQ(row["decision"], "regressed") << row.dump(1);
  EXPECT_EQ(row["base"]["values"], 5) << "six series share one per cent";
}

TEST_F(CountedExactly, ABenchmarkThatSaysOffIsNotCounted) {
  write(".melisai-gate.yaml",
        "version: 1\npipelines:\n  build: { trigger: on_commit, run: \"cc -O1 work.c -o work\" }\n"
        "  benchmark:\n    trigger: after_build\n"
        "    benchmarks: [{ name: cli, run: ./work, exact: off }]\n");
  commit_work(1'000);
  commit_work(2'000);
  counted();
  EXPECT_EQ(benchmark("cli", "instructions"), nullptr);
}

}  // namespace exact_test
}  // namespace melisai::e2e
