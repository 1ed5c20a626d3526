#include "core/measure/machine.h"

#include <sched.h>
#include <sys/utsname.h>

#include <fstream>
#include <sstream>

#include "core/base/hash.h"

namespace melisai::measure {
namespace {

/// Value of "name : value" in a /proc file, "" when there is none.
std::string field_of(const std::string& path, const std::string& name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || line.compare(0, name.size(), name) != 0) continue;
    if (line.find_first_not_of(" \t", name.size()) != colon) continue;
    const std::size_t start = line.find_first_not_of(" \t", colon + 1);
    return start == std::string::npos ? "" : line.substr(start);
  }
  return "";
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

int usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

std::string kernel_release() {
  utsname names{};
  return uname(&names) == 0 ? names.release : "";
}

/// The hypervisor flag of x86, refined by the vendor string of the firmware where the kernel shows
/// one.
std::string virtualisation_of(const std::string& root) {
  const std::string flags = " " + field_of(root + "/proc/cpuinfo", "flags") + " ";
  if (flags == "  ") return "";
  if (flags.find(" hypervisor ") == std::string::npos) return "none";
  const std::string vendor = first_line(root + "/sys/class/dmi/id/sys_vendor");
  return vendor.empty() ? "virtual machine" : vendor;
}

}  // namespace

Machine identify_machine(const std::string& root) {
  Machine machine;
  machine.cpu_model = field_of(root + "/proc/cpuinfo", "model name");
  if (machine.cpu_model.empty()) machine.cpu_model = field_of(root + "/proc/cpuinfo", "CPU part");
  machine.cpus = usable_cpus();
  machine.kernel = kernel_release();
  machine.virtualisation = virtualisation_of(root);
  machine.governor = first_line(root + "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  std::istringstream memory(field_of(root + "/proc/meminfo", "MemTotal"));
  std::int64_t kib = 0;
  if (memory >> kib) machine.memory_bytes = kib * 1024;

  // Memory in whole GiB: kernels of one machine type differ by a few MiB from boot to boot.
  std::ostringstream identity;
  identity << machine.cpu_model << '\n'
           << machine.cpus << '\n'
           << machine.kernel << '\n'
           << machine.virtualisation << '\n'
           << machine.governor << '\n'
           << (machine.memory_bytes + (1 << 29)) / (1 << 30);
  machine.fingerprint = hash_hex(identity.str());
  return machine;
}

}  // namespace melisai::measure
