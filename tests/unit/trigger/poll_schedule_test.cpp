#include "core/trigger/poll_schedule.h"

#include <gmock/gmock.h>

namespace melisai::trigger {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<PolledRepository> repositories(int count, Milliseconds interval) {
  std::vector<PolledRepository> list;
  for (int i = 0; i < count; ++i) list.push_back({"r" + std::to_string(i), interval});
  return list;
}

class PollSchedules : public testing::Test {
 protected:
  static constexpr MonotonicTime kStart = 1000s;

  /// Polls the one repository when it is due and lets it end at once; the pause until the next.
  MonotonicTime pause(PollSchedule& schedule, bool works) {
    const MonotonicTime now = schedule.next_due().value();
    EXPECT_THAT(schedule.take_due(now), ElementsAre("r0"));
    works ? schedule.succeeded("r0", now) : schedule.failed("r0", now);
    return schedule.next_due().value() - now;
  }

  SeededRng rng_{7};
};

TEST_F(PollSchedules, TheFirstPollIsAtOnce) {
  PollSchedule schedule(repositories(1, 60s), kStart, rng_);
  EXPECT_EQ(schedule.next_due(), kStart);
  EXPECT_THAT(schedule.take_due(kStart - 1ns), IsEmpty());
  EXPECT_THAT(schedule.take_due(kStart), ElementsAre("r0"));
}

TEST_F(PollSchedules, PausesAreTheIntervalGiveOrTakeATenth) {
  PollSchedule schedule(repositories(1, 60s), kStart, rng_);
  MonotonicTime least = MonotonicTime::max();
  MonotonicTime most{};
  for (int i = 0; i < 1000; ++i) {
    const MonotonicTime pause = this->pause(schedule, true);
    least = std::min(least, pause);
    most = std::max(most, pause);
  }
  EXPECT_GE(least, 54s);
  EXPECT_LT(least, 55s);
  EXPECT_LE(most, 66s);
  EXPECT_GT(most, 65s);
}

TEST_F(PollSchedules, FailuresDoublePausesUpToALimitAndSuccessEndsThat) {
  PollSchedule schedule(repositories(1, 60s), kStart, rng_);
  for (const MonotonicTime expected : {120s, 240s, 480s, 600s, 600s, 600s}) {
    const MonotonicTime pause = this->pause(schedule, false);
    EXPECT_GE(pause, expected * 9 / 10);
    EXPECT_LE(pause, expected * 11 / 10);
  }
  EXPECT_EQ(schedule.states().at("r0").failures, 6);
  EXPECT_LE(pause(schedule, true), 66s);
  EXPECT_EQ(schedule.states().at("r0").failures, 0);
}

TEST_F(PollSchedules, TheLimitIsTenIntervalsOrTenMinutesWhicheverIsLonger) {
  for (const auto& [interval, longest] :
       {std::pair<Milliseconds, MonotonicTime>{1s, 10min}, {1h, 10h}, {24h * 30, 300 * 24h}}) {
    PollSchedule schedule(repositories(1, interval), kStart, rng_);
    for (int i = 0; i < 100; ++i) pause(schedule, false);
    const MonotonicTime pause = this->pause(schedule, false);
    EXPECT_GE(pause, longest * 9 / 10);
    EXPECT_LE(pause, longest * 11 / 10);
  }
}

TEST_F(PollSchedules, ARepositoryIsNotPolledWhileItIs) {
  PollSchedule schedule(repositories(2, 1s), kStart, rng_);
  ASSERT_THAT(schedule.take_due(kStart + 1s), ElementsAre("r0", "r1"));
  EXPECT_THAT(schedule.take_due(kStart + 1h), IsEmpty());
  EXPECT_EQ(schedule.next_due(), std::nullopt);
  schedule.succeeded("r1", kStart + 1h);
  EXPECT_THAT(schedule.take_due(kStart + 1h), IsEmpty()) << "counted from its end";
  EXPECT_THAT(schedule.take_due(kStart + 1h + 2s), ElementsAre("r1"));
}

TEST_F(PollSchedules, FirstPollsAreSpreadOverSeconds) {
  PollSchedule schedule(repositories(20, 60s), kStart, rng_);
  std::size_t most = 0;
  for (MonotonicTime now = kStart; now <= kStart + 60s; now += 1s)
    most = std::max(most, schedule.take_due(now).size());
  EXPECT_LE(most, 2u);
  EXPECT_EQ(schedule.next_due(), std::nullopt) << "all were asked within an interval";
}

TEST_F(PollSchedules, ManyRepositoriesAreAllAskedWithinOneInterval) {
  PollSchedule schedule(repositories(1000, 10s), kStart, rng_);
  EXPECT_EQ(schedule.take_due(kStart + 10s).size(), 1000u);
}

TEST_F(PollSchedules, TheLastGoodPollIsRemembered) {
  PollSchedule schedule(repositories(1, 60s), kStart, rng_);
  EXPECT_EQ(schedule.states().at("r0").last_good, std::nullopt);
  pause(schedule, true);
  pause(schedule, false);
  EXPECT_EQ(schedule.states().at("r0").last_good, kStart);
}

TEST_F(PollSchedules, WithoutRepositoriesNothingIsDue) {
  PollSchedule schedule({}, kStart, rng_);
  EXPECT_THAT(schedule.take_due(kStart + 1h), IsEmpty());
  EXPECT_EQ(schedule.next_due(), std::nullopt);
}

}  // namespace
}  // namespace melisai::trigger
