#include "plugins/ebpf/targets.h"

#include <unistd.h>

#include <map>

#include "plugins/common/proc.h"

namespace melisai::plugins::ebpf {
namespace {

constexpr const char* kProc = "/proc";
constexpr std::size_t kProcessesMax = 65'536;
constexpr std::size_t kDirectoriesMax = 4096;

bool is_cgroup(const std::string& directory) {
  return access((directory + "/cgroup.procs").c_str(), R_OK) == 0;
}

void add_processes(const std::string& directory, std::vector<std::int64_t>& found) {
  std::vector<std::string> left = {directory};
  for (std::size_t seen = 0; seen < kDirectoriesMax && !left.empty(); ++seen) {
    const std::string at = left.back();
    left.pop_back();
    const auto text = read_text(at + "/cgroup.procs", kProcessesMax * 8);
    if (!text) continue;  // no cgroup
    for (const std::string_view word : words(*text))
      if (const auto pid = to_count(word); pid && *pid > 0) found.push_back(*pid);
    for (const std::string& name : entry_names(at, kDirectoriesMax))
      if (is_cgroup(at + "/" + name)) left.push_back(at + "/" + name);
  }
}

}  // namespace

std::set<std::int64_t> with_descendants(const std::vector<std::int64_t>& roots,
                                        const std::set<std::int64_t>& others) {
  std::multimap<std::int64_t, std::int64_t> children;
  for (const std::int64_t pid : numbered_entries(kProc, kProcessesMax)) {
    const auto text = read_text(std::string(kProc) + "/" + std::to_string(pid) + "/stat");
    const auto stat = text ? parse_process_stat(*text) : std::nullopt;
    if (stat) children.emplace(stat->parent, pid);
  }
  std::set<std::int64_t> found;
  std::vector<std::int64_t> left = roots;
  while (!left.empty()) {
    const std::int64_t pid = left.back();
    left.pop_back();
    if (others.contains(pid) || !found.insert(pid).second) continue;
    const auto [begin, end] = children.equal_range(pid);
    for (auto child = begin; child != end; ++child) left.push_back(child->second);
  }
  return found;
}

std::vector<std::int64_t> processes_of(const std::string& cgroup, const std::string& mount) {
  std::vector<std::int64_t> found;
  if ((cgroup + "/").starts_with(mount + "/")) {
    add_processes(cgroup, found);
    return found;
  }
  add_processes(mount + cgroup, found);  // version 2
  if (is_cgroup(mount)) return found;
  for (const std::string& hierarchy : entry_names(mount, kDirectoriesMax))
    add_processes(mount + "/" + hierarchy + cgroup, found);
  return found;
}

}  // namespace melisai::plugins::ebpf
