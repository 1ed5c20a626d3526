#include "plugins/procfs/cgroup.h"

#include <sys/stat.h>

#include <algorithm>

namespace melisai::plugins::procfs {
namespace {

constexpr std::string_view kMount = "/fs/cgroup";
constexpr std::size_t kLinesMax = 256;
constexpr std::size_t kDepthMax = 64;

// Version 1 says "no limit" by the largest multiple of a page that fits.
constexpr std::int64_t kNoLimitBytes = std::int64_t{1} << 59;

bool exists(const std::string& path) {
  struct stat entry {};
  return stat(path.c_str(), &entry) == 0;
}

// A name that leads out of the hierarchy, as of a process outside of our namespace, is its root.
std::string inside(std::string_view name) {
  const bool leaves = name.find("/..") != std::string_view::npos;
  return leaves || !name.starts_with('/') ? "/" : std::string(name);
}

bool has_controller(std::string_view controllers, std::string_view wanted) {
  while (!controllers.empty()) {
    const std::size_t size = std::min(controllers.find(','), controllers.size());
    if (controllers.substr(0, size) == wanted) return true;
    controllers.remove_prefix(std::min(size + 1, controllers.size()));
  }
  return false;
}

std::optional<std::int64_t> limit_in(const std::string& path) {
  const auto bytes = read_count(path);  // version 2 says "max"
  return bytes && *bytes < kNoLimitBytes ? bytes : std::nullopt;
}

std::optional<CpuLimit> cpu_limit_in(const std::string& directory, bool v2) {
  std::optional<std::int64_t> quota;
  std::optional<std::int64_t> period;
  if (v2) {
    const std::string text = read_text(directory + "/cpu.max").value_or("");
    const auto fields = words(text);
    if (fields.size() != 2) return std::nullopt;
    quota = to_count(fields[0]);
    period = to_count(fields[1]);
  } else {
    quota = read_count(directory + "/cpu.cfs_quota_us");  // -1 without a limit
    period = read_count(directory + "/cpu.cfs_period_us");
  }
  if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;
  return CpuLimit{*quota, *period};
}

// The nearest directory from `mount` + `name` upwards for which `limited` holds; without one the
// nearest that exists; "" when not even the mount does.
template <typename Limited>
std::string nearest(const std::string& mount, std::string name, Limited limited) {
  std::string own;
  for (std::size_t depth = 0; depth < kDepthMax; ++depth) {
    while (name.ends_with('/')) name.pop_back();
    std::string directory = mount + name;
    if (exists(directory)) {
      if (own.empty()) own = directory;
      if (limited(directory)) return directory;
    }
    if (name.empty()) break;
    name.erase(name.rfind('/'));
  }
  return own;
}

}  // namespace

std::vector<CgroupLine> parse_cgroup_lines(std::string_view text) {
  std::vector<CgroupLine> lines;
  while (!text.empty() && lines.size() < kLinesMax) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t first = line.find(':');
    if (first == std::string_view::npos) continue;
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    lines.push_back({std::string(line.substr(first + 1, second - first - 1)),
                     std::string(line.substr(second + 1))});
  }
  return lines;
}

CgroupLayout cgroup_layout(const std::string& sys) {
  const std::string mount = sys + std::string(kMount);
  if (exists(mount + "/cgroup.controllers")) return CgroupLayout::v2;
  if (exists(mount + "/unified/cgroup.controllers")) return CgroupLayout::hybrid;
  if (exists(mount + "/memory") || exists(mount + "/cpu")) return CgroupLayout::v1;
  return CgroupLayout::none;
}

std::string cgroup_name(const std::string& sys, std::string_view path) {
  const std::string mount = sys + std::string(kMount);
  if (path == mount) return "/";
  if (!path.starts_with(mount + "/")) return inside(path);
  path.remove_prefix(mount.size());
  if (cgroup_layout(sys) != CgroupLayout::v2) {  // the first folder is a hierarchy
    const std::size_t slash = path.find('/', 1);
    if (slash == std::string_view::npos) return "/";
    path.remove_prefix(slash);
  }
  return inside(path);
}

