#include "core/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <string>

namespace melisai {
namespace {

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = std::make_shared<spdlog::logger>("melisai-gate",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("melisai-gate: %l: %v");
    made->set_level(spdlog::level::warn);
    return made;
  }();
  return *instance;
}

// A message may carry text of a benchmark or a file: control characters must not reach the
// terminal.
std::string printable(std::string_view message) {
  std::string clean(message);
  for (char& c : clean)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f) c = '?';
  return clean;
}

}  // namespace

void set_log_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug: logger().set_level(spdlog::level::debug); return;
    case LogLevel::info: logger().set_level(spdlog::level::info); return;
    case LogLevel::warning: logger().set_level(spdlog::level::warn); return;
    case LogLevel::error: logger().set_level(spdlog::level::err); return;
    case LogLevel::off: logger().set_level(spdlog::level::off); return;
  }
}

void log_debug(std::string_view message) { logger().debug("{}", printable(message)); }
void log_info(std::string_view message) { logger().info("{}", printable(message)); }
void log_warning(std::string_view message) { logger().warn("{}", printable(message)); }
void log_error(std::string_view message) { logger().error("{}", printable(message)); }

}  // namespace melisai
