#include "core/exec/workload.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>

#include "core/exec/children.h"
#include "core/exec/clock.h"
#include "core/exec/pid_list.h"
#include "core/exec/report.h"

namespace melisai::exec {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kKillWait = 5'000 * kMillisecond;     // from SIGKILL to the end of a process
constexpr std::int64_t kDrainWait = 500 * kMillisecond;      // for output that is still in a pipe
constexpr std::int64_t kCgroupWait = 2'000 * kMillisecond;   // for an empty cgroup to be removable
constexpr std::int64_t kHoldBefore = 60'000 * kMillisecond;  // for the caller to let it begin
constexpr std::int64_t kHoldAfter = 30'000 * kMillisecond;   // and to let its leader be reaped
constexpr std::int64_t kSamplePeriod = 5 * kMillisecond;     // between two counts of threads

// Sleeps until a descriptor is ready or `when` (CLOCK_MONOTONIC).
void poll_until(pollfd* fds, nfds_t count, std::int64_t when) {
  const std::int64_t left = std::max<std::int64_t>(when - monotonic_ns(), 0);
  const timespec timeout{left / 1'000'000'000, left % 1'000'000'000};
  ppoll(fds, count, &timeout, nullptr);
}

bool ready(const pollfd& fd) { return fd.fd >= 0 && fd.revents != 0; }

}  // namespace

bool Workload::fail(const char* stage, int error) {
  outcome_.failed_stage = stage;
  outcome_.error = error;
  return false;
}

Outcome Workload::run() {
  if (prepare() && start()) {
    if (wait_for_leader()) clean_up();
    if (options_.sandbox && outcome_.failed_stage == nullptr) take_inside_outcome();
  }
  stdout_.close_write_end();
  stderr_.close_write_end();
  drain_rest();
  stdout_.finish();
  stderr_.finish();
  outcome_.output_dropped = stdout_.dropped() + stderr_.dropped();
  outcome_.output_error = stdout_.error() != 0 ? stdout_.error() : stderr_.error();
  outcome_.memory_limit = limits_.memory();
  outcome_.cpu_limit = limits_.cpus();
  outcome_.memory_exceeded = limits_.memory_exceeded(cgroup_);
  outcome_.processes_limit = limits_.processes();
  outcome_.processes_exceeded = limits_.processes_exceeded(cgroup_);
  const std::int64_t until = monotonic_ns() + kCgroupWait;
  cgroup_.remove(until);
  limits_.remove(until);
  return outcome_;
}

bool Workload::prepare() {
  sigset_t signals;
  sigfillset(&signals);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGCHLD}) sigaddset(&signals, number);
  signal_fd_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signal_fd_ < 0) return fail("signals", errno);
  // Daemons become our children when their parents end, so that none is out of reach.
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  keep_own_io();
  if (options_.mask && !take_patterns()) return fail("mask", errno);
  const MaskPatterns* patterns = options_.mask ? &patterns_ : nullptr;
  const char* to = options_.stdout_file;
  if (const int error = stdout_.open(to, options_.output_max, patterns))
    return fail("stdout", error);
  one_output_ = to[0] != '\0' && std::strcmp(to, options_.stderr_file) == 0;
  if (one_output_) return true;
  const int error = stderr_.open(options_.stderr_file, options_.output_max, patterns);
  return error == 0 || fail("stderr", error);
}

// By a descriptor, because everybody may read arguments, and the workload its environment. It has
// our user, unless we are root: when it begins the file is empty, whoever has it open still, and
// our memory can be read by root only.
bool Workload::take_patterns() {
  struct stat status {};
  if (fstat(STDIN_FILENO, &status) != 0) return false;
  const auto size = static_cast<std::size_t>(status.st_size);
  errno = EINVAL;
  if (size == 0 || size > kMaskBlockMax) return false;
  auto* block = static_cast<char*>(std::malloc(size));  // for as long as we live
  if (block == nullptr) return false;
  if (prctl(PR_SET_DUMPABLE, 0) != 0) return false;
  errno = EINVAL;
  if (pread(STDIN_FILENO, block, size, 0) != static_cast<ssize_t>(size)) return false;
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing < 0 || ftruncate(STDIN_FILENO, 0) != 0 || dup2(nothing, STDIN_FILENO) < 0)
    return false;
  close(nothing);
  errno = EINVAL;
  return patterns_.open(block, size);
}

// One name for all, so that whoever finds one of them knows the others.
void Workload::make_cgroups() {
  char name[64];
  std::snprintf(name, sizeof name, "melisai-gate-%d-%llx", getpid(),
                static_cast<unsigned long long>(monotonic_ns()));
  limits_.prepare(cgroup_, name);
}

