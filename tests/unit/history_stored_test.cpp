// Histories out of the store: which runs make a series, in which order, and which values a point.
#include "core/history_stored.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/files.h"
#include "core/base_commit.h"
#include "core/store/store.h"
#include "tests/fakes/fake_git_repo.h"

namespace melisai {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

struct Check {
  std::string sha;
  double median = 0;
  std::string machine = "m1";
  std::string branch = "main";
  std::string project = "app";
  std::string configuration = "c";  ///< of the benchmark
  std::string whole = "w";          ///< configuration of all benchmarks
  std::string command = "check";
  std::string ref = "HEAD";
  Metric metric = {"cpu_time", "ns", Better::lower, Tier::time};
  bool trusted = true;
};

class StoredHistories : public testing::Test {
 protected:
  void finish(const Check& check) {
    auto store = store::Store::open_writer(state_dir_, {.command = "test"}, {});
    ASSERT_TRUE(store) << store.error().message;
    const auto run = store->begin_run({.command = check.command,
                                       .directory = "/repo",
                                       .output_dir = temporary_.path() + "/out",
                                       .started_at = "2026-11-21T02:00:00Z",
                                       .tool_version = "1",
                                       .project = check.project});
    ASSERT_TRUE(run) << run.error().message;
    Report report;
    report.run = *run;
    report.project = check.project;
    report.started_at = "2026-11-21T02:00:00Z";
    report.verdict = Verdict::pass;
    report.head = {.sha = check.sha, .ref = check.ref};
    report.machine.fingerprint = check.machine;
    report.measurements.push_back({.benchmark = "parse", .configuration = check.configuration});
    BenchmarkResult& result = report.benchmarks.emplace_back();
    result.name = "parse/BM_A";
    result.metric = check.metric;
    result.base = Side{1};
    result.head = Side{check.median};
    report.benchmarks.emplace_back(result).metric.name = "peak_rss";
    const auto done = store->finish_run(
        *run, report,
        {.branch = check.branch, .configuration = check.whole, .trusted = check.trusted});
    ASSERT_TRUE(done) << done.error().message;
  }

  /// What `directory`'s repository says of `ref`, newest commit first.
  void knows(const std::string& directory, const std::string& ref,
             const std::vector<std::string>& newest_first) {
    repositories_[directory].refs[ref] = newest_first.front();
    repositories_[directory].lines[newest_first.front()] = newest_first;
  }

  /// Every question to that repository ends so.
  void fails(const std::string& directory, const Error& error) {
    repositories_[directory].failure = error;
  }

  Result<Histories> stored(HistoryRequest request) {
    request.state_dir = state_dir_;
    request.directory = "/here";
    if (request.benchmark.empty()) request.benchmark = "*";
    return stored_histories(request, [&](const std::string& directory) {
      return std::make_unique<FakeGitRepo>(repositories_[directory]);
    });
  }
  Histories read(const HistoryRequest& wanted = {.metric = "cpu_time"}) {
    auto histories = stored(wanted);
    EXPECT_TRUE(histories) << histories.error().message;
    return histories ? *std::move(histories) : Histories();
  }
  std::string problem_of(const HistoryRequest& wanted) {
    const auto histories = stored(wanted);
    EXPECT_TRUE(histories || histories.error().code == Errc::not_found);
    return histories ? "(none)" : histories.error().message;
  }
  static std::vector<std::string> commits_of(const Histories& histories, std::size_t series = 0) {
    std::vector<std::string> shas;
    for (const std::uint32_t number : histories.series.at(series).commits)
      shas.push_back(histories.commits[number]);
    return shas;
  }

