#include "core/base_commit.h"

#include <gmock/gmock.h>

#include "core/acknowledged.h"
#include "core/base/files.h"
#include "tests/fakes/fake_git_repo.h"

namespace melisai {
namespace {

using Kind = BaseChoice::Kind;
using ::testing::AllOf;
using ::testing::HasSubstr;

EnvLookup environment(std::map<std::string, std::string> values) {
  return [values](const std::string& name) -> std::optional<std::string> {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional<std::string>(found->second);
  };
}

TEST(BaseChoice, ReadsItsForms) {
  EXPECT_EQ(parse_base_choice("")->kind, Kind::merge_base);
  EXPECT_EQ(parse_base_choice("merge-base")->kind, Kind::merge_base);
  EXPECT_EQ(parse_base_choice("last-green")->kind, Kind::last_green);
  EXPECT_EQ(parse_base_choice("tag:v*")->value, "v*");
  EXPECT_EQ(parse_base_choice("run:12")->run, 12);
  EXPECT_EQ(parse_base_choice("refs/heads/last-green")->kind, Kind::reference);
  EXPECT_EQ(parse_base_choice("main~3")->value, "main~3");
}

TEST(BaseChoice, RefusesFormsWithoutAValue) {
  for (const char* text :
       {"tag:", "run:", "run:0", "run:-1", "run:12x", "run: 1", "run:99999999999999999999"})
    EXPECT_EQ(parse_base_choice(text).error().code, Errc::usage) << text;
}

TEST(BranchOf, IsTheOneCheckedOutOrWhatCiSays) {
  FakeGitRepo git;
  EXPECT_EQ(branch_of("HEAD", "s", git, environment({})), "main");
  EXPECT_EQ(branch_of("WORKTREE", "s", git, environment({})), "main");
  git.branch_name = "";
  EXPECT_EQ(branch_of("HEAD", "s", git, environment({})), "");
  EXPECT_EQ(branch_of("HEAD", "s", git,
                      environment({{"GITHUB_REF_TYPE", "branch"},
                                   {"GITHUB_REF_NAME", "dev"},
                                   {"GITHUB_SHA", "s"}})),
            "dev");
  EXPECT_EQ(
      branch_of("HEAD", "s", git,
                environment(
                    {{"GITHUB_REF_TYPE", "tag"}, {"GITHUB_REF_NAME", "v1"}, {"GITHUB_SHA", "s"}})),
      "");
  EXPECT_EQ(
      branch_of("HEAD", "s", git, environment({{"CI_COMMIT_BRANCH", "x"}, {"CI_COMMIT_SHA", "s"}})),
      "x");
}

TEST(BranchOf, CiSaysNothingAboutACommitThatItDidNotStartFor) {
  FakeGitRepo git;
  git.branch_name = "";
  const EnvLookup comment_on_a_pull_request = environment({{"GITHUB_EVENT_NAME", "issue_comment"},
                                                           {"GITHUB_REF_TYPE", "branch"},
                                                           {"GITHUB_REF_NAME", "main"},
                                                           {"GITHUB_SHA", "tip-of-main"}});
  EXPECT_EQ(branch_of("HEAD", "head-of-a-stranger", git, comment_on_a_pull_request), "");
  EXPECT_EQ(branch_of("HEAD", "s", git,
                      environment({{"CI_COMMIT_BRANCH", "x"}, {"CI_COMMIT_SHA", "other"}})),
            "");
}

Report green() {
  Report report;
  report.verdict = Verdict::pass;
  report.base.sha = "a";
  report.head.sha = "b";
  report.benchmarks.resize(2);
  report.benchmarks[0].gating = true;
  report.benchmarks[0].decision = Decision::clear;
  return report;
}

TEST(IsGreen, WantsAPassThatProvesSomething) {
  EXPECT_TRUE(is_green(green(), 0.05));
  Report report = green();
  report.verdict = Verdict::inconclusive;
  EXPECT_FALSE(is_green(report, 0.05));
  report = green();
  report.base.sha = "b";
  EXPECT_FALSE(is_green(report, 0.05)) << "base and head are one commit";
  report = green();
  report.benchmarks[0].gating = false;
  EXPECT_FALSE(is_green(report, 0.05)) << "nothing that gates was clear";
  report = green();
  report.benchmarks[1].acknowledged = Acknowledgement{};
  EXPECT_FALSE(is_green(report, 0.05)) << "a slowdown was only accepted";
}

TEST(IsGreen, IsNotLoosenedByTheCommandLine) {
  Report report = green();
  report.threshold = 9;
  EXPECT_FALSE(is_green(report, 0.05));
  EXPECT_TRUE(is_green(report, 9));
  report.threshold = 0.01;
  EXPECT_TRUE(is_green(report, 0.05)) << "stricter is fine";
}

TEST(BranchOf, ANamedHeadIsABranchOnlyAtItsTip) {
  FakeGitRepo git;
  git.refs = {{"refs/heads/topic", "aaaa"}};
  EXPECT_EQ(branch_of("topic", "aaaa", git, environment({})), "topic");
  EXPECT_EQ(branch_of("topic", "bbbb", git, environment({})), "");
  EXPECT_EQ(branch_of("v1.0", "aaaa", git, environment({})), "");
}

TEST(BranchOf, AnExpressionIsNoBranch) {
  FakeGitRepo git;  // what git makes of it: main~1 is refs/heads/main, one back
  for (const std::string head : {"main~1", "main^", "main^{commit}", "main@{1}", "main:file",
                                 "main@{upstream}", "a..main"}) {
    git.refs = {{"refs/heads/" + head, "aaaa"}};
    EXPECT_EQ(branch_of(head, "aaaa", git, environment({})), "") << head;
  }
  git.refs = {{"refs/heads/feature/a@b-{1}", "aaaa"}};
  EXPECT_EQ(branch_of("feature/a@b-{1}", "aaaa", git, environment({})), "feature/a@b-{1}");
}

TEST(PullRequests, AreKnownByTheirCi) {
  EXPECT_FALSE(is_pull_request(environment({{"GITHUB_EVENT_NAME", "push"}})));
  EXPECT_TRUE(is_pull_request(environment({{"GITHUB_EVENT_NAME", "pull_request"}})));
  EXPECT_TRUE(is_pull_request(environment({{"GITHUB_EVENT_NAME", "pull_request_target"}})));
  EXPECT_TRUE(is_pull_request(environment({{"CI_MERGE_REQUEST_IID", "4"}})));
}

Machine machine() {
  return {.cpu_model = "A",
          .cpus = 4,
          .kernel = "6.1",
          .fingerprint = "1",
          .memory_bytes = std::int64_t{8} << 30,
          .virtualisation = "none",
          .governor = "performance"};
}

TEST(MachineDifferences, NameWhatDiffersAndNothingElse) {
  Machine now = machine();
  now.memory_bytes += 1 << 20;
  EXPECT_EQ(machine_differences(machine(), now), "") << "the fingerprint decides";
  now.fingerprint = "2";
  now.cpus = 2;
  now.kernel = "6.2";
  EXPECT_EQ(machine_differences(machine(), now),
            "number of CPUs '2' instead of '4', kernel '6.2' instead of '6.1'");
  Machine same_words = machine();
  same_words.fingerprint = "3";
  EXPECT_EQ(machine_differences(machine(), same_words), "fingerprint 3 instead of 1");
}

class ChooseBase : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_.emplace(*TemporaryDirectory::make(::testing::TempDir(), "base"));
    auto store = store::Store::open_writer(directory_->path(), {.command = "test"}, {});
    ASSERT_TRUE(store) << store.error().message;
    store_.emplace(*std::move(store));
    git_.commits = {{"head", {}}, {"old", {}}, {"tip", {}}};
    git_.refs = {{"main", "tip"}, {"refs/tags/v1", "old"}, {"head~1", "old"}};
    git_.base_sha = "old";
  }
  Step<BaseAnswer> choose(const std::string& text, const std::string& branch = "main") {
    return choose_base({.choice = *parse_base_choice(text),
                        .head = {.sha = "head", .ref = "HEAD"},
                        .project = "p",
                        .branch = branch,
                        .configuration = "c",
                        .machine = machine_},
                       git_, *store_);
  }
  void store_run(const std::string& sha, const Machine& machine, bool green) {
    const store::RunId id = *store_->begin_run({.command = "check"});
    Report report;
    report.project = "p";
    report.verdict = green ? Verdict::pass : Verdict::regression;
    report.head.sha = sha;
    report.machine = machine;
    ASSERT_TRUE(store_->finish_run(
        id, report, {.branch = "main", .configuration = "c", .trusted = true, .accepts = green}));
  }

