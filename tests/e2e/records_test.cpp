// What the store remembers, as its commands show it.
#include <gmock/gmock.h>
#include <signal.h>

#include <filesystem>
#include <sstream>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Records : public Sandbox {
 protected:
  void commit_two(const std::string& base = "BM_A 100 0.01\nBM_B 50 0.01\n",
                  const std::string& head = "BM_A 100 0.01\nBM_B 50 0.01\n") {
    write_seeded_pipeline();
    write_numbers(base);
    base_ = commit("base");
    write_numbers(head);
    head_ = commit("head");
  }
  std::string base_, head_;
};

TEST_F(Records, ARunIsListedShownAndReportedAgain) {
  commit_two();
  ASSERT_EQ(check().code, 0);
  const json runs = answer_of({"runs", "--json"});
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_EQ(runs[0]["run"], 1);
  EXPECT_EQ(runs[0]["state"], "finished");
  EXPECT_EQ(runs[0]["verdict"], "pass");
  EXPECT_EQ(runs[0]["project"], "repo");
  EXPECT_EQ(runs[0]["branch"], "main");
  EXPECT_EQ(runs[0]["head"]["sha"], head_);
  EXPECT_EQ(report()["run"], 1);

  EXPECT_EQ(answer_of({"report", "1", "--format", "json"}), report());
  EXPECT_THAT(gate({"report", "last", "--format", "markdown"}).out, HasSubstr("PASS"));
  const Ran shown = gate({"show", "1"});
  EXPECT_THAT(shown.out, AllOf(HasSubstr("run 1: check"), HasSubstr("seeded/BM_A")));
  EXPECT_EQ(answer_of({"show", "1", "--json"})["report"], report());
}

TEST_F(Records, AReportIsShownFromItsFileToo) {
  commit_two();
  ASSERT_EQ(check().code, 0);
  const auto from = [&](const std::string& place, const std::string& format) {
    return run_program({MELISAI_BIN_DIR "/melisai-gate", "report", place, "--format", format},
                       root());
  };
  const Ran of_directory = from(output(), "json");
  EXPECT_EQ(json::parse(of_directory.out, nullptr, false), report()) << of_directory.err;
  const std::string file = output() + "/report.json";
  EXPECT_THAT(from(file, "markdown").out, HasSubstr("## PASS"));
  EXPECT_THAT(from(file, "junit").out, HasSubstr("<testcase classname=\"seeded/BM_A\""));
  EXPECT_THAT(from(file, "badge").out, HasSubstr("performance: pass"));
  EXPECT_THAT(from(file, "html").out, StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(gate({"report", "1", "--format", "html"}).out, HasSubstr("seeded/BM_A"));
  EXPECT_THAT(from(file, "github").out, StartsWith("<!-- melisai-gate:default -->\n### PASS"));

  const Ran unknown = from(file, "pdf");
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("terminal, json, markdown, html, junit, github, badge"));
  EXPECT_EQ(from(root() + "/nothing", "json").code, 2);
  EXPECT_EQ(from("nothing", "json").code, 2);
  write("broken.json", "{}");
  const Ran broken = from(repo() + "/broken.json", "json");
  EXPECT_EQ(broken.code, 2);
  EXPECT_THAT(broken.err, HasSubstr("is no report"));
}

TEST_F(Records, EveryPairIsPrintedInTheReplayFormat) {
  commit_two();
  ASSERT_EQ(check().code, 0);
  std::istringstream lines(gate({"runs", "--pairs", "1"}).out);
  int pairs = 0;
  for (std::string line; std::getline(lines, line);) {
    const json pair = json::parse(line);
    EXPECT_TRUE(pair["a"].is_number() && pair["b"].is_number()) << line;
    EXPECT_TRUE(pair["first"] == "a" || pair["first"] == "b") << line;
    if (pair["series"] == "seeded/BM_A/cpu_time") ++pairs;
  }
  EXPECT_EQ(pairs, benchmark("seeded/BM_A", "cpu_time")["pairs"]);
}

TEST_F(Records, LogsOfStagesStayReadableAfterTheNextRun) {
  write_pipeline("true", "", "echo built-here");
  commit("base");
  commit("head");
  ASSERT_EQ(check({"--base", "main~1"}).code, 0);
  std::filesystem::remove_all(output());
  const json run = answer_of({"show", "1", "--json"});
  ASSERT_FALSE(run["logs"].empty());
  EXPECT_THAT(run_program({"cat", run["logs"][0]["file"]}, root()).out, HasSubstr("built-here"));
}

TEST_F(Records, AFailedCheckAndAnAbAreRememberedToo) {
  write_pipeline("true", "", "false");
  commit("base");
  commit("head");
  EXPECT_EQ(check({"--base", "main~1"}).code, 4);
  EXPECT_EQ(ab({"--max-pairs", "4", "--threshold", "500%"}, {"true"}, {"true"}).code, 0);
  const json runs = answer_of({"runs", "--json"});
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0]["command"], "ab");
  EXPECT_EQ(runs[1]["verdict"], "error");
  EXPECT_THAT(runs[1]["reason"], HasSubstr("'build' failed"));
}

TEST_F(Records, AnEmptyStateIsNoErrorUnlessSomebodyNamedIt) {
  const std::string home = "XDG_STATE_HOME=" + root() + "/new";
  const Ran first = run_program({"env", home, MELISAI_BIN_DIR "/melisai-gate", "runs"}, root());
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("no run is stored"));
  const Ran named = gate({"runs"});
  EXPECT_EQ(named.code, 2);
  EXPECT_THAT(named.err,
              AllOf(HasSubstr("no run is stored in /"), HasSubstr("/state; name the --state-dir")));
  EXPECT_EQ(answer_of({"runs", "--json"}), json::array());
  EXPECT_THAT(gate({"runs", "--json"}).err, HasSubstr("no run is stored"));
  const Ran ran = gate({"show", "1"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("no run is stored"));
}