 private:
  TemporaryDirectory temporary_ = *TemporaryDirectory::make(testing::TempDir(), "history");
  std::string state_dir_ = temporary_.path() + "/state";
  std::map<std::string, FakeGitRepo> repositories_;
};

TEST_F(StoredHistories, HoldTheMedianOfACommit) {
  knows("/here", "HEAD", {"bbb", "aaa"});
  for (const double median : {30.0, 10.0, 14.0}) finish({.sha = "aaa", .median = median});
  for (const double median : {20.0, 24.0}) finish({.sha = "bbb", .median = median});
  const Histories histories = read();
  ASSERT_THAT(histories.series, SizeIs(1));
  EXPECT_EQ(histories.series[0].name, "parse/BM_A/cpu_time");
  EXPECT_THAT(histories.series[0].values, ElementsAre(14, 22));
  EXPECT_THAT(histories.warnings, IsEmpty());
}

TEST_F(StoredHistories, OfTooManySeriesAreRefusedBeforeAnyIsPutInOrder) {
  finish({.sha = "aaa"});
  EXPECT_THAT(read({.metric = "", .series_max = 2}).series, SizeIs(2));
  // Now every question to the repository would be another error.
  fails("/here", {Errc::interrupted, "asked"});
  fails("/repo", {Errc::interrupted, "asked"});
  const auto refused = stored({.series_max = 1});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::usage);
  EXPECT_THAT(refused.error().message, HasSubstr("more than 1 series match, the limit"));
}

TEST_F(StoredHistories, FollowTheCommitsAndNotTheRuns) {
  knows("/here", "HEAD", {"ddd", "ccc", "bbb", "aaa", "root"});
  for (const char* sha : {"ddd", "bbb", "aaa"})
    finish({.sha = sha, .median = static_cast<double>(sha[0])});
  const Histories histories = read();
  EXPECT_THAT(commits_of(histories), ElementsAre("aaa", "bbb", "ddd"));
  EXPECT_THAT(histories.series[0].values, ElementsAre('a', 'b', 'd'));
  EXPECT_THAT(histories.series[0].indexes, ElementsAre(2, 3, 5));
  EXPECT_THAT(histories.warnings, IsEmpty());
}

TEST_F(StoredHistories, SayWhichCommitsAreNotOnTheLine) {
  knows("/here", "HEAD", {"bbb", "aaa"});
  for (const char* sha : {"aaa", "sss", "bbb"}) finish({.sha = sha, .median = 1});
  const Histories histories = read();
  EXPECT_THAT(commits_of(histories), ElementsAre("aaa", "bbb"));
  ASSERT_THAT(histories.warnings, SizeIs(1));
  EXPECT_THAT(histories.warnings[0],
              AllOf(HasSubstr("1 commit of project 'app' left out"), HasSubstr("HEAD in /here"),
                    HasSubstr("'sss'"), Not(HasSubstr("aaa"))));
}

TEST_F(StoredHistories, NameTheBranchThatReadsWhatIsNewerThanTheCheckedOutCommit) {
  knows("/here", "HEAD", {"bbb", "aaa"});
  knows("/here", "main", {"ddd", "ccc", "bbb", "aaa"});
  for (const char* sha : {"aaa", "bbb", "ccc", "ddd"}) finish({.sha = sha, .median = 1});
  Histories histories = read();
  EXPECT_THAT(commits_of(histories), ElementsAre("aaa", "bbb"));
  ASSERT_THAT(histories.warnings, SizeIs(1));
  EXPECT_THAT(histories.warnings[0],
              AllOf(HasSubstr("2 commits of project 'app' left out"),
                    HasSubstr("'ccc', 'ddd'; --branch main reads them"), Not(HasSubstr("may be"))));

  finish({.sha = "sss", .median = 1});
  histories = read();
  ASSERT_THAT(histories.warnings, SizeIs(1));
  EXPECT_THAT(histories.warnings[0],
              HasSubstr("; --branch main reads 2; they may be newer, on side branches"));
}

