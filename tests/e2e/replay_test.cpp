// Recorded pairs through the real program: what a check stored, and files of strangers.
#include <gmock/gmock.h>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

class Replay : public Sandbox {
 protected:
  /// Runs `melisai-gate replay` in the sandbox, with `text` as pairs.jsonl.
  Ran replay(const std::string& text, Words options = {}) {
    write("pairs.jsonl", text);
    Words words{MELISAI_BIN_DIR "/melisai-gate", "replay", "pairs.jsonl"};
    words.insert(words.end(), options.begin(), options.end());
    return run_program(words, repo());
  }
};

std::string pairs(const std::string& series, double base, double head) {
  std::string text;
  for (int i = 0; i < 20; ++i)
    text += json({{"series", series}, {"a", base + i % 2}, {"b", head + i % 2}}).dump() + "\n";
  return text;
}

TEST_F(Replay, DecidesWhatACheckDecidedOnTheSamePairs) {
  write_seeded_pipeline();
  write_numbers("BM_A 100 0.02\nBM_B 50 0.02\n");
  commit("base");
  write_numbers("BM_A 120 0.02\nBM_B 50 0.02\n");
  commit("head");
  ASSERT_EQ(check().code, 1);
  std::string gating;
  std::istringstream lines(gate({"runs", "--pairs", "1"}).out);
  for (std::string line; std::getline(lines, line);)
    if (line.find("/cpu_time\"") != std::string::npos) gating += line + "\n";
  const Ran ran = replay(gating, {"--json"});
  EXPECT_EQ(ran.code, 1) << ran.err;
  const json all = json::parse(ran.out);
  ASSERT_EQ(all.size(), 2u);
  for (const json& each : all) {
    const std::string name = each["series"];
    const json told = benchmark(name.substr(0, name.rfind('/')), "cpu_time");
    EXPECT_EQ(each["decision"], told["decision"]) << name;
    EXPECT_EQ(each["pairs_used"], told["pairs"]) << name;
    EXPECT_DOUBLE_EQ(each["effect"], told["effect"]) << name;
  }
}

TEST_F(Replay, EndsAsACheckWouldUnlessSeriesAreIndependent) {
  const std::string text = pairs("a/wall", 100, 100) + pairs("b/wall", 100, 120);
  const Ran suite = replay(text);
  EXPECT_EQ(suite.code, 1);
  EXPECT_THAT(suite.out, AllOf(HasSubstr("regression: b: wall"), HasSubstr("a/wall")));
  EXPECT_EQ(replay(text, {"--independent"}).code, 0);
  EXPECT_EQ(replay(text, {"--fail-on", "never"}).code, 0);
  EXPECT_EQ(replay(text, {"--threshold", "500%"}).code, 0);
  EXPECT_EQ(replay(text, {"--max-pairs", "5", "--fail-on", "inconclusive"}).code, 3);
}

TEST_F(Replay, ReadsStandardInput) {
  write("pairs.jsonl", pairs("a/wall", 100, 100));
  const Ran ran = run_program(
      {"/bin/sh", "-c", MELISAI_BIN_DIR "/melisai-gate replay - --json < pairs.jsonl"}, repo());
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(json::parse(ran.out)[0]["decision"], "clear");
}

TEST_F(Replay, RefusesABadLineWithItsPlaceAndPrintsNothing) {
  const Ran ran = replay(pairs("a/wall", 100, 100) + "{\"series\": \"a/wall\", \"a\": 1}\n");
  EXPECT_NE(ran.code, 0);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, AllOf(HasSubstr("pairs.jsonl:21: 'b' is missing"), HasSubstr("like {")));
}

TEST_F(Replay, IsTheSameTwice) {
  const std::string text = pairs("a/wall", 100, 103) + pairs("b/wall", 50, 49);
  EXPECT_EQ(replay(text, {"--json", "--seed", "1"}).out,
            replay(text, {"--json", "--seed", "2"}).out);
}

}  // namespace
}  // namespace melisai::e2e
