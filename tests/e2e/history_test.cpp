// `history` on files and on the store.
#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class History : public Sandbox {
 protected:
  Ran history(const Words& words) {
    Words argv = {MELISAI_BIN_DIR "/melisai-gate", "history"};
    argv.insert(argv.end(), words.begin(), words.end());
    return run_program(argv, root());
  }
  std::string written(const std::string& text) {
    std::ofstream(root() + "/history.csv") << text;
    return "history.csv";
  }
};

/// 100 commits, each index twice the commit's number; slower by a tenth from commit 70 on.
std::string slower_from_70() {
  std::string text = "series,index,value,commit\n";
  for (int i = 0; i < 100; ++i)
    text += "parse," + std::to_string(2 * i) + "," +
            std::to_string((i < 70 ? 100 : 110) + i * 7 % 5) + ",c" + std::to_string(i) + "\n";
  return text;
}

TEST_F(History, OfAFileTellsWhereItBecameSlower) {
  const std::string file = written(slower_from_70());
  const Ran found = history({file, "--json"});
  ASSERT_EQ(found.code, 0) << found.err;
  const json changes = json::parse(found.out);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0]["series"], "parse");
  EXPECT_EQ(changes[0]["index"], 140);
  EXPECT_EQ(changes[0]["commit"], "c70");
  EXPECT_NEAR(changes[0]["change"].get<double>(), 10.0 / 102, 1e-9);

  const Ran shown = history({file});
  EXPECT_EQ(shown.code, 0);
  EXPECT_THAT(shown.out, HasSubstr("100 points in 1 series read; 1 change found in 1"));
  EXPECT_THAT(shown.out, HasSubstr("c70"));
}

TEST_F(History, OfAFileTakesNoOptionsOfTheStore) {
  const std::string file = written(slower_from_70());
  for (const char* option : {"-C", "--metric", "--branch", "--project", "--state-dir"})
    EXPECT_EQ(history({file, option, "x"}).code, 2) << option;
}

TEST_F(History, OfAFileSaysWhatItLooksLikeWhereItTellsNothing) {
  std::string text = "series,index,value\n";
  for (int i = 0; i < 20; ++i)
    text += "parse," + std::to_string(i) + (i < 17 ? ",100\n" : ",200\n");
  const std::string file = written(text);
  const std::string expected =
      "parse: no lasting step was told in 20 points, one of at most 25 % needs about 60; the last "
      "3 "
      "points lie at 200, those before at 100: whether that lasts cannot be told yet\n";
  EXPECT_THAT(history({file}).out, HasSubstr("\n" + expected));
  const Ran for_programs = history({file, "--json"});
  EXPECT_EQ(for_programs.code, 0);
  EXPECT_EQ(for_programs.out, "[]\n");
  EXPECT_THAT(for_programs.err, HasSubstr(expected));
}

TEST_F(History, OfAFileWithoutAPointIsAnError) {
  const Ran ran = history({written("series,index,value\n")});
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("history.csv:2: there is no point"));
}

TEST_F(History, OfABadFileNamesTheLine) {
  const Ran ran = history({written("series,index,value\na,1,2\na,2,\n")});
  EXPECT_NE(ran.code, 0);
  EXPECT_THAT(ran.err, HasSubstr("history.csv:3: 'value' is ''"));
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(history({"absent.csv"}).code, 2);
}

TEST_F(History, OfTheStoreFollowsTheCommitsAlsoWhenTheNewestWasCheckedFirst) {
  write_seeded_pipeline();
  write_numbers("BM_A 100 0.01\n");
  commit();
  std::vector<std::string> commits;
  for (int i = 0; i < 16; ++i) {
    write_numbers("BM_A " + std::string(i < 8 ? "100" : "200") + "." + std::to_string(i) +
                  " 0.01\n");
    commits.push_back(commit());
  }
  for (auto sha = commits.rbegin(); sha != commits.rend(); ++sha) {
    ASSERT_LE(check({"--head", *sha, "--base", *sha + "~1"}).code, 3);
  }
  const Words asked = {"history", "--benchmark", "seeded/BM_A", "--metric", "cpu_time"};
  Words for_programs = asked;
  for_programs.push_back("--json");
  const json changes = answer_of(for_programs);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0]["commit"], commits[8]);
  EXPECT_EQ(changes[0]["index"], 10);
  EXPECT_GT(changes[0]["change"].get<double>(), 0.9);

  git({"checkout", "-q", commits[7]});
  const Ran half = gate(asked);
  EXPECT_EQ(half.code, 0) << half.err;
  EXPECT_THAT(half.out, HasSubstr("seeded/BM_A/cpu_time: too short to tell: 8 of 16 points\n"));
  EXPECT_THAT(half.err, HasSubstr("8 commits of project 'repo' left out"));
  EXPECT_THAT(half.err, HasSubstr("; --branch main reads them\n"));
  for_programs.insert(for_programs.end(), {"--branch", "main"});
  EXPECT_EQ(answer_of(for_programs), changes);
}

TEST_F(History, OfTheStoreIsAnErrorWhenAFilterMatchesNothing) {
  EXPECT_EQ(gate({"history", "--benchmark", "*"}).code, 2);
  write_seeded_pipeline();
  write_numbers("BM_A 100 0.01\n");
  commit();
  write_numbers("BM_A 101 0.01\n");
  commit();
  ASSERT_LE(check().code, 3);
  const Ran short_one =
      gate({"history", "--benchmark", "seeded/*", "--metric", "cpu_time", "--json"});
  EXPECT_EQ(short_one.code, 0);
  EXPECT_EQ(short_one.out, "[]\n");
  EXPECT_THAT(short_one.err, HasSubstr("1 of 1 series too short to tell"));
  const Ran none = gate({"history", "--benchmark", "nope", "--json"});
  EXPECT_EQ(none.code, 2);
  EXPECT_EQ(none.out, "");
  EXPECT_THAT(none.err, HasSubstr("--benchmark 'nope' matches nothing that is stored; there are: "
                                  "'seeded/BM_A'"));
  EXPECT_EQ(gate({"history", "--benchmark", "*", "--branch", "elsewhere"}).code, 2);
  EXPECT_EQ(gate({"history", "--benchmark", "*", "--project", "elsewhere"}).code, 2);
  const Ran lost = gate({"history", "--benchmark", "*", "-C", root()});
  EXPECT_EQ(lost.code, 2);
  EXPECT_EQ(lost.out, "");
  EXPECT_THAT(lost.err, HasSubstr("-C: "));
}

TEST_F(History, OfTheStoreGoesOnWhenABenchmarkIsAdded) {
  write_pipeline("true");
  commit();
  write("change", "1");
  commit();
  ASSERT_EQ(check({"--max-pairs", "4", "--fail-on", "never"}).code, 0);
  write_pipeline("true", "      - { name: more, run: \"true\" }\n");
  commit();
  ASSERT_EQ(check({"--max-pairs", "4", "--fail-on", "never"}).code, 0);
  const Ran shown = gate({"history", "--benchmark", "cli", "--metric", "peak_rss"});
  EXPECT_THAT(shown.out, HasSubstr("2 points in 1 series read")) << shown.err;
}

}  // namespace
}  // namespace melisai::e2e