TEST_F(StoredHistories, HoldTheCommitsOfABranchHoweverTheyWereChecked) {
  knows("/here", "main", {"ccc", "bbb", "aaa"});
  finish({.sha = "aaa", .median = 1, .branch = ""});
  finish({.sha = "bbb", .median = 1, .branch = "topic"});
  finish({.sha = "ccc", .median = 1, .branch = "main"});
  finish({.sha = "sss", .median = 1, .branch = ""});
  Histories histories = read({.metric = "cpu_time", .branch = "main"});
  EXPECT_THAT(commits_of(histories), ElementsAre("aaa", "bbb", "ccc"));
  EXPECT_THAT(histories.warnings, IsEmpty());

  finish({.sha = "old", .median = 1, .branch = "main"});
  histories = read({.metric = "cpu_time", .branch = "main"});
  EXPECT_THAT(commits_of(histories), ElementsAre("aaa", "bbb", "ccc"));
  ASSERT_THAT(histories.warnings, SizeIs(1));
  EXPECT_THAT(histories.warnings[0], AllOf(HasSubstr("line of main in /here: 'old'; they may be"),
                                           Not(HasSubstr("reads them"))));
}

TEST_F(StoredHistories, HoldWhatWasCheckedAsABranchWhereNoRepositoryKnowsIt) {
  finish({.sha = "aaa", .median = 1, .branch = "main"});
  finish({.sha = "bbb", .median = 1, .branch = ""});
  EXPECT_THAT(commits_of(read({.metric = "cpu_time", .branch = "main"})), ElementsAre("aaa"));
}

TEST_F(StoredHistories, FollowTheBranchThatIsAskedFor) {
  knows("/here", "HEAD", {"bbb", "aaa"});
  knows("/here", "side", {"ttt", "sss", "aaa"});
  for (const char* sha : {"ttt", "sss"}) finish({.sha = sha, .median = 1, .branch = "side"});
  finish({.sha = "bbb", .median = 1});
  const Histories histories = read({.metric = "cpu_time", .branch = "side"});
  EXPECT_THAT(commits_of(histories), ElementsAre("sss", "ttt"));
  EXPECT_THAT(histories.warnings, IsEmpty());
}

TEST_F(StoredHistories, AskTheRepositoryOfTheRunsWhereThisOneIsAnother) {
  knows("/here", "HEAD", {"other"});
  knows("/repo", "HEAD", {"bbb", "aaa"});
  for (const char* sha : {"bbb", "aaa"}) finish({.sha = sha, .median = 1});
  const Histories histories = read();
  EXPECT_THAT(commits_of(histories), ElementsAre("aaa", "bbb"));
  EXPECT_THAT(histories.warnings, IsEmpty());
}

TEST_F(StoredHistories, WarnOfTheOrderOfRunsWhereNoRepositoryKnowsTheCommits) {
  knows("/here", "HEAD", {"other"});
  for (const char* sha : {"bbb", "aaa", "bbb"}) finish({.sha = sha, .median = 1});
  const Histories histories = read();
  EXPECT_THAT(commits_of(histories), ElementsAre("bbb", "aaa"));
  EXPECT_THAT(histories.series[0].indexes, ElementsAre(1, 2));
  ASSERT_THAT(histories.warnings, SizeIs(1));
  EXPECT_THAT(histories.warnings[0],
              AllOf(HasSubstr("order of their first checks"), HasSubstr("wrong sign"),
                    HasSubstr("HEAD in /here"), HasSubstr("unknown git reference 'HEAD'")));
}

TEST_F(StoredHistories, DoNotWarnOfTheOrderOfOneCommit) {
  finish({.sha = "aaa", .median = 1});
  EXPECT_THAT(read().warnings, IsEmpty());
}

TEST_F(StoredHistories, NeedARepositoryInADirectoryThatIsTyped) {
  knows("/here", "HEAD", {"aaa"});
  finish({.sha = "aaa", .median = 1});
  EXPECT_TRUE(stored({.directory_typed = true}));
  fails("/here", {Errc::git, "no repository"});
  EXPECT_TRUE(stored({.directory_typed = false}));
  const auto refused = stored({.directory_typed = true});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::usage);
  EXPECT_EQ(refused.error().message, "-C: no repository");
  fails("/here", {Errc::unavailable, "no helper"});
  EXPECT_EQ(stored({.directory_typed = true}).error().code, Errc::unavailable);
}

TEST_F(StoredHistories, EndAtAnInterrupt) {
  finish({.sha = "aaa", .median = 1});
  fails("/here", {Errc::interrupted, "interrupted"});
  for (const HistoryRequest& request : {HistoryRequest{}, HistoryRequest{.branch = "main"}}) {
    const auto ended = stored(request);
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, Errc::interrupted);
  }
}

