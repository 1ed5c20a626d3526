#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "core/base/files.h"
#include "core/trial.h"
#include "tests/fakes/fake_process_runner.h"

namespace melisai {
namespace {

using testing::HasSubstr;
using testing::Not;

/// One benchmark whose runs take 10 ms; a test says which share of it was CPU time.
class TrialWarmUp : public testing::Test, public Clock {
 protected:
  void SetUp() override {
    auto made = TemporaryDirectory::make(testing::TempDir(), "trial");
    ASSERT_TRUE(made);
    work_.emplace(*std::move(made));
    project_.collect.enabled = false;
    project_.gate.max_pairs = 4;
  }

  std::chrono::nanoseconds monotonic() const override { return now_; }
  std::chrono::system_clock::time_point now() const override { return {}; }

  /// A run of which this share was CPU time.
  Exit busy(double share) {
    constexpr std::int64_t kWallNs = 10'000'000;
    Exit exit;
    exit.usage.wall_time_ns = kWallNs;
    exit.usage.cpu_time_ns = static_cast<std::int64_t>(share * kWallNs);
    exit.usage.tasks_max = 1;
    now_ += std::chrono::nanoseconds{kWallNs};
    return exit;
  }

  Step<void> run_with(FakeProcessRunner& processes) {
    measure::Subject subject;
    subject.spec.name = "app";
    subject.base = {"base", "/tree/base", {.shell = "app", .argv = {}}};
    subject.head = {"head", "/tree/head", subject.base.run};
    SeededRng rng(1);
    SilentProgress silent;
    collect::Collectors none({}, project_.collect, *this);
    Trial trial(project_, {subject}, work_->path(),
                {.processes = processes,
                 .clock = *this,
                 .rng = rng,
                 .progress = silent,
                 .collectors = none});
    Step<void> ran = trial.run("");
    results_ = trial.results();
    pairs_ = trial.measurements().front().pairs;
    return ran;
  }

  const BenchmarkResult& gating_time() const {
    for (const BenchmarkResult& result : results_)
      if (result.gating && result.metric.tier == Tier::time) return result;
    ADD_FAILURE() << "no time gates";
    return results_.front();
  }

  std::optional<TemporaryDirectory> work_;
  Project project_;
  std::chrono::nanoseconds now_{0};
  std::vector<BenchmarkResult> results_;
  int pairs_ = 0;
};

TEST_F(TrialWarmUp, IsOnePairWhereItSaysClearlyWhatGates) {
  FakeProcessRunner processes([this](const Command&) { return busy(0.99); });
  ASSERT_TRUE(run_with(processes));
  EXPECT_EQ(gating_time().metric.name, "cpu_time");
  EXPECT_THAT(gating_time().gates_because, Not(HasSubstr("pairs")));
  EXPECT_EQ(processes.commands.size(), static_cast<std::size_t>(2 + 2 * pairs_));
}

TEST_F(TrialWarmUp, IsRepeatedUntilNoiseNoLongerHidesABusyThread) {
  int runs = 0;
  FakeProcessRunner processes([&](const Command&) { return busy(runs++ < 2 ? 0.9 : 0.99); });
  ASSERT_TRUE(run_with(processes));
  EXPECT_EQ(gating_time().metric.name, "cpu_time");
  EXPECT_THAT(gating_time().gates_because, HasSubstr("2 warm-up pairs"));
  EXPECT_EQ(processes.commands.size(), static_cast<std::size_t>(4 + 2 * pairs_));
  EXPECT_EQ(gating_time().pairs, pairs_) << "no warm-up is judged";
}

TEST_F(TrialWarmUp, EndsAfterThreePairs) {
  FakeProcessRunner processes([this](const Command&) { return busy(0.9); });
  ASSERT_TRUE(run_with(processes));
  EXPECT_EQ(gating_time().metric.name, "wall_time");
  EXPECT_THAT(gating_time().gates_because, HasSubstr("3 warm-up pairs"));
  EXPECT_EQ(processes.commands.size(), static_cast<std::size_t>(6 + 2 * pairs_));
}

TEST_F(TrialWarmUp, IsNotRepeatedWhereThatWouldCostMuchOfTheBudget) {
  project_.gate.budget = Milliseconds{300};
  FakeProcessRunner processes([this](const Command&) { return busy(0.9); });
  ASSERT_TRUE(run_with(processes));
  EXPECT_THAT(gating_time().gates_because, Not(HasSubstr("pairs")));
}

TEST_F(TrialWarmUp, AFailureInARepetitionFailsTheBenchmark) {
  int runs = 0;
  FakeProcessRunner processes([&](const Command&) {
    Exit exit = busy(0.9);
    if (runs++ == 3) exit.code = 3;
    return exit;
  });
  ASSERT_TRUE(run_with(processes));
  EXPECT_EQ(gating_time().decision, Decision::failed);
  EXPECT_THAT(gating_time().note, HasSubstr("exit code 3"));
  EXPECT_EQ(processes.commands.size(), 4u) << "what has failed is not run again";
}

TEST_F(TrialWarmUp, AnInterruptInARepetitionEndsTheTrial) {
  int runs = 0;
  FakeProcessRunner processes([&](const Command&) {
    Exit exit = busy(0.9);
    if (runs++ == 3) exit.end = Exit::End::interrupted;
    return exit;
  });
  const Step<void> ran = run_with(processes);
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().code, ReasonCode::interrupted);
}

}  // namespace
}  // namespace melisai
