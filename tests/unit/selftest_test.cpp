#include "core/selftest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/selftest_calibration.h"
#include "core/selftest_summary.h"
#include "tests/fakes/fake_process_runner.h"
#include "tests/unit/stats/noise.h"

namespace melisai {
namespace {

using testing::HasSubstr;
using testing::Not;

struct VerdictCase {
  const char* name;
  SelftestArm equal;
  SelftestArm slow;
  SelftestVerdict verdict;
  int exit_code;
  const char* sentence;
};

SelftestSummary summary_of(const SelftestArm& equal, const SelftestArm& slow) {
  SelftestSummary summary;
  summary.slowdown = 0.0502;
  summary.equal = equal;
  summary.slow = slow;
  return summary;
}

class SelftestVerdicts : public testing::TestWithParam<VerdictCase> {};

TEST_P(SelftestVerdicts, FollowsFromTheNumbers) {
  const SelftestSummary summary = summary_of(GetParam().equal, GetParam().slow);
  EXPECT_EQ(verdict_of(summary), GetParam().verdict);
  EXPECT_EQ(exit_code_of(verdict_of(summary)), GetParam().exit_code);
  EXPECT_THAT(sentence_of(summary), HasSubstr(GetParam().sentence));
}

// Arms are trials, red, clear, inconclusive.
INSTANTIATE_TEST_SUITE_P(
    Numbers, SelftestVerdicts,
    testing::Values(
        VerdictCase{
            "AllRight",
            {15, 0, 15, 0},
            {15, 15, 0, 0},
            SelftestVerdict::kept,
            0,
            "0 of 15 equal programs turned red (at most 18.1 % do, promised are 1 %), and 0 of 15 "
            "slowdowns of 5.02 % were called clear (at most 18.1 % are, promised are 5 %), 15 were "
            "found"},
        VerdictCase{"TwoFalseAlarmsMayBeChance",
                    {15, 2, 13, 0},
                    {15, 15, 0, 0},
                    SelftestVerdict::kept,
                    0,
                    "2 of 15"},
        VerdictCase{"ThreeFalseAlarmsMayNot",
                    {15, 3, 12, 0},
                    {15, 15, 0, 0},
                    SelftestVerdict::broken,
                    1,
                    "3 of 15 equal programs turned red, and 1 %"},
        VerdictCase{"ThreeFalseAlarmsOfManyMay",
                    {100, 3, 97, 0},
                    {100, 98, 2, 0},
                    SelftestVerdict::kept,
                    0,
                    "3 of 100"},
        VerdictCase{"FourMissesMayBeChance",
                    {15, 0, 15, 0},
                    {15, 11, 4, 0},
                    SelftestVerdict::kept,
                    0,
                    "4 of 15 slowdowns of 5.02 % were called clear (at most 51.1 % are"},
        VerdictCase{"FiveMissesMayNot",
                    {15, 0, 15, 0},
                    {15, 10, 5, 0},
                    SelftestVerdict::broken,
                    1,
                    "5 of 15 slowdowns of 5.02 % were called clear, and 5 %"},
        VerdictCase{"BrokenIsSaidAfterFewTrialsToo",
                    {3, 3, 0, 0},
                    {2, 2, 0, 0},
                    SelftestVerdict::broken,
                    1,
                    "3 of 3"},
        VerdictCase{"TooFewTrials",
                    {4, 0, 4, 0},
                    {4, 4, 0, 0},
                    SelftestVerdict::cannot_tell,
                    3,
                    "more time with --budget"},
        VerdictCase{"NothingMeasured", {}, {}, SelftestVerdict::cannot_tell, 3, "more time"},
        VerdictCase{"MostEqualOnesOpen",
                    {12, 0, 5, 7},
                    {12, 12, 0, 0},
                    SelftestVerdict::cannot_tell,
                    3,
                    "too noisy for a threshold of 5 % in 60 pairs (5 of 12 equal and 12 of 12"},
        VerdictCase{"MostSlowOnesOpen",
                    {12, 0, 12, 0},
                    {12, 5, 0, 7},
                    SelftestVerdict::cannot_tell,
                    3,
                    "larger --threshold"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(SelftestSummary, TooFewPairsAreNotTheMachinesFault) {
  SelftestSummary summary = summary_of({12, 0, 12, 0}, {12, 0, 0, 12});
  summary.policy.max_pairs = 7;
  EXPECT_EQ(verdict_of(summary), SelftestVerdict::cannot_tell);
  EXPECT_EQ(sentence_of(summary),
            "Cannot tell: max-pairs 7 cannot turn red: a regression takes at least 8 (12 of 12 "
            "equal and 0 of 12 slow trials were decided).");
  summary.policy.max_pairs = 8;
  EXPECT_THAT(sentence_of(summary), HasSubstr("too noisy"));
}

TEST(SelftestSummary, SaysWhatNoiseAllowsOnlyWhereTheThresholdIsSmaller) {
  SelftestSummary summary = summary_of({12, 0, 5, 7}, {12, 12, 0, 0});
  summary.smallest_found = 0.083;
  EXPECT_THAT(sentence_of(summary), HasSubstr("is about 8.3 %."));
  summary.smallest_found = 0.04;
  EXPECT_THAT(sentence_of(summary), Not(HasSubstr("shows here")));
}

TEST(SelftestSummary, AnInterruptProvesNothing) {
  SelftestSummary summary = summary_of({15, 0, 15, 0}, {15, 15, 0, 0});
  summary.interrupted = true;
  EXPECT_EQ(exit_code_of(verdict_of(summary)), 4);
  EXPECT_THAT(text_of(summary), HasSubstr("15 trials"));
}

TEST(SelftestSummary, HasTheSameNumbersInJson) {
  SelftestSummary summary = summary_of({4, 1, 2, 1, 50}, {});
  summary.seed = 7;
  summary.metric = "cpu_time";
  summary.spread = 0.02;
  auto parsed = nlohmann::json::parse(json_of(summary));
  EXPECT_EQ(parsed["verdict"], "cannot_tell");
  EXPECT_EQ(parsed["reason"], sentence_of(summary));
  EXPECT_EQ(parsed["seed"], 7);
  EXPECT_EQ(parsed["threshold"], 0.05);
  EXPECT_EQ(parsed["slowdown"], 0.0502);
  const double limit = parsed["equal"].at("wrong_at_most");
  parsed["equal"].erase("wrong_at_most");
  EXPECT_EQ(parsed["equal"],
            nlohmann::json::parse(
                R"({"trials": 4, "red": 1, "clear": 2, "inconclusive": 1, "mean_pairs": 12.5})"));
  EXPECT_NEAR(limit, 0.7514, 1e-4) << "of one in four";
  EXPECT_EQ(parsed["slow"]["mean_pairs"], nullptr);
  EXPECT_EQ(parsed["slow"]["wrong_at_most"], 1);
  const auto missed = nlohmann::json::parse(json_of(summary_of({}, {4, 3, 1, 0})));
  EXPECT_NEAR(missed["slow"]["wrong_at_most"], 0.7514, 1e-4);
  EXPECT_EQ(parsed["noise"], nlohmann::json::parse(R"({"metric": "cpu_time", "spread": 0.02,
                                                     "smallest_found": null})"));
}

Usage took(double cpu_ms, double wall_ms) {
  Usage usage;
  usage.cpu_time_ns = std::llround(cpu_ms * 1e6);
  usage.wall_time_ns = std::llround(wall_ms * 1e6);
  return usage;
}

TEST(SelftestSizes, MakeTheWholeProcessSlowerByTheThreshold) {
  // 5 ms before the first unit, 10 us each.
  const SelftestSizes sizes = sizes_from({took(5.01, 5.01)}, {took(15, 15)}, 1000, 0.05);
  EXPECT_NEAR(sizes.run_ms, 50, 0.1);
  EXPECT_GE(sizes.slowdown, 0.05);
  EXPECT_LT(sizes.slowdown, 0.0502);
  const double extra_ms = static_cast<double>(sizes.slow - sizes.base) * 0.01;
  EXPECT_NEAR(extra_ms, 2.5, 0.02) << "of 50 ms, not of the 45 ms that the units take";
}

TEST(SelftestSizes, NoiseMakesTheSlowdownLargerNeverSmaller) {
  const RunCosts started = {took(5.01, 9), took(7, 8), took(9, 20)};
  const SelftestSizes sizes = sizes_from(started, {took(15, 15), took(19, 30)}, 1000, 0.05);
  EXPECT_GE(sizes.slowdown, 0.05);
  EXPECT_LT(sizes.slowdown, 0.054);
}

TEST(SelftestSizes, HaveEquallyLongArguments) {
  EXPECT_EQ(digits_of(9'999).size(), digits_of(10'499).size());
  EXPECT_EQ(digits_of(42), "0000000042");
}

TEST(SelftestWorkload, TakesOneWholeNumber) {
  EXPECT_EQ(selftest_workload({"0000000001"}), 0);
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{}, {"0"}, {"-1"}, {"1.5"}, {"x"}, {"1", "1"}})
    EXPECT_EQ(selftest_workload(wrong), 2);
}

/// A machine on which a run of the workload takes 4 ms and 5 us for each unit, give or take noise,
/// and time passes only while something runs.
class SelftestRun : public testing::Test, public Clock {
 protected:
  void SetUp() override {
    auto made = TemporaryDirectory::make(testing::TempDir(), "selftest");
    ASSERT_TRUE(made);
    work_.emplace(*std::move(made));
    request_.seed = 1;
    request_.json = true;
    request_.budget = std::chrono::seconds{60};
  }

  std::chrono::nanoseconds monotonic() const override { return now_; }
  std::chrono::system_clock::time_point now() const override { return {}; }

  Exit measured(const Command& command) {
    const double units = std::stod(command.argv.back());
    const double ms = (4 + units * 0.005) * std::exp(sigma_ * noise_.normal());
    Exit exit;
    exit.usage = took(ms, ms * 1.01);
    exit.usage.tasks_max = 1;
    now_ += std::chrono::microseconds(std::llround(ms * 1000));
    return exit;
  }

  Result<int> run_with(FakeProcessRunner& processes) {
    SilentProgress silent;
    World world{.clock = *this,
                .processes = processes,
                .progress = silent,
                .env = [this](const std::string& name) -> std::optional<std::string> {
                  if (name == "TMPDIR") return work_->path();
                  return std::nullopt;
                },
                .open_repo = {},
                .interrupted = {},
                .plugins = {}};
    const Result<int> code = selftest(request_, world, [this](std::string_view text) {
      printed_ += text;
      return true;
    });
    EXPECT_TRUE(std::filesystem::is_empty(work_->path())) << "something was left in TMPDIR";
    return code;
  }

  nlohmann::json answer() const { return nlohmann::json::parse(printed_); }

  std::optional<TemporaryDirectory> work_;
  SelftestRequest request_;
  std::string printed_;
  double sigma_ = 0.01;
  std::chrono::nanoseconds now_{0};
  test::Noise noise_{1};
};

TEST_F(SelftestRun, ShowsThatAQuietMachineKeepsThePromise) {
  FakeProcessRunner processes([this](const Command& command) { return measured(command); });
  const Result<int> code = run_with(processes);
  ASSERT_TRUE(code);
  EXPECT_EQ(*code, 0) << printed_;
  EXPECT_GE(answer()["equal"]["clear"], 5);
  EXPECT_GE(answer()["slow"]["red"], 5);
  EXPECT_EQ(answer()["noise"]["metric"], "cpu_time");
  EXPECT_NEAR(answer()["noise"]["spread"], 0.01 * std::sqrt(2.0), 0.004);
  EXPECT_NEAR(answer()["run_ms"], 50, 3);
  EXPECT_LE(answer()["seconds"], 60);
}

TEST_F(SelftestRun, CannotTellOnANoisyMachine) {
  sigma_ = 0.3;
  FakeProcessRunner processes([this](const Command& command) { return measured(command); });
  const Result<int> code = run_with(processes);
  ASSERT_TRUE(code);
  EXPECT_EQ(*code, 3) << printed_;
  EXPECT_THAT(answer()["reason"], HasSubstr("too noisy"));
}

TEST_F(SelftestRun, EndsAtAnInterruptAndTellsWhatItHas) {
  FakeProcessRunner processes([&](const Command& command) {
    Exit exit = measured(command);
    if (now_ > std::chrono::seconds{30}) exit.end = Exit::End::interrupted;
    return exit;
  });
  const Result<int> code = run_with(processes);
  ASSERT_TRUE(code);
  EXPECT_EQ(*code, 4);
  EXPECT_GE(answer()["equal"]["trials"], 1);
  EXPECT_EQ(answer()["verdict"], "interrupted");
}

TEST_F(SelftestRun, SaysWhyTheWorkloadCannotRun) {
  FakeProcessRunner processes([](const Command&) {
    Exit exit;
    exit.end = Exit::End::signalled;
    exit.code = 9;
    return exit;
  });
  const Result<int> code = run_with(processes);
  ASSERT_FALSE(code);
  EXPECT_EQ(code.error().code, Errc::process);
  EXPECT_THAT(code.error().message, HasSubstr("workload"));
}

TEST_F(SelftestRun, AWorkloadThatBreaksLaterIsAnErrorToo) {
  FakeProcessRunner processes([this](const Command& command) {
    Exit exit = measured(command);
    if (now_ > std::chrono::seconds{10}) exit.code = 3;
    return exit;
  });
  const Result<int> code = run_with(processes);
  ASSERT_FALSE(code);
  EXPECT_THAT(code.error().message, HasSubstr("exit code 3"));
}

}  // namespace
}  // namespace melisai