  std::optional<TemporaryDirectory> directory_;
  std::optional<store::Store> store_;
  FakeGitRepo git_;
  Machine machine_ = machine();
};

TEST_F(ChooseBase, MergeBaseOrTheParentOfWhatIsMerged) {
  EXPECT_EQ(choose("")->commit.sha, "old");
  EXPECT_EQ(choose("")->commit.ref, "merge base with main");
  git_.base_sha = "head";
  const auto parent = choose("");
  EXPECT_EQ(parent->commit.ref, "parent of HEAD");
  EXPECT_THAT(parent->warnings.at(0), HasSubstr("already part of main"));
  git_.refs.erase("head~1");
  EXPECT_THAT(choose("").error().reason, HasSubstr("--head WORKTREE"));
}

TEST_F(ChooseBase, ATagIsLookedUpAsATag) {
  git_.tag_name = "v1";
  EXPECT_EQ(choose("tag:v*")->commit.sha, "old");
  EXPECT_EQ(choose("tag:v*")->commit.ref, "tag v1");
}

TEST_F(ChooseBase, AStoredRunIsMeasuredAgainAndSaysSo) {
  store_run("old", machine(), true);
  for (const char* text : {"run:1", "last-green"}) {
    const auto base = choose(text);
    ASSERT_TRUE(base) << base.error().reason;
    EXPECT_EQ(base->commit.sha, "old");
    EXPECT_THAT(base->warnings.at(0), HasSubstr("weaker than a side-by-side run"));
  }
  EXPECT_EQ(choose("last-green", "topic")->commit.ref, "last green of main, run 1");
}

