// Log lines for people who operate the gate. Levels: error (the run cannot go on), warning (it can,
// but somebody should know), info (milestones), debug (for developers). Goes to stderr; the report
// is never logged. spdlog stays behind log.cpp.
#pragma once

#include <string_view>

namespace melisai {

enum class LogLevel { debug, info, warning, error, off };

void set_log_level(LogLevel level);
void log_debug(std::string_view message);
void log_info(std::string_view message);
void log_warning(std::string_view message);
void log_error(std::string_view message);

}  // namespace melisai
