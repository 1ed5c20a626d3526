// The passes of an explanation: what ends them, and what is said of what is missing.
#include "core/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/files.h"
#include "core/base/secrets.h"
#include "tests/fakes/fake_clock.h"

namespace melisai {
namespace explain_test {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Slowdown slowdown(const std::string& benchmark) {
  Slowdown slowdown{
      .benchmark = benchmark, .subject = 0, .worst = {}, .wall_time = {}, .cpu_time = {}};
  slowdown.worst.name = benchmark;
  slowdown.worst.metric = {.name = "wall_time", .unit = "ns", .tier = Tier::time};
  slowdown.worst.effect = 0.5;
  slowdown.wall_time = {{1e8}, {1.5e8}};
  return slowdown;
}

/// Collectors of a machine that has none: processes run, nobody watches.
class Explaining : public ::testing::Test {
 protected:
  Explanation run(const std::vector<Slowdown>& slowdowns) {
    return explain(slowdowns, {.options = options_, .output_dir = "/nonexistent"}, tools());
  }
  ExplainTools tools() {
    return {
        .clock = clock_,
        .progress = progress_,
        .start =
            [this](const std::vector<std::string>& parts) -> std::unique_ptr<collect::Collectors> {
          asked_.push_back(parts.front());
          if (!has_collectors_) return nullptr;
          return std::make_unique<collect::Collectors>(collect::PluginPlaces{}, CollectOptions{},
                                                       clock_);
        },
        .run = [this](const Slowdown& each, bool base, RunObserver& observer,
                      Milliseconds time_left) -> Result<std::string> {
          observer.before_exec({});
          clock_.advance(takes_);
          observer.after_last({});
          ran_.push_back((base ? "base of " : "head of ") + each.benchmark);
          EXPECT_GT(time_left.count(), 0);
          if (static_cast<int>(ran_.size()) == fails_at_) return failure_;
          return std::string();
        },
        .interrupted = {},
        .valgrind = valgrind_,
        .run_under = [this](const Slowdown&, bool base, const std::vector<std::string>& tool,
                            Milliseconds time_left) -> Result<measure::PairRunner::UnderTool> {
          EXPECT_THAT(tool.back(), HasSubstr("/callgrind.%p"));
          clock_.advance(takes_under_);
          takes_under_ += slower_each_time_;
          times_left_.push_back(time_left);
          if (static_cast<int>(times_left_.size()) == fails_under_at_) return failure_under_;
          const std::string count = std::to_string(base ? base_work_ : head_work_);
          const std::string file = directory_.path() + "/callgrind.1";
          EXPECT_TRUE(write_file(file,
                                 "# callgrind format\npid: 1\ncmd: ./a\nevents: Ir\n"
                                 "fl=(1) /t/a.cpp\nfn=(1) " +
                                     function_ + "\n7 " + count + "\n"));
          if (base) base_work_ += grows_by_;
          return measure::PairRunner::UnderTool{"", directory_.path()};
        }};
  }

