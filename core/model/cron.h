// When a pipeline with `trigger: cron` starts, as six fields: second minute hour day month weekday.
// Pure, and without a time zone: core/trigger knows which instants these are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace melisai {

/// Bit n of a field is set when n is a time to start. Day and weekday follow Vixie cron: when both
/// are restricted one of them has to fit, else both; a field that begins with '*' restricts
/// nothing, not even as "*/2".
struct CronSchedule {
  std::string text;  ///< as it was written; names the schedule
  std::uint64_t seconds = 0;
  std::uint64_t minutes = 0;
  std::uint64_t hours = 0;
  std::uint64_t days = 0;      ///< 1 to 31
  std::uint64_t months = 0;    ///< 1 to 12
  std::uint64_t weekdays = 0;  ///< 0 to 6, Sunday first
  bool every_hour = false;     ///< the hour begins with '*': follows real time when clocks change
  bool either_day = false;     ///< day and weekday are both restricted

  bool operator==(const CronSchedule&) const = default;
};

/// "0 30 4 * * MON-FRI", "*/30 * * * * *", "@daily": fields between blanks, each a list of values,
/// ranges and '*', the latter two with a step; JAN to DEC and SUN to SAT stand for their numbers, 0
/// and 7 are Sunday; @hourly, @daily, @weekly, @monthly start at the first second. A schedule that
/// is no error starts again and again. Errors: parse, naming the field and what it may hold, or the
/// date that never comes.
Result<CronSchedule> parse_cron(std::string_view text);

}  // namespace melisai
