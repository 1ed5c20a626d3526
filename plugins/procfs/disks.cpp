#include "plugins/procfs/disks.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "plugins/common/proc.h"

namespace melisai::plugins::procfs {
namespace {

constexpr std::size_t kNamesMax = 65536;
constexpr const char* kVirtualBuses[] = {"/virtio", "/VMBUS:", "/vbd-"};
constexpr std::string_view kMadeOfOthers[] = {"loop", "ram", "dm-", "zram"};

bool made_of_others(std::string_view name) {
  return std::any_of(std::begin(kMadeOfOthers), std::end(kMadeOfOthers),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

bool exists(const std::string& path) {
  struct stat entry {};
  return stat(path.c_str(), &entry) == 0;
}

}  // namespace

bool Disks::readable() const { return exists(directory_); }

bool Disks::whole(std::string_view name) const {
  if (name.empty() || name.front() == '.' || is_made_of_others(name)) return false;
  return exists(directory(name));
}

// What md arrays and caches read and write, their disks do: it would count twice.
bool Disks::is_made_of_others(std::string_view name) const {
  return made_of_others(name) || entry_count(directory(name) + "/slaves", 1).value_or(0) > 0;
}

std::vector<std::string> Disks::names() const {
  auto names = entry_names(directory_, kNamesMax);
  std::erase_if(names, [this](const std::string& name) { return is_made_of_others(name); });
  return names;
}

std::string Disks::directory(std::string_view name) const {
  std::string entry(name);
  std::replace(entry.begin(), entry.end(), '/', '!');  // cciss/c0d0 is the directory cciss!c0d0
  return directory_ + "/" + entry;
}

// The devices above it name the bus: .../0000:00:05.0/virtio2/block/vda,
// .../VMBUS:01/<id>/host0/..., /sys/devices/vbd-51712/block/xvda.
bool Disks::is_virtual(std::string_view name) const {
  const std::unique_ptr<char, decltype(&std::free)> path(realpath(directory(name).c_str(), nullptr),
                                                         &std::free);
  if (path == nullptr) return false;
  return std::any_of(std::begin(kVirtualBuses), std::end(kVirtualBuses),
                     [&](const char* bus) { return std::strstr(path.get(), bus) != nullptr; });
}

std::optional<bool> Disks::rotational(std::string_view name) const {
  // Drivers of virtual disks leave the flag at its default, 1: the disk would be taken for a hard
  // disk, be told to use bfq and get its slow levels, and what is slow for an SSD would be missed.
  if (is_virtual(name)) return std::nullopt;
  const auto flag = read_count(directory(name) + "/queue/rotational");
  return flag ? std::optional(*flag != 0) : std::nullopt;
}

}  // namespace melisai::plugins::procfs
