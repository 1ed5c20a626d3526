#include "plugins/perf/counters.h"

#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "plugins/common/proc.h"

namespace melisai::plugins::perf {
namespace {

/// The largest kernel.perf_event_paranoid that lets everybody count it.
int paranoid_max(const Event& event, Scope scope) {
  if (scope == Scope::host || scope == Scope::cgroup) return 0;
  return event.level == Level::user ? 2 : 1;
}

std::optional<Reading> read_of(const Descriptor& descriptor) {
  Reading reading;
  const ssize_t size = ::read(descriptor.get(), &reading, sizeof reading);
  return size == sizeof reading ? std::optional(reading) : std::nullopt;
}

}  // namespace

std::string_view to_string(Scope scope) {
  switch (scope) {
    case Scope::tree: return "tree";
    case Scope::processes: return "processes";
    case Scope::cgroup: return "cgroup";
    case Scope::host: return "host";
  }
  return "";
}

std::optional<int> perf_event_paranoid() {
  const auto text = read_text("/proc/sys/kernel/perf_event_paranoid");
  if (!text) return std::nullopt;
  const bool is_negative = text->starts_with("-");
  const auto number = to_count(words(*text).empty() ? "" : words(*text)[0].substr(is_negative));
  if (!number) return std::nullopt;
  return static_cast<int>(is_negative ? -*number : *number);
}

int open_event(perf_event_attr attributes, const Place& place) {
  const unsigned long flags = PERF_FLAG_FD_CLOEXEC | (place.is_cgroup ? PERF_FLAG_PID_CGROUP : 0ul);
  const long fd = syscall(SYS_perf_event_open, &attributes, place.pid, place.cpu, -1, flags);
  return fd < 0 ? -errno : static_cast<int>(fd);
}

std::optional<Count> total_of(std::span<const Reading> readings) {
  double value = 0;
  double enabled = 0;
  double running = 0;
  for (const Reading& reading : readings) {
    if (reading.enabled_ns == 0) continue;
    if (reading.running_ns == 0) return std::nullopt;
    const auto meant = static_cast<double>(reading.enabled_ns);
    const auto counted = static_cast<double>(reading.running_ns);
    value += counted < meant ? static_cast<double>(reading.value) * meant / counted
                             : static_cast<double>(reading.value);
    enabled += meant;
    running += std::min(counted, meant);
  }
  if (enabled == 0) return std::nullopt;
  return Count{.value = value, .share = running / enabled};
}

perf_event_attr attributes_of(const Event& event, Scope scope) {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = event.type;
  attributes.config = event.config;
  attributes.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
  attributes.disabled = scope == Scope::tree ? 1 : 0;
  attributes.enable_on_exec = attributes.disabled;
  attributes.inherit = scope == Scope::tree || scope == Scope::processes ? 1 : 0;
  attributes.exclude_kernel = event.level == Level::user ? 1 : 0;
  attributes.exclude_user = event.level == Level::kernel ? 1 : 0;
  attributes.exclude_hv = attributes.exclude_kernel;
  return attributes;
}

std::string why_not(const Event& event, Scope scope, int number, std::optional<int> paranoid) {
  switch (number) {
    case ENOENT:
    case ENODEV:
    case EOPNOTSUPP:
      return event.is_hardware() ? "this machine shows no such hardware counter"
                                 : "this kernel does not count it";
    case EACCES:
    case EPERM: {
      const int max = paranoid_max(event, scope);
      if (paranoid && *paranoid <= max)
        return "refused although kernel.perf_event_paranoid is " + std::to_string(*paranoid) +
               ": by a seccomp filter, a security module, or because it is another user's";
      return "needs CAP_PERFMON, or kernel.perf_event_paranoid of " + std::to_string(max) +
             " or less" + (paranoid ? " (" + std::to_string(*paranoid) + " here)" : "");
    }
    case EBUSY: return "somebody else has this hardware counter for himself";
    case EBADF: return "the cgroup is in no hierarchy that perf events know";
    case EMFILE: return "there are more CPUs than a collector may have descriptors for";
    case ENOSYS: return "this kernel is built without perf events";
    case ESRCH: return "what it should count of has ended";
    default: return std::string("perf_event_open: ") + std::strerror(number);
  }
}

Counters::Counters(const Target& target, std::optional<int> paranoid, const OpenEvent& open) {
  for (const Event& event : events())
    counters_.push_back(open_counter(event, target, paranoid, open));
}

Counters::Counter Counters::open_counter(const Event& event, const Target& target,
                                         std::optional<int> paranoid, const OpenEvent& open) const {
  Counter counter{.event = &event};
  const bool is_of_cpus = target.scope == Scope::host || target.scope == Scope::cgroup;
  if (is_of_cpus && event.config == PERF_COUNT_SW_TASK_CLOCK && !event.is_hardware()) {
    counter.reason = "is of processes; CPUs have time all the time";
    return counter;
  }
  const perf_event_attr attributes = attributes_of(event, target.scope);
  int refused = ESRCH;
  for (const Place& place : target.places) {
    const int fd = open(attributes, place);
    if (fd >= 0) {
      counter.descriptors.emplace_back(fd);
      continue;
    }
    refused = -fd;
    // A thread may have ended meanwhile.
    if (refused == ESRCH && target.scope == Scope::processes) continue;
    counter.descriptors.clear();
    break;
  }
  if (counter.descriptors.empty()) counter.reason = why_not(event, target.scope, refused, paranoid);
  return counter;
}

std::vector<Counters::Result> Counters::read() const {
  std::vector<Result> results;
  for (const Counter& counter : counters_) {
    Result& result = results.emplace_back(Result{.event = counter.event, .reason = counter.reason});
    if (counter.descriptors.empty()) continue;
    std::vector<Reading> readings;
    for (const Descriptor& descriptor : counter.descriptors)
      if (const auto reading = read_of(descriptor)) readings.push_back(*reading);
    if (readings.size() == counter.descriptors.size()) result.count = total_of(readings);
    if (!result.count) result.reason = "never counted: the CPU's counters were used by others";
    if (!result.count && !counter.event->is_hardware())
      result.reason = "never counted: nothing was executed";
  }
  return results;
}

}  // namespace melisai::plugins::perf