TEST_F(StoredHistories, HoldNoWorkTreeNoBisectionAndNoRunWithoutACommit) {
  finish({.sha = "aaa", .median = 10});
  finish({.sha = "aaa", .median = 50, .ref = kWorkTree});
  finish({.sha = "aaa", .median = 60, .command = "bisect"});
  finish({.sha = "", .median = 70});
  EXPECT_THAT(read().series.at(0).values, ElementsAre(10));
}

// A merge that only moves the branch on makes a stranger's commit, as it is, one of the branch.
TEST_F(StoredHistories, HoldNothingThatUntrustedRunsMeasuredAlsoOfCommitsOfTheBranch) {
  knows("/here", "main", {"ccc", "bbb", "aaa"});
  finish({.sha = "aaa", .median = 10});
  finish({.sha = "bbb", .median = 1, .branch = "", .trusted = false});
  finish({.sha = "ccc", .median = 2, .branch = "main", .trusted = false});
  Histories histories = read({.metric = "cpu_time", .branch = "main"});
  EXPECT_THAT(commits_of(histories), ElementsAre("aaa"));

  finish({.sha = "bbb", .median = 20});
  histories = read({.metric = "cpu_time", .branch = "main"});
  EXPECT_THAT(commits_of(histories), ElementsAre("aaa", "bbb"));
  EXPECT_THAT(histories.series[0].values, ElementsAre(10, 20)) << "no mean with a stranger's";
}

TEST_F(StoredHistories, HoldWhatWasImported) {
  finish({.sha = "aaa", .median = 10, .command = "import", .trusted = false});
  EXPECT_THAT(read().series.at(0).values, ElementsAre(10));
}

TEST_F(StoredHistories, SayThatOnlyUntrustedRunsAreThere) {
  finish({.sha = "aaa", .median = 10, .trusted = false});
  EXPECT_THAT(problem_of({}), HasSubstr("but of untrusted code (pull requests, `check "
                                        "--untrusted`), of which no history is made"));
}

TEST_F(StoredHistories, HoldNoValueThatIsTooLargeToReckonWith) {
  knows("/here", "HEAD", {"bbb", "aaa"});
  finish({.sha = "aaa", .median = kHistoryValueMax});
  finish({.sha = "bbb", .median = kHistoryValueMax / 2});
  EXPECT_THAT(read().series.at(0).values, ElementsAre(kHistoryValueMax / 2));
}

TEST_F(StoredHistories, KeepMachinesApartAndNameThemThen) {
  finish({.sha = "aaa", .median = 10});
  finish({.sha = "bbb", .median = 20, .machine = "m2"});
  const Histories histories = read();
  ASSERT_THAT(histories.series, SizeIs(2));
  EXPECT_EQ(histories.series[0].name, "parse/BM_A/cpu_time, machine m1");
  EXPECT_THAT(histories.series[0].values, ElementsAre(10));
  EXPECT_EQ(histories.series[1].name, "parse/BM_A/cpu_time, machine m2");
  EXPECT_THAT(histories.series[1].values, ElementsAre(20));
}

TEST_F(StoredHistories, KeepProjectsApartAndNameThemThen) {
  finish({.sha = "aaa", .median = 10});
  finish({.sha = "aaa", .median = 20, .project = "other"});
  const Histories histories = read();
  ASSERT_THAT(histories.series, SizeIs(2));
  EXPECT_EQ(histories.series[0].name, "parse/BM_A/cpu_time, project app");
  EXPECT_THAT(histories.series[0].values, ElementsAre(10));
  EXPECT_EQ(histories.series[1].name, "parse/BM_A/cpu_time, project other");
}

