#include "core/host/metadata.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <string_view>

#include "core/base/files.h"
#include "core/base/text.h"
#include "core/version.h"

namespace melisai::host {
namespace {

struct Capability {
  int bit;  // <linux/capability.h>
  const char* name;
};
// Those that decide what collectors can see.
constexpr std::array<Capability, 8> kCapabilities = {{{2, "CAP_DAC_READ_SEARCH"},
                                                      {12, "CAP_NET_ADMIN"},
                                                      {19, "CAP_SYS_PTRACE"},
                                                      {21, "CAP_SYS_ADMIN"},
                                                      {24, "CAP_SYS_RESOURCE"},
                                                      {34, "CAP_SYSLOG"},
                                                      {38, "CAP_PERFMON"},
                                                      {39, "CAP_BPF"}}};

std::vector<std::string> capabilities() {
  std::vector<std::string> held;
  const Result<std::string> status = read_file("/proc/self/status", 64 << 10);
  const std::size_t at = status ? status->find("\nCapEff:\t") : std::string::npos;
  if (at == std::string::npos) return held;
  const unsigned long long effective =
      std::strtoull(status->c_str() + at + std::string_view("\nCapEff:\t").size(), nullptr, 16);
  for (const Capability& capability : kCapabilities) {
    if ((effective >> capability.bit & 1) != 0) held.emplace_back(capability.name);
  }
  return held;
}

HostData data_of(const HostCategories& categories, const std::string& category,
                 std::string_view collector) {
  const auto found = categories.find(category);
  if (found == categories.end()) return {};
  for (const HostResult& result : found->second) {
    if (result.collector == collector) return result.data;
  }
  return {};
}

int gigabytes(const HostCategories& categories) {
  const std::optional<double> said =
      data_of(categories, "memory", "memory_info").number("total_bytes");
  const double bytes = said.value_or(static_cast<double>(sysconf(_SC_PHYS_PAGES)) *
                                     static_cast<double>(sysconf(_SC_PAGESIZE)));
  return static_cast<int>(std::lround(bytes / (1 << 30)));
}

/// "10s", "1500ms".
std::string short_duration(Milliseconds duration) {
  if (duration.count() % 1000 == 0) return std::to_string(duration.count() / 1000) + "s";
  return std::to_string(duration.count()) + "ms";
}

/// A command ends when it ends: what the profile says would be no duration of anything.
Milliseconds duration_of(const CollectRequest& request, const Window& window) {
  if (request.command.empty()) return request.profile.duration;
  return Milliseconds(std::llround(window.seconds * 1000));
}

}  // namespace

HostMetadata describe(const CollectRequest& request, const Window& window,
                      std::chrono::system_clock::time_point begun) {
  utsname system{};
  uname(&system);
  const HostData container = data_of(window.categories, "container", "container_info");
  const auto version = container.number("cgroup_version");
  return {.tool = "melisai-gate",
          .version = kVersion,
          .schema_version = std::string(kHostSchemaVersion),
          .hostname = printable(system.nodename),
          .timestamp = utc_time(begun),
          .duration = short_duration(duration_of(request, window)),
          .window_seconds = window.seconds,
          .profile = request.profile.name,
          .focus_areas = request.profile.focus,
          .kernel_version = printable(system.release),
          .arch = printable(system.machine),
          .cpus = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)),
          .memory_gb = gigabytes(window.categories),
          .capabilities = capabilities(),
          .container_env = container.text("runtime").value_or("none"),
          .cgroup_version = static_cast<int>(version.value_or(0)),
          .observer_overhead = std::nullopt,
          .interrupted = window.interrupted,
          .target = std::nullopt};
}

}  // namespace melisai::host
