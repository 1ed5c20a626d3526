#include "plugins/process/root_usage.h"

namespace melisai::plugins {
namespace {

std::optional<ProcessStat> parsed(const std::optional<std::string>& text) {
  return text ? parse_process_stat(*text) : std::nullopt;
}

struct IoCounter {
  std::string_view key;  // of /proc/<pid>/io
  std::string_view metric;
};

constexpr IoCounter kIoCounters[] = {{"rchar:", "rchar"},
                                     {"wchar:", "wchar"},
                                     {"read_bytes:", "read_bytes"},
                                     {"write_bytes:", "write_bytes"}};

}  // namespace

RootUsage::RootUsage(const std::string& directory)
    : stat_(directory + "/stat"),
      io_(directory + "/io"),
      schedstat_(directory + "/schedstat"),
      before_(parsed(stat_.read())),
      io_before_(io_.read()) {}

std::vector<Number> RootUsage::since_start() const {
  std::vector<Number> numbers;
  if (const auto after = parsed(stat_.read()); after && before_) {
    const std::int64_t user = growth(before_->user_ticks, after->user_ticks);
    const std::int64_t system = growth(before_->system_ticks, after->system_ticks);
    numbers = {
        {"cpu_time", ticks_to_ns(user + system)},
        {"user_time", ticks_to_ns(user)},
        {"system_time", ticks_to_ns(system)},
        {"minor_faults", static_cast<double>(growth(before_->minor_faults, after->minor_faults))},
        {"major_faults", static_cast<double>(growth(before_->major_faults, after->major_faults))}};
  }
  if (const auto io_after = io_.read(); io_after && io_before_)
    for (const IoCounter& counter : kIoCounters) {
      const auto before = count_after(*io_before_, counter.key);
      const auto after = count_after(*io_after, counter.key);
      if (before && after)
        numbers.push_back({counter.metric, static_cast<double>(growth(*before, *after))});
    }
  return numbers;
}

std::optional<std::int64_t> RootUsage::run_delay_ns() const {
  const auto text = schedstat_.read();
  return text ? parse_run_delay(*text) : std::nullopt;
}

std::optional<std::int64_t> parse_run_delay(std::string_view schedstat) {
  const auto fields = words(schedstat);
  if (fields.size() < 2 || to_count(fields[0]).value_or(0) == 0) return std::nullopt;
  return to_count(fields[1]);
}

}  // namespace melisai::plugins
