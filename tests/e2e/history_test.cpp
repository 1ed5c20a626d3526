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

TEST_F(History, OfABadFileNamesTheLine) {
  const Ran ran = history({written("series,index,value\na,1,2\na,2,\n")});
  EXPECT_NE(ran.code, 0);
  EXPECT_THAT(ran.err, HasSubstr("history.csv:3: 'value' is ''"));
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(history({"absent.csv"}).code, 2);
}

TEST_F(History, OfTheStoreFollowsTheHeadsOfChecks) {
  write_seeded_pipeline();
  for (int i = 0; i < 3; ++i) {
    write_numbers("BM_A " + std::to_string(100 + i) + " 0.01\n");
    commit();
    if (i > 0) {
      ASSERT_LE(check().code, 3);
    }
  }
  EXPECT_EQ(gate({"history", "--benchmark", "seeded/*", "--json"}).out, "[]\n");
  const Ran shown = gate({"history", "--benchmark", "seeded/BM_A", "--metric", "cpu_time"});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_EQ(shown.out, "2 points in 1 series read; no change found\n");
  const Ran other = gate({"history", "--benchmark", "*", "--branch", "elsewhere"});
  EXPECT_EQ(other.out, "0 points in 0 series read; no change found\n");
}

}  // namespace
}  // namespace melisai::e2e
