// The `format` of log lines as Python writes it, "%(asctime)s - %(message)s". Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace melisai {

struct LogPiece {
  enum class Kind { text, time, name, level, message } kind = Kind::text;
  std::string text;  ///< only of Kind::text
  int width = 0;     ///< at least so many bytes; negative: filled on the right
  bool operator==(const LogPiece&) const = default;
};
using LogFormat = std::vector<LogPiece>;

inline constexpr std::string_view kLogFormatByDefault =
    "%(asctime)s - %(name)s - %(levelname)s - %(message)s";

/// asctime, name, levelname and message, with an optional width ("%(levelname)-8s"); %% is a per
/// cent sign. Errors: config, naming what is unknown.
Result<LogFormat> parse_log_format(std::string_view text);

struct LogRecord {
  std::string time;   ///< "2026-11-21 14:42:10,123"
  std::string name;   ///< of what speaks: "serve", "demo/build#12"
  std::string level;  ///< DEBUG, INFO, WARNING, ERROR, CRITICAL
  std::string message;
};

/// One line without its end.
std::string log_line(const LogFormat& format, const LogRecord& record);

}  // namespace melisai
