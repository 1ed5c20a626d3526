#include "core/model/cron.h"

#include <strings.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <vector>

#include "core/base/text.h"

namespace melisai {
namespace {

constexpr std::size_t kTextBytesMax = 1000;
constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kExample = "\"0 30 4 * * MON-FRI\" or @daily";

constexpr std::array<std::string_view, 12> kMonths = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                      "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kWeekdays = {"SUN", "MON", "TUE", "WED",
                                                       "THU", "FRI", "SAT"};

struct Macro {
  std::string_view name;
  std::string_view fields;
};

constexpr std::array<Macro, 4> kMacros = {{{"@hourly", "0 0 * * * *"},
                                           {"@daily", "0 0 0 * * *"},
                                           {"@weekly", "0 0 0 * * 0"},
                                           {"@monthly", "0 0 0 1 * *"}}};

struct Field {
  std::string_view name;
  int min;
  int max;
  std::span<const std::string_view> names = {};  // of min, min + 1 ...
  std::string_view remark = {};
};

constexpr int kSunday = 7;
constexpr std::size_t kHour = 2;
constexpr std::size_t kDay = 3;
constexpr std::size_t kWeekday = 5;
constexpr std::array<Field, 6> kFields = {
    {{"second", 0, 59},
     {"minute", 0, 59},
     {"hour", 0, 23},
     {"day", 1, 31},
     {"month", 1, 12, kMonths, " or JAN to DEC"},
     {"weekday", 0, kSunday, kWeekdays, " or SUN to SAT (0 and 7 are Sunday)"}}};

Error problem(std::string_view text, const std::string& what) {
  return Error{Errc::parse, in_quotes(text) + " is not a schedule: " + what};
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find_first_of(separators);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> parts = split(text, kBlanks);
  std::erase(parts, std::string_view());
  return parts;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && value >= 0 ? std::optional(value) : std::nullopt;
}

struct Range {
  int first;
  int last;
};

/// One field of one schedule. Errors are texts without the schedule around them.
class FieldReader {
 public:
  explicit FieldReader(const Field& field) : field_(field) {}

  Result<std::uint64_t> read(std::string_view text) const {
    std::uint64_t bits = 0;
    for (const std::string_view item : split(text, ",")) {
      MELISAI_TRY(const std::uint64_t more, read_item(item));
      bits |= more;
    }
    return bits;
  }

 private:
  Result<std::uint64_t> read_item(std::string_view item) const {
    const std::size_t slash = item.find('/');
    const std::string_view span = item.substr(0, slash);
    MELISAI_TRY(const Range range, read_range(span));
    int step = 1;
    if (slash != std::string_view::npos) {
      // What "5/10" means differs between crons.
      if (span != "*" && span.find('-') == std::string_view::npos)
        return wrong(item, "a step follows '*' or a range, such as " + std::string(span) + "-" +
                               std::to_string(field_.max) + std::string(item.substr(slash)));
      MELISAI_TRY(step, read_step(item, slash));
    }
    std::uint64_t bits = 0;
    for (int value = range.first; value <= range.last; value += step)
      bits |= std::uint64_t{1} << value;
    return bits;
  }

  Result<int> read_step(std::string_view item, std::size_t slash) const {
    const std::optional<int> step = number(item.substr(slash + 1));
    const int most = field_.max - field_.min;
    if (step && *step >= 1 && *step <= most) return *step;
    return wrong(item, "steps are 1 to " + std::to_string(most));
  }

  Result<Range> read_range(std::string_view text) const {
    // Sunday would count twice in "*" of 0 to 7.
    const int last_day = field_.max == kSunday ? kSunday - 1 : field_.max;
    if (text == "*") return Range{field_.min, last_day};
    const std::size_t dash = text.find('-');
    const std::optional<int> first = value_of(text.substr(0, dash));
    if (dash == std::string_view::npos && first) return Range{*first, *first};
    std::optional<int> last;
    if (dash != std::string_view::npos) last = value_of(text.substr(dash + 1));
    if (!first || !last) return wrong(text, allowed());
    if (field_.max == kSunday && *last == 0) last = kSunday;  // FRI-SUN
    if (*first > *last) return wrong(text, "a range goes upwards");
    return Range{*first, *last};
  }

  std::optional<int> value_of(std::string_view text) const {
    for (std::size_t i = 0; i < field_.names.size(); ++i)
      if (equal_ignoring_case(text, field_.names[i])) return field_.min + static_cast<int>(i);
    const std::optional<int> value = number(text);
    return value && *value >= field_.min && *value <= field_.max ? value : std::nullopt;
  }

  std::string allowed() const {
    return "allowed: " + std::to_string(field_.min) + " to " + std::to_string(field_.max) +
           std::string(field_.remark) + ", lists (1,2), ranges (1-5), * and steps (*/2)";
  }

  Error wrong(std::string_view text, const std::string& what) const {
    return Error{Errc::parse,
                 std::string(field_.name) + " " + in_quotes(text) + " is wrong; " + what};
  }

  const Field& field_;
};

std::string macro_names() {
  std::string names;
  for (const Macro& macro : kMacros) names += (names.empty() ? "" : ", ") + std::string(macro.name);
  return names;
}

Result<std::vector<std::string_view>> fields_of(std::string_view text) {
  if (text.size() > kTextBytesMax)
    return problem(text, "it is longer than " + std::to_string(kTextBytesMax) + " bytes");
  std::vector<std::string_view> fields = words(text);
  if (fields.size() == 1 && fields.front().starts_with('@')) {
    for (const Macro& macro : kMacros)
      if (equal_ignoring_case(fields.front(), macro.name)) return words(macro.fields);
    return problem(text, "names are " + macro_names());
  }
  if (fields.size() == kFields.size()) return fields;
  std::string advice = ", such as " + std::string(kExample);
  if (fields.size() + 1 == kFields.size())
    advice = "; of five the second is missing in front: \"0 " + printable(text) + "\"";
  return problem(text, "write six fields (second minute hour day month weekday)" + advice);
}

/// Whether one of the months has one of the days.
bool has_date(const CronSchedule& schedule) {
  constexpr std::array<int, 13> kDaysMax = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  for (std::size_t month = 1; month < kDaysMax.size(); ++month) {
    const std::uint64_t days = (std::uint64_t{2} << kDaysMax[month]) - 1;
    if ((schedule.months >> month & 1) != 0 && (schedule.days & days) != 0) return true;
  }
  return false;
}

}  // namespace

Result<CronSchedule> parse_cron(std::string_view text) {
  MELISAI_TRY(const std::vector<std::string_view> fields, fields_of(text));
  CronSchedule schedule;
  schedule.text = text;
  const std::array<std::uint64_t*, kFields.size()> bits = {&schedule.seconds, &schedule.minutes,
                                                           &schedule.hours,   &schedule.days,
                                                           &schedule.months,  &schedule.weekdays};
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    const Result<std::uint64_t> field = FieldReader(kFields[i]).read(fields[i]);
    if (!field) return problem(text, field.error().message);
    *bits[i] = *field;
  }
  constexpr std::uint64_t kSundayBit = std::uint64_t{1} << kSunday;
  if ((schedule.weekdays & kSundayBit) != 0)
    schedule.weekdays = (schedule.weekdays & ~kSundayBit) | 1;
  schedule.every_hour = fields[kHour].starts_with('*');
  schedule.either_day = !fields[kDay].starts_with('*') && !fields[kWeekday].starts_with('*');
  if (!schedule.either_day && !has_date(schedule))
    return problem(text, "no month that it names has such a day; correct day or month");
  return schedule;
}

}  // namespace melisai
