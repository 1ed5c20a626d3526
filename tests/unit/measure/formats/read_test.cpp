#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "core/measure/formats/format.h"

namespace melisai::formats {
namespace read_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr const char* kGoogle =
    R"({"context":{"num_cpus":1},
        "benchmarks":[{"name":"BM","real_time":1,"cpu_time":2,"time_unit":"us"}]})";

class ReadTest : public ::testing::Test {
 protected:
  ReadTest() : folder_(::testing::TempDir() + "melisai_read_" + std::to_string(getpid())) {
    fs::create_directory(folder_);
  }
  ~ReadTest() override { fs::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }

  fs::path folder_;
};

std::string refusal(std::string_view text, const FormatSpec& spec = {.name = "auto"}) {
  const auto readings = read_text(text, "f", spec, {});
  return readings ? "read as " + readings->format : readings.error().message;
}

TEST(ReadText, RecognisesByContent) {
  const auto readings = read_text(kGoogle, "f", {.name = "auto"}, {});
  ASSERT_TRUE(readings) << readings.error().message;
  EXPECT_EQ(readings->format, "google-benchmark");
  EXPECT_THAT(refusal("nothing known"), HasSubstr("f: no known format is recognised"));
}

TEST(ReadText, RecognisesJsonBehindWarnings) {
  const std::string noise = "***WARNING*** scaling\n[warn] 2\n{braces} of a log\n";
  const std::string row =
      R"({"name":"BM","run_type":"iteration","real_time":1,"cpu_time":1,"time_unit":"ns"})";
  const auto readings = read_text(noise + "{\"context\":{},\n\"benchmarks\":[" + row + "]}", "f",
                                  {.name = "auto"}, {});
  ASSERT_TRUE(readings) << readings.error().message;
  EXPECT_EQ(readings->readings.size(), 2u);
  EXPECT_TRUE(read_text(noise + "{\"context\":{},\n\"benchmarks\":[" + row + "]}", "f",
                        {.name = "google-benchmark"}, {}));
  // Places are those of the file.
  const auto broken = read_text(noise + "{\"context\":{},\n\"benchmarks\":[" + row + "!", "f",
                                {.name = "auto"}, {});
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error().message, HasSubstr("f:5:"));
}

TEST(ReadText, SaysSoWhenThereIsNothing) {
  for (const char* text : {"", " \r\n\t", "\xEF\xBB\xBF"})
    for (const char* name : {"auto", "google-benchmark"})
      EXPECT_EQ(refusal(text, {.name = name}), "f: the file is empty");
}

TEST(ReadText, PutsTheSourceInFrontOfWhatHasNoPlace) {
  // The message begins with the letters of the source.
  const auto readings = read_text("{}", "there", {.name = "google-benchmark"}, {});
  EXPECT_THAT(readings.error().message, ::testing::StartsWith("there: there is no \"benchmarks\""));
  EXPECT_THAT(refusal("\xFF\xFE{", {.name = "google-benchmark"}), HasSubstr("f:1: this is UTF-16"));
}

TEST(ReadText, CleansItsMessages) {
  const auto readings = read_text("{}", "\x1B[31m", {.name = "google-benchmark"}, {});
  EXPECT_THAT(readings.error().message, ::testing::StartsWith("?[31m: there is no"));
}

TEST(ReadText, KnowsNearNamesOfFormats) {
  EXPECT_THAT(problem_of({.name = "googl-benchmark"}),
              HasSubstr("did you mean 'google-benchmark'?"));
  EXPECT_THAT(problem_of({.name = "xyz"}), HasSubstr("`melisai-gate formats` lists them"));
  EXPECT_EQ(refusal("{}", {.name = "xyz"}), problem_of({.name = "xyz"}));
  EXPECT_EQ(problem_of({.name = "auto"}), "");
}

TEST(AllFormats, AreInOrderAndSayHowTheirFilesAreMade) {
  std::string last;
  for (const Format* const format : all_formats()) {
    EXPECT_LT(last, format->info.name);
    last = format->info.name;
    EXPECT_FALSE(format->info.tool.empty()) << last;
    EXPECT_FALSE(format->info.made_by.empty()) << last;
    EXPECT_NE(format->looks_like, nullptr) << last;
    EXPECT_TRUE(format->parse != nullptr || format->parse_directory != nullptr) << last;
    EXPECT_EQ(format->is_directory == nullptr, format->parse_directory == nullptr) << last;
    EXPECT_EQ(format->filter == nullptr, format->filter_template.empty()) << last;
    EXPECT_EQ(format->filter != nullptr,
              format->filter_template.find("{regex}") != std::string_view::npos)
        << last;
  }
}

TEST_F(ReadTest, ReadsOneRunAFileInTheOrderOfNames) {
  file("b.json", kGoogle);
  file("a.json", std::string(kGoogle).replace(std::string(kGoogle).find(":1,\"cpu"), 2, ":5"));
  file(".hidden", "x");
  fs::create_symlink("nowhere", folder_ / "z");
  fs::create_directory(folder_ / "c");
  const auto runs = read_runs(folder_, {.name = "auto"}, {});
  ASSERT_TRUE(runs) << runs.error().message;
  ASSERT_EQ(runs->size(), 2u);
  EXPECT_EQ(runs->at(0).readings.at(0).value, 5'000);
  EXPECT_EQ(runs->at(1).readings.at(0).value, 1'000);
}

TEST_F(ReadTest, SaysWhichFileOfADirectoryIsWrong) {
  file("a.json", kGoogle);
  const std::string bad = file("b.txt", "text");
  EXPECT_THAT(read_runs(folder_, {.name = "auto"}, {}).error().message,
              ::testing::StartsWith(bad + ": no known format"));
  EXPECT_EQ(read_runs(folder_, {.name = "auto"}, {.files_max = 1}).error().code, Errc::limit);
}

TEST_F(ReadTest, RefusesDirectoriesThatNoToolLeaves) {
  EXPECT_THAT(read_path(folder_, {.name = "auto"}, {}).error().message,
              HasSubstr("no known tool leaves such a directory; name a file in it"));
  EXPECT_THAT(read_runs(folder_, {.name = "auto"}, {}).error().message,
              HasSubstr("holds no result file"));
  EXPECT_EQ(read_path(folder_ / "none", {.name = "auto"}, {}).error().code, Errc::not_found);
}

TEST_F(ReadTest, ReadsFilesThatAreLargerThanWhatDetectionSees) {
  std::string rows;
  for (int i = 0; i < 10'000; ++i)
    rows += (i > 0 ? ",\n" : "") + std::string(R"({"name":"BM)") + std::to_string(i % 7) +
            R"(","real_time":NaN,"cpu_time":2,"time_unit":"ns"})";
  const auto readings =
      read_path(file("large", "{\"benchmarks\":[" + rows + "]}"), {.name = "auto"}, {});
  ASSERT_TRUE(readings) << readings.error().message;
  EXPECT_EQ(readings->failed.size(), 7u);
}

}  // namespace read_test
}  // namespace melisai::formats
