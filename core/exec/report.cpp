#include "core/exec/report.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdarg>
#include <cstdio>

namespace melisai::exec {
namespace {

class Line {
 public:
  [[gnu::format(printf, 2, 3)]] void add(const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int size = std::vsnprintf(text_ + size_, sizeof text_ - size_, format, arguments);
    va_end(arguments);
    if (size > 0) size_ += static_cast<std::size_t>(size);
    if (size_ >= sizeof text_) size_ = sizeof text_ - 1;
  }
  void add_path(const char* name, const char* path) {
    add(",\"%s\":\"", name);
    for (const char* at = path; *at != '\0'; ++at) add(*at == '\\' ? "\\\\" : "%c", *at);
    add("\"");
  }
  void add_limit(const char* name, Enforced how) {
    if (how == Enforced::not_asked) return;
    add(",\"%s\":\"%s\"", name,
        how == Enforced::by_cgroup      ? "cgroup"
        : how == Enforced::by_namespace ? "namespace"
        : how == Enforced::per_process  ? "process"
                                        : "no");
  }
  void add_known(const char* name, std::int64_t value) {
    if (value != kUnknown) add(",\"%s\":%" PRId64, name, value);
  }
  // Returns the bytes written. The reader may be gone; then there is nobody to tell.
  int send(int fd) const {
    std::size_t done = 0;
    while (done < size_) {
      const ssize_t written = write(fd, text_ + done, size_ - done);
      if (written <= 0) break;
      done += static_cast<std::size_t>(written);
    }
    return static_cast<int>(done);
  }

 private:
  char text_[5 * kCgroupPathMax];  // a path whose every character is escaped may be cut: the line
                                   // is then no JSON
  std::size_t size_ = 0;
};

const char* name_of(End end, int status) {
  switch (end) {
    case End::timed_out: return "timed_out";
    case End::interrupted: return "interrupted";
    case End::own: break;
  }
  return WIFSIGNALED(status) ? "signalled" : "exited";
}

}  // namespace

int report_started(int fd, pid_t pid, const CgroupPaths& cgroups) {
  static Line line;  // the stack of a child is small
  line.add("{\"pid\":%d", pid);
  line.add_path("cgroup", cgroups.own);
  if (cgroups.memory[0] != '\0') line.add_path("memory_cgroup", cgroups.memory);
  if (cgroups.cpu[0] != '\0') line.add_path("cpu_cgroup", cgroups.cpu);
  if (cgroups.processes[0] != '\0') line.add_path("processes_cgroup", cgroups.processes);
  line.add("}\n");
  return line.send(fd);
}

void report_ended(int fd) {
  Line line;
  line.add("{\"ended\":true}\n");
  line.send(fd);
}

void report_outcome(int fd, const Outcome& outcome) {
  Line line;
  if (outcome.failed_stage != nullptr) {
    line.add("{\"error\":{\"stage\":\"%s\",\"errno\":%d}}\n", outcome.failed_stage, outcome.error);
    line.send(fd);
    return;
  }
  const int status = outcome.status;
  const Usage& usage = outcome.usage;
  line.add("{\"end\":\"%s\",\"code\":%d", name_of(outcome.end, status),
           WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
  line.add_known("wall_time_ns", usage.wall_time_ns);
  line.add_known("cpu_time_ns", usage.cpu_time_ns);
  line.add_known("peak_rss_bytes", usage.peak_rss_bytes);
  line.add_known("minor_faults", usage.minor_faults);
  line.add_known("major_faults", usage.major_faults);
  line.add_known("voluntary_switches", usage.voluntary_switches);
  line.add_known("involuntary_switches", usage.involuntary_switches);
  line.add_known("rchar_bytes", usage.rchar_bytes);
  line.add_known("wchar_bytes", usage.wchar_bytes);
  line.add_known("read_bytes", usage.read_bytes);
  line.add_known("write_bytes", usage.write_bytes);
  line.add_known("run_delay_ns", usage.run_delay_ns);
  line.add_known("tasks_max", usage.tasks_max);
  line.add(",\"output_dropped\":%" PRIu64 ",\"output_errno\":%d", outcome.output_dropped,
           outcome.output_error);
  line.add_limit("memory_limit", outcome.memory_limit);
  line.add_limit("cpu_limit", outcome.cpu_limit);
  if (outcome.memory_exceeded) line.add(",\"memory_exceeded\":true");
  line.add_limit("processes_limit", outcome.processes_limit);
  if (outcome.processes_exceeded) line.add(",\"processes_exceeded\":true");
  line.add(",\"stray_processes\":%d,\"in_cgroup\":%s}\n", outcome.stray_processes,
           outcome.in_cgroup ? "true" : "false");
  line.send(fd);
}

}  // namespace melisai::exec