TEST_F(ChooseBase, AnotherMachinesRunIsRefusedWithTheDifference) {
  Machine other = machine();
  other.fingerprint = "other";
  other.cpus = 64;
  store_run("old", other, true);
  for (const char* text : {"run:1", "last-green"}) {
    const auto base = choose(text);
    ASSERT_FALSE(base);
    EXPECT_EQ(base.error().code, ReasonCode::baseline);
    EXPECT_THAT(base.error().reason,
                AllOf(HasSubstr("another machine"), HasSubstr("'4' instead of '64'")));
  }
}

TEST_F(ChooseBase, ACommitThatIsGoneIsRefusedWithTheWayToGetIt) {
  store_run("gone", machine(), true);
  const auto base = choose("run:1");
  ASSERT_FALSE(base);
  EXPECT_EQ(base.error().code, ReasonCode::baseline);
  EXPECT_THAT(base.error().reason, HasSubstr("git fetch origin gone"));
}

TEST_F(ChooseBase, ARunOfAWorkTreeHasNoCommitToMeasureAgain) {
  const store::RunId id = *store_->begin_run({.command = "check"});
  Report report;
  report.project = "p";
  report.verdict = Verdict::pass;
  report.head = {.sha = "old", .ref = "WORKTREE"};
  report.machine = machine();
  ASSERT_TRUE(store_->finish_run(id, report, {.branch = "main", .trusted = true}));
  EXPECT_EQ(choose("run:1").error().code, ReasonCode::baseline);
  EXPECT_THAT(choose("run:1").error().reason, HasSubstr("work tree"));
  EXPECT_THAT(store_->set_baseline(id, "main", "").error().message, HasSubstr("work tree"));
}

TEST_F(ChooseBase, AnExpiredAcknowledgementIsRemarkedNotApplied) {
  const auto accept = [&](const std::string& until) {
    return store_->acknowledge("p", {.benchmark = "a", .metric = "wall_time", .until = until}, "");
  };
  ASSERT_TRUE(accept("2026-11-20"));
  std::vector<BenchmarkResult> rows(1);
  rows[0].name = "a";
  rows[0].metric.name = "cpu_time";
  rows[0].decision = Decision::regressed;
  EXPECT_THAT(acknowledge_slowdowns(rows, *store_, "p", "", "2026-11-21"),
              ::testing::ElementsAre("the acknowledgement of a cpu_time expired with 2026-11-20"));
  EXPECT_FALSE(rows[0].acknowledged);
  ASSERT_TRUE(accept("2026-11-21"));
  EXPECT_TRUE(acknowledge_slowdowns(rows, *store_, "other", "", "2026-11-21").empty());
  EXPECT_FALSE(rows[0].acknowledged);
  EXPECT_TRUE(acknowledge_slowdowns(rows, *store_, "p", "", "2026-11-21").empty());
  EXPECT_TRUE(rows[0].acknowledged) << "either time may be the one that gates";
}

TEST_F(ChooseBase, AnAcknowledgementOfOneCommitIsNoneOfAnother) {
  const std::string accepted(40, 'a');
  ASSERT_TRUE(store_->acknowledge(
      "p", {.benchmark = "a", .metric = "wall_time", .until = "2026-12-31"}, "", accepted));
  std::vector<BenchmarkResult> rows(1);
  rows[0].name = "a";
  rows[0].metric.name = "wall_time";
  rows[0].decision = Decision::regressed;
  for (const std::string& other : {std::string(40, 'b'), std::string()}) {
    acknowledge_slowdowns(rows, *store_, "p", other, "2026-11-21");
    EXPECT_FALSE(rows[0].acknowledged) << "of '" << other << "'";
  }
  acknowledge_slowdowns(rows, *store_, "p", accepted, "2026-11-21");
  EXPECT_TRUE(rows[0].acknowledged);
}

TEST_F(ChooseBase, ARedRunIsNoLastGreen) {
  store_run("old", machine(), false);
  EXPECT_EQ(choose("last-green").error().code, ReasonCode::baseline);
  EXPECT_THAT(choose("last-green").error().reason, HasSubstr("no green run of branch 'main'"));
}

TEST_F(ChooseBase, AnUnknownRunIsABaselineProblem) {
  store_run("old", machine(), true);
  EXPECT_EQ(choose("run:7").error().code, ReasonCode::baseline);
}

}  // namespace
}  // namespace melisai
