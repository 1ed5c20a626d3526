// `melisai-gate compare` and `diff` of two host reports.
#include <gmock/gmock.h>

#include <fstream>

#include "tests/e2e/support/collect.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class CompareHosts : public Collect {
 protected:
  static json host(int score, int errors, const Words& anomalies) {
    json summary = {
        {"health_score", score},
        {"resources",
         {{"network", {{"utilization_pct", 20}, {"saturation_pct", 0}, {"errors", errors}}}}},
        {"anomalies", json::array()}};
    for (const std::string& metric : anomalies)
      summary["anomalies"].push_back({{"severity", "warning"},
                                      {"category", "network"},
                                      {"metric", metric},
                                      {"message", "too much of " + metric},
                                      {"value", "50.00"},
                                      {"threshold", "warning=1, critical=100"}});
    return {
        {"metadata", {{"tool", "melisai-gate"}, {"schema_version", "1.1.0"}, {"profile", "quick"}}},
        {"categories", json::object()},
        {"summary", summary}};
  }
  std::string file_of(const std::string& name, const json& content) {
    return text_file(name, content.dump(2));
  }
  std::string text_file(const std::string& name, const std::string& content) {
    std::ofstream(root() + "/" + name) << content;
    return root() + "/" + name;
  }
  Ran compare(Words words, const std::string& verb = "compare") {
    words.insert(words.begin(), {MELISAI_BIN_DIR "/melisai-gate", verb});
    return run_program(words, root());
  }
  void SetUp() override {
    Collect::SetUp();
    healthy_ = file_of("healthy.json", host(90, 0, {"tcp_timewait"}));
    sick_ = file_of("sick.json", host(70, 12, {"tcp_close_wait"}));
  }
  std::string healthy_, sick_;
};

TEST_F(CompareHosts, FromNothingToSomethingIsARegression) {
  for (const std::string verb : {"compare", "diff"}) {
    const Ran ran = compare({healthy_, sick_, "--json"}, verb);
    EXPECT_EQ(ran.code, 1) << ran.err;
    const json diff = json::parse(ran.out);
    EXPECT_EQ(diff["regressions"], 1);
    EXPECT_EQ(diff["changes"][0]["direction"], "regression");
    EXPECT_EQ(diff["changes"][0]["old_value"], 0);
    EXPECT_EQ(diff["changes"][0]["delta_pct"], nullptr);
    EXPECT_EQ(diff["new_anomalies"][0]["metric"], "tcp_close_wait");
    EXPECT_EQ(diff["resolved_anomalies"][0]["metric"], "tcp_timewait");
    EXPECT_EQ(diff["health_delta"], -20);
  }
}

TEST_F(CompareHosts, SpeaksToPeople) {
  EXPECT_THAT(compare({healthy_, sick_}).out,
              AllOf(HasSubstr("health score: -20 points; 1 worse, 0 better"),
                    HasSubstr("new anomaly: too much of tcp_close_wait [tcp_close_wait]"),
                    HasSubstr("resolved anomaly: too much of tcp_timewait"),
                    HasSubstr("worse   network errors: 0 /s -> 12 /s (from 0, high)"),
                    HasSubstr("REGRESSION: 1 value plainly worse, 1 new anomaly\n")));
}

TEST_F(CompareHosts, EndsAsTheFindingsSay) {
  EXPECT_EQ(compare({healthy_, healthy_}).code, 0);
  EXPECT_EQ(compare({healthy_, sick_, "--fail-on", "never"}).code, 0);
  const std::string better = file_of("better.json", host(95, 0, {}));
  EXPECT_EQ(compare({healthy_, better}).code, 0) << "only a resolved anomaly";
  EXPECT_EQ(compare({better, healthy_}).code, 1) << "only a new anomaly";
}

TEST_F(CompareHosts, WithoutAScoreThereIsNoDifferenceOfScores) {
  json nothing = host(0, 0, {});
  nothing["summary"]["health_score"] = nullptr;
  const std::string unseen = file_of("unseen.json", nothing);
  EXPECT_THAT(compare({healthy_, unseen}).out, HasSubstr("health score: not known of both"));
  EXPECT_EQ(json::parse(compare({healthy_, unseen, "--json"}).out)["health_delta"], nullptr);
}

TEST_F(CompareHosts, SaysWhatIsWrongWithAFile) {
  const std::string whole = host(90, 0, {}).dump(2);
  const std::string broken = text_file("broken.json", whole.substr(0, whole.size() - 20));
  Ran ran = compare({healthy_, broken});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("broken.json"));
  json wrong = host(90, 0, {});
  wrong["summary"]["health_score"] = 1000;
  ran = compare({healthy_, file_of("wrong.json", wrong)});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("wrong.json"), HasSubstr("summary.health_score")));
  ran = compare({healthy_, root() + "/nothing.json"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("there is no file"));
}

