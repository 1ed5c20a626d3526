// `history import`: what other tools measured at earlier commits.
#include <gmock/gmock.h>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::string sha_of(int commit) {
  std::array<char, 41> text{};
  std::snprintf(text.data(), text.size(), "%040x", 0xabc000 + commit);
  return text.data();
}

/// data.js of github-action-benchmark: two suites of `commits` commits, the second slower by a
/// fifth from commit 60 on.
std::string data_js(int commits, const std::string& benchmark = "fib") {
  json entries;
  for (const char* suite : {"quiet", "seeded"})
    for (int i = 0; i < commits; ++i) {
      const double slower = std::string(suite) == "seeded" && i >= 60 ? 1.2 : 1;
      entries[suite].push_back(
          {{"commit", {{"id", sha_of(i)}}},
           {"date", 1'700'000'000'000 + 1000LL * i},
           {"tool", "cargo"},
           {"benches",
            {{{"name", benchmark}, {"value", (100 + i * 7 % 5) * slower}, {"unit", "ns/iter"}}}}});
    }
  return "window.BENCHMARK_DATA = " + json({{"repoUrl", ""}, {"entries", entries}}).dump(1);
}

std::string one_result(double time) {
  return json({{"context", json::object()},
               {"benchmarks",
                {{{"name", "BM_A"},
                  {"iterations", 1},
                  {"real_time", time},
                  {"cpu_time", time},
                  {"time_unit", "ns"}}}}})
      .dump();
}

class Import : public Sandbox {
 protected:
  Ran import(Words words) {
    words.insert(words.begin(), {"history", "import"});
    return gate(words);
  }
};

TEST_F(Import, OfAHistoryShowsWhereItChanged) {
  write("data.js", data_js(100));
  const Ran ran = import({"data.js", "--project", "app"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("imported 100 commits into project app"));
  const json changes = answer_of({"history", "--benchmark", "*", "--json"});
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0]["series"], "seeded/fib/wall_time");
  EXPECT_EQ(changes[0]["commit"], sha_of(60));
  EXPECT_NEAR(changes[0]["change"].get<double>(), 0.2, 0.02);
}

TEST_F(Import, AgainStoresOnlyWhatIsNew) {
  write("data.js", data_js(3));
  ASSERT_EQ(import({"data.js", "--project", "app"}).code, 0);
  write("data.js", data_js(5));
  EXPECT_THAT(import({"data.js", "--project", "app"}).out,
              HasSubstr("imported 2 commits into project app, 3 were there already"));
  write("data.js", data_js(5, "other"));
  EXPECT_THAT(import({"data.js", "--project", "app"}).out, HasSubstr("imported 5 commits"));
  EXPECT_EQ(answer_of({"runs", "--json"}).size(), 10u);
}

TEST_F(Import, NeverBecomesABaselineAndStaysApartFromWhatIsMeasured) {
  write_seeded_pipeline();
  write_numbers("BM_A 100 0.01\n");
  commit("base");
  write_numbers("BM_A 101 0.01\n");
  commit("head");
  ASSERT_EQ(check().code, 0);
  write("data.js", data_js(100, "BM_A"));
  ASSERT_EQ(import({"data.js"}).code, 0);  // the project is that of the repository
  const Ran history = gate({"history", "--benchmark", "seeded/BM_A", "--json"});
  EXPECT_EQ(history.out, "[]\n");
  EXPECT_THAT(history.err, HasSubstr("left out, not on the first-parent line"));
  const Ran pinned = gate({"baseline", "set", "last"});
  EXPECT_EQ(pinned.code, 2);
  EXPECT_THAT(pinned.err, HasSubstr("it was imported"));
  EXPECT_EQ(answer_of({"baseline", "list", "--json"})[0]["run"], 1) << "that of the check";
  EXPECT_THAT(gate({"report", "last"}).out,
              AllOf(HasSubstr("Nothing was compared."), HasSubstr("imported from data.js")));
}

TEST_F(Import, OfOneResultNeedsItsCommit) {
  write("result.json", one_result(100));
  const Ran missing = import({"result.json", "--project", "app"});
  EXPECT_EQ(missing.code, 2);
  EXPECT_THAT(missing.err, AllOf(HasSubstr("--commit"), HasSubstr("git rev-parse")));
  EXPECT_EQ(import({"result.json", "--project", "app", "--commit", "HEAD"}).code, 2);
  const Words good = {"result.json", "--project", "app", "--commit", sha_of(1), "--branch", "main"};
  Words dated = good;
  dated.insert(dated.end(), {"--date", "2026-01-02"});
  ASSERT_EQ(import(dated).code, 0);
  const json runs = answer_of({"runs", "--json"});
  EXPECT_EQ(runs[0]["started_at"], "2026-01-02T00:00:00Z");
  EXPECT_EQ(runs[0]["branch"], "main");
  for (const char* date : {"yesterday", "2026-02-30", "2026-01-02T25:00:00Z", "2026-01-02 10:00"}) {
    Words wrong = good;
    wrong.insert(wrong.end(), {"--date", date});
    EXPECT_EQ(import(wrong).code, 2) << date;
  }
}

TEST_F(Import, RefusesWhatItCannotRead) {
  write("data.js", "window.BENCHMARK_DATA = {\"repoUrl\": \"\", \"entries\": {\"a\": [{");
  const Ran cut = import({"data.js", "--project", "app"});
  EXPECT_EQ(cut.code, 2);
  EXPECT_THAT(cut.err, HasSubstr("data.js:1"));
  EXPECT_EQ(import({"absent.js", "--project", "app"}).code, 2);
  write("good.js", data_js(1));
  EXPECT_EQ(import({"good.js", "--project", "app", "--commit", sha_of(1)}).code, 2);
  EXPECT_EQ(gate({"runs", "--json"}).out, "[]\n");
  EXPECT_THAT(
      run_program({MELISAI_BIN_DIR "/melisai-gate", "history", "import", "--help"}, repo()).out,
      HasSubstr("github-action-benchmark"));
}

}  // namespace
}  // namespace melisai::e2e
