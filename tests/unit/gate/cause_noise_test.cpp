// How often noise is taken for a cause: threads that idle from end to end wait for as long as a run
// happens to take.
#include <gtest/gtest.h>

#include <random>

#include "core/gate/cause/cause.h"

namespace melisai::gate {
namespace cause_noise_test {

constexpr double kMs = 1e6;
constexpr int kRounds = 1'000;
constexpr int kRuns = 3;

struct Setting {
  int idle_threads;
  double noise;  ///< of the length of a run, relative
};

/// 100 ms of base, 5 % more on head.
struct Program {
  double cpu_growth_ms = 0;
  double lock_growth_ms = 0;
};

class Simulation {
 public:
  Simulation(const Setting& setting, const Program& program)
      : setting_(setting),
        program_(program),
        random_(static_cast<unsigned>(setting.idle_threads * 1'000 + setting.noise * 1e4)) {}

  /// Of so many explanations the part that blames `cause`.
  double rate_of(Cause cause) {
    int blamed = 0;
    for (int i = 0; i < kRounds; ++i) blamed += explain_slowdown(input()).cause == cause ? 1 : 0;
    return static_cast<double>(blamed) / kRounds;
  }

 private:
  CauseInput input() {
    CauseInput input{.benchmark = "cli"};
    input.signals[Signal::wall_time] = {{100 * kMs}, {105 * kMs}};
    input.signals[Signal::cpu_time] = {{95 * kMs}, {(95 + program_.cpu_growth_ms) * kMs}};
    input.signals[Signal::instructions] = {{2e8}, {2e8 * (1 + program_.cpu_growth_ms / 95)}};
    Observed& wait = input.signals[Signal::futex_wait];
    for (int i = 0; i < kRuns; ++i) {
      watch(100, 0, wait.base, wait.base_time);
      watch(105, program_.lock_growth_ms, wait.head, wait.head_time);
    }
    return input;
  }
  void watch(double wall_ms, double locked_ms, std::vector<double>& waits,
             std::vector<double>& times) {
    const double wall = wall_ms * (1 + setting_.noise * normal_(random_));
    const double began = setting_.idle_threads * (0.5 + 0.05 * normal_(random_));
    const double idle = setting_.idle_threads * wall - began;
    waits.push_back((idle + 0.5 + 0.05 * normal_(random_) + locked_ms) * kMs);
    times.push_back(wall * kMs);
  }

  Setting setting_;
  Program program_;
  std::mt19937 random_;
  std::normal_distribution<double> normal_;
};

class IdleThreads : public ::testing::TestWithParam<Setting> {};

TEST_P(IdleThreads, AreNoLockWaitOfMoreWork) {
  EXPECT_LE(Simulation(GetParam(), {.cpu_growth_ms = 5}).rate_of(Cause::lock_wait), 0.01);
}

// The program waits for something that nobody measured.
TEST_P(IdleThreads, AreNoLockWaitOfAWaitThatNobodyKnows) {
  EXPECT_LE(Simulation(GetParam(), {}).rate_of(Cause::lock_wait), 0.01);
}

TEST_P(IdleThreads, DoNotHideALock) {
  EXPECT_GE(Simulation(GetParam(), {.lock_growth_ms = 5}).rate_of(Cause::lock_wait), 0.9);
}

INSTANTIATE_TEST_SUITE_P(All, IdleThreads,
                         ::testing::Values(Setting{1, 0.01}, Setting{1, 0.02}, Setting{1, 0.03},
                                           Setting{4, 0.01}, Setting{4, 0.02}, Setting{4, 0.03},
                                           Setting{8, 0.01}, Setting{8, 0.02}, Setting{8, 0.03}),
                         [](const auto& row) {
                           return std::to_string(row.param.idle_threads) + "of" +
                                  std::to_string(static_cast<int>(row.param.noise * 100 + 0.5)) +
                                  "Percent";
                         });

}  // namespace cause_noise_test
}  // namespace melisai::gate
