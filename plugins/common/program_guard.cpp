#include "plugins/common/program_guard.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <ctime>

namespace melisai::plugins {
namespace {

constexpr int kReadsAfterEndMax = 1024;  // of what lies in a pipe: far more than one can hold
constexpr unsigned kDescriptorsMax = 1u << 20;

struct Guard {
  const GuardRequest& request;
  GuardReport& report;
  pid_t child = -1;
  bool reaped = false;
  int output = -1;  // read ends; -1 after the end of the stream
  int errors = -1;
  std::size_t stored = 0;
};

[[noreturn]] void end_with(GuardReport& report, const char* stage) {
  report.error = errno;
  report.failed_stage = stage;
  _exit(127);
}

void pause_briefly() {
  const timespec pause{0, 200'000};
  nanosleep(&pause, nullptr);
}

void close_between(unsigned first, unsigned last) {
  if (first > last || syscall(SYS_close_range, first, last, 0) == 0) return;
  rlimit limit{};  // kernels before 5.9 have no close_range
  getrlimit(RLIMIT_NOFILE, &limit);
  const auto end = static_cast<unsigned>(std::min<rlim_t>(limit.rlim_cur, kDescriptorsMax));
  for (unsigned fd = first; fd < end && fd <= last; ++fd) close(static_cast<int>(fd));
}

// Who holds the collector's stdin, stdout or pipes would hide its death from others.
void close_all_but(std::array<int, 4> kept) {
  std::sort(kept.begin(), kept.end());
  unsigned first = 0;
  for (const int fd : kept) {
    if (fd < 0) continue;
    if (fd > 0) close_between(first, static_cast<unsigned>(fd) - 1);
    first = static_cast<unsigned>(fd) + 1;
  }
  close_between(first, ~0U);
}

void reset_all_signals() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number <= SIGRTMAX; ++number) sigaction(number, &standard, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void become_program(const GuardRequest& request, GuardReport& report, pid_t guard,
                                 int output, int errors) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != guard) _exit(127);
  setpgid(0, 0);
  if (dup2(output, 1) < 0 || dup2(errors, 2) < 0) end_with(report, "connect the output of");
  // All that the guard has is close-on-exec, but an interpreter opens its script by number.
  if (request.script >= 0 && fcntl(request.script, F_SETFD, 0) < 0)
    end_with(report, "hand over the script of");
  if (chdir("/") != 0) end_with(report, "change to / for");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) end_with(report, "bar new privileges of");
  reset_all_signals();
  syscall(SYS_execveat, request.program, "", request.arguments, request.environment, AT_EMPTY_PATH);
  end_with(report, "execute");
}

void start(Guard& guard) {
  int output[2];
  int errors[2];
  if (pipe2(output, O_CLOEXEC) != 0 || pipe2(errors, O_CLOEXEC) != 0)
    end_with(guard.report, "make pipes for");
  const pid_t self = getpid();
  guard.child = fork();
  if (guard.child == 0) become_program(guard.request, guard.report, self, output[1], errors[1]);
  if (guard.child < 0) end_with(guard.report, "fork for");
  setpgid(guard.child, guard.child);  // it does so too; one of us is the first
  close(output[1]);
  close(errors[1]);
  guard.output = output[0];
  guard.errors = errors[0];
  fcntl(guard.output, F_SETFL, O_NONBLOCK);
  fcntl(guard.errors, F_SETFL, O_NONBLOCK);
}

void store_output(Guard& guard, const char* data, std::size_t size) {
  const std::size_t kept = std::min(size, guard.request.output_max - guard.stored);
  std::size_t done = 0;
  while (done < kept) {
    const ssize_t written = write(guard.request.output, data + done, kept - done);
    if (written <= 0) break;
    done += static_cast<std::size_t>(written);
  }
  guard.stored += done;
  if (done < size) guard.report.truncated = true;
}

void store_errors(Guard& guard, const char* data, std::size_t size) {
  const std::size_t tail_max = guard.request.tail_max;
  for (std::size_t i = 0; i < size && tail_max > 0; ++i)
    guard.request.tail[guard.report.tail_seen++ % tail_max] = data[i];
}

// One read. False when there is nothing more to read now.
template <class Store>
bool drain(int& fd, Store store) {
  static char buffer[64 << 10];
  if (fd < 0) return false;
  const ssize_t size = read(fd, buffer, sizeof buffer);
  if (size > 0) {
    store(buffer, static_cast<std::size_t>(size));
    return true;
  }
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  close(fd);
  fd = -1;
  return false;
}

