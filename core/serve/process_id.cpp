#include "core/serve/process_id.h"

#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <charconv>
#include <chrono>

#include "core/base/clock.h"
#include "core/base/fd.h"

namespace melisai::serve {
namespace {

constexpr Milliseconds kPause{5};
constexpr Milliseconds kKillMax{5'000};
constexpr int kState = 3;  // fields of /proc/<pid>/stat, from 1
constexpr int kStartTime = 22;

// Files of /proc say that they are empty, so they are read until they end.
std::string read_small(const std::string& path) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char buffer[4096];
  const ssize_t got = fd.get() < 0 ? -1 : read(fd.get(), buffer, sizeof buffer);
  return got <= 0 ? "" : std::string(buffer, static_cast<std::size_t>(got));
}

// From that field on; "" when there is no such process.
std::string stat_from(std::int64_t pid, int field) {
  const std::string stat = read_small("/proc/" + std::to_string(pid) + "/stat");
  // The name (field 2) may hold spaces and parentheses; it ends with the last one.
  std::size_t at = stat.rfind(')');
  for (int i = 2; i < field && at != std::string::npos; ++i) at = stat.find(' ', at + 1);
  return at == std::string::npos ? "" : stat.substr(at + 1);
}

// Dead, but nobody has asked how it ended: in a container without an init that is for ever.
bool is_zombie(std::int64_t pid) { return stat_from(pid, kState).starts_with('Z'); }

bool wait_until_dead(const Attempt& attempt, Milliseconds limit) {
  const SystemClock clock;
  const auto deadline = clock.monotonic() + limit;
  while (is_alive(attempt)) {
    if (clock.monotonic() >= deadline) return false;
    const timespec pause{.tv_sec = 0, .tv_nsec = std::chrono::nanoseconds(kPause).count()};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, nullptr);
  }
  return true;
}

// Everything in it, whatever it did with sessions and process groups.
void kill_cgroup(const std::string& directory) {
  if (directory.empty()) return;
  const Fd fd(open((directory + "/cgroup.kill").c_str(), O_WRONLY | O_CLOEXEC));
  if (fd.get() >= 0) [[maybe_unused]]
    const ssize_t ignored = write(fd.get(), "1", 1);
}

}  // namespace

std::string boot_id() {
  std::string id = read_small("/proc/sys/kernel/random/boot_id");
  while (!id.empty() && id.back() == '\n') id.pop_back();
  return id;
}

std::int64_t start_time_of(std::int64_t pid) {
  const std::string text = stat_from(pid, kStartTime);
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool is_alive(const Attempt& attempt) {
  return attempt.pid > 0 && attempt.boot_id == boot_id() &&
         start_time_of(attempt.pid) == attempt.start_time && !is_zombie(attempt.pid);
}

bool wait_for_end(const Attempt& attempt, Milliseconds patience) {
  if (wait_until_dead(attempt, patience)) return true;
  kill_cgroup(attempt.cgroup);
  if (is_alive(attempt)) kill(static_cast<pid_t>(attempt.pid), SIGKILL);
  return wait_until_dead(attempt, kKillMax);
}

}  // namespace melisai::serve
