// Errors and warnings of the kernel's log, read without waiting.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace melisai::plugins::procfs {

struct LogEntry {
  std::string time;  // seconds since boot, "12.000345"
  std::string level;
  std::string message;
};

/// One record of /dev/kmsg; nothing for one below a warning or broken. Levels: emerg, alert, crit,
/// err, warn.
std::optional<LogEntry> parse_log_record(std::string_view record);

struct KernelLog {
  std::vector<LogEntry> entries;  // the last ones
  std::string error;              // why there are none; "" when they could be read
};
KernelLog read_kernel_log(const std::string& path, std::size_t entries_max);

}  // namespace melisai::plugins::procfs
