#include "core/serve/logging_section.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"

namespace melisai::serve {
namespace {

constexpr std::array<std::string_view, 5> kLevels = {"DEBUG", "INFO", "WARNING", "ERROR",
                                                     "CRITICAL"};
constexpr std::array<LogLevel, 5> kLevelOf = {LogLevel::debug, LogLevel::info, LogLevel::warning,
                                              LogLevel::error, LogLevel::critical};

LogLevel read_level(ConfigMap& map) {
  const std::string level = map.one_of("level", kLevels, "INFO");
  return kLevelOf[static_cast<std::size_t>(std::find(kLevels.begin(), kLevels.end(), level) -
                                           kLevels.begin())];
}

LogFile read_file_handler(ConfigMap& map) {
  LogFile file;
  file.name = map.string("filename", file.name);
  file.size_max = map.bytes("max_bytes", file.size_max, {.min = 4 << 10, .max = Bytes{1} << 40});
  file.backups_max = map.integer("backup_count", file.backups_max, {.min = 0, .max = 1000});
  if (file.name.empty() || printable(file.name) != file.name)
    map.fail("filename",
             "a path without control characters, absolute or below the state directory");
  return file;
}

void read_handler(const ConfigValue& value, LogOptions& logging, Reading& reading) {
  constexpr std::array<std::string_view, 2> kTypes = {"file", "console"};
  ConfigMap map(value, reading.errors);
  const std::string type = map.one_of("type", kTypes, "console");
  if (type == "file")
    logging.files.push_back(read_file_handler(map));
  else
    logging.console = true;
  map.finish();
  if (map.find("type") == nullptr) map.fail("type", "a handler needs 'type': file or console");
}

void check_files(ConfigMap& map, const std::vector<LogFile>& files) {
  for (std::size_t i = 0; i < files.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (files[i].name == files[j].name)
        map.fail("handlers", "two handlers write to " + in_quotes(files[i].name));
}

}  // namespace

LogOptions read_logging(const ConfigValue& section, Reading& reading) {
  LogOptions logging;
  ConfigMap map(section, reading.errors);
  logging.level = read_level(map);
  const Result<LogFormat> format = parse_log_format(map.string("format", kLogFormatByDefault));
  if (format)
    logging.format = *format;
  else
    map.fail("format", format.error().message);
  if (map.find("handlers") != nullptr) {
    logging.files.clear();
    logging.console = false;
  }
  for (const ConfigValue& handler : items_of(map, "handlers", "- { type: file }"))
    read_handler(handler, logging, reading);
  map.finish();
  check_files(map, logging.files);
  return logging;
}

}  // namespace melisai::serve
