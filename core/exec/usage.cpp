#include "core/exec/usage.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/exec/proc_file.h"

namespace melisai::exec {
namespace {

// Our own /proc/self/io. A process inherits the counters of each child that it waits for, so two
// readings around wait4 give those of the workload and of everything that it had waited for. Unlike
// /proc/<pid>/io of the zombie this needs no privilege.
int own_io = -1;

struct IoCounters {
  bool known = false;
  ssize_t text_size = 0;
  std::int64_t rchar = 0;
  std::int64_t wchar = 0;
  std::int64_t read_bytes = 0;
  std::int64_t write_bytes = 0;
};

bool find_counter(const char* text, const char* name, std::int64_t& value) {
  const char* at = std::strstr(text, name);
  if (at == nullptr) return false;
  value = std::strtoll(at + std::strlen(name), nullptr, 10);
  return true;
}

IoCounters read_io(int fd) {
  IoCounters io;
  char text[512];
  io.text_size = pread(fd, text, sizeof text - 1, 0);
  if (io.text_size <= 0) return io;
  text[io.text_size] = '\0';
  io.known = find_counter(text, "rchar: ", io.rchar) && find_counter(text, "wchar: ", io.wchar) &&
             find_counter(text, "\nread_bytes: ", io.read_bytes) &&
             find_counter(text, "\nwrite_bytes: ", io.write_bytes);
  return io;
}

// Second number of a schedstat: ns runnable but waiting for a CPU. The first, ns on a CPU, is 0
// where the kernel does not count.
std::int64_t run_delay(const char* schedstat) {
  char* after_run_time = nullptr;
  if (std::strtoll(schedstat, &after_run_time, 10) == 0) return kUnknown;
  return std::strtoll(after_run_time, nullptr, 10);
}

// A program that ran others did its queueing in them, where it can no longer be read: every process
// has page faults, and those of waited-for children are field 11 of /proc/<pid>/stat.
bool had_children(pid_t pid) {
  char path[64];
  char text[1024];
  std::snprintf(path, sizeof path, "/proc/%d/stat", pid);
  if (read_text(path, text, sizeof text) <= 0) return true;
  const char* at = std::strrchr(text, ')');  // the name before it may hold anything
  for (int field = 2; at != nullptr && field < 11; ++field) at = std::strchr(at + 1, ' ');
  return at == nullptr || std::strtoll(at, nullptr, 10) > 0;
}

std::int64_t run_delay_since(const Spawned& leader) {
  if (had_children(leader.pid)) return kUnknown;
  char path[64];
  char text[128];
  std::snprintf(path, sizeof path, "/proc/%d/schedstat", leader.pid);
  if (read_text(path, text, sizeof text) <= 0) return kUnknown;
  const std::int64_t before = run_delay(leader.schedstat_before);
  const std::int64_t total = run_delay(text);
  return before == kUnknown || total == kUnknown ? kUnknown : total - before;
}

std::int64_t nanoseconds(const timeval& time) {
  return (std::int64_t{time.tv_sec} * 1'000'000 + time.tv_usec) * 1'000;
}

void fill_from_rusage(const rusage& total, const rusage& before, Usage& usage) {
  usage.cpu_time_ns = nanoseconds(total.ru_utime) + nanoseconds(total.ru_stime) -
                      nanoseconds(before.ru_utime) - nanoseconds(before.ru_stime);
  usage.peak_rss_bytes = std::int64_t{total.ru_maxrss} * 1024;
  usage.minor_faults = total.ru_minflt - before.ru_minflt;
  usage.major_faults = total.ru_majflt - before.ru_majflt;
  usage.voluntary_switches = total.ru_nvcsw - before.ru_nvcsw;
  usage.involuntary_switches = total.ru_nivcsw - before.ru_nivcsw;
}

}  // namespace

void keep_own_io() { own_io = open("/proc/self/io", O_RDONLY | O_CLOEXEC); }

int reap(const Spawned& leader, Usage& usage) {
  usage.run_delay_ns = run_delay_since(leader);
  if (own_io < 0) keep_own_io();
  const int fd = own_io;
  const IoCounters first = read_io(fd);
  int status = 0;
  rusage total{};
  wait4(leader.pid, &status, 0, &total);
  const IoCounters second = read_io(fd);
  fill_from_rusage(total, leader.before, usage);
  if (first.known && second.known) {
    // The first reading itself was counted after it was made.
    usage.rchar_bytes = second.rchar - first.rchar - first.text_size - leader.bytes_read;
    usage.wchar_bytes = second.wchar - first.wchar - leader.bytes_written;
    usage.read_bytes = second.read_bytes - first.read_bytes;
    usage.write_bytes = second.write_bytes - first.write_bytes;
  }
  return status;
}

}  // namespace melisai::exec