bool Workload::start() {
  static ProgramPath program;
  if (const int error = find_program(options_.workload[0], options_.cwd, program)) {
    return fail("exec", error);
  }
  SpawnRequest request;
  request.stdin_fd = open(options_.stdin_file, O_RDONLY | O_CLOEXEC);
  if (request.stdin_fd < 0) return fail("stdin", errno);
  if (options_.cgroup) make_cgroups();
  request.path = program.text;
  request.argv = options_.workload;
  request.environment = environ;
  if (options_.sandbox) {
    static char* const nothing[] = {nullptr};
    if (const int error = inside_.open(environ)) return fail("sandbox", error);
    request.environment = nothing;
    request.inside_report_fd = inside_.report_end();
    request.inside_environment_fd = inside_.environment_end();
  }
  request.cwd = options_.cwd;
  request.stdout_fd = stdout_.write_end();
  request.stderr_fd = one_output_ ? stdout_.write_end() : stderr_.write_end();
  request.cgroup_fd = cgroup_.fd();
  request.cgroup_procs_fd = cgroup_.procs_fd();
  request.limits = &limits_;
  request.cpus = options_.pin ? &options_.cpus : nullptr;
  request.context = this;
  request.about_to_begin = [](void* self, pid_t pid, bool joined_cgroup) {
    return static_cast<const Workload*>(self)->report_leader(pid, joined_cgroup);
  };
  if (options_.hold) {
    request.may_begin = [](void* self, const Spawned& held) {
      return static_cast<Workload*>(self)->may_begin(held);
    };
  }
  leader_ = spawn(request);
  // Our environment may be that of an attempt, with what no stage shall see. Not before: a workload
  // that is held shares our memory, and collectors of our user look at it.
  prctl(PR_SET_DUMPABLE, 0);
  close(request.stdin_fd);
  if (options_.sandbox) inside_.close_ends();
  stdout_.close_write_end();
  stderr_.close_write_end();
  if (leader_.failed_stage != nullptr) return fail(leader_.failed_stage, leader_.error);
  outcome_.in_cgroup = leader_.joined_cgroup;
  deadline_ = leader_.started_ns + options_.timeout_ms * kMillisecond;
  next_sample_ = options_.count_tasks ? leader_.started_ns : INT64_MAX;
  return true;
}

int Workload::report_leader(pid_t pid, bool joined_cgroup) const {
  return report_started(caller_.result_fd, pid,
                        {.own = joined_cgroup ? cgroup_.path() : "",
                         .memory = limits_.memory_path(),
                         .cpu = limits_.cpu_path(),
                         .processes = limits_.processes_path()});
}

HoldResult Workload::hold(Hold when) {
  const bool running = when == Hold::before_begin;
  const int leader_fd = running ? leader_.pidfd : -1;
  const std::int64_t until = monotonic_ns() + (running ? kHoldBefore : kHoldAfter);
  for (;;) {
    pollfd fds[] = {
        {leader_fd, POLLIN, 0}, {signal_fd_, POLLIN, 0}, {caller_.control_fd, POLLIN, 0}};
    poll_until(fds, std::size(fds), until);
    if (ready(fds[0])) return HoldResult::leader_ended;
    if (ready(fds[1]) && signalled_to_stop()) return HoldResult::signalled;
    if (ready(fds[2])) {
      char byte = 0;
      if (read(caller_.control_fd, &byte, 1) != 1) return HoldResult::caller_is_gone;
      // The word for the other hold is late: a signal had ended that one.
      if (byte == static_cast<char>(when)) return HoldResult::caller_is_done;
    }
    if (monotonic_ns() >= until) return HoldResult::timed_out;
  }
}

// The caller sees the leader before its first instruction. Nothing of the workload has run yet, so
// that whatever else happens now needs no grace.
bool Workload::may_begin(const Spawned& held) {
  leader_ = held;
  report_leader(held.pid, held.joined_cgroup);
  switch (hold(Hold::before_begin)) {
    case HoldResult::caller_is_done: return true;
    case HoldResult::leader_ended: break;
    case HoldResult::timed_out: fail("hold", ETIMEDOUT); break;
    case HoldResult::caller_is_gone:
    case HoldResult::signalled: outcome_.end = End::interrupted; break;
  }
  return false;
}

bool Workload::wait_for_leader() {
  int caller = caller_.result_fd;
  for (;;) {
    pollfd fds[] = {{leader_.pidfd, POLLIN, 0},
                    {signal_fd_, POLLIN, 0},
                    {caller, 0, 0},
                    {stdout_.read_end(), POLLIN, 0},
                    {stderr_.read_end(), POLLIN, 0}};
    poll_until(fds, std::size(fds), std::min(deadline_, next_sample_));
    const std::int64_t now = monotonic_ns();  // first of all: it may be the end of the wall time
    if (ready(fds[0])) {
      outcome_.usage.wall_time_ns = now - leader_.started_ns;
      return true;
    }
    if (ready(fds[1]) && signalled_to_stop()) stop(End::interrupted);
    if (ready(fds[2])) {  // the caller was killed: no grace, nobody is left to wait for it
      caller = -1;
      outcome_.end = End::interrupted;
      kill_phase(now);
    }
    if (ready(fds[3])) stdout_.drain();
    if (ready(fds[4])) stderr_.drain();
    if (now >= next_sample_) sample_tasks();
    if (now >= deadline_ && !on_deadline(now)) return false;
  }
}

