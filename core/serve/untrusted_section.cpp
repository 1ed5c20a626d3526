#include "core/serve/untrusted_section.h"

#include <array>

namespace melisai::serve {
namespace {

constexpr std::size_t kPathsMax = 100;

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
