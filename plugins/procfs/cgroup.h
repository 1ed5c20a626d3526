// Where the cgroup of a process is and what it may use: versions 1 and 2, and hybrids with the
// controllers in version 1. Every path comes from the caller's roots.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/common/proc.h"

namespace melisai::plugins::procfs {

/// One line of /proc/<pid>/cgroup: "4:cpu,cpuacct:/a/b"; version 2 has no controllers.
struct CgroupLine {
  std::string controllers;
  std::string path;
};
std::vector<CgroupLine> parse_cgroup_lines(std::string_view text);

enum class CgroupLayout { none, v1, v2, hybrid };
CgroupLayout cgroup_layout(const std::string& sys);

/// A cgroup as processes name it, "/a/b", of a path in the file system or of such a name:
/// "/sys/fs/cgroup/memory/a/b" under version 1, "/sys/fs/cgroup/a/b" under version 2.
std::string cgroup_name(const std::string& sys, std::string_view path);

/// Is the process whose lines these are in the cgroup `name` or below it?
bool in_cgroup(const std::vector<CgroupLine>& lines, std::string_view name);

/// What throttled a cgroup: counts since it was made.
struct CpuUse {
  std::optional<std::int64_t> periods;
  std::optional<std::int64_t> throttled_periods;
  std::optional<std::int64_t> throttled_us;
};
struct CpuLimit {
  std::int64_t quota_us = 0;
  std::int64_t period_us = 0;
};

/// The limits of one cgroup: its own or the nearest ancestor's that has one. Without one, what it
/// used itself. Finds the directories once, reads the files at each call.
class CgroupLimits {
 public:
  /// `lines`: where a process is. What we cannot see of it is that of the nearest that we can.
  CgroupLimits(const std::string& sys, CgroupLayout layout, const std::vector<CgroupLine>& lines);
  /// Of a cgroup by name: nothing of one that is not there, or not there any more.
  CgroupLimits(const std::string& sys, CgroupLayout layout, const std::string& name);
  /// Of one by name.
  bool is_there() const;
  std::optional<CpuLimit> cpu_limit() const;
  CpuUse cpu_use() const;
  std::optional<std::int64_t> memory_limit_bytes() const;
  std::optional<std::int64_t> memory_usage_bytes() const;

 private:
  struct Place {
    std::string hierarchy;  // "" when there is none
    std::string name;
  };
  void settle(const Place& cpu, const Place& memory);

  bool v2_ = false;
  std::vector<std::string> named_;  // the directories of the cgroup by name
  std::string cpu_directory_;       // "" when there is none
  std::string memory_directory_;    // likewise
  HeldFile memory_usage_;           // is read between the ends of a window, too
};

}  // namespace melisai::plugins::procfs