bool Workload::signalled_to_stop() {
  bool stop = false;
  signalfd_siginfo signal;
  while (read(signal_fd_, &signal, sizeof signal) == sizeof signal) {
    if (signal.ssi_signo == SIGCHLD) {
      reap_orphans(leader_.pid);
    } else {
      stop = true;
    }
  }
  return stop;
}

void Workload::sample_tasks() {
  outcome_.usage.tasks_max = std::max<std::int64_t>(outcome_.usage.tasks_max, most_threads());
  next_sample_ = monotonic_ns() + kSamplePeriod;
}

bool Workload::on_deadline(std::int64_t now) {
  switch (phase_) {
    case Phase::running: stop(End::timed_out); return true;
    case Phase::asked_to_stop: kill_phase(now); return true;
    case Phase::killed: break;
  }
  return fail("kill", ETIMEDOUT);
}

void Workload::stop(End why) {
  outcome_.end = why;
  if (phase_ != Phase::running) return;
  phase_ = Phase::asked_to_stop;
  deadline_ = monotonic_ns() + options_.grace_ms * kMillisecond;
  static PidList others;
  if (outcome_.in_cgroup) {
    cgroup_.list(others);
  } else {
    list_descendants(others);
  }
  // Bubblewrap would take all down with it, without grace.
  if (!options_.sandbox) kill(-leader_.pid, SIGTERM);
  others.signal(SIGTERM, leader_.pid);
}

void Workload::kill_phase(std::int64_t now) {
  if (phase_ != Phase::killed) deadline_ = now + kKillWait;
  phase_ = Phase::killed;
  kill_everyone();
}

void Workload::kill_everyone() {
  kill(-leader_.pid, SIGKILL);
  if (outcome_.in_cgroup) cgroup_.kill_all();
}

// The leader is a zombie until it is reaped, so that its process group cannot be somebody else's.
void Workload::clean_up() {
  const int in_cgroup = outcome_.in_cgroup ? cgroup_.count(leader_.pid) : 0;
  outcome_.stray_processes = std::max(in_cgroup, count_descendants(leader_.pid));
  kill_everyone();  // what is in neither falls to kill_descendants
  if (options_.hold && outcome_.failed_stage == nullptr) hold_zombie();
  outcome_.status = reap(leader_, outcome_.usage);
  if (!kill_descendants(monotonic_ns() + kKillWait)) fail("kill", ETIMEDOUT);
}

// What bubblewrap says of itself is replaced by what the workload did. An end that we brought about
// may have come before it could be told.
void Workload::take_inside_outcome() {
  static InsideOutcome inside;
  switch (inside_.read_outcome(outcome_.usage.wall_time_ns, inside)) {
    case Inside::Said::all: break;
    case Inside::Said::nothing:
      if (outcome_.end == End::own) fail("sandbox", 0);
      return;
    case Inside::Said::began:  // the workload has killed who counts for it, or we have
      if (outcome_.end == End::own) outcome_.status = SIGKILL;
      return;
  }
  if (inside.failed_stage[0] != '\0') {
    if (outcome_.end == End::own) fail(inside.failed_stage, inside.error);
    return;
  }
  const std::int64_t tasks_max = outcome_.usage.tasks_max;
  outcome_.usage = inside.usage;
  outcome_.usage.tasks_max = tasks_max;
  outcome_.status = inside.status;
  outcome_.stray_processes = inside.stray_processes;
}

// The caller sees the zombie of the leader, with all that the kernel knows of it, and nothing else.
void Workload::hold_zombie() {
  if (!kill_all_but(leader_.pid, monotonic_ns() + kKillWait)) return;  // clean_up says so
  report_ended(caller_.result_fd);
  hold(Hold::after_end);
}

// Everything that could write has been killed; what is in the pipes is there already.
void Workload::drain_rest() {
  const std::int64_t until = monotonic_ns() + kDrainWait;
  while ((stdout_.read_end() >= 0 || stderr_.read_end() >= 0) && monotonic_ns() < until) {
    pollfd fds[] = {{stdout_.read_end(), POLLIN, 0}, {stderr_.read_end(), POLLIN, 0}};
    poll_until(fds, std::size(fds), until);
    if (ready(fds[0])) stdout_.drain();
    if (ready(fds[1])) stderr_.drain();
  }
}

}  // namespace melisai::exec
