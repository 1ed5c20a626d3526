#include "plugins/perf/targets.h"

#include <fcntl.h>
#include <unistd.h>

#include "plugins/common/proc.h"

namespace melisai::plugins::perf {
namespace {

constexpr std::size_t kThreadsMax = 64;  // of all processes: each event takes a descriptor of each
constexpr int kCpusMax = 8192;           // what the kernel can be built for

std::vector<int> online_cpus() {
  return parse_cpus(read_text("/sys/devices/system/cpu/online").value_or(""));
}

std::vector<Place> on_all_cpus(int pid, bool is_cgroup) {
  std::vector<Place> places;
  for (const int cpu : online_cpus())
    places.push_back({.pid = pid, .cpu = cpu, .is_cgroup = is_cgroup});
  return places;
}

/// Version 1 has a hierarchy of its own for perf events; where that is mounted no other will do.
Descriptor open_cgroup(const std::string& cgroup) {
  const std::string mount = "/sys/fs/cgroup";
  for (const std::string& directory :
       {mount + "/perf_event" + cgroup, mount + cgroup, mount + "/unified" + cgroup, cgroup}) {
    Descriptor opened(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.valid() && faccessat(opened.get(), "cgroup.procs", F_OK, 0) == 0) return opened;
  }
  return {};
}

}  // namespace

std::vector<int> parse_cpus(std::string_view text) {
  std::vector<int> cpus;
  for (const std::string_view word : words(text)) {
    std::string_view rest = word;
    while (!rest.empty()) {
      const std::string_view range = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(range.size() + 1, rest.size()));
      const std::size_t dash = range.find('-');
      const auto first = to_count(range.substr(0, dash));
      const auto last = dash == std::string_view::npos ? first : to_count(range.substr(dash + 1));
      if (!first || !last || *last >= kCpusMax) return {};
      for (std::int64_t cpu = *first; cpu <= *last; ++cpu) cpus.push_back(static_cast<int>(cpu));
    }
  }
  return cpus;
}

Targeted find_target(std::int64_t root_pid, const Options& options) {
  if (root_pid > 0)
    return {.target = {.scope = Scope::tree, .places = {{.pid = static_cast<int>(root_pid)}}}};
  if (options.other_root)
    return {.problem = "counts on this machine only, and another /proc or /sys was asked for"};
  if (!options.pids.empty()) {
    Targeted found{.target = {.scope = Scope::processes}};
    for (const std::int64_t pid : options.pids)
      for (const std::int64_t thread :
           numbered_entries("/proc/" + std::to_string(pid) + "/task", kThreadsMax + 1))
        found.target.places.push_back({.pid = static_cast<int>(thread)});
    if (found.target.places.empty()) found.problem = "none of the processes is there any more";
    if (found.target.places.size() > kThreadsMax)
      found.problem = "the processes have more than " + std::to_string(kThreadsMax) + " threads";
    return found;
  }
  if (!options.cgroups.empty()) {
    Targeted found{.target = {.scope = Scope::cgroup}};
    found.cgroup = open_cgroup(options.cgroups.front());
    if (!found.cgroup.valid())
      found.problem = "the cgroup is in no hierarchy that perf events know";
    else
      found.target.places = on_all_cpus(found.cgroup.get(), true);
    return found;
  }
  return {.target = {.scope = Scope::host, .places = on_all_cpus(-1, false)}};
}

}  // namespace melisai::plugins::perf
