// `compare`, `parse` and `formats` on result files.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using Times = std::vector<double>;

/// What Google Benchmark writes: `times` are repetitions of one benchmark, in us.
std::string results(const std::string& name, const Times& times) {
  json rows = json::array();
  for (const double time : times)
    rows.push_back({{"name", name},
                    {"run_name", name},
                    {"run_type", "iteration"},
                    {"iterations", 1000},
                    {"real_time", time},
                    {"cpu_time", time},
                    {"time_unit", "us"}});
  return json({{"context", {{"date", "2026-01-02"}}}, {"benchmarks", rows}}).dump(1);
}

std::string failed_results() {
  json document = json::parse(results("BM_B", {1}));
  document["benchmarks"].push_back({{"name", "BM_A"},
                                    {"run_name", "BM_A"},
                                    {"run_type", "iteration"},
                                    {"error_occurred", true},
                                    {"error_message", "no input"}});
  return document.dump();
}

class Compare : public Sandbox {
 protected:
  Ran run(Words words) {
    words.insert(words.begin(), MELISAI_BIN_DIR "/melisai-gate");
    return run_program(words, repo());
  }
  Ran compare(Words words) {
    words.insert(words.begin(), "compare");
    words.insert(words.end(), {"--output-dir", output()});
    return run(words);
  }
  /// Ten values around a mean, a side.
  void write_sides(double base, double head) {
    for (const auto& [name, mean] : {std::pair{"base.json", base}, {"head.json", head}}) {
      Times times;
      for (int i = 0; i < 10; ++i) times.push_back(mean * (1 + 0.001 * i));
      write(name, results("BM_A", times));
    }
  }
};

TEST_F(Compare, EndsLikeACheck) {
  write_sides(100, 120);
  const Ran slow = compare({"base.json", "head.json"});
  EXPECT_EQ(slow.code, 1) << slow.err;
  EXPECT_THAT(slow.out, AllOf(HasSubstr("base  base.json\nhead  head.json\n"),
                              HasSubstr("REGRESSION: BM_A cpu_time +20.0 %"),
                              HasSubstr("repetitions of one run do not show"),
                              Not(HasSubstr("unknown CPU")), Not(HasSubstr("pair"))));
  EXPECT_EQ(compare({"head.json", "base.json"}).code, 0);
  EXPECT_EQ(compare({"base.json", "head.json", "--threshold", "30%"}).code, 0);
  EXPECT_EQ(compare({"base.json", "head.json", "--fail-on", "never"}).code, 0);
  EXPECT_EQ(compare({"base.json", "head.json", "--only", "BM_B"}).code, 2);
}

TEST_F(Compare, IsAlsoCalledDiffAndQuietSaysTheVerdictAlone) {
  write_sides(100, 100);
  const Ran ran = run({"diff", "base.json", "head.json", "--quiet", "--output-dir", output()});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "pass: 1 benchmark metric is clear: slowdowns of 5 % or more are ruled out\n");
}

TEST_F(Compare, OfSingleValuesIsInconclusiveUnlessTheNoiseIsKnown) {
  write("base.json", results("BM_A", {100}));
  write("head.json", results("BM_A", {110}));
  const Ran open = compare({"base.json", "head.json"});
  EXPECT_EQ(open.code, 0);
  EXPECT_THAT(open.out, AllOf(HasSubstr("INCONCLUSIVE"), HasSubstr("--noise-floor")));
  EXPECT_EQ(compare({"base.json", "head.json", "--fail-on", "inconclusive"}).code, 3);
  const Ran known = compare({"base.json", "head.json", "--noise-floor", "2%"});
  EXPECT_EQ(known.code, 1);
  EXPECT_THAT(known.out, HasSubstr("every decision rests on that number"));
  EXPECT_EQ(compare({"base.json", "head.json", "--noise-floor", "2%", "--threshold", "20%"}).code,
            0);
}