bool drain_output(Guard& guard) {
  return drain(guard.output, [&](const char* d, std::size_t n) { store_output(guard, d, n); });
}

bool drain_errors(Guard& guard) {
  return drain(guard.errors, [&](const char* d, std::size_t n) { store_errors(guard, d, n); });
}

int wait_ms(std::int64_t until_ns) {
  const std::int64_t left = until_ns - guard_clock_ns();
  if (left <= 0) return 0;
  return static_cast<int>(std::min<std::int64_t>((left + 999'999) / 1'000'000, INT_MAX));
}

// Until the program has ended or has to be killed.
void watch(Guard& guard, int ended) {
  enum : std::size_t { output, errors, program, control };
  std::int64_t next_ns = guard.request.deadline_ns;
  const auto interrupt = [&] {
    guard.report.interrupted = true;
    kill(-guard.child, SIGINT);
    next_ns = guard_clock_ns() + guard.request.grace_ns;
  };
  for (bool asked = false;;) {
    std::array<pollfd, 4> waiting = {pollfd{guard.output, POLLIN, 0},
                                     pollfd{guard.errors, POLLIN, 0}, pollfd{ended, POLLIN, 0},
                                     pollfd{guard.request.control, POLLIN, 0}};
    poll(waiting.data(), waiting.size(), wait_ms(next_ns));
    if (waiting[program].revents != 0) return;
    if (waiting[control].revents != 0) {
      char byte = 0;
      if (read(guard.request.control, &byte, 1) != 1) return;
      asked = true;
    }
    if (guard_clock_ns() >= next_ns) {
      if (guard.report.interrupted) return;
      guard.report.timed_out = true;
      asked = true;
    }
    if (asked && !guard.report.interrupted) interrupt();
    if (waiting[output].revents != 0) drain_output(guard);
    if (waiting[errors].revents != 0) drain_errors(guard);
  }
}

// As their subreaper we become the parent of whatever loses its own.
void kill_children() {
  const int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  char text[4096];
  const ssize_t size = read(fd, text, sizeof text);
  close(fd);
  pid_t pid = 0;
  for (ssize_t i = 0; i < size; ++i) {
    if (text[i] >= '0' && text[i] <= '9') {
      pid = pid * 10 + (text[i] - '0');
    } else {  // a blank behind each: a number that was cut has none
      if (pid > 0) kill(pid, SIGKILL);
      pid = 0;
    }
  }
}

// Nothing that the program started outlives it, not even what left its group and its session.
void clear(Guard& guard) {
  kill(-guard.child, SIGKILL);  // the leader is not reaped yet, so its number is still its own
  const std::int64_t until_ns = guard_clock_ns() + kGuardClearNs;
  for (;;) {
    kill_children();
    int status = 0;
    pid_t ended = 0;
    while ((ended = waitpid(-1, &status, WNOHANG)) > 0)
      if (ended == guard.child) guard.report.status = status;
    if (ended < 0) return;
    if (guard_clock_ns() >= until_ns) {
      guard.report.left_behind = true;
      return;
    }
    pause_briefly();
  }
}

}  // namespace

std::int64_t guard_clock_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void guard_program(const GuardRequest& request, GuardReport& report) {
  close_all_but({request.program, request.script, request.output, request.control});
  // The lowest free numbers, 0 to 2: whatever is opened later is above them.
  for (int fd = 0; fd <= 2; ++fd)
    if (open("/dev/null", O_RDWR) != fd) end_with(report, "open /dev/null for");
  // Where it was ignored, no child could be waited for.
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  sigaction(SIGCHLD, &standard, nullptr);
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  setsid();  // what ends the collector's group must leave us time to clear up
  Guard guard{request, report};
  start(guard);
  const int ended = static_cast<int>(syscall(SYS_pidfd_open, guard.child, 0));
  if (ended >= 0) watch(guard, ended);
  const int error = errno;
  clear(guard);
  for (int i = 0; i < kReadsAfterEndMax && drain_output(guard); ++i) {
  }
  for (int i = 0; i < kReadsAfterEndMax && drain_errors(guard); ++i) {
  }
  errno = error;
  if (ended < 0) end_with(report, "watch");
  report.done = true;
  _exit(0);
}

}  // namespace melisai::plugins
