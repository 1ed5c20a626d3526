#include "core/trigger/cron.h"

#include <gmock/gmock.h>

#include <iomanip>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "core/base/clock.h"

namespace melisai::trigger {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr const char* kBerlin = "Europe/Berlin";

Cron cron(const std::string& schedule, const std::string& zone = "UTC") {
  return {parse_cron(schedule).value(), Zone::find(zone).value()};
}

/// "2026-11-21T02:07:41Z"
SysSeconds at(const std::string& text) {
  std::tm time{};
  std::istringstream(text) >> std::get_time(&time, "%Y-%m-%dT%H:%M:%SZ");
  return SysSeconds(std::chrono::seconds(timegm(&time)));
}

std::string text(SysSeconds time) { return utc_time(time); }

std::vector<std::string> starts(const Cron& cron, const std::string& from, std::size_t count) {
  std::vector<std::string> texts;
  SysSeconds time = at(from);
  while (texts.size() < count) texts.push_back(text(time = cron.next(time)));
  return texts;
}

struct NextRow {
  const char* name;
  const char* schedule;
  const char* after;
  const char* next;
};

class CronNext : public testing::TestWithParam<NextRow> {};

TEST_P(CronNext, IsTheFirstTimeThatFits) {
  EXPECT_EQ(text(cron(GetParam().schedule).next(at(GetParam().after))), GetParam().next);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, CronNext,
    testing::Values(
        NextRow{"Half", "*/30 * * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:00:30Z"},
        NextRow{"NotItself", "0 0 * * * *", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"},
        NextRow{"SecondToMinute", "5 * * * * *", "2026-01-01T00:00:05Z", "2026-01-01T00:01:05Z"},
        NextRow{"MinuteToHour", "0 5 * * * *", "2026-01-01T00:05:00Z", "2026-01-01T01:05:00Z"},
        NextRow{"HourToDay", "7 6 5 * * *", "2026-01-01T05:06:07Z", "2026-01-02T05:06:07Z"},
        NextRow{"LaterHourResets", "30 30 8,9 * * *", "2026-01-01T08:45:10Z",
                "2026-01-01T09:30:30Z"},
        NextRow{"LaterMinuteResets", "30 10,20 8 * * *", "2026-01-01T08:10:40Z",
                "2026-01-01T08:20:30Z"},
        NextRow{"EndOfYear", "* * * * * *", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"},
        NextRow{"ShortMonths", "0 0 0 31 * *", "2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z"},
        NextRow{"LeapDay", "0 0 0 29 2 *", "2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z"},
        NextRow{"LeapDayOnAMonday", "0 0 0 29 2 */7", "2088-02-29T00:00:00Z",
                "2128-02-29T00:00:00Z"},
        NextRow{"EitherDay", "0 0 0 13 * FRI", "2026-02-07T00:00:00Z", "2026-02-13T00:00:00Z"},
        NextRow{"EitherDayWeekday", "0 0 0 14 * FRI", "2026-02-07T00:00:00Z",
                "2026-02-13T00:00:00Z"},
        NextRow{"BothDaysWithStar", "0 0 0 */13 * FRI", "2026-01-17T00:00:00Z",
                "2026-02-27T00:00:00Z"},
        NextRow{"Before1970", "0 0 0 * * *", "1969-07-20T20:17:40Z", "1969-07-21T00:00:00Z"}),
    [](const auto& instance) { return instance.param.name; });

TEST(Cron, ARareDateIsFoundWithoutWalkingThroughTheSeconds) {
  const Cron rare = cron("0 0 0 29 2 */7", "America/New_York");
  const auto start = std::chrono::steady_clock::now();
  SysSeconds time = at("2026-01-01T00:00:00Z");
  for (int i = 0; i < 100; ++i) (void)rare.next(time += 24h);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s) << "walking takes hours";
}

// Berlin: 2026-03-29 02:00 becomes 03:00 (01:00Z), 2026-10-25 03:00 becomes 02:00 (01:00Z).
TEST(CronClockChange, AFixedTimeInTheGapStartsOnceAfterIt) {
  EXPECT_THAT(
      starts(cron("0 30 2 * * *", kBerlin), "2026-03-28T00:00:00Z", 3),
      testing::ElementsAre("2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"));
  EXPECT_THAT(starts(cron("0 */10 2 * * *", kBerlin), "2026-03-29T00:00:00Z", 2),
              testing::ElementsAre("2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"))
      << "six times, one instant";
  EXPECT_THAT(starts(cron("0 0 2,3 * * *", kBerlin), "2026-03-29T00:00:00Z", 2),
              testing::ElementsAre("2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"));
}

TEST(CronClockChange, AFixedTimeThatComesTwiceStartsAtTheFirst) {
  EXPECT_THAT(starts(cron("0 30 2 * * *", kBerlin), "2026-10-25T00:00:00Z", 2),
              testing::ElementsAre("2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"));
  EXPECT_THAT(starts(cron("0 */30 2 * * *", kBerlin), "2026-10-25T00:15:00Z", 2),
              testing::ElementsAre("2026-10-25T00:30:00Z", "2026-10-26T01:00:00Z"));
  EXPECT_THAT(starts(cron("0 */30 2 * * *", kBerlin), "2026-10-25T01:15:00Z", 1),
              testing::ElementsAre("2026-10-26T01:00:00Z"))
      << "asked during the second time";
}

TEST(CronClockChange, EveryHourFollowsRealTime) {
  EXPECT_THAT(
      starts(cron("0 30 * * * *", kBerlin), "2026-03-28T23:45:00Z", 3),
      testing::ElementsAre("2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z", "2026-03-29T02:30:00Z"));
  EXPECT_THAT(
      starts(cron("0 30 * * * *", kBerlin), "2026-10-24T23:45:00Z", 3),
      testing::ElementsAre("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z"));
  EXPECT_THAT(
      starts(cron("0 0 */2 * * *", kBerlin), "2026-03-28T22:30:00Z", 3),
      testing::ElementsAre("2026-03-28T23:00:00Z", "2026-03-29T02:00:00Z", "2026-03-29T04:00:00Z"))
      << "02:00 does not exist";
}

TEST(CronClockChange, ADayThatIsSkippedAsAWholeStartsAfterIt) {
  // Samoa went from 29 to 31 December 2011.
  EXPECT_THAT(starts(cron("0 0 12 30 12 *", "Pacific/Apia"), "2011-12-29T00:00:00Z", 2),
              testing::ElementsAre("2011-12-30T10:00:00Z", "2012-12-29T22:00:00Z"));
}

/// What clocks show, and the instants of all times of three days, by brute force.
class ClockOracle {
 public:
  ClockOracle(const CronSchedule& schedule, const Zone& zone, SysSeconds from) {
    std::map<LocalSeconds, SysSeconds> first;
    const SysSeconds to = from + 72h;
    LocalSeconds previous{};
    for (SysSeconds t = from; t < to; t += 1s) {
      const LocalSeconds local((t + zone.offset(t).ahead).time_since_epoch());
      if (fits(schedule, local) && (schedule.every_hour || first.try_emplace(local, t).second))
        starts_.insert(t);
      if (!schedule.every_hour && t != from)
        for (LocalSeconds skipped = previous + 1s; skipped < local; skipped += 1s)
          if (fits(schedule, skipped)) starts_.insert(t);
      previous = local;
    }
  }
  const std::set<SysSeconds>& starts() const { return starts_; }

 private:
  static bool fits(const CronSchedule& schedule, LocalSeconds local) {
    const auto day = std::chrono::floor<std::chrono::days>(local);
    const std::chrono::year_month_day date(day);
    const auto since = static_cast<unsigned>((local - day).count());
    const auto has = [](std::uint64_t bits, unsigned n) { return (bits >> n) % 2 == 1; };
    const bool in_month = has(schedule.days, unsigned{date.day()});
    const bool in_week = has(schedule.weekdays, std::chrono::weekday(day).c_encoding());
    return has(schedule.seconds, since % 60) && has(schedule.minutes, since / 60 % 60) &&
           has(schedule.hours, since / 3600) && has(schedule.months, unsigned{date.month()}) &&
           (schedule.either_day ? in_month || in_week : in_month && in_week);
  }

  std::set<SysSeconds> starts_;
};

class RandomSchedules {
 public:
  std::string next() {
    return field(60) + " " + field(60) + " " + field(24) + " " + (draw(2) == 0 ? "*" : "24-29") +
           " * " + (draw(2) == 0 ? "*" : "SUN,MON");
  }
  unsigned draw(unsigned bound) { return static_cast<unsigned>(engine_() % bound); }

 private:
  std::string field(unsigned bound) {
    switch (draw(4)) {
      case 0: return "*";
      case 1: return "*/" + std::to_string(1 + draw(bound - 1));
      case 2: return std::to_string(draw(bound / 2)) + "-" + std::to_string(bound - 1);
      default: return std::to_string(draw(bound)) + "," + std::to_string(draw(bound));
    }
  }
  std::mt19937_64 engine_{20261121};
};

TEST(CronClockChange, RandomSchedulesAgreeWithAWalkThroughTheSeconds) {
  RandomSchedules random;
  for (const char* day : {"2026-03-28T00:00:00Z", "2026-10-24T00:00:00Z"}) {
    for (int i = 0; i < 15; ++i) {
      const Cron subject = cron(random.next(), kBerlin);
      const ClockOracle oracle(subject.schedule(), Zone::find(kBerlin).value(), at(day));
      // From an hour in, because a walk does not know which times were shown before it began.
      for (int ask = 0; ask < 300; ++ask) {
        const SysSeconds after = at(day) + 1h + std::chrono::seconds(random.draw(70 * 3600));
        const auto expected = oracle.starts().upper_bound(after);
        if (expected == oracle.starts().end()) continue;
        ASSERT_EQ(text(subject.next(after)), text(*expected))
            << subject.schedule().text << " after " << text(after);
      }
    }
  }
}

TEST(CronMissed, IsTheLastOneHoweverManyWereMissed) {
  const Cron often = cron("*/30 * * * * *");
  const SysSeconds fired = at("2026-01-01T00:00:00Z");
  EXPECT_EQ(often.missed(fired, fired), std::nullopt);
  EXPECT_EQ(often.missed(fired, fired + 29s), std::nullopt);
  EXPECT_EQ(often.missed(fired, fired + 30s), fired + 30s);
  EXPECT_EQ(often.missed(fired, fired + 59s), fired + 30s);
  EXPECT_EQ(text(often.missed(fired, at("2027-01-01T00:00:29Z")).value()), "2027-01-01T00:00:00Z");
  EXPECT_EQ(text(cron("* * 1 1 1 *").missed(fired, at("2026-12-01T00:00:00Z")).value()),
            "2026-01-01T01:59:59Z");
}

TEST(CronMissed, FiresOncePerNominalTimeWhateverTheClockDoes) {
  const Cron hourly = cron("@hourly");
  SysSeconds fired = at("2026-01-01T00:00:00Z");
  std::vector<SysSeconds> nominal;
  for (const char* now : {"2026-01-01T00:59:59Z", "2026-01-01T01:00:00Z", "2026-01-01T01:00:01Z",
                          "2026-01-01T00:30:00Z", "2026-01-01T01:00:00Z", "2026-01-01T02:10:00Z",
                          "2026-01-01T07:30:00Z", "2026-01-01T07:00:00Z"}) {
    if (const auto due = hourly.missed(fired, at(now))) nominal.push_back(fired = *due);
  }
  EXPECT_THAT(nominal, testing::ElementsAre(at("2026-01-01T01:00:00Z"), at("2026-01-01T02:00:00Z"),
                                            at("2026-01-01T07:00:00Z")));
}

TEST(Zone, AnUnknownNameGetsASuggestionAndNoFileIsRead) {
  EXPECT_THAT(Zone::find("Europe/Berlni").error().message,
              HasSubstr("unknown time zone 'Europe/Berlni'; did you mean 'Europe/Berlin'?"));
  for (const char* name : {"", "../../../etc/passwd", "/etc/passwd", "CEST+1", "nowhere"}) {
    const Result<Zone> zone = Zone::find(name);
    ASSERT_FALSE(zone) << name;
    EXPECT_EQ(zone.error().code, Errc::config) << name;
    EXPECT_THAT(zone.error().message, HasSubstr("UTC or a name such as Europe/Berlin")) << name;
  }
}

TEST(Zone, KnowsItsOffsetAndUntilWhen) {
  const Zone::Offset summer = Zone::find(kBerlin)->offset(at("2026-07-01T00:00:00Z"));
  EXPECT_EQ(summer.ahead, 2h);
  EXPECT_EQ(text(summer.end), "2026-10-25T01:00:00Z");
  EXPECT_EQ(Zone::find("UTC")->offset(at("2026-07-01T00:00:00Z")).ahead, 0h);
}

}  // namespace
}  // namespace melisai::trigger