bool in_cgroup(const std::vector<CgroupLine>& lines, std::string_view name) {
  while (name.ends_with('/')) name.remove_suffix(1);
  return std::any_of(lines.begin(), lines.end(), [&](const CgroupLine& line) {
    const std::string_view path = line.path;
    return path.starts_with(name) && (path.size() == name.size() || path[name.size()] == '/');
  });
}

CgroupLimits::CgroupLimits(const std::string& sys, CgroupLayout layout,
                           const std::vector<CgroupLine>& lines)
    : v2_(layout == CgroupLayout::v2) {
  if (layout == CgroupLayout::none) return;
  const std::string mount = sys + std::string(kMount);
  const auto place = [&](std::string_view controller) -> Place {
    for (const CgroupLine& line : lines) {
      if (v2_ && line.controllers.empty()) return {mount, inside(line.path)};
      if (v2_ || !has_controller(line.controllers, controller)) continue;
      // Some distributions mount "cpu,cpuacct" and link "cpu" to it, others do one of the two.
      std::string hierarchy = mount + "/" + line.controllers;
      if (!exists(hierarchy)) hierarchy = mount + "/" + std::string(controller);
      return {hierarchy, inside(line.path)};
    }
    return {};
  };
  settle(place("cpu"), place("memory"));
}

CgroupLimits::CgroupLimits(const std::string& sys, CgroupLayout layout, const std::string& name)
    : v2_(layout == CgroupLayout::v2) {
  if (layout == CgroupLayout::none) return;
  const std::string mount = sys + std::string(kMount);
  const auto place = [&](const char* controller) -> Place {
    const std::string hierarchy = v2_ ? mount : mount + "/" + controller;
    if (!exists(hierarchy + inside(name))) return {};
    named_.push_back(hierarchy + inside(name));
    return {hierarchy, inside(name)};
  };
  const Place cpu = place("cpu"), memory = place("memory");
  settle(cpu, memory);
}

bool CgroupLimits::is_there() const {
  return !named_.empty() && std::all_of(named_.begin(), named_.end(), exists);
}

void CgroupLimits::settle(const Place& cpu, const Place& memory) {
  if (!cpu.hierarchy.empty())
    cpu_directory_ = nearest(cpu.hierarchy, cpu.name, [&](const std::string& directory) {
      return cpu_limit_in(directory, v2_).has_value();
    });
  if (!memory.hierarchy.empty())
    memory_directory_ = nearest(memory.hierarchy, memory.name, [&](const std::string& directory) {
      return limit_in(directory + (v2_ ? "/memory.max" : "/memory.limit_in_bytes")).has_value();
    });
  if (!memory_directory_.empty())
    memory_usage_ =
        HeldFile(memory_directory_ + (v2_ ? "/memory.current" : "/memory.usage_in_bytes"));
}

std::optional<CpuLimit> CgroupLimits::cpu_limit() const {
  return cpu_directory_.empty() ? std::nullopt : cpu_limit_in(cpu_directory_, v2_);
}

CpuUse CgroupLimits::cpu_use() const {
  if (cpu_directory_.empty()) return {};
  const std::string text = read_text(cpu_directory_ + "/cpu.stat").value_or("");
  CpuUse use{.periods = count_after(text, "nr_periods "),
             .throttled_periods = count_after(text, "nr_throttled "),
             .throttled_us = count_after(text, v2_ ? "throttled_usec " : "throttled_time ")};
  if (!v2_ && use.throttled_us) *use.throttled_us /= 1000;  // version 1 counts ns
  return use;
}

std::optional<std::int64_t> CgroupLimits::memory_limit_bytes() const {
  if (memory_directory_.empty()) return std::nullopt;
  return limit_in(memory_directory_ + (v2_ ? "/memory.max" : "/memory.limit_in_bytes"));
}

std::optional<std::int64_t> CgroupLimits::memory_usage_bytes() const {
  return count_after(memory_usage_.read().value_or(""), "");
}

}  // namespace melisai::plugins::procfs
