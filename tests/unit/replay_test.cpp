#include "core/replay.h"

#include <gmock/gmock.h>

#include <array>
#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/replay_input.h"
#include "core/replay_output.h"

namespace melisai {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Result<std::vector<RecordedSeries>> read(std::string_view text) {
  PairLines lines("pairs.jsonl");
  MELISAI_CHECK(lines.add(text));
  return lines.finish();
}

std::string line_of(const std::string& series, double base, double head,
                    const std::string& more = "") {
  return R"({"series": ")" + series + R"(", "a": )" + std::to_string(base) + R"(, "b": )" +
         std::to_string(head) + more + "}\n";
}

/// Pairs that differ by `change` and a little noise that is the same in every call.
std::string pairs_of(const std::string& series, double change, int count,
                     const std::string& more = "") {
  std::string text;
  for (int i = 0; i < count; ++i)
    text += line_of(series, 100 + i % 3, (100 + i % 3) * (1 + change) + (i % 2) * 0.5, more);
  return text;
}

// ---- reading

TEST(PairLines, ReadsInterleavedSeriesInTheOrderInWhichTheyCame) {
  const auto series = read(R"({"series": "b/x", "a": 1, "b": 2.5, "first": "a"}
{"b": -2, "series": "a", "a": 1e3, "better": "higher"}

{"series": "b/x", "a": 3, "b": 4, "better": "lower"})");
  ASSERT_TRUE(series) << series.error().message;
  ASSERT_EQ(series->size(), 2u);
  EXPECT_EQ(series->at(0).name, "b/x");
  EXPECT_THAT(series->at(0).base, ElementsAre(1, 3));
  EXPECT_THAT(series->at(0).head, ElementsAre(2.5, 4));
  EXPECT_EQ(series->at(0).better, Better::lower);
  EXPECT_EQ(series->at(1).better, Better::higher);
  EXPECT_THAT(series->at(1).head, ElementsAre(-2));
}

TEST(PairLines, DoesNotCareWhereTheBytesAreCut) {
  const std::string text = line_of("a", 1, 2) + line_of("b", 3, 4) + "\r\n" + line_of("a", 5, 6);
  for (std::size_t size : {1u, 2u, 7u, 40u}) {
    PairLines lines("pairs.jsonl");
    for (std::size_t at = 0; at < text.size(); at += size)
      ASSERT_TRUE(lines.add(std::string_view(text).substr(at, size)));
    const auto series = lines.finish();
    ASSERT_TRUE(series);
    ASSERT_EQ(series->size(), 2u);
    EXPECT_THAT(series->front().base, ElementsAre(1, 5));
  }
}

TEST(PairLines, IgnoresWhatLiesInsideUnknownKeys) {
  const auto series = read(R"({"x": {"a": "no", "series": [{"b": true}]}, )"
                           R"("series": "s", "a": 1, "b": 2, "y": {"a": 3}})");
  ASSERT_TRUE(series) << series.error().message;
  EXPECT_EQ(series->front().name, "s");
}

TEST(PairLines, KeepsNamesAsTheyAre) {
  const auto series = read(R"({"series": "a\u00e9 \"q\"\n/x", "a": 1, "b": 2})");
  ASSERT_TRUE(series);
  EXPECT_EQ(series->front().name, "a\u00e9 \"q\"\n/x");
}

struct BadLine {
  std::string name;
  std::string line;
  std::string says;
};

class PairLinesRefuses : public ::testing::TestWithParam<BadLine> {};

TEST_P(PairLinesRefuses, WithThePlaceAndTheReason) {
  const auto series = read(line_of("s", 1, 2) + "\n" + GetParam().line + "\n");
  ASSERT_FALSE(series);
  EXPECT_EQ(series.error().code, Errc::parse);
  EXPECT_THAT(series.error().message,
              AllOf(HasSubstr("pairs.jsonl:3: "), HasSubstr(GetParam().says), HasSubstr("like {")));
}

