#include "plugins/ebpf/window.h"

#include <bpf/bpf.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <exception>
#include <set>

#include "plugins/ebpf/report.h"
#include "plugins/ebpf/stacks.h"
#include "plugins/ebpf/targets.h"

namespace melisai::plugins::ebpf {
namespace {

constexpr const char* kProc = "/proc";

constexpr std::array kMetrics = {
    CountedMetric{"syscalls", Tool::syscount, counter_syscalls},
    CountedMetric{"opens", Tool::opens, counter_opens},
    CountedMetric{"opens_not_found", Tool::opens, counter_opens_enoent},
    CountedMetric{"forks", std::nullopt, counter_forks},
    CountedMetric{"execs", std::nullopt, counter_execs},
    CountedMetric{"page_faults_user", Tool::pagefaults, counter_faults_user},
    CountedMetric{"page_faults_kernel", Tool::pagefaults, counter_faults_kernel},
    CountedMetric{"pages_allocated", Tool::pagealloc, counter_pages_allocated},
    CountedMetric{"page_cache_read_pages", Tool::cachestat, counter_cache_read_pages,
                  counter_dropped_cache_reads},
    CountedMetric{"page_cache_added_pages", Tool::cachestat, counter_cache_added_pages},
    CountedMetric{"switches_voluntary", Tool::ctxswitch, counter_switches_voluntary},
    CountedMetric{"switches_involuntary", Tool::ctxswitch, counter_switches_involuntary},
    CountedMetric{"migrations", Tool::ctxswitch, counter_migrations},
    CountedMetric{"futex_waits", Tool::futex, counter_futex_waits},
    CountedMetric{"futex_wakes", Tool::futex, counter_futex_wakes},
    CountedMetric{"block_reads", Tool::biolatency, counter_block_reads, counter_dropped_blocks},
    CountedMetric{"block_read_bytes", Tool::biolatency, counter_block_read_bytes,
                  counter_dropped_blocks},
    CountedMetric{"block_writes", Tool::biolatency, counter_block_writes, counter_dropped_blocks},
    CountedMetric{"block_write_bytes", Tool::biolatency, counter_block_write_bytes,
                  counter_dropped_blocks},
    CountedMetric{"tcp_connects", Tool::tcpconnlat, counter_tcp_connects, counter_dropped_sockets},
    CountedMetric{"tcp_accepts", Tool::tcpconnlat, counter_tcp_accepts, counter_dropped_sockets},
    CountedMetric{"tcp_retransmits", Tool::tcpretrans, counter_tcp_retransmits,
                  counter_dropped_sockets},
    CountedMetric{"oom_kills", Tool::oomkill, counter_oom_kills}};

bool takes_stacks(Tool tool) { return tool == Tool::profile || tool == Tool::offcputime; }

std::int64_t clock_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

Findings unavailable(const std::string& reason) {
  Findings findings;
  findings.errors.push_back("unavailable: " + reason);
  return findings;
}

// The window opens around processes that run.
bool has_named(const WindowSettings& settings) {
  return settings.root_pid == 0 &&
         (!settings.options.pids.empty() || !settings.options.cgroups.empty());
}

// Sockets are known by who opened them, which nobody saw of those that were there before.
bool follows_sockets(Tool tool) {
  return tool == Tool::tcpconnlat || tool == Tool::tcpretrans || tool == Tool::tcprtt;
}

ObjectSettings object_settings(const WindowSettings& settings, const Support& support) {
  return {.tools = tools_of(settings) & support.tools(),
          .types = support.types,
          .root_pid = static_cast<std::uint32_t>(settings.root_pid),
          .whole_host = settings.root_pid == 0 && !has_named(settings),
          .events_max = settings.options.events_max};
}

}  // namespace

const CountedMetric* find_metric(std::string_view name) {
  const auto* found =
      std::find_if(kMetrics.begin(), kMetrics.end(),
                   [&](const CountedMetric& metric) { return metric.name == name; });
  return found == kMetrics.end() ? nullptr : found;
}

ToolSet tools_of(const WindowSettings& settings) {
  ToolSet tools = settings.wanted;
  if (settings.root_pid == 0) return tools;
  static const ToolSet cheap =
      tool_set(Tool::pagefaults, Tool::pagealloc, Tool::cachestat, Tool::biolatency,
               Tool::tcpconnlat, Tool::tcpretrans, Tool::oomkill, Tool::ctxswitch);
  static const ToolSet at_each_call = tool_set(Tool::syscount, Tool::opens, Tool::futex);
  static const ToolSet timing =
      tool_set(Tool::runqlat, Tool::syslat, Tool::profile, Tool::offcputime);
  const bool is_timed = (settings.wanted & timing).any();
  tools |= cheap;
  if (!is_timed) tools |= at_each_call;
  return tools;
}

Window::Window(WindowSettings settings, const Support& support)
    : settings_(std::move(settings)),
      support_(support),
      tools_(tools_of(settings_) & support.tools()),
      object_(object_settings(settings_, support)) {
  if (contains(tools_, Tool::profile) || contains(tools_, Tool::offcputime)) {
    try {
      mappings_.emplace(settings_.root_pid, kProc);
    } catch (const std::exception& error) {
      no_mappings_ = error.what();
    }
  }
  if (settings_.root_pid == 0) seed_observers();
  object_.attach(kSampleHertz);
  // Once the tracker sees what they start: twice, because they may have just started somebody.
  for (int i = 0; i < 2 && has_named(settings_); ++i) seed_named();
  malloc_trim(0);
}

void Window::seed(const std::set<std::int64_t>& pids, std::uint32_t who) {
  for (const std::int64_t pid : pids) {
    const auto key = static_cast<std::uint32_t>(pid);
    const ebpf_process process{.started_ns = 0, .who = who, .unused = 0};
    const int error = bpf_map_update_elem(object_.map("processes"), &key, &process, BPF_NOEXIST);
    if (error != 0 && error != -EEXIST) ++without_place_;
  }
}

std::vector<std::int64_t> Window::observers() const {
  std::vector<std::int64_t> pids = settings_.options.observer_pids;
  pids.push_back(getpid());
  return pids;
}

void Window::seed_observers() {
  const std::vector<std::int64_t>& named = settings_.options.pids;
  seed(with_descendants(observers(), {named.begin(), named.end()}), ebpf_ours);
}

void Window::seed_named() {
  std::vector<std::int64_t> roots = settings_.options.pids;
  for (const std::string& cgroup : settings_.options.cgroups) {
    const std::vector<std::int64_t> members = processes_of(cgroup);
    roots.insert(roots.end(), members.begin(), members.end());
  }
  const std::vector<std::int64_t> ours = observers();
  seed(with_descendants(roots, {ours.begin(), ours.end()}), ebpf_observed);
}

void Window::sample() {
  if (mappings_) mappings_->take();
}

bool Window::is_whole(const CountedMetric& metric, const Reading& reading) const {
  if (metric.dropped >= 0 && reading[static_cast<ebpf_counter>(metric.dropped)] > 0) return false;
  return !metric.tool || (contains(tools_, *metric.tool) && object_.missed(*metric.tool) == 0);
}

bool Window::end(const TakeMetric& take_metric, const TakeResult& take_result) {
  object_.detach();
  sample();
  const Reading reading(object_);
  const WindowFacts facts{.object = object_,
                          .reading = reading,
                          .events_max = settings_.options.events_max,
                          .frequency_hz = kSampleHertz,
                          .clock_offset_ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC)};
  for (const ToolInfo& info : kTools) {
    if (!contains(settings_.wanted, info.tool)) continue;
    Findings findings;
    if (!contains(tools_, info.tool))
      findings = unavailable(support_.reasons[index(info.tool)]);
    else if (!takes_stacks(info.tool))
      findings = report(info.tool, facts);
    else if (mappings_)
      findings = report_stacks(info.tool, facts, *mappings_, kProc);
    else
      findings = unavailable(no_mappings_);
    if (contains(tools_, info.tool) && has_named(settings_) && follows_sockets(info.tool))
      findings.errors.emplace_back(
          "connections and listeners that were there before the window are not followed");
    if (contains(tools_, info.tool)) {
      put_dropped(object_.missed(info.tool), "events: in the middle of another one", findings);
      put_dropped(reading[counter_dropped_processes] + without_place_,
                  "processes: more than 16,384 lived at once", findings);
    }
    take_result(info.name, to_text(findings));
  }
  if (settings_.root_pid == 0) return true;
  if (reading[counter_dropped_processes] > 0) return false;
  for (const CountedMetric& metric : kMetrics)
    if (is_whole(metric, reading))
      take_metric(metric.name,
                  static_cast<double>(reading[static_cast<ebpf_counter>(metric.counter)]));
  return true;
}

}  // namespace melisai::plugins::ebpf