TEST_F(StoredHistories, BeginAnewOnlyWhenTheBenchmarkItselfIsConfiguredAnew) {
  knows("/here", "HEAD", {"ccc", "bbb", "aaa"});
  finish({.sha = "aaa", .median = 10});
  finish({.sha = "bbb", .median = 20, .whole = "one benchmark more"});
  finish({.sha = "ccc", .median = 30, .configuration = "other words"});
  const Histories histories = read();
  ASSERT_THAT(histories.series, SizeIs(2));
  EXPECT_EQ(histories.series[0].name, "parse/BM_A/cpu_time, configuration c");
  EXPECT_THAT(histories.series[0].values, ElementsAre(10, 20));
  EXPECT_THAT(histories.series[1].values, ElementsAre(30));
}

TEST_F(StoredHistories, KeepRunsOfOlderVersionsApartByTheConfigurationOfAllBenchmarks) {
  knows("/here", "HEAD", {"ccc", "bbb", "aaa"});
  finish({.sha = "aaa", .median = 10, .configuration = "", .whole = "v"});
  finish({.sha = "bbb", .median = 20, .configuration = "", .whole = "w"});
  finish({.sha = "ccc", .median = 30, .configuration = "w", .whole = "w"});
  const Histories histories = read();
  ASSERT_THAT(histories.series, SizeIs(3));
  EXPECT_EQ(histories.series[0].name, "parse/BM_A/cpu_time, configuration v of all benchmarks");
  EXPECT_THAT(histories.series[0].values, ElementsAre(10));
  EXPECT_THAT(histories.series[1].values, ElementsAre(30));
  EXPECT_THAT(histories.series[2].values, ElementsAre(20));
}

TEST_F(StoredHistories, TakeUnitAndDirectionOfTheNewestRun) {
  finish({.sha = "aaa", .median = 10, .metric = {"rate", "1/s", Better::lower, Tier::time}});
  finish({.sha = "bbb", .median = 20, .metric = {"rate", "MB/s", Better::higher, Tier::time}});
  const Histories histories = read({.metric = "rate"});
  ASSERT_THAT(histories.series, SizeIs(1));
  EXPECT_EQ(histories.series[0].unit, "MB/s");
  EXPECT_EQ(histories.series[0].better, Better::higher);
}

TEST_F(StoredHistories, CanBeNarrowed) {
  finish({.sha = "aaa", .median = 10});
  finish({.sha = "bbb", .median = 20, .branch = "side"});
  EXPECT_EQ(read({}).points, 4u);
  EXPECT_THAT(read({}).series, SizeIs(2));
  EXPECT_EQ(read({.branch = "side"}).points, 2u);
  EXPECT_EQ(read({.benchmark = "parse/BM_?"}).points, 4u);
  EXPECT_EQ(read({.metric = "cpu_*"}).points, 2u);
  EXPECT_EQ(read({.project = "app"}).points, 4u);
}

TEST_F(StoredHistories, AreAnErrorWhenAFilterMatchesNothing) {
  finish({.sha = "", .median = 10});
  EXPECT_THAT(problem_of({}), HasSubstr("no finished check of a commit is stored"));
  finish({.sha = "aaa", .median = 10});
  finish({.sha = "bbb", .median = 20, .branch = ""});
  EXPECT_THAT(problem_of({.benchmark = "nope"}),
              HasSubstr("--benchmark 'nope' matches nothing that is stored; there are: "
                        "'parse/BM_A'"));
  EXPECT_THAT(problem_of({.metric = "nope"}), HasSubstr("there are: 'cpu_time', 'peak_rss'"));
  EXPECT_THAT(problem_of({.branch = "nope"}),
              HasSubstr("there are: (none), 'main'; by commits: unknown git reference 'nope'"));
  EXPECT_THAT(problem_of({.project = "nope"}), HasSubstr("there are: 'app'"));
}

TEST_F(StoredHistories, NameAFewOfManyProjects) {
  for (const char* project : {"a", "b", "c", "d", "e"})
    finish({.sha = "aaa", .median = 10, .project = project});
  EXPECT_TRUE(problem_of({.project = "nope"}).ends_with("'d', 'e'"));
  for (const char* project : {"f", "g"}) finish({.sha = "aaa", .median = 10, .project = project});
  EXPECT_TRUE(problem_of({.project = "nope"}).ends_with("'d', 'e' and 2 more"));
}

}  // namespace
}  // namespace melisai
