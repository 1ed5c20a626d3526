// Log lines for people who operate the gate. Levels: critical (somebody has to act), error (the run
// cannot go on), warning (it can, but somebody should know), info (milestones), debug (for
// developers). Goes to stderr; the report is never logged. spdlog stays behind log.cpp.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/units.h"

namespace melisai {

enum class LogLevel { debug, info, warning, error, critical, off };

/// Grows to `size_max`, then becomes NAME.1 and a new one begins; older ones move up to NAME.N.
struct LogFileTarget {
  std::string path;  ///< absolute
  Bytes size_max = 10 << 20;
  int backups_max = 5;  ///< 0: none is kept
};

struct LogLine {
  LogLevel level = LogLevel::info;
  std::chrono::system_clock::time_point at;
  std::string message;
};

/// Where lines go, from the call on. Errors: io, disk_full when a file cannot be opened.
struct LogTargets {
  LogLevel level = LogLevel::warning;
  /// The line without its end; nothing: "melisai-gate: warning: ...". Line breaks of the message
  /// come to it as "\n", two characters: one message is one line.
  std::function<std::string(const LogLine&)> render;
  bool console = true;  ///< stderr
  std::vector<LogFileTarget> files;
};
Result<void> open_log(const LogTargets& targets);
void log_debug(std::string_view message);
void log_info(std::string_view message);
void log_warning(std::string_view message);
void log_error(std::string_view message);
void log_critical(std::string_view message);

}  // namespace melisai
