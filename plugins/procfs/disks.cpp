#include "plugins/procfs/disks.h"

#include <sys/stat.h>

#include <algorithm>

#include "plugins/common/proc.h"

namespace melisai::plugins::procfs {
namespace {

constexpr std::size_t kNamesMax = 65536;
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
  if (name.empty() || name.front() == '.' || made_of_others(name)) return false;
  return exists(directory(name));
}

std::vector<std::string> Disks::names() const {
  auto names = entry_names(directory_, kNamesMax);
  std::erase_if(names, [](const std::string& name) { return made_of_others(name); });
  return names;
}

std::string Disks::directory(std::string_view name) const {
  std::string entry(name);
  std::replace(entry.begin(), entry.end(), '/', '!');  // cciss/c0d0 is the directory cciss!c0d0
  return directory_ + "/" + entry;
}

std::optional<bool> Disks::rotational(std::string_view name) const {
  const auto flag = read_count(directory(name) + "/queue/rotational");
  return flag ? std::optional(*flag != 0) : std::nullopt;
}

}  // namespace melisai::plugins::procfs
