#include "core/doctor/cgroups.h"

#include <unistd.h>

#include "core/doctor/system_files.h"

namespace melisai::doctor {
namespace {

struct Mounts {
  bool v1 = false;
  bool v2 = false;
  std::string v2_root;   // which part of the hierarchy is mounted
  std::string v2_point;  // where
};

// Fields of /proc/self/mountinfo: id, parent, device, root, mount point, ..., "-", type, ...
Mounts read_mounts(const std::string& root) {
  constexpr std::size_t kRoot = 3, kPoint = 4;
  Mounts mounts;
  for (const std::string& line : lines_of(root + "/proc/self/mountinfo")) {
    if (line.find(" - cgroup ") != std::string::npos) mounts.v1 = true;
    if (line.find(" - cgroup2 ") == std::string::npos || mounts.v2) continue;
    const std::vector<std::string> fields = words_of(line);
    if (fields.size() <= kPoint) continue;
    mounts.v2 = true;
    mounts.v2_root = fields[kRoot];
    mounts.v2_point = fields[kPoint];
  }
  return mounts;
}

// "0::/user.slice/x" of /proc/self/cgroup; "" when the mounted tree does not show it.
std::string own_cgroup(const std::string& root) {
  for (const std::string& line : lines_of(root + "/proc/self/cgroup"))
    if (line.starts_with("0::/") && line.find("/..") == std::string::npos) return line.substr(3);
  return "";
}

// A mount of a part of the hierarchy shows names below that part only.
std::string own_directory(const Mounts& mounts, const std::string& name) {
  if (!mounts.v2 || name.empty()) return "";
  std::string below = name;
  if (mounts.v2_root != "/") {
    if (!name.starts_with(mounts.v2_root)) return "";
    below = name.substr(mounts.v2_root.size());
    if (!below.empty() && below.front() != '/') return "";
  }
  return mounts.v2_point + (below == "/" ? "" : below);
}

}  // namespace

Cgroups read_cgroups(const std::string& root) {
  const Mounts mounts = read_mounts(root);
  Cgroups cgroups;
  if (mounts.v2) cgroups.layout = mounts.v1 ? CgroupLayout::hybrid : CgroupLayout::v2;
  if (!mounts.v2 && mounts.v1) cgroups.layout = CgroupLayout::v1;
  cgroups.own = own_directory(mounts, own_cgroup(root));
  cgroups.may_make = !cgroups.own.empty() && access((root + cgroups.own).c_str(), W_OK | X_OK) == 0;
  return cgroups;
}

}  // namespace melisai::doctor