TEST_F(Compare, CountsEachRunOfADirectoryOnce) {
  for (int i = 0; i < 8; ++i) {
    const double drift = 1 + 0.01 * i;
    write("old/" + std::to_string(i) + ".json",
          results("BM_A", {100 * drift, 100 * drift, 100 * drift}));
    write("new/" + std::to_string(i) + ".json",
          results("BM_A", {120 * drift, 120 * drift, 120 * drift}));
  }
  const Ran ran = compare({"old", "new", "--json"});
  EXPECT_EQ(ran.code, 1) << ran.err;
  const json told = json::parse(ran.out);
  EXPECT_EQ(told, report());
  EXPECT_EQ(told["command"], "compare");
  EXPECT_EQ(told["base"]["ref"], "old");
  EXPECT_EQ(told["warnings"], json::array());
  EXPECT_EQ(benchmark("BM_A", "cpu_time")["base"]["values"], 8);
}

TEST_F(Compare, SaysWhichBenchmarksAreNotInEveryRun) {
  for (int i = 0; i < 4; ++i) {
    const std::string name = std::to_string(i) + ".json";
    write("old/" + name, results("BM_A", {100}));
    write("new/" + name, results(i == 0 ? "BM_B" : "BM_A", {100}));
  }
  const json warnings = json::parse(compare({"old", "new", "--json"}).out)["warnings"];
  ASSERT_EQ(warnings.size(), 1u) << warnings;
  EXPECT_THAT(warnings[0].get<std::string>(),
              StartsWith("BM_A is in 3 of 4 runs of head, and 1 more like it"));
  const json of_one = json::parse(compare({"old", "new", "--only", "BM_B", "--json"}).out);
  EXPECT_THAT(of_one["warnings"][0].get<std::string>(), StartsWith("BM_B is in 1 of 4 runs"));
}

TEST_F(Compare, SaysThatBothSidesAreOneFile) {
  write_sides(100, 100);
  EXPECT_THAT(compare({"base.json", "./base.json"}).out,
              HasSubstr("warning: base and head are the same: base.json"));
  EXPECT_THAT(compare({"base.json", "head.json"}).out, Not(HasSubstr("are the same")));
}

TEST_F(Compare, ReadsOneSideFromStandardInput) {
  write_sides(100, 120);
  const Ran ran = run_program(
      {"/bin/sh", "-c",
       "cat head.json | " MELISAI_BIN_DIR "/melisai-gate compare base.json - --output-dir " +
           output()},
      repo());
  EXPECT_EQ(ran.code, 1) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("head  standard input"));
  EXPECT_EQ(compare({"-", "-"}).code, 2);
}

