#include "core/serve/untrusted_section.h"

#include <array>

namespace melisai::serve {
namespace {

constexpr std::size_t kPathsMax = 100;

/// Below these no command would even begin.
constexpr Bytes kMemoryMin = 16 << 20;
constexpr Bytes kFileSizeMin = 1 << 20;
constexpr int kProcessesMin = 16;
constexpr int kOpenFilesMin = 256;
constexpr Bytes kBytesMax = Bytes{1} << 50;
constexpr int kCountMax = 1 << 22;  // more processes Linux has for nobody

/// 0 says that there is no limit.
template <class Number>
void check_least(ConfigMap& map, std::string_view key, Number value, Number least,
                 const std::string& in_words) {
  if (value != Number{} && value < least) map.fail(key, "0, for no limit, or at least " + in_words);
}

void read_limits(ConfigMap& map, UntrustedOptions& options) {
  options.memory_max = map.bytes("max_memory", options.memory_max, {.min = 0, .max = kBytesMax});
  options.processes_max =
      map.integer("max_processes", options.processes_max, {.min = 0, .max = kCountMax});
  options.file_size_max =
      map.bytes("max_file_size", options.file_size_max, {.min = 0, .max = kBytesMax});
  options.open_files_max =
      map.integer("max_open_files", options.open_files_max, {.min = 0, .max = kCountMax});
  check_least(map, "max_memory", options.memory_max, kMemoryMin, "16 MiB");
  check_least(map, "max_processes", options.processes_max, kProcessesMin,
              std::to_string(kProcessesMin));
  check_least(map, "max_file_size", options.file_size_max, kFileSizeMin, "1 MiB");
  check_least(map, "max_open_files", options.open_files_max, kOpenFilesMin,
              std::to_string(kOpenFilesMin));
}

}  // namespace

UntrustedOptions read_untrusted(const ConfigValue& section, Reading& reading) {
  constexpr std::array<std::string_view, 2> kSandboxes = {"required", "off"};
  UntrustedOptions options;
  ConfigMap map(section, reading.errors);
  const bool is_off = map.one_of("sandbox", kSandboxes, "required") == "off";
  if (is_off) options.sandbox = UntrustedOptions::Sandbox::off;
  options.network = map.boolean("network", options.network);
  for (const std::string& path : one_or_more(map, "paths", reading)) {
    if (path.empty() || path.front() != '/')
      map.fail("paths", "paths are absolute ones of this machine, like /opt/toolchain");
    options.paths.push_back(path);
  }
  read_limits(map, options);
  map.finish();
  if (options.paths.size() > kPathsMax)
    map.fail("paths", "more than " + std::to_string(kPathsMax) + " paths");
  if (is_off)
    reading.remark(
        "orchestrator.untrusted.sandbox is off: code that nobody trusts runs with the rights of "
        "this daemon, and can read and change what it can");
  return options;
}

}  // namespace melisai::serve
