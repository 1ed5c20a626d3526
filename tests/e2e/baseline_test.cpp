// --base in its forms, and what becomes a baseline.
#include <gmock/gmock.h>

#include <cstdlib>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

class Baselines : public Sandbox {
 protected:
  std::string commit_numbers(const std::string& lines) {
    write_seeded_pipeline();
    write_numbers(lines);
    return commit("numbers");
  }
  std::string warnings() const { return report()["warnings"].dump(); }
};

TEST_F(Baselines, LastGreenIsTheNewestRunOfTheBranchThatPassed) {
  commit_numbers("BM_A 100 0.01\n");
  const std::string green = commit_numbers("BM_A 101 0.01\n");
  ASSERT_EQ(check().code, 0);
  commit_numbers("BM_A 130 0.01\n");
  ASSERT_EQ(check().code, 1) << "red: moves nothing";
  commit_numbers("BM_A 131 0.01\n");
  EXPECT_EQ(check({"--base", "last-green"}).code, 1) << "against its parent it would be green";
  EXPECT_EQ(report()["base"]["sha"], green);
  EXPECT_THAT(warnings(),
              AllOf(HasSubstr("weaker than a side-by-side run"), HasSubstr("measured again")));
  const json all = answer_of({"baseline", "list", "--json"});
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0]["sha"], green);
  EXPECT_EQ(all[0]["branch"], "main");
}

TEST_F(Baselines, ATopicBranchWithoutAGreenRunUsesTheDefaultBranchs) {
  commit_numbers("BM_A 100 0.01\n");
  const std::string green = commit_numbers("BM_A 101 0.01\n");
  ASSERT_EQ(check().code, 0);
  git({"checkout", "-q", "-b", "topic"});
  commit_numbers("BM_A 102 0.01\n");
  EXPECT_EQ(check({"--base", "last-green"}).code, 0);
  EXPECT_EQ(report()["base"]["sha"], green);
}

TEST_F(Baselines, WithoutAGreenRunItSaysHowToGetOne) {
  commit_numbers("BM_A 100 0.01\n");
  commit_numbers("BM_A 101 0.01\n");
  const Ran ran = check({"--base", "last-green"});
  EXPECT_EQ(ran.code, 4);
  EXPECT_EQ(report()["reason_code"], "baseline");
  EXPECT_THAT(report()["reason"], HasSubstr("--base merge-base"));
}

TEST_F(Baselines, UntrustedRunsAndWorkTreesNeverBecomeBaselines) {
  commit_numbers("BM_A 100 0.01\n");
  commit_numbers("BM_A 101 0.01\n");
  ASSERT_EQ(check({"--untrusted"}).code, 0);
  ASSERT_EQ(check({"--head", "WORKTREE"}).code, 0);
  ASSERT_EQ(check({"--only", "seeded/*"}).code, 0);
  setenv("GITHUB_EVENT_NAME", "pull_request", 1);
  ASSERT_EQ(check().code, 0);
  unsetenv("GITHUB_EVENT_NAME");
  ASSERT_EQ(check({"--threshold", "900%"}).code, 0);
  ASSERT_EQ(check({"--base", "main", "--head", "main"}).code, 0);
  EXPECT_EQ(answer_of({"baseline", "list", "--json"}), json::array());
  const Ran pinned = gate({"baseline", "set", "1"});
  EXPECT_EQ(pinned.code, 2);
  EXPECT_THAT(pinned.err, HasSubstr("not trusted"));
  ASSERT_EQ(check().code, 0);
  EXPECT_EQ(answer_of({"baseline", "list", "--json"}).size(), 1u);
}

TEST_F(Baselines, AChangedConfigurationHasNoLastGreenYet) {
  commit_numbers("BM_A 100 0.01\n");
  commit_numbers("BM_A 101 0.01\n");
  ASSERT_EQ(check().code, 0);
  EXPECT_EQ(check({"--base", "last-green", "--cgroup", "off"}).code, 4);
  EXPECT_THAT(report()["reason"], HasSubstr("another configuration"));
  EXPECT_EQ(check({"--base", "last-green", "--threshold", "2%"}).code, 0)
      << "a threshold changes no number";
}

TEST_F(Baselines, ARunIsABaseAndAnotherMachinesIsRefusedWithTheDifference) {
  commit_numbers("BM_A 100 0.01\n");
  const std::string first = commit_numbers("BM_A 101 0.01\n");
  ASSERT_EQ(check().code, 0);
  commit_numbers("BM_A 102 0.01\n");
  EXPECT_EQ(check({"--base", "run:1"}).code, 0);
  EXPECT_EQ(report()["base"]["sha"], first);
  EXPECT_EQ(check({"--base", "run:9"}).code, 4);
  EXPECT_EQ(check({"--base", "run:x"}).code, 2);

  const Ran moved = run_program(
      {"python3", "-c",
       "import sqlite3, sys\n"
       "db = sqlite3.connect(sys.argv[1])\n"
       "db.execute(\"PRAGMA foreign_keys=OFF\")\n"
       "db.execute(\"UPDATE machines SET fingerprint='00000000000000ff', cpu_model='Other CPU'\")\n"
       "db.execute(\"UPDATE baselines SET fingerprint='00000000000000ff'\")\n"
       "db.commit()\n",
       state() + "/store.db"},
      root());
  ASSERT_EQ(moved.code, 0) << moved.err;
  for (const char* base : {"run:1", "last-green"}) {
    EXPECT_EQ(check({"--base", base}).code, 4) << base;
    EXPECT_EQ(report()["reason_code"], "baseline");
    EXPECT_THAT(report()["reason"],
                AllOf(HasSubstr("another machine"), HasSubstr("instead of 'Other CPU'")));
  }
}

TEST_F(Baselines, TheNearestTagThatMatchesIsABase) {
  commit_numbers("BM_A 100 0.01\n");
  git({"tag", "v1.0"});
  const std::string second = commit_numbers("BM_A 101 0.01\n");
  git({"tag", "v1.1"});
  commit_numbers("BM_A 101 0.01\n");
  git({"tag", "other"});
  commit_numbers("BM_A 102 0.01\n");
  EXPECT_EQ(check({"--base", "tag:v*"}).code, 0);
  EXPECT_EQ(report()["base"]["sha"], second);
  EXPECT_EQ(report()["base"]["ref"], "tag v1.1");
  EXPECT_EQ(check({"--base", "tag:x*"}).code, 4);
}

TEST_F(Baselines, APinnedRunStaysUntilItIsRemoved) {
  commit_numbers("BM_A 100 0.01\n");
  const std::string pinned = commit_numbers("BM_A 100 0.01\n");
  ASSERT_EQ(check().code, 0);
  ASSERT_EQ(gate({"baseline", "set", "1"}).code, 0);
  commit_numbers("BM_A 101 0.01\n");
  ASSERT_EQ(check().code, 0);
  json all = answer_of({"baseline", "list", "--json"});
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0]["sha"], pinned);
  EXPECT_EQ(all[0]["pinned"], true);
  ASSERT_EQ(gate({"baseline", "rm", std::to_string(all[0]["id"].get<int>())}).code, 0);
  EXPECT_EQ(answer_of({"baseline", "list", "--json"}), json::array());
  EXPECT_EQ(gate({"baseline", "rm", "99"}).code, 2);
}

}  // namespace
}  // namespace melisai::e2e