TEST_F(Compare, RefusesWhatItCannotReadAndSaysWhere) {
  write_sides(100, 100);
  const std::string whole = results("BM_A", Times{100, 101});
  write("broken.json", whole.substr(0, whole.size() - 20));
  write("notes.txt", "nothing was measured");
  struct Row {
    const char *file, *message, *action;
  };
  for (const Row& row : {Row{"absent.json", "absent.json", "Name result files that exist"},
                         Row{"broken.json", "broken.json:", "Record that file again"},
                         Row{"notes.txt", "notes.txt: no known format", "melisai-gate formats"}}) {
    const Ran ran = compare({"base.json", row.file});
    EXPECT_EQ(ran.code, 2) << row.file;
    EXPECT_THAT(ran.out, AllOf(HasSubstr(row.message), HasSubstr(row.action),
                               HasSubstr("ERROR: the results cannot be compared")))
        << row.file;
    EXPECT_THAT(ran.out, Not(HasSubstr("regex"))) << "that is for pipeline files";
  }
  EXPECT_EQ(compare({"base.json"}).code, 2);
  const Ran unknown = compare({"base.json", "head.json", "--format", "google_benchmark"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'google-benchmark'?"));
}

TEST_F(Compare, LeavesTheLastReportAloneWhenItCannotCompare) {
  write_sides(100, 120);
  ASSERT_EQ(compare({"base.json", "head.json"}).code, 1);
  const std::string last = *read_file(output() + "/report.json", 1 << 20);
  write("broken.json", "{");
  for (const Words& words : {Words{"base.json", "absent.json"}, Words{"broken.json", "head.json"},
                             Words{"base.json", "head.json", "--only", "BM_B"},
                             Words{"base.json", "head.json", "--threshold", "x"},
                             Words{output() + "/report.json", output() + "/report.json"}}) {
    EXPECT_EQ(compare(words).code, 2) << words[1];
    const auto left = read_file(output() + "/report.json", 1 << 20);
    ASSERT_TRUE(left) << words[1];
    EXPECT_EQ(*left, last) << words[1];
    EXPECT_TRUE(read_file(output() + "/report.md", 1 << 20)) << words[1];
  }
  const std::string own = output() + "/report.json";
  EXPECT_THAT(compare({own, own}).out, HasSubstr("is a report of melisai-gate"));
}

TEST_F(Compare, AFailedBenchmarkAndAFullDiskAreErrors) {
  write_sides(100, 100);
  write("failed.json", failed_results());
  const Ran failed = compare({"base.json", "failed.json"});
  EXPECT_EQ(failed.code, 4);
  EXPECT_THAT(failed.out, HasSubstr("head: reported an error: no input"));
  EXPECT_EQ(run({"compare", "base.json", "head.json", "--output-dir", "/proc/none"}).code, 4);
}

TEST_F(Compare, TellsWhatCameAndWent) {
  write("base.json", results("BM_Old", {100, 101, 102}));
  write("head.json", results("BM_New", {100, 101, 102}));
  const Ran ran = compare({"base.json", "head.json"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("New, not judged: BM_New. Removed: BM_Old."),
                             HasSubstr("Check with melisai-gate parse"),
                             HasSubstr("INCONCLUSIVE: nothing could be compared")));
}

TEST_F(Compare, ParseShowsWhatIsRead) {
  write("base.json", results("BM_A", {100, 102, 101}));
  const Ran shown = run({"parse", "base.json"});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_THAT(shown.out, AllOf(StartsWith("read as google-benchmark\n"), HasSubstr("101.0 us  3")));
  const Ran rows = run({"parse", "base.json", "--json", "--format", "google-benchmark"});
  EXPECT_EQ(json::parse(rows.out)[0], json({{"benchmark", "BM_A"},
                                            {"metric", "wall_time"},
                                            {"unit", "ns"},
                                            {"better", "lower"},
                                            {"value", 101'000.0},
                                            {"n", 3}}));
  write("failed.json", failed_results());
  const Ran failed = run({"parse", "failed.json"});
  EXPECT_EQ(failed.code, 0) << "it was read";
  EXPECT_THAT(failed.err, HasSubstr("BM_A has no value: reported an error: no input"));
  write("other.txt", "hello\n");
  const Ran other = run({"parse", "other.txt"});
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("other.txt: no known format is recognised"));
  EXPECT_EQ(run({"parse", "other.txt", "--format", "command"}).code, 2);
}

TEST_F(Compare, FormatsListsThem) {
  const Ran shown = run({"formats"});
  EXPECT_EQ(shown.code, 0);
  EXPECT_THAT(shown.out, AllOf(HasSubstr("google-benchmark"), HasSubstr("format: { regex:")));
  const json all = json::parse(run({"formats", "--json"}).out);
  EXPECT_GE(all.size(), 1u);
  for (const json& each : all) EXPECT_FALSE(each["made_by"].get<std::string>().empty()) << each;
}

TEST_F(Compare, HelpNamesTheExitCodes) {
  for (const char* command : {"compare", "parse"}) {
    const Ran ran = run({command, "--help"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_THAT(ran.out, AllOf(HasSubstr("Exit codes: 0"), HasSubstr("--format"))) << command;
  }
  EXPECT_EQ(run({"formats", "--help"}).code, 0);
}

}  // namespace
}  // namespace melisai::e2e
