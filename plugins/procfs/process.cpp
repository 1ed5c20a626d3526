// process_info: who used the CPUs in the window and who holds the memory. All processes are read
// once at each end and never between.
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "plugins/procfs/cgroup.h"
#include "plugins/procfs/fields.h"
#include "plugins/procfs/process_list.h"

namespace melisai::plugins::procfs {
namespace {

constexpr std::size_t kProcessesMax = 65536;
constexpr std::size_t kListedMax = 20;
constexpr std::int64_t kFilesMax = 65536;
constexpr std::int64_t kPagesMax = std::int64_t{1} << 40;  // their bytes are still a number
constexpr std::string_view kLiveProc = "/proc";

struct Used {
  std::int64_t pid = 0;
  std::int64_t ticks = 0;
};

class Process final : public Part {
 public:
  explicit Process(const Options& options) : options_(options), proc_(options.proc_root) {
    observers_ = options.observer_pids;
    if (proc_ == kLiveProc) observers_.push_back(getpid());
    observed_.insert(options.pids.begin(), options.pids.end());
    observed_.insert(options.target_pid);
    for (const std::string& cgroup : options.cgroups)
      cgroups_.push_back(cgroup_name(options.sys_root, cgroup));
  }

  void start(Time now) override {
    start_ = now;
    before_ = list_processes(proc_, kProcessesMax);
  }

  Findings stop(Time now) override {
    const ProcessList after = list_processes(proc_, kProcessesMax);
    Findings findings;
    if (after.empty()) {
      findings.errors.push_back(proc_ + ": no process can be read");
      return findings;
    }
    findings.truncated = before_.size() >= kProcessesMax || after.size() >= kProcessesMax;
    const auto excluded = at_either_end(observers_, after, observed_);
    put_lists(findings, after, listed(after, excluded, findings.errors), now - start_);
    put_totals(findings.data, after);
    Json& list = findings.data["excluded_pids"] = Json::array();
    for (const std::int64_t pid : excluded) {
      if (list.size() >= static_cast<std::size_t>(options_.events_max)) {
        findings.truncated = true;
        break;
      }
      list.push_back(pid);
    }
    return findings;
  }

 private:
  // A process whose parent ended within the window belongs to somebody else at the end.
  std::set<std::int64_t> at_either_end(const std::vector<std::int64_t>& roots,
                                       const ProcessList& after,
                                       const std::set<std::int64_t>& others) const {
    std::set<std::int64_t> pids = trees_of(after, roots, others);
    for (const std::int64_t pid : trees_of(before_, roots, others))
      if (same_process(pid, after)) pids.insert(pid);
    return pids;
  }

  bool same_process(std::int64_t pid, const ProcessList& after) const {
    const auto was = before_.find(pid);
    const auto is = after.find(pid);
    return was != before_.end() && is != after.end() &&
           was->second.stat.start_ticks == is->second.stat.start_ticks;
  }

  std::vector<Used> listed(const ProcessList& after, const std::set<std::int64_t>& excluded,
                           std::vector<std::string>& errors) const {
    const bool everybody = options_.pids.empty() && cgroups_.empty();
    std::vector<std::int64_t> roots = options_.pids;
    for (const std::int64_t pid : roots)
      if (!after.contains(pid)) errors.push_back("process " + std::to_string(pid) + ": not there");
    if (!cgroups_.empty())
      for (const auto& [pid, process] : after)
        if (in_wanted_cgroup(pid)) roots.push_back(pid);
    const auto wanted = everybody ? std::set<std::int64_t>() : at_either_end(roots, after, {});
    std::vector<Used> list;
    for (const auto& [pid, process] : after) {
      if (excluded.contains(pid) || (!everybody && !wanted.contains(pid))) continue;
      const bool known = same_process(pid, after);
      list.push_back(
          {pid, growth(known ? ticks(pid, before_.at(pid).stat) : 0, ticks(pid, process.stat))});
    }
    return list;
  }

  // Of the observed tree only the root is left at the end. It has what its children used.
  std::int64_t ticks(std::int64_t pid, const ProcessStat& stat) const {
    return pid == options_.target_pid ? stat.user_ticks + stat.system_ticks : stat.own_ticks;
  }

  bool in_wanted_cgroup(std::int64_t pid) const {
    const auto lines =
        parse_cgroup_lines(read_text(proc_ + "/" + std::to_string(pid) + "/cgroup").value_or(""));
    return std::any_of(cgroups_.begin(), cgroups_.end(),
                       [&](const std::string& name) { return in_cgroup(lines, name); });
  }

  void put_lists(Findings& findings, const ProcessList& after, std::vector<Used> list,
                 Time window) const {
    const std::string meminfo = read_text(proc_ + "/meminfo").value_or("");
    const auto memory_kib = count_after(meminfo, "MemTotal:");
    const auto put_top = [&](std::string_view name, auto amount) {
      std::sort(list.begin(), list.end(), [&](const Used& a, const Used& b) {
        return std::pair(-amount(a), a.pid) < std::pair(-amount(b), b.pid);
      });
      Json top = Json::array();
      for (const Used& used : list)
        if (top.size() < kListedMax && amount(used) > 0)
          top.push_back(describe(used, after.at(used.pid), window, memory_kib));
      findings.data[std::string(name)] = std::move(top);
    };
    put_top("top_by_cpu", [](const Used& used) { return used.ticks; });
    put_top("top_by_mem", [&](const Used& used) { return after.at(used.pid).stat.resident_pages; });
  }

  Json describe(const Used& used, const ListedProcess& process, Time window,
                std::optional<std::int64_t> memory_kib) const {
    const double rss = static_cast<double>(std::min(process.stat.resident_pages, kPagesMax)) *
                       static_cast<double>(sysconf(_SC_PAGESIZE));
    Json entry = {{"pid", used.pid}, {"comm", process.name}};
    put(entry, "cpu_pct", percent(ticks_to_ns(used.ticks), static_cast<double>(window.count())));
    entry["mem_rss_bytes"] = static_cast<std::int64_t>(rss);
    if (memory_kib) put(entry, "mem_pct", percent(rss, 1024 * static_cast<double>(*memory_kib)));
    entry["threads"] = process.stat.threads;
    put(entry, "fds", entry_count(proc_ + "/" + std::to_string(used.pid) + "/fd", kFilesMax));
    entry["state"] = std::string(1, process.stat.state);
    return entry;
  }

  // Sleeping: in any way, also uninterruptibly (D) and idle threads of the kernel (I).
  static void put_totals(Json& data, const ProcessList& list) {
    const auto count = [&](std::string_view states) {
      return std::count_if(list.begin(), list.end(), [&](const auto& entry) {
        return states.find(entry.second.stat.state) != std::string_view::npos;
      });
    };
    data["total_processes"] = list.size();
    data["running"] = count("R");
    data["sleeping"] = count("SDI");
    data["zombie"] = count("Z");
  }

  Options options_;
  std::string proc_;
  std::vector<std::int64_t> observers_;
  std::set<std::int64_t> observed_;
  std::vector<std::string> cgroups_;
  Time start_{};
  ProcessList before_;
};

}  // namespace

std::unique_ptr<Part> make_process(const Options& options) {
  return std::make_unique<Process>(options);
}

}  // namespace melisai::plugins::procfs
