// Recorded pairs through the real program: what a check stored, and files of strangers.
#include <gmock/gmock.h>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

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
  write_seeded_pipeline("rules: [{ benchmark: '*/BM_B', threshold: 60% }]");
  write_numbers("BM_A 100 0.02\nBM_B 50 0.02\n");
  commit("base");
  write_numbers("BM_A 120 0.02\nBM_B 60 0.02\n");
  commit("head");
  ASSERT_EQ(check().code, 1);
  const std::string all_pairs = gate({"runs", "--pairs", "1"}).out;
  const Ran ran = replay(all_pairs);
  EXPECT_EQ(ran.code, 1) << ran.err;
  EXPECT_THAT(ran.out, StartsWith("regression: " + report()["reason"].get<std::string>() + "\n"));
  const json all = json::parse(replay(all_pairs, {"--json"}).out);
  ASSERT_EQ(all.size(), 4u) << "wall and CPU time of each";
  for (const json& each : all) {
    const std::string name = each["series"];
    const std::size_t slash = name.rfind('/');
    const json told = benchmark(name.substr(0, slash), name.substr(slash + 1));
    if (!told["gating"]) continue;
    EXPECT_EQ(each["decision"], told["decision"]) << name;
    EXPECT_EQ(each["pairs_used"], told["pairs"]) << name;
    EXPECT_DOUBLE_EQ(each["effect"], told["effect"]) << name;
  }
  EXPECT_EQ(replay(all_pairs, {"--threshold", "300%"}).code, 0) << "instead of those of the run";
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

TEST_F(Replay, IsNotGreenForNothing) {
  for (const Words& options : {Words{}, Words{"--json"}, Words{"--independent"}}) {
    const Ran empty = replay("\n", options);
    EXPECT_EQ(empty.code, 2);
    EXPECT_EQ(empty.out, "");
    EXPECT_THAT(empty.err, HasSubstr("pairs.jsonl:2: there is no pair"));
    Words narrowed{"--only", "nope*"};
    narrowed.insert(narrowed.end(), options.begin(), options.end());
    const Ran none = replay(pairs("a/wall", 100, 100), narrowed);
    EXPECT_EQ(none.code, 2);
    EXPECT_EQ(none.out, "");
    EXPECT_THAT(none.err, HasSubstr("'nope*' matches none of the 1 series"));
  }
  const Ran nameless = run_program({MELISAI_BIN_DIR "/melisai-gate", "replay", ""}, repo());
  EXPECT_EQ(nameless.code, 2);
  EXPECT_THAT(nameless.err, HasSubstr("FILE: is empty; name a file"));
}

TEST_F(Replay, IsTheSameTwice) {
  const std::string text = pairs("a/wall", 100, 103) + pairs("b/wall", 50, 49);
  EXPECT_EQ(replay(text, {"--json", "--seed", "1"}).out,
            replay(text, {"--json", "--seed", "2"}).out);
}

}  // namespace
}  // namespace melisai::e2e