TEST_F(Records, AnUnknownRunIsNamedWithTheWayOut) {
  commit_two();
  ASSERT_EQ(check().code, 0);
  const Ran ran = gate({"show", "7"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("7"), HasSubstr("1")));
  EXPECT_THAT(gate({"show", "x"}).err, HasSubstr("melisai-gate runs"));
}

TEST_F(Records, ASecondWriterIsToldWhoHoldsTheStateDirectory) {
  write_pipeline("sleep 600; : " + root(), "measure: { grace: 200ms }\n");
  commit("base");
  commit("head");
  pid_t holder = 0;
  check({"--base", "main~1"}, [&](pid_t pid) {
    holder = pid;
    EXPECT_TRUE(eventually([&] { return !processes_with("; : " + root()).empty(); }));
    for (const Words& words : {Words{"gc", "--keep", "5"},
                               Words{"ack", "a", "b", "--until", "2999-01-01", "--reason", "r"}}) {
      const Ran second = gate(words);
      EXPECT_EQ(second.code, 4) << words.front();
      EXPECT_THAT(second.err,
                  AllOf(HasSubstr(std::to_string(pid)), HasSubstr("check"), HasSubstr("--wait")));
    }
    EXPECT_EQ(gate({"runs"}).code, 0) << "readers do not wait";
    kill(pid, SIGTERM);
  });
  EXPECT_EQ(gate({"gc", "--keep", "5"}).code, 0) << "the lock ends with its holder";
}

TEST_F(Records, GcKeepsTheNewestAndWhatABaselineNames) {
  commit_two();
  for (int i = 0; i < 4; ++i) ASSERT_EQ(check({"--seed", std::to_string(i)}).code, 0);
  ASSERT_EQ(gate({"baseline", "set", "2"}).code, 0);
  const Ran ran = gate({"gc", "--keep", "1"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("removed 2 runs"));
  const json runs = answer_of({"runs", "--json"});
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0]["run"], 4);
  EXPECT_EQ(runs[1]["run"], 2);
  EXPECT_THAT(gate({"gc", "--keep", "-3"}).err, HasSubstr("--keep"));
  ASSERT_EQ(check({"--seed", "5"}).code, 0);
  EXPECT_THAT(gate({"gc", "--keep", "1"}).out, HasSubstr("removed 1 run, freed"));
}

TEST_F(Records, AnAcknowledgedSlowdownIsReportedButNotRed) {
  commit_two("BM_A 100 0.01\nBM_B 50 0.01\n", "BM_A 120 0.01\nBM_B 50 0.01\n");
  ASSERT_EQ(check().code, 1);
  const Ran ack = gate({"ack", "seeded/BM_A", "*", "--until", "2999-12-31", "--reason",
                        "needed for correctness", "--up-to", "30%"});
  ASSERT_EQ(ack.code, 0) << ack.err;
  EXPECT_EQ(check().code, 0);
  const json row = benchmark("seeded/BM_A", "cpu_time");
  EXPECT_EQ(row["decision"], "regressed");
  EXPECT_EQ(row["acknowledged"]["reason"], "needed for correctness");
  EXPECT_THAT(gate({"report", "last"}).out, HasSubstr("needed for correctness"));

  const json all = answer_of({"ack", "--list", "--json"});
  ASSERT_EQ(all.size(), 1u);
  ASSERT_EQ(gate({"ack", "--rm", std::to_string(all[0]["id"].get<int>())}).code, 0);
  EXPECT_EQ(check().code, 1);
}

TEST_F(Records, AnAcknowledgementDoesNotCoverMoreThanItSays) {
  commit_two("BM_A 100 0.01\n", "BM_A 140 0.01\n");
  ASSERT_EQ(
      gate({"ack", "seeded/BM_A", "*", "--until", "2999-12-31", "--reason", "r", "--up-to", "20%"})
          .code,
      0);
  EXPECT_EQ(check().code, 1);
}

TEST_F(Records, AnAcknowledgementHoldsForItsProjectOnly) {
  commit_two("BM_A 100 0.01\n", "BM_A 130 0.01\n");
  ASSERT_EQ(
      gate({"ack", "*", "*", "--until", "2999-12-31", "--reason", "r", "--project", "other"}).code,
      0);
  EXPECT_EQ(check().code, 1);
  EXPECT_EQ(ab({"--max-pairs", "30"}, {"head -c 1000 /dev/zero"}, {"head -c 90000 /dev/zero"}).code,
            1)
      << "ab has no project";
}

TEST_F(Records, AnAcknowledgementSaysWhenItFitsNothing) {
  commit_two();
  ASSERT_EQ(check().code, 0);
  const Ran ack =
      gate({"ack", "seeded/BM_Q", "cpu_time", "--until", "2999-12-31", "--reason", "r"});
  EXPECT_EQ(ack.code, 0);
  EXPECT_THAT(ack.err, HasSubstr("did you mean 'seeded/BM_"));
  EXPECT_THAT(gate({"ack", "a", "b", "--until", "2026-02-30", "--reason", "r"}).err,
              HasSubstr("not a date"));
  EXPECT_THAT(gate({"ack", "a", "b", "--until", "2020-01-01", "--reason", "r"}).err,
              HasSubstr("in the past"));
  EXPECT_EQ(gate({"ack", "a", "b"}).code, 2);
  EXPECT_EQ(gate({"ack", "--list", "--rm", "1"}).code, 2);
}

}  // namespace
}  // namespace melisai::e2e
