#include "core/replay.h"

#include <gmock/gmock.h>

#include <array>

#include "core/replay_input.h"
#include "tests/unit/replay_fixture.h"

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
  EXPECT_EQ(series->at(0).traits.better, Better::lower);
  EXPECT_EQ(series->at(1).traits.better, Better::higher);
  EXPECT_THAT(series->at(1).head, ElementsAre(-2));
}

TEST(PairLines, ReadsHowASeriesIsToBeJudged) {
  const auto series = read(R"({"level": "warn", "threshold": 10, "series": "s", "tier": 3, )"
                           R"("a": 1, "b": 2, "x": {"tier": 9, "level": 1}, "better": "unknown"}
{"series": "plain", "a": 1, "b": 2})");
  ASSERT_TRUE(series) << series.error().message;
  EXPECT_EQ(
      series->at(0).traits,
      (RecordedTraits{
          .better = Better::unknown, .tier = Tier::time, .level = Level::warn, .threshold = 10}));
  EXPECT_EQ(series->at(1).traits, RecordedTraits());
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
  return {
      {"NoJson", "series,a,b", "not JSON at byte 1"},
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
       "series 's' is 'better': 'higher' here and 'lower' before (lower when"},
      {"Level", line_of("t", 1, 1, R"(, "level": "red")"), "it can be fail, warn or off"},
      {"LevelType", line_of("t", 1, 1, R"(, "level": true)"), "'level' is a truth value"},
      {"TwoLevels", line_of("s", 1, 1, R"(, "level": "off")"),
       "series 's' is 'level': 'off' here and 'fail' before (fail when"},
      {"LevelTwice", line_of("t", 1, 1, R"(, "level": "off", "level": "off")"), "comes twice"},
      {"Tier", line_of("t", 1, 1, R"(, "tier": 5)"), "'tier' is 5.0; it can be 1, 2, 3 or 4"},
      {"TierZero", line_of("t", 1, 1, R"(, "tier": 0)"), "it can be 1, 2, 3 or 4"},
      {"TierBetween", line_of("t", 1, 1, R"(, "tier": 2.5)"), "'tier' is 2.5"},
      {"TierHuge", line_of("t", 1, 1, R"(, "tier": 18446744073709551617)"), "'tier' is 1.8"},
      {"TierType", line_of("t", 1, 1, R"(, "tier": "3")"), "'tier' is a text, not a number"},
      {"TwoTiers", line_of("s", 1, 1, R"(, "tier": 3)"), "'tier': '3' here and '4' before"},
      {"ThresholdZero", line_of("t", 1, 1, R"(, "threshold": 0)"), "from 0.001 to 10.0"},
      {"ThresholdBelow", line_of("t", 1, 1, R"(, "threshold": -0.05)"), "'threshold' is -0.05"},
      {"ThresholdAbove", line_of("t", 1, 1, R"(, "threshold": 10.5)"), "'threshold' is 10.5"},
      {"ThresholdType", line_of("t", 1, 1, R"(, "threshold": "5%")"), "is a text, not a number"},
      {"TwoThresholds", line_of("s", 1, 1, R"(, "threshold": 0.05)"),
       "'threshold': '0.05' here and 'not given' before"}};
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
  PairLines lines("pairs.jsonl", {.series_max = 2});
  ASSERT_TRUE(lines.add(line_of("a", 1, 1) + line_of("b", 1, 1)));
  EXPECT_TRUE(lines.add(line_of("a", 1, 1))) << "a known one may go on";
  const auto added = lines.add(line_of("one more", 1, 1));
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, Errc::limit);
  EXPECT_THAT(added.error().message, HasSubstr("pairs.jsonl:4: more than 2 series"));
}

TEST(PairLines, RefusesMorePairsThanItsLimit) {
  PairLines lines("pairs.jsonl", {.pairs_max = 3});
  ASSERT_TRUE(lines.add(line_of("a", 1, 1) + line_of("b", 1, 1) + line_of("a", 1, 1)));
  const auto added = lines.add(line_of("b", 1, 1));
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, Errc::limit);
  EXPECT_THAT(added.error().message, HasSubstr("pairs.jsonl:4: more than 3 pairs"));
}

TEST(PairLines, RefusesAFileWithoutAPair) {
  for (const char* text : {"", "\n \n"}) {
    const auto series = read(text);
    ASSERT_FALSE(series);
    EXPECT_EQ(series.error().code, Errc::parse);
    EXPECT_THAT(series.error().message, HasSubstr("there is no pair"));
  }
}

// ---- deciding

class Replay : public ReplayTest {};

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

TEST_F(Replay, IsAsSureOfAGainAsOfALoss) {
  // The upper limit, which errs with probability `miss`, is far below zero.
  std::string text;
  for (const double head : {78.6, 81.1, 78.9, 80.9}) text += line_of("s", 100, head);
  ReplayRequest request;
  request.policy.miss = 0.3;
  request.policy.false_alarm = 0.05;
  EXPECT_EQ(decided(text, request)[0]["decision"], "improved");
  request.policy.false_alarm = 0.0001;
  EXPECT_EQ(decided(text, request)[0]["decision"], "clear");
}

TEST_F(Replay, SaysThatTooFewPairsCannotTurnRed) {
  ReplayRequest request;
  request.policy.max_pairs = 7;
  ASSERT_TRUE(run(pairs_of("s", 0.2, 40), request));
  EXPECT_THAT(out_, HasSubstr("max-pairs 7 cannot turn red: a regression takes at least 8\n"));
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

TEST_F(Replay, ComparesSomethingOrFails) {
  for (const bool for_programs : {false, true}) {
    for (const bool independent : {false, true}) {
      ReplayRequest request{.independent = independent, .json = for_programs};
      const Result<int> empty = run("\n", request);
      ASSERT_FALSE(empty);
      EXPECT_EQ(empty.error().code, Errc::parse);
      EXPECT_THAT(empty.error().message, HasSubstr("there is no pair"));
      request.only = "nope*";
      const Result<int> none = run(pairs_of("app/wall", 0, 8) + pairs_of("b", 0, 8), request);
      ASSERT_FALSE(none);
      EXPECT_EQ(none.error().code, Errc::not_found);
      EXPECT_THAT(none.error().message, AllOf(HasSubstr("'nope*' matches none of the 2 series"),
                                              HasSubstr("'app/wall'")));
      EXPECT_EQ(out_, "");
    }
  }
}

TEST_F(Replay, OnlyNarrowsTheSuite) {
  ReplayRequest request{.only = "*/wall"};
  EXPECT_EQ(*run(pairs_of("app/wall", 0, 60) + pairs_of("app/cpu", 0.2, 60), request), 0);
  EXPECT_THAT(out_, HasSubstr("pass: 1 benchmark metric is clear"));
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