std::vector<BadLine> bad_lines() {
  return {{"NoJson", "series,a,b", "not JSON at byte 1"},
          {"TwoObjects", line_of("s", 1, 2).substr(0, 30) + "} {}", "not JSON"},
          {"NoUtf8", "{\"series\": \"\xff\", \"a\": 1, \"b\": 2}", "not JSON"},
          {"CutLine", R"({"series": "s", "a": 1)", "not JSON"},
          {"Array", R"(["s", 1, 2])", "an array, not an object"},
          {"Number", "7", "a number, not an object"},
          {"NoSeries", R"({"a": 1, "b": 2})", "'series' is missing"},
          {"NoBase", R"({"series": "s", "b": 2})", "'a' is missing"},
          {"NoHead", R"({"series": "s", "a": 2})", "'b' is missing"},
          {"HeadOnlyInside", R"({"series": "s", "a": 2, "x": {"b": 1}})", "'b' is missing"},
          {"TwoHeads", R"({"series": "s", "a": 2, "b": 1, "b": 3})", "'b' comes twice"},
          {"TextValue", R"({"series": "s", "a": "2", "b": 1})", "'a' is a text, not a number"},
          {"NullValue", R"({"series": "s", "a": 2, "b": null})", "'b' is null, not a number"},
          {"ListValue", R"({"series": "s", "a": [2], "b": 1})", "'a' is an array, not a number"},
          {"NotANumber", R"({"series": "s", "a": NaN, "b": 1})", "not JSON"},
          {"Infinite", R"({"series": "s", "a": 1e999, "b": 1})", "a number is too large"},
          {"Absurd", R"({"series": "s", "a": 1, "b": -1e150})", "'b' is not below 1e150"},
          {"NumberName", R"({"series": 5, "a": 1, "b": 1})", "'series' is a number, not a text"},
          {"EmptyName", R"({"series": "", "a": 1, "b": 1})", "'series' is empty"},
          {"LongName", line_of(std::string(1001, 'x'), 1, 2), "'series' is longer than"},
          {"Better", R"({"series": "s", "a": 1, "b": 1, "better": "less"})", "'less'"},
          {"BetterType", R"({"series": "s", "a": 1, "b": 1, "better": 1})", "'better' is a number"},
          {"TwoDirections", R"({"series": "s", "a": 1, "b": 1, "better": "higher"})",
           "series 's' is 'better': 'higher' here and 'lower' before"}};
}

INSTANTIATE_TEST_SUITE_P(Lines, PairLinesRefuses, ::testing::ValuesIn(bad_lines()),
                         [](const auto& row) { return row.param.name; });

TEST(PairLines, RefusesALineThatDoesNotEnd) {
  PairLines lines("pairs.jsonl");
  ASSERT_TRUE(lines.add(line_of("s", 1, 2)));
  const std::string part(32 << 10, ' ');
  ASSERT_TRUE(lines.add(part));
  ASSERT_TRUE(lines.add(part));
  const auto added = lines.add(part);
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, Errc::limit);
  EXPECT_THAT(added.error().message, HasSubstr("pairs.jsonl:2: the line is longer than 64 KiB"));
}

TEST(PairLines, RefusesMoreSeriesThanItsLimit) {
  PairLines lines("pairs.jsonl");
  for (std::size_t i = 0; i < kRecordedSeriesMax; ++i)
    ASSERT_TRUE(lines.add(R"({"series":")" + std::to_string(i) + R"(","a":1,"b":1})" + "\n"));
  EXPECT_TRUE(lines.add(R"({"series":"7","a":1,"b":1})"
                        "\n"))
      << "a known one may go on";
  const auto added = lines.add(R"({"series":"one more","a":1,"b":1})"
                               "\n");
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, Errc::limit);
  EXPECT_THAT(added.error().message, HasSubstr("more than 100000 series"));
}

// ---- deciding

class Replay : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = TemporaryDirectory::make(::testing::TempDir(), "replay");
    ASSERT_TRUE(made);
    root_.emplace(*std::move(made));
  }

  Result<int> run(const std::string& text, ReplayRequest request = {}) {
    request.file = root_->path() + "/pairs.jsonl";
    EXPECT_TRUE(write_file(request.file, text));
    out_.clear();
    return replay(request, [this](std::string_view part) {
      out_ += part;
      return true;
    });
  }

  json decided(const std::string& text, ReplayRequest request = {}) {
    request.json = true;
    const Result<int> code = run(text, std::move(request));
    EXPECT_TRUE(code) << code.error().message;
    return json::parse(out_);
  }

  std::optional<TemporaryDirectory> root_;
  std::string out_;
};