TEST_F(CompareHosts, AreNotComparedWithBenchmarks) {
  const std::string benchmark =
      text_file("bench.json",
                R"({"context":{},"benchmarks":[{"name":"BM","run_type":"iteration","iterations":1,)"
                R"("real_time":1,"cpu_time":1,"time_unit":"ns"}]})");
  for (const Words& words : {Words{healthy_, benchmark}, Words{benchmark, healthy_}}) {
    const Ran ran = compare(words);
    EXPECT_EQ(ran.code, 2);
    EXPECT_THAT(ran.err, AllOf(HasSubstr("healthy.json' is a host report"),
                               HasSubstr("bench.json' is none"), HasSubstr("collect")));
  }
  EXPECT_THAT(compare({benchmark, benchmark}).err, Not(HasSubstr("host report")));
}

TEST_F(CompareHosts, RefuseOptionsThatAreForBenchmarks) {
  for (const Words& option :
       {Words{"--threshold", "2%"}, Words{"--format", "jmh"}, Words{"--only", "a*"},
        Words{"--noise-floor", "1%"}, Words{"--miss", "1%"}, Words{"--output-dir", "out"},
        Words{"--quiet"}}) {
    Words words = {healthy_, sick_};
    words.insert(words.end(), option.begin(), option.end());
    const Ran ran = compare(words);
    EXPECT_EQ(ran.code, 2) << option[0];
    EXPECT_EQ(ran.out, "");
    EXPECT_THAT(ran.err, AllOf(HasSubstr(option[0]), HasSubstr("melisai-gate collect")));
  }
  EXPECT_EQ(compare({healthy_, sick_, "--json", "--fail-on", "regression"}).code, 1);
}

TEST_F(CompareHosts, AreNotReadFromStandardInput) {
  for (const Words& words : {Words{healthy_, "-"}, Words{"-", healthy_}}) {
    const Ran ran = compare(words);
    EXPECT_EQ(ran.code, 2);
    EXPECT_THAT(ran.err, AllOf(HasSubstr("standard input"), HasSubstr("name two files")));
  }
}

TEST_F(CompareHosts, MayBeginWithAByteOrderMark) {
  const std::string marked = text_file("marked.json", "\xEF\xBB\xBF" + host(90, 0, {}).dump(2));
  EXPECT_EQ(compare({marked, marked}).code, 0) << compare({marked, marked}).err;
}

TEST_F(CompareHosts, SayWhatMakesThemNotComparable) {
  json here = host(90, 0, {}), there = host(70, 12, {});
  here["metadata"].update({{"hostname", "anvil"}, {"cpus", 4}, {"memory_gb", 16}});
  there["metadata"].update({{"hostname", "hammer"}, {"cpus", 8}, {"memory_gb", 16}});
  const std::string a = file_of("here.json", here), b = file_of("there.json", there);
  const Ran ran = compare({a, b});
  EXPECT_EQ(ran.code, 3);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("note: not the same hostname (anvil -> hammer)\n"),
                             HasSubstr("CANNOT TELL: not the same cpus (4 -> 8)\n")));
  EXPECT_EQ(compare({a, b, "--fail-on", "inconclusive"}).code, 3);
  EXPECT_EQ(compare({a, b, "--fail-on", "regression"}).code, 0);
  EXPECT_EQ(compare({a, b, "--fail-on", "never"}).code, 0);
  const json diff = json::parse(compare({a, b, "--json"}).out);
  EXPECT_EQ(diff["verdict"], "inconclusive");
  EXPECT_EQ(diff["host_differences"],
            json::parse(R"([{"what":"hostname","baseline":"anvil","current":"hammer",
                             "is_decisive":false},
                            {"what":"cpus","baseline":"4","current":"8","is_decisive":true}])"));
  EXPECT_THAT(compare({a, a}).out, Not(HasSubstr("not the same")));
  EXPECT_THAT(compare({a, healthy_}).out, Not(HasSubstr("not the same"))) << "one does not say";
}

TEST_F(CompareHosts, TakesWhatCollectWrote) {
  ASSERT_EQ(collect({"--duration", "1s", "-o", file()}).code, 0);
  const Ran ran = compare({file(), file(), "--json"});
  EXPECT_EQ(ran.code, 3) << "a second is too short: " << ran.err;
  EXPECT_EQ(json::parse(ran.out)["changes"], json::array());
  EXPECT_EQ(json::parse(ran.out)["health_delta"], 0);
}

}  // namespace
}  // namespace melisai::e2e
