#include "core/serve/logging.h"

#include <time.h>

#include <cstdio>

namespace melisai::serve {
namespace {

constexpr const char* kName = "melisai-gate";

std::string_view word(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "DEBUG";
    case LogLevel::info: return "INFO";
    case LogLevel::warning: return "WARNING";
    case LogLevel::error: return "ERROR";
    case LogLevel::critical: return "CRITICAL";
    case LogLevel::off: break;
  }
  return "";
}

// As Python's asctime: local time, a comma before the milliseconds.
std::string local_time(std::chrono::system_clock::time_point at) {
  const auto since = at.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(since - seconds);
  const time_t whole = static_cast<time_t>(seconds.count());
  tm local{};
  localtime_r(&whole, &local);
  char text[64];
  const std::size_t length = strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
  std::snprintf(text + length, sizeof text - length, ",%03d", static_cast<int>(rest.count()));
  return text;
}

}  // namespace

LogTargets targets_of(const LogOptions& options, const std::string& state_dir) {
  LogTargets targets;
  targets.level = options.level;
  targets.console = options.console;
  targets.render = [format = options.format](const LogLine& line) {
    return log_line(format, {.time = local_time(line.at),
                             .name = kName,
                             .level = std::string(word(line.level)),
                             .message = line.message});
  };
  for (const LogFile& file : options.files)
    targets.files.push_back(
        {.path = file.name.starts_with('/') ? file.name : state_dir + "/" + file.name,
         .size_max = file.size_max,
         .backups_max = file.backups_max});
  return targets;
}

}  // namespace melisai::serve
