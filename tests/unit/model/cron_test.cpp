#include "core/model/cron.h"

#include <gmock/gmock.h>

namespace melisai {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::uint64_t bits(std::initializer_list<int> values) {
  std::uint64_t bits = 0;
  for (const int value : values) bits |= std::uint64_t{1} << value;
  return bits;
}

TEST(CronSchedule, FieldsAreListsRangesStepsAndNames) {
  const CronSchedule cron = parse_cron("*/30 1,5-7 20-23/2\t1,31 JAN-mar,12 Mon,5-7").value();
  EXPECT_EQ(cron.seconds, bits({0, 30}));
  EXPECT_EQ(cron.minutes, bits({1, 5, 6, 7}));
  EXPECT_EQ(cron.hours, bits({20, 22}));
  EXPECT_EQ(cron.days, bits({1, 31}));
  EXPECT_EQ(cron.months, bits({1, 2, 3, 12}));
  EXPECT_EQ(cron.weekdays, bits({0, 1, 5, 6})) << "7 is Sunday";
  EXPECT_TRUE(cron.either_day);
  EXPECT_FALSE(cron.every_hour);
}

TEST(CronSchedule, StarsHoldEveryValueOnce) {
  const CronSchedule cron = parse_cron("* * * * * *").value();
  EXPECT_EQ(cron.seconds, (std::uint64_t{1} << 60) - 1);
  EXPECT_EQ(cron.minutes, (std::uint64_t{1} << 60) - 1);
  EXPECT_EQ(cron.hours, (std::uint64_t{1} << 24) - 1);
  EXPECT_EQ(cron.days, (std::uint64_t{1} << 32) - 2);
  EXPECT_EQ(cron.months, (std::uint64_t{1} << 13) - 2);
  EXPECT_EQ(cron.weekdays, (std::uint64_t{1} << 7) - 1);
  EXPECT_TRUE(cron.every_hour);
  EXPECT_FALSE(cron.either_day);
}

TEST(CronSchedule, SundayEndsAWeekAndBeginsOne) {
  EXPECT_EQ(parse_cron("0 0 0 * * FRI-SUN")->weekdays, bits({0, 5, 6}));
  EXPECT_EQ(parse_cron("0 0 0 * * SUN-TUE")->weekdays, bits({0, 1, 2}));
  EXPECT_EQ(parse_cron("0 0 0 * * 0")->weekdays, parse_cron("0 0 0 * * 7")->weekdays);
}

TEST(CronSchedule, AStarWithAStepRestrictsNeitherDayNorHourOfTheClock) {
  EXPECT_FALSE(parse_cron("0 0 0 */2 * MON")->either_day);
  EXPECT_FALSE(parse_cron("0 0 0 1 * */2")->either_day);
  EXPECT_TRUE(parse_cron("0 0 0 1-31 * MON")->either_day);
  EXPECT_TRUE(parse_cron("0 0 */2 * * *")->every_hour);
  EXPECT_FALSE(parse_cron("0 0 0-23 * * *")->every_hour);
}

TEST(CronSchedule, NamesStandForFieldsAndAreKeptAsWritten) {
  for (const auto& [name, fields] : {std::pair{"@hourly", "0 0 * * * *"},
                                     {"@Daily", "0 0 0 * * *"},
                                     {" @weekly", "0 0 0 * * 0"},
                                     {"@monthly", "0 0 0 1 * *"}}) {
    CronSchedule expected = parse_cron(fields).value();
    expected.text = name;
    EXPECT_EQ(parse_cron(name).value(), expected) << name;
  }
}

struct WrongSchedule {
  const char* name;
  const char* text;
  const char* problem;
};

class WrongSchedules : public testing::TestWithParam<WrongSchedule> {};

TEST_P(WrongSchedules, SayWhichFieldAndWhatIsAllowed) {
  const Result<CronSchedule> cron = parse_cron(GetParam().text);
  ASSERT_FALSE(cron);
  EXPECT_EQ(cron.error().code, Errc::parse);
  EXPECT_THAT(cron.error().message, HasSubstr(" is not a schedule: "));
  EXPECT_THAT(cron.error().message, HasSubstr(GetParam().problem));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, WrongSchedules,
    testing::Values(
        WrongSchedule{"Empty", "", "write six fields (second minute hour day month weekday)"},
        WrongSchedule{"Five", "0 3 * * *", "the second is missing in front: \"0 0 3 * * *\""},
        WrongSchedule{"Seven", "0 0 0 3 * * *", "write six fields"},
        WrongSchedule{"Second", "60 0 0 * * *", "second '60' is wrong; allowed: 0 to 59"},
        WrongSchedule{"Minute", "0 60 0 * * *", "minute '60' is wrong; allowed: 0 to 59"},
        WrongSchedule{"Hour", "0 0 24 * * *", "hour '24' is wrong; allowed: 0 to 23"},
        WrongSchedule{"Day", "0 0 0 0 * *", "day '0' is wrong; allowed: 1 to 31"},
        WrongSchedule{"Month", "0 0 0 1 13 *", "month '13' is wrong; allowed: 1 to 12 or JAN to"},
        WrongSchedule{"MonthName", "0 0 0 1 JUNE *", "month 'JUNE' is wrong"},
        WrongSchedule{"NameOfAnother", "0 0 0 1 MON *", "month 'MON' is wrong"},
        WrongSchedule{"Weekday", "0 0 0 * * 8", "weekday '8' is wrong; allowed: 0 to 7 or SUN to"},
        WrongSchedule{"Negative", "-1 0 0 * * *", "second '-1' is wrong"},
        WrongSchedule{"Plus", "+1 0 0 * * *", "second '+1' is wrong"},
        WrongSchedule{"Huge", "99999999999999999999 0 0 * * *", "second '99999999999999999999'"},
        WrongSchedule{"EmptyItem", "0, 0 0 * * *", "second '' is wrong"},
        WrongSchedule{"Downwards", "0 0 17-9 * * *", "hour '17-9' is wrong; a range goes upwards"},
        WrongSchedule{"OpenRange", "0 5- 0 * * *", "minute '5-' is wrong"},
        WrongSchedule{"StepZero", "*/0 0 0 * * *", "second '*/0' is wrong; steps are 1 to 59"},
        WrongSchedule{"StepHuge", "*/60 0 0 * * *", "steps are 1 to 59"},
        WrongSchedule{"StepOfDays", "0 0 0 */31 * *", "steps are 1 to 30"},
        WrongSchedule{"StepEmpty", "*/ 0 0 * * *", "steps are 1 to 59"},
        WrongSchedule{"StepOfOne", "5/10 0 0 * * *", "such as 5-59/10"},
        WrongSchedule{"Question", "0 0 0 ? * MON", "day '?' is wrong"},
        WrongSchedule{"Reboot", "@reboot", "names are @hourly, @daily, @weekly, @monthly"},
        WrongSchedule{"February30", "0 0 0 30 2 *", "no month that it names has such a day"},
        WrongSchedule{"April31", "0 0 0 31 2,4,6,9,11 *", "no month that it names has such a day"},
        WrongSchedule{"February30WithStar", "0 0 0 30 2 */2", "no month that it names"}),
    [](const auto& instance) { return instance.param.name; });

TEST(CronSchedule, LeapDaysAndDaysBesideAWeekdayAreDates) {
  for (const char* text : {"0 0 0 29 2 *", "0 0 0 30 2 MON", "0 0 0 31 1,2 *", "0 0 0 30,1 2 *"})
    EXPECT_TRUE(parse_cron(text)) << text;
}

TEST(CronSchedule, LongTextAndStrangeBytesAreRefused) {
  EXPECT_THAT(parse_cron(std::string(1001, '0')).error().message, HasSubstr("1000 bytes"));
  EXPECT_THAT(parse_cron("\x1b[31m").error().message, StartsWith("'?[31m'"));
}

}  // namespace
}  // namespace melisai
