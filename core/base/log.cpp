#include "core/base/log.h"

#include <spdlog/formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <string>

#include "core/base/secrets.h"

namespace melisai {
namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
    case LogLevel::critical: return spdlog::level::critical;
    case LogLevel::off: return spdlog::level::off;
  }
  return spdlog::level::off;
}

LogLevel level_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
    case spdlog::level::debug: return LogLevel::debug;
    case spdlog::level::info: return LogLevel::info;
    case spdlog::level::warn: return LogLevel::warning;
    case spdlog::level::err: return LogLevel::error;
    default: return LogLevel::critical;
  }
}

/// Where lines have a form of their own, a second line of a message could pass for one of ours:
/// what a program or a stranger said would be read as what we say.
std::string in_one_line(std::string_view message) {
  std::string line;
  for (const char c : message) {
    if (c == '\n')
      line += "\\n";
    else
      line += c;
  }
  return line;
}

class Rendered final : public spdlog::formatter {
 public:
  explicit Rendered(std::function<std::string(const LogLine&)> render)
      : render_(std::move(render)) {}
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const std::string line =
        render_({.level = level_of(message.level),
                 .at = message.time,
                 .message = in_one_line({message.payload.data(), message.payload.size()})}) +
        "\n";
    out.append(line.data(), line.data() + line.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<Rendered>(render_);
  }

 private:
  std::function<std::string(const LogLine&)> render_;
};

std::shared_ptr<spdlog::logger> make_logger(const LogTargets& targets) {
  auto made = std::make_shared<spdlog::logger>("melisai-gate");
  if (targets.console) made->sinks().push_back(std::make_shared<spdlog::sinks::stderr_sink_mt>());
  for (const LogFileTarget& file : targets.files)
    made->sinks().push_back(std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
        file.path, static_cast<std::size_t>(file.size_max),
        static_cast<std::size_t>(file.backups_max)));
  if (targets.render)
    made->set_formatter(std::make_unique<Rendered>(targets.render));
  else
    made->set_pattern("melisai-gate: %l: %v");
  made->set_level(spdlog_level(targets.level));
  // A line that is still in a buffer when we are killed would be the one that matters.
  made->flush_on(spdlog::level::trace);
  return made;
}

std::shared_ptr<spdlog::logger>& logger_slot() {
  static std::shared_ptr<spdlog::logger> slot = make_logger({});
  return slot;
}

spdlog::logger& logger() { return *logger_slot(); }

// A message may carry text of a benchmark or a file: control characters must not reach the
// terminal.
std::string printable(std::string_view message) {
  std::string clean = masked(std::string(message));
  for (char& c : clean)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f) c = '?';
  return clean;
}

}  // namespace

Result<void> open_log(const LogTargets& targets) {
  try {
    logger_slot() = make_logger(targets);
  } catch (const spdlog::spdlog_ex& error) {
    return Error{Errc::io, std::string("a log file cannot be opened: ") + error.what()};
  }
  return {};
}

void log_debug(std::string_view message) { logger().debug("{}", printable(message)); }
void log_info(std::string_view message) { logger().info("{}", printable(message)); }
void log_warning(std::string_view message) { logger().warn("{}", printable(message)); }
void log_error(std::string_view message) { logger().error("{}", printable(message)); }
void log_critical(std::string_view message) { logger().critical("{}", printable(message)); }

}  // namespace melisai