TEST_F(Replay, SaysEachDecisionWithItsNumbersInTheOrderOfTheFile) {
  const json all = decided(pairs_of("z/slow", 0.2, 60) + pairs_of("a/equal", 0, 60) +
                           pairs_of("m/fast", -0.3, 60) + pairs_of("few", 0.2, 3));
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0]["series"], "z/slow");
  EXPECT_EQ(all[0]["decision"], "regressed");
  EXPECT_NEAR(all[0]["effect"], 0.2, 0.02);
  EXPECT_LE(all[0]["effect_low"], all[0]["effect"]);
  EXPECT_GE(all[0]["effect_high"], all[0]["effect"]);
  EXPECT_GT(all[0]["effect_low"], 0);
  EXPECT_LT(all[0]["pairs_used"], 60);
  EXPECT_EQ(all[1]["series"], "a/equal");
  EXPECT_EQ(all[1]["decision"], "clear");
  EXPECT_EQ(all[2]["decision"], "improved");
  EXPECT_EQ(all[3]["decision"], "inconclusive");
  EXPECT_EQ(all[3]["pairs_used"], 3);
  EXPECT_TRUE(all[3]["effect_high"].is_null());
  EXPECT_EQ(all[0].size(), 6u);
}

TEST_F(Replay, DropsNoPairAsWarmUpAndConfirmsWithTheNextOnes) {
  // Screening and confirmation need at least four pairs each.
  EXPECT_EQ(decided(pairs_of("s", 0.2, 7))[0]["decision"], "inconclusive");
  const json enough = decided(pairs_of("s", 0.2, 8))[0];
  EXPECT_EQ(enough["decision"], "regressed");
  EXPECT_EQ(enough["pairs_used"], 8);
}

TEST_F(Replay, LooksAtNoPairAfterTheDecisionAndAtNoneAboveTheMaximum) {
  const json first = decided(pairs_of("s", 0.2, 8));
  EXPECT_EQ(decided(pairs_of("s", 0.2, 8) + pairs_of("s", -0.5, 40)), first);
  ReplayRequest request;
  request.policy.max_pairs = 6;
  const json capped = decided(pairs_of("s", 0.2, 40), request)[0];
  EXPECT_EQ(capped["decision"], "inconclusive");
  EXPECT_EQ(capped["pairs_used"], 6);
}

TEST_F(Replay, TurnsTheRatioOverWhereHigherIsBetter) {
  const json all = decided(pairs_of("less", -0.2, 60, R"(, "better": "higher")") +
                           pairs_of("more", 0.3, 60, R"(, "better": "higher")"));
  EXPECT_EQ(all[0]["decision"], "regressed");
  EXPECT_NEAR(all[0]["effect"], 0.25, 0.03);
  EXPECT_EQ(all[1]["decision"], "improved");
}

TEST_F(Replay, JudgesZerosAndNegativesByTheirDifferences) {
  std::string text;
  for (int i = 0; i < 20; ++i)
    text += line_of("zero", 0, 0) + line_of("born", 0, 5) + line_of("below", -10, -10);
  const json all = decided(text);
  EXPECT_EQ(all[0]["decision"], "clear");
  EXPECT_TRUE(all[0]["effect"].is_null());
  EXPECT_EQ(all[1]["decision"], "regressed");
  EXPECT_TRUE(all[1]["effect"].is_null());
  EXPECT_EQ(all[2]["decision"], "clear");
  EXPECT_EQ(all[2]["effect"], 0.0);
}

TEST_F(Replay, UsesTheThresholdOfTheCommandLineForEveryName) {
  for (const char* name : {"b/peak_rss", "b/instructions", "b/wall_time"}) {
    ReplayRequest request;
    request.policy.threshold = 0.3;
    EXPECT_EQ(decided(pairs_of(name, 0.03, 60), request)[0]["decision"], "clear") << name;
    request.policy.threshold = 0.02;
    EXPECT_EQ(decided(pairs_of(name, 0.03, 60), request)[0]["decision"], "regressed") << name;
  }
}

