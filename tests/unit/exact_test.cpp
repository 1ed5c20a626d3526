// Which instructions are counted, when, and what is said where they are not.
#include "core/exact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/files.h"
#include "tests/fakes/fake_clock.h"

namespace melisai {
namespace exact_test {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Exactly : public ::testing::Test {
 protected:
  void add(const std::string& name, double wall_ms, std::optional<ExactMode> exact = {}) {
    measure::Subject subject{.spec = {.name = name, .exact = exact},
                             .base = {"base", "/tree/base", {.shell = "./" + name, .argv = {}}},
                             .head = {"head", "/tree/head", {.shell = "./" + name, .argv = {}}}};
    subjects_.push_back(std::move(subject));
    Pair pair;
    for (Observation* half : {&pair.base, &pair.head})
      half->values[{name, "wall_time"}] = {{"wall_time", "ns", Better::lower, Tier::time},
                                           wall_ms * 1e6};
    warm_ups_.push_back(std::move(pair));
  }

  std::vector<gate::Counts> count() {
    counter_.emplace(
        policy_, ExactCounter::Tools{
                     .clock = clock_,
                     .progress = progress_,
                     .counters = counters_,
                     .run_under = [this](std::size_t subject, bool base,
                                         const std::vector<std::string>& tool, Milliseconds left) {
                       EXPECT_THAT(tool, Contains(HasSubstr("/callgrind.%p")));
                       EXPECT_THAT(tool, Contains(HasSubstr("/calls.%p")));
                       EXPECT_GT(left.count(), 0);
                       times_left_.push_back(left);
                       return run(subject, base);
                     }});
    Result<std::vector<gate::Counts>> counts = counter_->count(subjects_, warm_ups_);
    EXPECT_TRUE(counts || ends_with_.code == Errc::interrupted);
    return counts ? *std::move(counts) : std::vector<gate::Counts>();
  }

  Result<measure::PairRunner::UnderTool> run(std::size_t subject, bool base) {
    const std::string name = subjects_.at(subject).spec.name;
    ran_.push_back((base ? "base of " : "head of ") + name);
    clock_.advance(takes_);
    if (static_cast<int>(ran_.size()) == ends_at_) return ends_with_;
    if (!problem_.empty()) return measure::PairRunner::UnderTool{problem_, ""};
    const int work = base ? base_work_ : head_work_;
    EXPECT_TRUE(write_file(directory_.path() + "/callgrind.1",
                           "# callgrind format\npid: 1\ncmd: ./a\nevents: Ir\n"
                           "ob=(1) /t/a\nfl=(1) /t/a.cpp\nfn=(1) find\n7 " +
                               std::to_string(work) + "\n" + calls_ +
                               (base ? "" : calls_of_head_)));
    base_work_ += grows_by_;
    const std::string command = "==1== Command: " + (runs_.empty() ? "./" + name : runs_) + "\n";
    if (!calls_noted_.empty()) {
      EXPECT_TRUE(write_file(
          directory_.path() + "/calls.1",
          command + (ran_.size() % 6 == 2 ? calls_noted_ + noted_later_ : calls_noted_)));
    }
    return measure::PairRunner::UnderTool{"", directory_.path()};
  }

  static std::vector<std::string> names_in(const std::vector<gate::Counts>& all) {
    std::vector<std::string> names;
    for (const gate::Counts& each : all) names.push_back(each.id.benchmark);
    return names;
  }

