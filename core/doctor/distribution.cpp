#include "core/doctor/distribution.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/doctor/system_files.h"

namespace melisai::doctor {
namespace {

/// What one family of distributions calls things. "" is a package that it does not have.
struct Family {
  std::string_view name;
  std::string_view manager;
  std::string_view install;
  std::array<std::string_view, 5> packages;  ///< in the order of Package
};
constexpr Family kFamilies[] = {
    {"debian",
     "apt-get",
     "apt-get install",
     {"linux-perf", "bpftrace", "bpfcc-tools", "linux-headers-$(uname -r)", "bubblewrap"}},
    {"ubuntu",
     "apt-get",
     "apt-get install",
     {"linux-tools-$(uname -r)", "bpftrace", "bpfcc-tools", "linux-headers-$(uname -r)",
      "bubblewrap"}},
    {"fedora",
     "dnf",
     "dnf install",
     {"perf", "bpftrace", "bcc-tools", "kernel-devel-$(uname -r)", "bubblewrap"}},
    {"el7",
     "yum",
     "yum install",
     {"perf", "", "bcc-tools", "kernel-devel-$(uname -r)", "bubblewrap"}},
    {"arch",
     "pacman",
     "pacman -S --needed",
     {"perf", "bpftrace", "bcc-tools", "linux-headers", "bubblewrap"}},
    {"suse",
     "zypper",
     "zypper install",
     {"perf", "bpftrace", "bcc-tools", "kernel-default-devel", "bubblewrap"}},
};

/// By ID or a word of ID_LIKE of os-release; the first row that fits.
struct Member {
  std::string_view id;
  int versions_below;  ///< of VERSION_ID; 0 for all
  std::string_view family;
};
constexpr Member kMembers[] = {
    {"ubuntu", 0, "ubuntu"}, {"debian", 0, "debian"}, {"rhel", 8, "el7"},
    {"centos", 8, "el7"},    {"ol", 8, "el7"},        {"amzn", 2023, "el7"},
    {"fedora", 0, "fedora"}, {"rhel", 0, "fedora"},   {"centos", 0, "fedora"},
    {"ol", 0, "fedora"},     {"amzn", 0, "fedora"},   {"arch", 0, "arch"},
    {"suse", 0, "suse"},     {"opensuse", 0, "suse"}, {"sles", 0, "suse"},
};

/// "7.9" -> 7; a rolling distribution has none and is never old.
int major_version(const std::string& text, int none) {
  int version = none;
  std::from_chars(text.data(), text.data() + text.size(), version);
  return version;
}

const Family* family_of(const Distribution& distribution) {
  std::vector<std::string> ids = distribution.like;
  ids.insert(ids.begin(), distribution.id);
  for (const std::string& id : ids)
    for (const Member& member : kMembers) {
      const bool fits =
          member.versions_below == 0 ||
          major_version(distribution.version, member.versions_below) < member.versions_below;
      if (member.id != id || !fits) continue;
      return std::find_if(std::begin(kFamilies), std::end(kFamilies),
                          [&](const Family& family) { return family.name == member.family; });
    }
  return nullptr;
}

/// KEY="value" or KEY=value of a shell file.
std::string value_in(const std::vector<std::string>& lines, std::string_view key) {
  for (const std::string& line : lines) {
    if (!line.starts_with(std::string(key) + "=")) continue;
    std::string value = line.substr(key.size() + 1);
    const bool quoted = value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
                        value.back() == value.front();
    return quoted ? value.substr(1, value.size() - 2) : value;
  }
  return "";
}

}  // namespace

Distribution read_distribution(const std::string& root) {
  std::vector<std::string> lines = lines_of(root + "/etc/os-release");
  if (lines.empty()) lines = lines_of(root + "/usr/lib/os-release");
  return {.id = value_in(lines, "ID"),
          .like = words_of(value_in(lines, "ID_LIKE")),
          .version = value_in(lines, "VERSION_ID"),
          .name = value_in(lines, "PRETTY_NAME")};
}

std::string_view package_manager(const Distribution& distribution) {
  const Family* family = family_of(distribution);
  return family == nullptr ? "" : family->manager;
}

std::string install_command(const Distribution& distribution, Package package) {
  const Family* family = family_of(distribution);
  if (family == nullptr) return "";
  const std::string_view name = family->packages.at(static_cast<std::size_t>(package));
  return name.empty() ? "" : std::string(family->install) + " " + std::string(name);
}

}  // namespace melisai::doctor