  Explain options_{.regressions = true, .budget = 10s, .runs = 3};
  bool has_collectors_ = true;
  FakeClock clock_;
  SilentProgress progress_;
  std::chrono::nanoseconds takes_ = 100ms;
  int fails_at_ = 0;
  Result<std::string> failure_ = std::string("exit code 3");
  std::vector<std::string> asked_, ran_;
  TemporaryDirectory directory_ = *TemporaryDirectory::make("/tmp", "explain-");
  std::string valgrind_ = "/usr/bin/valgrind";
  std::chrono::nanoseconds takes_under_ = 0ms, slower_each_time_ = 0ms;
  std::vector<Milliseconds> times_left_;  // as told to each run under the tool
  int fails_under_at_ = 0;
  Error failure_under_{Errc::timeout, "raise gate.budget"};
  std::string function_ = "find(int)";
  int base_work_ = 1'000'000, head_work_ = 1'500'000, grows_by_ = 0;
};

TEST_F(Explaining, SaysWhatIsMissingAndWhatToDo) {
  const Explanation found = run({slowdown("cli")});
  EXPECT_EQ(found.ended, "");
  ASSERT_EQ(found.evidence.size(), 1u);
  const Evidence& evidence = found.evidence[0];
  EXPECT_EQ(evidence.cause, Cause::not_known);
  EXPECT_THAT(evidence.sentence, HasSubstr("wall time 100 ms → 150 ms per run"));
  EXPECT_THAT(evidence.note, AllOf(HasSubstr("not all counts: the collector ebpf"),
                                   HasSubstr("no stacks: the collector ebpf")));
  EXPECT_THAT(evidence.advice, HasSubstr("melisai-gate doctor"));
  EXPECT_TRUE(evidence.files.empty());
  ASSERT_EQ(evidence.passes.size(), 2u) << "nothing deep without stacks";
  EXPECT_EQ(evidence.passes[0].runs, 3);
  EXPECT_DOUBLE_EQ(evidence.passes[0].seconds, 0.6);
  EXPECT_EQ(evidence.passes[1].runs, 0);
}

TEST_F(Explaining, RunsTheSidesInTurns) {
  options_.runs = 2;
  run({slowdown("cli")});
  EXPECT_THAT(ran_, ElementsAre("base of cli", "head of cli", "head of cli", "base of cli"));
}

TEST_F(Explaining, StartsCollectorsOnceForAll) {
  run({slowdown("a"), slowdown("b")});
  EXPECT_THAT(asked_, ElementsAre("syscount", "profile"));
}

TEST_F(Explaining, KeepsToItsBudget) {
  options_.budget = 1s;
  takes_ = 600ms;
  const Explanation found = run({slowdown("a"), slowdown("b")});
  ASSERT_EQ(found.evidence.size(), 2u);
  EXPECT_EQ(found.evidence[0].passes[0].runs, 1) << "one round is always tried";
  EXPECT_EQ(found.evidence[1].passes[0].runs, 0);
  EXPECT_THAT(found.evidence[1].note, HasSubstr("gate.explain.budget (1 s) was spent; raise it"));
  EXPECT_EQ(ran_.size(), 2u);
}

TEST_F(Explaining, ARunThatFailsEndsItsPassOnly) {
  fails_at_ = 4;
  const Explanation found = run({slowdown("a")});
  ASSERT_EQ(found.evidence.size(), 1u);
  EXPECT_EQ(found.evidence[0].passes[0].runs, 1);
  EXPECT_EQ(found.evidence[0].passes[0].problem, "base: exit code 3");
}

TEST_F(Explaining, AnInterruptKeepsWhatWasExplained) {
  fails_at_ = 7;
  failure_ = Error{Errc::interrupted, "interrupted"};
  const Explanation found = run({slowdown("a"), slowdown("b")});
  EXPECT_EQ(found.evidence.size(), 1u);
  EXPECT_EQ(found.ended, "interrupted");
}

TEST_F(Explaining, AnInterruptKeepsWhatWasGathered) {
  fails_at_ = 3;
  failure_ = Error{Errc::interrupted, "interrupted"};
  const Explanation found = run({slowdown("a"), slowdown("b")});
  ASSERT_EQ(found.evidence.size(), 1u);
  EXPECT_EQ(found.evidence[0].passes[0].runs, 1);
  EXPECT_THAT(found.evidence[0].note, HasSubstr("interrupted"));
  EXPECT_EQ(found.ended, "interrupted");
  EXPECT_EQ(ran_.size(), 3u) << "nothing more is run";
}

TEST_F(Explaining, AProjectThatLeavesOutCollectorsIsToldSo) {
  has_collectors_ = false;
  const Explanation found = run({slowdown("a")});
  EXPECT_TRUE(ran_.empty());
  EXPECT_THAT(found.evidence[0].note, HasSubstr("collect.collectors leaves out"));
}

Slowdown of_cpu() {
  Slowdown slow = slowdown("cli");
  slow.cpu_time = {{0.9e8}, {1.4e8}};
  return slow;
}

TEST_F(Explaining, CountsInstructionsOfWhatIsCpuTime) {
  options_.budget = 60s;
  const Explanation found = run({of_cpu()});
  const Evidence& evidence = found.evidence[0];
  EXPECT_EQ(evidence.cause, Cause::cpu_work) << evidence.note;
  EXPECT_EQ(evidence.sentence,
            "CPU work: instructions 1,000,000 → 1,500,000 per run, from find(int) (a.cpp:7)");
  ASSERT_EQ(evidence.passes.size(), 3u);
  EXPECT_EQ(evidence.passes[2].name, "instructions");
  EXPECT_EQ(evidence.passes[2].runs, 2);
  head_work_ = base_work_;
  EXPECT_EQ(run({of_cpu()}).evidence[0].cause, Cause::cpu_efficiency);
}

TEST_F(Explaining, BelievesNoInstructionsThatDiffer) {
  options_.budget = 60s;
  grows_by_ = 100'000;  // of 1,000,000, and CPU time by 56 %
  const Evidence evidence = run({of_cpu()}).evidence[0];
  EXPECT_EQ(evidence.cause, Cause::not_known);
  EXPECT_THAT(evidence.note, HasSubstr("depends on time or randomness"));
}

TEST_F(Explaining, BelievesRunsThatDifferLittleBesideTheSlowdown) {
  options_.budget = 60s;
  grows_by_ = 20'000;  // as with the seeds of hash tables
  EXPECT_EQ(run({of_cpu()}).evidence[0].cause, Cause::cpu_work);
}

TEST_F(Explaining, AdvisesRightsOnlyWhereTheyAreMissing) {
  valgrind_ = "";
  EXPECT_THAT(run({of_cpu()}).evidence[0].advice, HasSubstr("CAP_BPF"));
  has_collectors_ = false;
  const Evidence evidence = run({of_cpu()}).evidence[0];
  EXPECT_THAT(evidence.note, HasSubstr("valgrind is not installed"));
  EXPECT_THAT(evidence.advice, ::testing::Not(HasSubstr("CAP_BPF")));
}

TEST_F(Explaining, BelievesASingleCountThatIsClear) {
  options_.budget = 60s;
  takes_under_ = 8s;
  slower_each_time_ = 22s;
  const auto counted_once = [&](int head) {
    takes_under_ = 8s;
    head_work_ = head;
    const Evidence evidence = run({of_cpu()}).evidence[0];  // +56 % CPU time
    EXPECT_EQ(evidence.passes[2].runs, 1);
    return evidence;
  };
  EXPECT_EQ(counted_once(1'500'000).cause, Cause::cpu_work);
  EXPECT_EQ(counted_once(1'010'000).cause, Cause::cpu_efficiency);
  const Evidence open = counted_once(1'300'000);
  EXPECT_EQ(open.cause, Cause::not_known);
  EXPECT_THAT(open.note, HasSubstr("one run of each side says too little: CPU time +55.6 %"));
}

TEST_F(Explaining, ASecondCountThatIsCutLeavesTheFirst) {
  options_.budget = 60s;
  takes_under_ = 1s;
  fails_under_at_ = 4;
  const Evidence evidence = run({of_cpu()}).evidence[0];
  EXPECT_EQ(evidence.passes[2].runs, 1);
  EXPECT_EQ(evidence.cause, Cause::cpu_work) << evidence.note;
}

TEST_F(Explaining, CountsWithinTheShareOfItsBenchmark) {
  options_.budget = 100s;
  Slowdown other = of_cpu();
  other.benchmark = "other";
  run({of_cpu(), other});
  ASSERT_EQ(times_left_.size(), 8u);
  EXPECT_LT(times_left_[1], Milliseconds(50'000));
  EXPECT_GT(times_left_[5], Milliseconds(90'000)) << "what the first left over";
}

TEST_F(Explaining, NamesItsOwnBudgetWhereACountIsCut) {
  options_.budget = 60s;
  fails_under_at_ = 2;
  const Evidence evidence = run({of_cpu()}).evidence[0];
  EXPECT_EQ(evidence.cause, Cause::not_known);
  EXPECT_THAT(evidence.passes[2].problem, HasSubstr("gate.explain.budget (1 min) was spent"));
}

TEST_F(Explaining, AnInterruptedCountKeepsTheOtherPasses) {
  options_.budget = 60s;
  fails_under_at_ = 1;
  failure_under_ = Error{Errc::interrupted, "interrupted while profiling 'cli'"};
  const Explanation found = run({of_cpu()});
  ASSERT_EQ(found.evidence.size(), 1u);
  EXPECT_EQ(found.ended, "");
  EXPECT_THAT(found.evidence[0].note, HasSubstr("no instructions: interrupted"));
  EXPECT_EQ(found.evidence[0].passes[0].runs, 3);
}

TEST_F(Explaining, MasksFunctions) {
  ASSERT_TRUE(keep_secrets({{"TOKEN", "hunter2hunter2"}}, false));
  function_ = "say_hunter2hunter2()";
  options_.budget = 60s;
  const Evidence evidence = run({of_cpu()}).evidence[0];
  ASSERT_TRUE(keep_secrets({}, false));
  ASSERT_EQ(evidence.functions.size(), 1u);
  EXPECT_EQ(evidence.functions[0].name, "say_***()");
  EXPECT_THAT(evidence.sentence, HasSubstr("from say_***()"));
}

TEST_F(Explaining, MasksNotes) {
  ASSERT_TRUE(keep_secrets({{"TOKEN", "hunter2hunter2"}}, false));
  failure_ = Error{Errc::io, "no hunter2hunter2"};
  fails_at_ = 1;
  const Evidence evidence = run({slowdown("a")}).evidence[0];
  ASSERT_TRUE(keep_secrets({}, false));
  EXPECT_THAT(evidence.note, HasSubstr("no counts: no ***"));
  EXPECT_EQ(evidence.passes[0].problem, "no ***");
}

TEST_F(Explaining, GivesUpAFirstRunThatIsTooLongForBothSides) {
  options_.budget = 60s;
  Slowdown slow = of_cpu();
  fails_under_at_ = 1;
  const Evidence evidence = run({slow}).evidence[0];
  ASSERT_EQ(times_left_.size(), 1u);
  const double part = slow.wall_time.base[0] / wall_of_both(slow);
  EXPECT_LT(part, 0.5);
  EXPECT_LE(times_left_[0].count(), 60'000 * part + 1);
  EXPECT_THAT(evidence.note, HasSubstr("the first run under valgrind takes too long"));
  fails_under_at_ = 0;
  times_left_.clear();
  EXPECT_EQ(run({slow}).evidence[0].cause, Cause::cpu_work);
  ASSERT_EQ(times_left_.size(), 4u);
  EXPECT_GT(times_left_[1].count(), 1.9 * static_cast<double>(times_left_[0].count()));
}

TEST_F(Explaining, SaysWhyItCountsNoInstructions) {
  Slowdown slow = of_cpu();
  slow.wall_time = {{2e9}, {3e9}};
  slow.cpu_time = {{2e9}, {3e9}};
  EXPECT_THAT(
      run({slow}).evidence[0].note,
      HasSubstr("no instructions: one run of each side under valgrind takes about 1 min 40"));
  valgrind_ = "";
  EXPECT_THAT(run({of_cpu()}).evidence[0].note, HasSubstr("valgrind is not installed"));
}

TEST_F(Explaining, ACountThatRegressedNamesItsCause) {
  Slowdown counted = slowdown("a");
  counted.is_time = false;
  counted.worst.metric = {.name = "minor_faults", .unit = "count", .tier = Tier::near_exact};
  counted.worst.base = Side{120, 0};
  counted.worst.head = Side{5'000, 0};
  const Explanation found = run({counted});
  EXPECT_EQ(found.evidence[0].cause, Cause::memory);
  EXPECT_EQ(found.evidence[0].sentence, "memory: minor faults 120 → 5,000 per run");
  counted.worst.metric.name = "cache_misses";
  EXPECT_EQ(run({counted}).evidence[0].cause, Cause::not_known);
}

TEST_F(Explaining, TheCauseOfATimeIsNotThatOfACountBesideIt) {
  Slowdown both = slowdown("a");
  both.counted = both.worst;
  both.counted->metric = {.name = "minor_faults", .unit = "count", .tier = Tier::near_exact};
  both.counted->base = Side{120, 0};
  both.counted->head = Side{280, 0};
  EXPECT_THAT(run({both}).evidence[0].note,
              HasSubstr("regressed beside it: minor faults 120 → 280 per run"));
}

}  // namespace explain_test
}  // namespace melisai
