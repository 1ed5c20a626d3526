// What `history` reads and prints.
#include "core/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/history_input.h"
#include "core/history_output.h"

namespace melisai {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

Result<Histories> read_csv(std::string_view text, std::size_t bytes_at_once = 1'000) {
  HistoryLines lines("file.csv");
  for (; !text.empty(); text.remove_prefix(std::min(bytes_at_once, text.size())))
    if (auto added = lines.add(text.substr(0, bytes_at_once)); !added) return added.error();
  return lines.finish();
}

std::string problem_of(std::string_view text) {
  const auto read = read_csv(text);
  return read ? "(none)" : read.error().message;
}

TEST(HistoryLines, HoldSeriesInOrderOfAppearance) {
  const auto read = read_csv(
      "series,index,value,commit\n"
      "b,1,2.5,c1\na,-3,1e2,c1\nb,7,3,c2\na,4,101,\n");
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_THAT(read->series, SizeIs(2));
  EXPECT_EQ(read->points, 4u);
  EXPECT_EQ(read->series[0].name, "b");
  EXPECT_THAT(read->series[0].values, ElementsAre(2.5, 3));
  EXPECT_THAT(read->series[0].indexes, ElementsAre(1, 7));
  EXPECT_THAT(read->series[1].values, ElementsAre(100, 101));
  EXPECT_THAT(read->series[1].indexes, ElementsAre(-3, 4));
  EXPECT_EQ(read->commits[read->series[1].commits[0]], "c1");
  EXPECT_EQ(read->commits[read->series[0].commits[1]], "c2");
  EXPECT_EQ(read->commits[read->series[1].commits[1]], "");
}

TEST(HistoryLines, TakeColumnsByNameAndFilesOfOtherSystems) {
  constexpr std::string_view kText =
      "\xEF\xBB\xBF\"value\",note,index,series\r\n"
      "1.5,\"a, \"\"quoted\"\" note\",0,\"x, y\"\r\n\r\n 2 ,,1,\"x, y\"";
  for (const std::size_t bytes_at_once : {1u, 2u, 7u, 1'000u}) {
    const auto read = read_csv(kText, bytes_at_once);
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_THAT(read->series, SizeIs(1));
    EXPECT_EQ(read->series[0].name, "x, y");
    EXPECT_THAT(read->series[0].values, ElementsAre(1.5, 2));
  }
}

struct BadCase {
  std::string name;
  std::string text;
  std::string expected;
};

class BadHistoryLines : public testing::TestWithParam<BadCase> {};

std::string bad_case_name(const testing::TestParamInfo<BadCase>& info) { return info.param.name; }

TEST_P(BadHistoryLines, NameThePlaceAndTheProblem) {
  EXPECT_THAT(problem_of(GetParam().text), HasSubstr(GetParam().expected));
}

const std::string kHeader = "series,index,value\n";

INSTANTIATE_TEST_SUITE_P(
    Cases, BadHistoryLines,
    testing::Values(
        BadCase{"Empty", "", "file.csv:1: there is no header"},
        BadCase{"NoPoint", kHeader, "file.csv:2: there is no point"},
        BadCase{"NoValueColumn", "series,index\n", "file.csv:1: column 'value' is missing"},
        BadCase{"ColumnTwice", "series,index,value,index\n", "column 'index' comes twice"},
        BadCase{"FewFields", kHeader + "a,1\n", "file.csv:2: there are 2 fields"},
        BadCase{"ManyFields", kHeader + "a,1,2,3\n", "file.csv:2: there are 4 fields"},
        BadCase{"NoSeries", kHeader + ",1,2\n", "file.csv:2: 'series' is empty"},
        BadCase{"NoNumber", kHeader + "a,1,2\na,2,fast\n", "file.csv:3: 'value' is 'fast'"},
        BadCase{"NotANumber", kHeader + "a,1,nan\n", "'value' is 'nan'"},
        BadCase{"Infinite", kHeader + "a,1,inf\n", "'value' is 'inf'"},
        BadCase{"TooLarge", kHeader + "a,1,-1e150\n", "'value' is '-1e150'"},
        BadCase{"BeyondTheRange", kHeader + "a,1,1e999\n", "'value' is '1e999'"},
        BadCase{"TextAfterTheNumber", kHeader + "a,1,1 ms\n", "'value' is '1 ms'"},
        BadCase{"FractionalIndex", kHeader + "a,1.5,1\n", "'index' is '1.5', not a whole"},
        BadCase{"IndexTwice", kHeader + "a,1,1\nb,1,1\na,1,1\n",
                "file.csv:4: index 1 of series 'a' does not come after 1"},
        BadCase{"OpenQuote", kHeader + "\"a,1,1\na\",1,1\n", "a quoted field does not end"},
        BadCase{"TextAfterTheQuote", kHeader + "\"a\"b,1,1\n", "between a closing quote"},
        BadCase{"Escapes", kHeader + "a,1,\x1B[31m\n", "'value' is '?[31m'"},
        BadCase{"LongName", kHeader + std::string(1'001, 'x') + ",1,1\n", "a field is longer"},
        BadCase{"LongCommit", "series,index,value,commit\na,1,1," + std::string(1'001, 'c') + "\n",
                "a field is longer"},
        BadCase{"LongLine", kHeader + std::string(70'000, 'x'), "file.csv:2: the line is longer"}),
    bad_case_name);

TEST(HistoryBuilder, EndsAtTheLimitOfSeries) {
  HistoryBuilder builder;
  for (std::size_t i = 0; i < kHistorySeriesMax; ++i)
    ASSERT_TRUE(builder.series(std::to_string(i)));
  EXPECT_TRUE(builder.series("0"));
  const auto refused = builder.series("one more");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::limit);
}

Histories two_series() {
  HistoryBuilder builder;
  for (const std::string name : {"quiet", "slower", "faster"})
    for (int i = 0; i < 4; ++i)
      EXPECT_TRUE(builder.add(**builder.series(name), 10 * i, 1, i == 2 ? "" : "c0ffee"));
  return builder.take();
}

const ChangesOfAll kChanges = {{},
                               {{.index = 1, .before = -4, .after = -3, .confidence = 0.9996}},
                               {{.index = 2, .before = 4, .after = 3, .confidence = 0.99},
                                {.index = 3, .before = 0, .after = 0.5, .confidence = 1}}};

TEST(HistoryOutput, IsOneObjectPerChangeInJson) {
  const auto json = nlohmann::json::parse(history_json(two_series(), kChanges));
  ASSERT_EQ(json.size(), 3u);
  EXPECT_EQ(json[0], nlohmann::json({{"series", "slower"},
                                     {"index", 10},
                                     {"commit", "c0ffee"},
                                     {"before", -4.0},
                                     {"after", -3.0},
                                     {"change", 0.25},
                                     {"confidence", 0.9996}}));
  EXPECT_EQ(json[1]["series"], "faster");
  EXPECT_EQ(json[1]["index"], 20);
  EXPECT_TRUE(json[1]["commit"].is_null());
  EXPECT_EQ(json[1]["change"], -0.25);
  EXPECT_TRUE(json[2]["change"].is_null());
}

TEST(HistoryOutput, PutsTheWorstFirst) {
  Histories histories = two_series();
  std::string text = history_text(histories, kChanges);
  EXPECT_THAT(text, HasSubstr("12 points in 3 series read; 3 changes found in 2"));
  EXPECT_GT(text.find("quiet: too short"), text.find("slower"));
  EXPECT_THAT(text, HasSubstr("99.9 %"));
  EXPECT_LT(text.find("faster"), text.find("slower"));
  const ChangesOfAll no_zero = {{}, kChanges[1], {kChanges[2][0]}};
  text = history_text(histories, no_zero);
  EXPECT_LT(text.find("slower"), text.find("faster"));
  histories.series[1].better = histories.series[2].better = Better::higher;
  text = history_text(histories, no_zero);
  EXPECT_LT(text.find("faster"), text.find("slower"));
}

/// Without a change, with so many points each.
Histories of_lengths(const std::vector<int>& lengths) {
  HistoryBuilder builder;
  for (const int length : lengths)
    for (int i = 0; i < length; ++i)
      EXPECT_TRUE(builder.add(**builder.series("of " + std::to_string(length)), i, 1, ""));
  return builder.take();
}

TEST(HistoryOutput, SaysWhatItCouldNotLookAt) {
  EXPECT_EQ(history_text(of_lengths({15, 16, 59, 60}), ChangesOfAll(4)),
            "150 points in 4 series read; no lasting step told; 1 too short to tell\n\n"
            "of 15: too short to tell: 15 of 16 points\n"
            "of 16: no lasting step was told in 16 points, one of at most 25 % needs about 60\n"
            "of 59: no lasting step was told in 59 points, one of at most 25 % needs about 60\n"
            "of 60: no lasting step was told in 60 points\n");
  EXPECT_THAT(unsaid_in_json(of_lengths({15, 16, 59, 60}), ChangesOfAll(4)),
              ElementsAre("1 of 4 series too short to tell anything: fewer than 16 points; 2 of 4 "
                          "series young: a step of at most 25 % needs about 60 points"));
  EXPECT_THAT(unsaid_in_json(of_lengths({60}), ChangesOfAll(1)), IsEmpty());
}

TEST(HistoryOutput, FindsNoChangeOnlyWhereItCouldLook) {
  EXPECT_THAT(history_text(of_lengths({9}), ChangesOfAll(1)),
              StartsWith("9 points in 1 series read; too short to tell\n"));
  EXPECT_THAT(history_text({}, {}), StartsWith("0 points in 0 series read; too short to tell\n"));
  EXPECT_THAT(unsaid_in_json({}, {}), ElementsAre("there is no series to look at"));
  EXPECT_EQ(history_json(two_series(), ChangesOfAll(3)), "[]\n");
}

TEST(HistoryOutput, ListsAHundredSeriesWithoutAChange) {
  std::vector<int> lengths;
  for (int i = 1; i <= 102; ++i) lengths.push_back(i);
  const std::string text = history_text(of_lengths(lengths), ChangesOfAll(102));
  EXPECT_THAT(text,
              HasSubstr("\nof 100: no lasting step was told in 100 points\nand 2 more series\n"));
}

/// A step in its middle, which nobody told.
Histories untold(const std::vector<std::string>& names) {
  HistoryBuilder builder;
  for (const std::string& name : names)
    for (int i = 0; i < 60; ++i)
      EXPECT_TRUE(builder.add(**builder.series(name), i, i < 30 ? 100 : 200, ""));
  return builder.take();
}

TEST(HistoryOutput, SaysTheSameBesideJson) {
  const std::string sentence =
      "a: no lasting step was told in 60 points; the last 30 points lie at 200, those before at "
      "100: "
      "whether that lasts cannot be told yet";
  EXPECT_THAT(history_text(untold({"a"}), ChangesOfAll(1)), HasSubstr("\n" + sentence + "\n"));
  EXPECT_THAT(unsaid_in_json(untold({"a"}), ChangesOfAll(1)), ElementsAre(sentence));
  EXPECT_THAT(unsaid_in_json(untold({"a"}), {{{.index = 30}}}), IsEmpty());
}

TEST(HistoryOutput, SaysOfAHundredSeriesWhatTheyLookLikeBesideJson) {
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) names.push_back(std::to_string(i));
  EXPECT_THAT(unsaid_in_json(untold(names), ChangesOfAll(100)), SizeIs(100));
  names.emplace_back("one more");
  const auto unsaid = unsaid_in_json(untold(names), ChangesOfAll(101));
  EXPECT_THAT(unsaid, SizeIs(101));
  EXPECT_EQ(unsaid.back(), "and 1 more series look alike");
}

TEST(History, NeedsAFileOrAStore) {
  const auto ignore = [](std::string_view) { return true; };
  const OpenRepo none;
  HistoryRequest request;
  request.file = "/nowhere/at/all.csv";
  EXPECT_EQ(history(request, none, ignore).error().code, Errc::not_found);
  request.file = "";
  request.state_dir = "/nowhere/at/all";
  EXPECT_EQ(history(request, none, ignore).error().code, Errc::not_found);
}

}  // namespace
}  // namespace melisai
