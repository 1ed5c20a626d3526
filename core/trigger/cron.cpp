#include "core/trigger/cron.h"

#include <bit>
#include <chrono>

namespace melisai::trigger {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::local_days;
using std::chrono::seconds;
using std::chrono::year_month_day;

/// The lowest set bit from `from` on, -1 when there is none.
int bit_from(std::uint64_t bits, int from) {
  const std::uint64_t rest = from < 64 ? bits >> from : 0;
  return rest == 0 ? -1 : from + std::countr_zero(rest);
}

bool has_bit(std::uint64_t bits, unsigned n) { return (bits >> n & 1) != 0; }

/// The first time of day from `from` on.
std::optional<seconds> time_of_day(const CronSchedule& schedule, seconds from) {
  const std::chrono::hh_mm_ss start(from);
  int hour = static_cast<int>(start.hours().count());
  int minute = static_cast<int>(start.minutes().count());
  int second = bit_from(schedule.seconds, static_cast<int>(start.seconds().count()));
  if (second < 0) ++minute;
  const int first_minute = bit_from(schedule.minutes, minute);
  if (first_minute < 0) ++hour;
  const int first_hour = bit_from(schedule.hours, hour);
  if (first_hour < 0) return std::nullopt;
  // What lies after the first unit that moved on starts from its beginning.
  const bool later_hour = first_hour != start.hours().count();
  const bool later_minute = later_hour || first_minute != start.minutes().count();
  minute = later_hour ? bit_from(schedule.minutes, 0) : first_minute;
  if (later_minute) second = bit_from(schedule.seconds, 0);
  return std::chrono::hours(first_hour) + std::chrono::minutes(minute) + seconds(second);
}

bool has_day(const CronSchedule& schedule, local_days day) {
  const bool day_fits = has_bit(schedule.days, unsigned{year_month_day(day).day()});
  const bool weekday_fits = has_bit(schedule.weekdays, std::chrono::weekday(day).c_encoding());
  return schedule.either_day ? day_fits || weekday_fits : day_fits && weekday_fits;
}

local_days next_month(year_month_day date) {
  return local_days((date.year() / date.month() + std::chrono::months(1)) / 1);
}

/// The first time on the clock from `from` on; each accepted schedule has one within 40 years, the
/// longest way from one Monday, 29 February to the next.
LocalSeconds on_the_clock(const CronSchedule& schedule, LocalSeconds from) {
  local_days day = std::chrono::floor<days>(from);
  while (true) {
    const year_month_day date(day);
    if (!has_bit(schedule.months, unsigned{date.month()})) {
      day = next_month(date);
      continue;
    }
    const std::optional<seconds> time =
        has_day(schedule, day) ? time_of_day(schedule, day < from ? from - day : 0s) : std::nullopt;
    if (time) return day + *time;
    day += days(1);
  }
}

}  // namespace

SysSeconds Cron::next(SysSeconds after) const {
  return schedule_.every_hour ? next_in_real_time(after) : next_on_the_clock(after);
}

SysSeconds Cron::next_in_real_time(SysSeconds after) const {
  SysSeconds from = after + 1s;
  while (true) {
    const Zone::Offset offset = zone_.offset(from);
    const LocalSeconds local((from + offset.ahead).time_since_epoch());
    const SysSeconds start(on_the_clock(schedule_, local).time_since_epoch() - offset.ahead);
    if (start < offset.end) return start;
    from = offset.end;
  }
}

SysSeconds Cron::next_on_the_clock(SysSeconds after) const {
  LocalSeconds local((after + zone_.offset(after).ahead).time_since_epoch());
  while (true) {
    local = on_the_clock(schedule_, local + 1s);
    // Not so in a gap whose end has come, and in an hour that clocks show for the second time.
    const SysSeconds start = zone_.first_instant(local);
    if (start > after) return start;
  }
}

std::optional<SysSeconds> Cron::missed(SysSeconds last_fired, SysSeconds now) const {
  if (next(last_fired) > now) return std::nullopt;
  // The last start is the first instant that no start follows until now.
  SysSeconds before = last_fired;
  SysSeconds at_or_after = now;
  while (at_or_after - before > 1s) {
    const SysSeconds middle = before + (at_or_after - before) / 2;
    (next(middle) > now ? at_or_after : before) = middle;
  }
  return at_or_after;
}

}  // namespace melisai::trigger
