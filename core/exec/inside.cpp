#include "core/exec/inside.h"

#include <fcntl.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iterator>

#include "core/exec/children.h"
#include "core/exec/clock.h"

namespace melisai::exec {
namespace {

constexpr char kBegan = 'b';
constexpr std::int64_t kKillWait = 5'000'000'000;

int fail(InsideOutcome& outcome, const char* stage, int error) {
  std::strncpy(outcome.failed_stage, stage, sizeof outcome.failed_stage - 1);
  outcome.error = error;
  return 1;
}

// NUL after NUL, as /proc/<pid>/environ has it.
int take_environment() {
  struct stat status {};
  if (fstat(kInsideEnvironmentFd, &status) != 0) return errno;
  const auto size = static_cast<std::size_t>(status.st_size);
  char* text = nullptr;
  if (size > 0) {
    void* mapped =
        mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, kInsideEnvironmentFd, 0);
    if (mapped == MAP_FAILED) return errno;
    text = static_cast<char*>(mapped);
    if (text[size - 1] != '\0') return EINVAL;
  }
  close(kInsideEnvironmentFd);
  const auto count = static_cast<std::size_t>(std::count(text, text + size, '\0'));
  auto** table = static_cast<char**>(std::calloc(count + 1, sizeof(char*)));
  if (table == nullptr) return ENOMEM;
  for (std::size_t i = 0; i < count; ++i, text += std::strlen(text) + 1) table[i] = text;
  environ = table;
  return 0;
}

// Namespaces do not divide session keyrings: what the workload leaves in ours would be for every
// other one. EPERM: a filter forbids the call, also to the workload.
int leave_session_keyring() {
  const bool left = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr) >= 0;
  return left || errno == ENOSYS || errno == EPERM ? 0 : errno;
}

// Whoever stops the workload is outside and does not need our help.
int open_child_signals() {
  sigset_t signals;
  sigfillset(&signals);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

int start(const Options& options, Spawned& leader, InsideOutcome& outcome) {
  static ProgramPath program;
  if (const int error = find_program(options.workload[0], options.cwd, program)) {
    return fail(outcome, "exec", error);
  }
  SpawnRequest request;
  request.path = program.text;
  request.argv = options.workload;
  request.environment = environ;
  request.cwd = options.cwd;
  request.stdin_fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
  request.stdout_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  request.stderr_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (request.stdin_fd < 0 || request.stdout_fd < 0 || request.stderr_fd < 0) {
    return fail(outcome, "stdio", errno);
  }
  request.about_to_begin = [](void*, pid_t, bool) {
    return static_cast<int>(write(kInsideReportFd, &kBegan, 1));
  };
  leader = spawn(request);
  if (leader.failed_stage != nullptr) return fail(outcome, leader.failed_stage, leader.error);
  return 0;
}

std::int64_t wait_for(const Spawned& leader, int signal_fd) {
  for (;;) {
    pollfd fds[] = {{leader.pidfd, POLLIN, 0}, {signal_fd, POLLIN, 0}};
    poll(fds, std::size(fds), -1);
    const std::int64_t now = monotonic_ns();  // first of all: it may be the end of the wall time
    if (fds[0].revents != 0) return now;
    signalfd_siginfo signal;
    while (read(signal_fd, &signal, sizeof signal) == sizeof signal) {
    }
    reap_orphans(leader.pid);
  }
}

bool is_name(const char (&text)[16]) {
  const auto* end = std::find(text, text + sizeof text, '\0');
  return end != text + sizeof text &&
         std::all_of(text, end, [](char c) { return c >= 'a' && c <= 'z'; });
}

bool is_possible(const InsideOutcome& outcome, std::int64_t wall_time_max_ns) {
  const Usage& usage = outcome.usage;
  const std::int64_t counters[] = {usage.cpu_time_ns,        usage.peak_rss_bytes,
                                   usage.minor_faults,       usage.major_faults,
                                   usage.voluntary_switches, usage.involuntary_switches};
  const std::int64_t known[] = {usage.rchar_bytes, usage.wchar_bytes, usage.read_bytes,
                                usage.write_bytes, usage.run_delay_ns};
  return outcome.magic == InsideOutcome::kMagic && is_name(outcome.failed_stage) &&
         outcome.stray_processes >= 0 && usage.wall_time_ns >= 0 &&
         usage.wall_time_ns <= wall_time_max_ns && usage.tasks_max == kUnknown &&
         std::all_of(std::begin(counters), std::end(counters), [](auto n) { return n >= 0; }) &&
         std::all_of(std::begin(known), std::end(known), [](auto n) { return n >= kUnknown; });
}

}  // namespace

int run_inside(const Options& options) {
  // The workload has our user and our namespaces: without this it could write our report.
  InsideOutcome outcome;
  keep_own_io();
  prctl(PR_SET_DUMPABLE, 0);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  fcntl(kInsideReportFd, F_SETFD, FD_CLOEXEC);
  const int signal_fd = open_child_signals();
  Spawned leader;
  int failed = signal_fd < 0 ? fail(outcome, "signals", errno) : 0;
  if (const int error = failed == 0 ? take_environment() : 0) {
    failed = fail(outcome, "environment", error);
  }
  if (const int error = failed == 0 ? leave_session_keyring() : 0) {
    failed = fail(outcome, "keyring", error);
  }
  limit_processes_of_namespace(options.limits.processes_max);
  if (failed == 0) failed = start(options, leader, outcome);
  if (failed == 0) {
    const std::int64_t ended = wait_for(leader, signal_fd);
    outcome.stray_processes = count_descendants(leader.pid);
    outcome.status = reap(leader, outcome.usage);
    outcome.usage.wall_time_ns = ended - leader.started_ns;
    if (!kill_descendants(monotonic_ns() + kKillWait)) failed = fail(outcome, "kill", ETIMEDOUT);
  }
  const bool sent = write(kInsideReportFd, &outcome, sizeof outcome) == sizeof outcome;
  return sent ? failed : 1;
}

int Inside::open(char* const* environment) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return errno;
  report_read_ = ends[0];
  // Away from the numbers that they get in the child.
  report_write_ = ends[1];
  environment_ = memfd_create("environment", MFD_CLOEXEC);
  if (environment_ < 0) return errno;
  for (; *environment != nullptr; ++environment) {
    const std::size_t size = std::strlen(*environment) + 1;
    if (write(environment_, *environment, size) != static_cast<ssize_t>(size)) return ENOSPC;
  }
  return 0;
}

void Inside::close_ends() {
  close(report_write_);
  close(environment_);
  report_write_ = environment_ = -1;
}

Inside::Said Inside::read_outcome(std::int64_t wall_time_max_ns, InsideOutcome& outcome) {
  char bytes[1 + sizeof outcome + 1];  // one more shows whether somebody else wrote too
  const ssize_t size = read(report_read_, bytes, sizeof bytes);
  // A workload that could not be started did not begin, and that is all there is to say.
  const bool began = size > 0 && bytes[0] == kBegan;
  const bool whole = size == static_cast<ssize_t>(sizeof outcome) + (began ? 1 : 0);
  if (whole) std::memcpy(&outcome, bytes + (began ? 1 : 0), sizeof outcome);
  if (whole && is_possible(outcome, wall_time_max_ns) && (began || outcome.failed_stage[0] != '\0'))
    return Said::all;
  return began ? Said::began : Said::nothing;
}

}  // namespace melisai::exec