TEST_F(Replay, OneSuiteEndsLikeACheck) {
  const std::string equal = pairs_of("app/wall", 0, 60);
  EXPECT_EQ(*run(equal), 0);
  EXPECT_THAT(out_, HasSubstr("pass: 1 benchmark metric is clear"));
  EXPECT_EQ(*run(equal + pairs_of("app/cpu", 0.2, 60)), 1);
  EXPECT_THAT(out_, HasSubstr("regression: app: cpu is 2"));
  ReplayRequest request;
  EXPECT_EQ(*run(equal + pairs_of("few", 0, 2), request), 0);
  EXPECT_THAT(out_, HasSubstr("inconclusive: "));
  request.policy.fail_on = FailOn::inconclusive;
  EXPECT_EQ(*run(equal + pairs_of("few", 0, 2), request), 3);
  request.policy.fail_on = FailOn::never;
  EXPECT_EQ(*run(pairs_of("app/cpu", 0.2, 60), request), 0);
}

TEST_F(Replay, IndependentSeriesAreNoSuite) {
  ReplayRequest request;
  request.independent = true;
  EXPECT_EQ(*run(pairs_of("app/cpu", 0.2, 60) + pairs_of("app/wall", 0, 60), request), 0);
  EXPECT_THAT(out_, HasSubstr("each series on its own: 1 regressed, 1 clear"));
}

/// 1,000 series with 3 % noise of a fixed pattern around +6 %; all but the first have `others` in
/// their lines.
std::string large_suite(const std::string& others) {
  constexpr std::array kNoise{-0.03, 0.02, 0.03, -0.02, 0.0, 0.01, -0.01};
  std::string text;
  for (std::size_t i = 0; i < 60; ++i)
    for (int series = 0; series < 1'000; ++series)
      text += line_of("s/" + std::to_string(series), 100, 106 + 100 * kNoise[i % kNoise.size()],
                      series == 0 ? "" : others);
  return text;
}

TEST_F(Replay, ALargeSuiteAsksForMoreEvidenceThanASeriesAlone) {
  ReplayRequest request;
  const json suite = decided(large_suite(""), request)[0];
  request.independent = true;
  const json alone = decided(large_suite(""), request)[0];
  EXPECT_EQ(suite["decision"], "regressed");
  EXPECT_EQ(alone["decision"], "regressed");
  EXPECT_GT(suite["pairs_used"], alone["pairs_used"]);
}

TEST_F(Replay, SeriesOfUnknownDirectionHaveNoVoteAndNoShareOfTheAlarms) {
  const std::string unknown = R"(, "better": "unknown")";
  EXPECT_EQ(*run(pairs_of("app/wall", 0, 60) + pairs_of("app/wait", 0.5, 60, unknown)), 0);
  EXPECT_THAT(out_, HasSubstr("pass: 1 benchmark metric is clear"));
  ReplayRequest request{.independent = true};
  const json alone = decided(large_suite(""), request)[0];
  EXPECT_EQ(decided(large_suite(unknown))[0], alone);
}

TEST_F(Replay, AnEmptyFileIsNoPass) {
  EXPECT_EQ(*run("\n"), 0);
  EXPECT_THAT(out_, HasSubstr("inconclusive: nothing was compared"));
  EXPECT_EQ(decided(""), json::array());
}

TEST_F(Replay, ShowsTheWorstSeriesAndCountsTheOthers) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += pairs_of("equal/" + std::to_string(i), 0, 30);
  text += pairs_of(R"(slow/\u001b[31mx)", 0.2, 30);
  run(text).value();
  EXPECT_THAT(out_, AllOf(HasSubstr("... and 11 clear more"), Not(HasSubstr("\x1b"))));
  EXPECT_LT(out_.find("slow/"), out_.find("equal/"));
}

TEST_F(Replay, SaysWhenNobodyReads) {
  ReplayRequest request{.file = root_->path() + "/pairs.jsonl"};
  ASSERT_TRUE(write_file(request.file, pairs_of("a", 0, 8)));
  const Result<int> code = replay(request, [](std::string_view) { return false; });
  ASSERT_FALSE(code);
  EXPECT_EQ(code.error().code, Errc::io);
}

TEST_F(Replay, NamesAFileThatIsNotThere) {
  ReplayRequest request{.file = root_->path() + "/absent"};
  const Result<int> code = replay(request, [](std::string_view) { return true; });
  ASSERT_FALSE(code);
  EXPECT_EQ(code.error().code, Errc::not_found);
  EXPECT_THAT(code.error().message, HasSubstr("absent"));
}

}  // namespace
}  // namespace melisai