  Policy policy_;
  measure::Counters counters_{.valgrind = "/usr/bin/valgrind", .cpu_counts = false};
  std::vector<measure::Subject> subjects_;
  std::vector<Pair> warm_ups_;
  FakeClock clock_;
  SilentProgress progress_;
  TemporaryDirectory directory_ = *TemporaryDirectory::make("/tmp", "exact-");
  std::optional<ExactCounter> counter_;
  std::vector<std::string> ran_;
  std::vector<Milliseconds> times_left_;
  std::chrono::nanoseconds takes_ = 1s;
  int base_work_ = 1'000'000, head_work_ = 1'000'000, grows_by_ = 0;
  std::string calls_, calls_of_head_, calls_noted_, noted_later_, runs_, problem_;
  int ends_at_ = 0;
  Error ends_with_{Errc::timeout, "raise gate.budget"};
};

TEST_F(Exactly, CountsShortProgramsWhereNothingElseDoes) {
  add("slow", 501);
  add("short", 500);
  EXPECT_THAT(names_in(count()), ElementsAre("short"));
  EXPECT_THAT(ran_, ElementsAre("base of short", "head of short", "head of short", "base of short"))
      << "the sides take turns in going first";
  EXPECT_TRUE(counter_->grown().empty());
  counters_.cpu_counts = true;
  EXPECT_THAT(count(), IsEmpty());
  counters_ = {};
  EXPECT_THAT(count(), IsEmpty());
}

TEST_F(Exactly, CountsWhatItIsToldTo) {
  add("long", 5000, ExactMode::on);
  add("none", 1, ExactMode::off);
  counters_.cpu_counts = true;
  policy_.exact.budget = 1h;
  EXPECT_THAT(names_in(count()), ElementsAre("long"));
  policy_.exact.mode = ExactMode::off;
  EXPECT_THAT(names_in(count()), ElementsAre("long")) << "the benchmark knows better";
  subjects_[0].spec.exact.reset();
  EXPECT_THAT(count(), IsEmpty());
}

TEST_F(Exactly, CountsNothingThatNobodyWouldJudge) {
  add("app", 10);
  policy_.rules = {{.metric = "instructions", .level = Level::off}};
  EXPECT_THAT(count(), IsEmpty());
  EXPECT_THAT(ran_, IsEmpty());
  policy_.rules.push_back({.metric = "allocations", .level = Level::fail});
  EXPECT_THAT(names_in(count()), ElementsAre("app"));
  ran_.clear();
  policy_.rules.clear();
  subjects_[0].spec.format.name = "google-benchmark";
  EXPECT_THAT(count(), IsEmpty());
  subjects_[0].spec.format = {};
  warm_ups_[0].base.failed["app"] = "exit code 1";
  EXPECT_THAT(count(), IsEmpty());
  EXPECT_THAT(ran_, IsEmpty());
}

TEST_F(Exactly, ASuspectIsRunAgainAndItsFunctionsAreKept) {
  add("app", 10);
  head_work_ = 1'020'000;
  const std::vector<gate::Counts> counts = count();
  ASSERT_EQ(counts.size(), 1u);
  EXPECT_EQ(counts[0].head, std::vector<double>(4, 1'020'000));
  EXPECT_EQ(ran_.size(), 8u);
  ASSERT_TRUE(counter_->grown().contains(0));
  EXPECT_EQ(counter_->grown().at(0).head.front().functions.at("find").instructions, 1'020'000);
}

TEST_F(Exactly, CountsAllocationsWhereThereAreAny) {
  add("app", 10);
  calls_ = "fn=(1)\ncfn=(2) malloc\ncalls=12 0\n7 5\n";
  const std::vector<gate::Counts> counts = count();
  ASSERT_EQ(counts.size(), 2u);
  EXPECT_EQ(counts[1].id.metric, "allocations");
  EXPECT_THAT(counts[1].base, ElementsAre(12, 12));
}

TEST_F(Exactly, RunsThreeTimesWhatAsksForNothingThatDiffers) {
  add("app", 10);
  head_work_ = 1'100'000;
  calls_noted_ = "SYSCALL[1,1](1) sys_write ( 1, 0x1, 5 )[sync] --> Success(0x5) \n";
  EXPECT_EQ(count().front().base.size(), 3u);
  noted_later_ = "SYSCALL[1,1](39) sys_getpid ( )[sync] --> Success(0x1) \n";
  EXPECT_GT(count().front().base.size(), 3u) << "one run that asks is enough";
  noted_later_.clear();
  runs_ = "./other";
  EXPECT_GT(count().front().base.size(), 3u) << "nobody knows what ./app asked for before";
}

TEST_F(Exactly, RunsMoreOftenWhereManyShareTheFalseAlarms) {
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) add(name, 10);
  head_work_ = 1'020'000;
  const std::vector<gate::Counts> counts = count();
  ASSERT_EQ(counts.size(), 6u);
  for (const gate::Counts& each : counts) {
    EXPECT_EQ(each.head.size(), 6u) << "twelve series, so 4^-6 is the first that is small enough";
    EXPECT_EQ(gate::judge_counts(each, policy_, 12).decision, Decision::regressed);
  }
}

TEST_F(Exactly, MoreAllocationsAreSeenAsOften) {
  add("app", 10);
  calls_of_head_ = "fn=(1)\ncfn=(2) malloc\ncalls=12 0\n7 5\n";
  const std::vector<gate::Counts> counts = count();
  ASSERT_EQ(counts.size(), 2u);
  EXPECT_EQ(counts[1].base, std::vector<double>(4, 0));
  EXPECT_EQ(gate::judge_counts(counts[1], policy_, 2).decision, Decision::regressed);
}

TEST_F(Exactly, WorkThatVariesIsSeenAfterTwoRuns) {
  add("app", 10);
  grows_by_ = 5'000;
  const std::vector<gate::Counts> counts = count();
  EXPECT_EQ(counts.at(0).base.size(), 2u);
  EXPECT_EQ(gate::judge_counts(counts[0], policy_, 1).level, Level::off);
}

TEST_F(Exactly, WhatCannotRunUnderItIsNoFailure) {
  add("app", 10);
  problem_ = "exit code 1";
  const std::vector<gate::Counts> counts = count();
  ASSERT_EQ(counts.size(), 1u);
  EXPECT_EQ(counts[0].problem, "under callgrind: exit code 1");
  EXPECT_EQ(ran_.size(), 1u);
  const BenchmarkResult judged = gate::judge_counts(counts[0], policy_, 1);
  EXPECT_EQ(judged.decision, Decision::inconclusive);
  EXPECT_FALSE(judged.gating);
}

TEST_F(Exactly, MissesValgrindOnlyWhereItIsAskedFor) {
  add("app", 10, ExactMode::on);
  counters_ = {};
  EXPECT_THAT(count().at(0).problem, HasSubstr("valgrind is not installed"));
  EXPECT_THAT(ran_, IsEmpty());
}

TEST_F(Exactly, KeepsToItsBudgetShortestFirst) {
  add("longer", 200);
  add("shorter", 100);
  policy_.exact.budget = 20s;
  takes_ = 4s;
  EXPECT_THAT(names_in(count()), ElementsAre("shorter", "longer"));
  EXPECT_EQ(ran_.size(), 4u) << "what the longer one takes does not fit any more";
  EXPECT_THAT(counter_->left_out(), ElementsAre("longer"));
}

TEST_F(Exactly, StartsNoRoundThatItsBudgetWouldCut) {
  add("app", 10);
  policy_.exact.budget = 9s;
  takes_ = 4s;
  EXPECT_THAT(count().at(0).problem, HasSubstr("gate.exact.budget (9 s) was spent; raise it"));
  EXPECT_EQ(ran_.size(), 2u);
}

TEST_F(Exactly, GivesTheFirstRunItsShareOnly) {
  add("app", 10);
  policy_.exact.budget = 80s;
  takes_ = 100ms;
  count();
  ASSERT_EQ(times_left_.size(), 4u);
  EXPECT_EQ(times_left_[0], 20s) << "four of them are needed";
  EXPECT_EQ(times_left_[1], 80s - 100ms);
}

TEST_F(Exactly, EndsWhenItIsInterrupted) {
  add("app", 10);
  ends_at_ = 2;
  ends_with_ = {Errc::interrupted, "interrupted"};
  EXPECT_THAT(count(), IsEmpty());
  EXPECT_EQ(ran_.size(), 2u);
}

}  // namespace exact_test
}  // namespace melisai
