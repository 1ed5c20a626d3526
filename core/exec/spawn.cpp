#include "core/exec/spawn.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/exec/clock.h"
#include "core/exec/clone_into.h"
#include "core/exec/inside.h"

namespace melisai::exec {
namespace {

constexpr std::size_t kStackBytes = 32 << 10;

// Shared with the child, which runs in our memory until execve.
struct Shared {
  const SpawnRequest* request;
  pid_t parent;
  Spawned* result;
  int hold_fd;   // -1: execve at once
  pid_t caller;  // of our parent
};

// Only async-signal-safe calls from here on: we are a second process in our parent's memory.
[[noreturn]] void fail(const Shared& shared, const char* stage) {
  shared.result->error = errno;
  shared.result->failed_stage = stage;
  _exit(127);
}

void reset_signals() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number <= SIGRTMAX; ++number) sigaction(number, &standard, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Until our parent says go, for collectors to take their places. Where Yama lets ancestors only
// trace (kernel.yama.ptrace_scope 1), what our caller has started may trace us too; elsewhere this
// call is not known. Not when our caller has gone: our parent's parent is above everybody then.
// We need not watch for our parent's death, which is ours.
void hold(const Shared& shared) {
  if (shared.caller > 1) prctl(PR_SET_PTRACER, static_cast<unsigned long>(shared.caller), 0, 0, 0);
  char byte = 0;
  if (write(shared.hold_fd, "r", 1) != 1 || read(shared.hold_fd, &byte, 1) != 1) _exit(127);
  // Who traces us by now may go on; nobody else may begin.
  if (shared.caller > 1) prctl(PR_SET_PTRACER, 0, 0, 0, 0);
  shared.result->bytes_written += 1;
  shared.result->bytes_read += 1;
}

// Setting up is not part of what the workload costs.
void note_costs_so_far(Spawned& result) {
  const int fd = open("/proc/self/schedstat", O_RDONLY | O_CLOEXEC);
  const ssize_t size = read(fd, result.schedstat_before, sizeof result.schedstat_before - 1);
  if (size > 0) result.bytes_read += static_cast<int>(size);
  getrusage(RUSAGE_SELF, &result.before);
  result.started_ns = monotonic_ns();
}

int child_main(void* argument) {
  const Shared& shared = *static_cast<const Shared*>(argument);
  const SpawnRequest& request = *shared.request;
  // If we are killed, nothing would enforce the deadline any more. We have one thread, so its end
  // is the process's end.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != shared.parent) _exit(127);
  if (setsid() < 0) fail(shared, "session");
  if (!shared.result->joined_cgroup && request.cgroup_procs_fd >= 0) {
    shared.result->joined_cgroup = write(request.cgroup_procs_fd, "0", 1) == 1;
    shared.result->bytes_written = shared.result->joined_cgroup ? 1 : 0;
  }
  if (request.limits != nullptr)
    shared.result->bytes_written += request.limits->apply_to_self(shared.result->joined_cgroup);
  if (dup2(request.stdin_fd, 0) < 0 || dup2(request.stdout_fd, 1) < 0 ||
      dup2(request.stderr_fd, 2) < 0) {
    fail(shared, "stdio");
  }
  // All our own descriptors are close-on-exec; this is for what we inherited. Kernels before 5.11
  // do not know it.
  syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
  if (request.cwd[0] != '\0' && chdir(request.cwd) < 0) fail(shared, "cwd");
  if (request.cpus != nullptr && sched_setaffinity(0, sizeof(cpu_set_t), request.cpus) < 0) {
    fail(shared, "affinity");
  }
  reset_signals();
  if (shared.hold_fd >= 0) {
    hold(shared);
  } else {
    shared.result->bytes_written +=
        request.about_to_begin(request.context, getpid(), shared.result->joined_cgroup);
  }
  // Last, because these numbers may be those of descriptors that were needed until here.
  if (request.inside_report_fd >= 0 &&
      (dup2(request.inside_report_fd, kInsideReportFd) < 0 ||
       dup2(request.inside_environment_fd, kInsideEnvironmentFd) < 0)) {
    fail(shared, "stdio");
  }
  note_costs_so_far(*shared.result);
  execve(request.path, request.argv, request.environment);
  // A program that is there and yet "not found" names an interpreter or a dynamic loader that is
  // not.
  const int error = errno;
  const bool there = error == ENOENT && access(request.path, F_OK) == 0;
  errno = error;
  fail(shared, there ? "interpreter" : "exec");
}

// The parent's side of a child that is held. The child runs in our memory until execve, errno
// included: except while it waits, no call here may fail.
void see_off(const SpawnRequest& request, const Spawned& child, int fd) {
  char byte = 0;
  if (read(fd, &byte, 1) == 1) {  // else it could not be set up, or was killed
    if (request.may_begin(request.context, child)) {
      [[maybe_unused]] const ssize_t ignored = write(fd, "g", 1);
    } else {
      kill(child.pid, SIGKILL);
    }
  }
  // execve and the end of the child close the other end, after they have left our memory.
  while (read(fd, &byte, 1) > 0) {
  }
}

bool is_program(const char* path, const char* cwd, int& error) {
  char absolute[2 * sizeof(ProgramPath::text)];
  if (path[0] != '/' && cwd[0] != '\0') {
    const int size = std::snprintf(absolute, sizeof absolute, "%s/%s", cwd, path);
    if (size < 0 || static_cast<std::size_t>(size) >= sizeof absolute) return false;
    path = absolute;
  }
  struct stat status {};
  // In a directory that we may not search (another user's, after sudo or su) nothing is there for
  // us.
  if (stat(path, &status) != 0) return false;
  if (S_ISREG(status.st_mode) && access(path, X_OK) == 0) return true;
  if (S_ISREG(status.st_mode)) error = EACCES;
  return false;
}

// Born in its cgroup, or else to move there itself.
pid_t start_child(Shared& shared, void* stack, int flags) {
  Spawned& result = *shared.result;
  if (shared.request->cgroup_fd >= 0) {
    result.joined_cgroup = true;
    const pid_t pid = clone_into({.cgroup_fd = shared.request->cgroup_fd,
                                  .flags = static_cast<unsigned>(flags),
                                  .stack = stack,
                                  .stack_bytes = kStackBytes,
                                  .pidfd = &result.pidfd},
                                 child_main, &shared);
    if (pid > 0) return pid;
    result.joined_cgroup = false;
  }
  return clone(child_main, static_cast<char*>(stack) + kStackBytes, flags | SIGCHLD, &shared,
               &result.pidfd);
}

}  // namespace

Spawned spawn(const SpawnRequest& request) {
  Spawned result;
  const bool held = request.may_begin != nullptr;
  int hold[2] = {-1, -1};  // ours and the child's
  if (held && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, hold) != 0) {
    result.failed_stage = "socket";
    result.error = errno;
    return result;
  }
  // Populated, so that the child's page faults are the workload's alone.
  void* stack = mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_POPULATE, -1, 0);
  if (stack == MAP_FAILED) {
    result.failed_stage = "clone";
    result.error = errno;
    return result;
  }
  Shared shared{&request, getpid(), &result, hold[1], getppid()};
  // A parent of a held child has to answer signals meanwhile, so that it cannot wait in the kernel.
  result.pid = start_child(shared, stack, CLONE_VM | CLONE_PIDFD | (held ? 0 : CLONE_VFORK));
  if (held) {
    close(hold[1]);
    if (result.pid > 0) see_off(request, result, hold[0]);
    close(hold[0]);
  }
  if (result.pid < 0) {
    result.failed_stage = "clone";
    result.error = errno;
  } else if (result.failed_stage != nullptr) {
    waitpid(result.pid, nullptr, 0);
  } else if (result.started_ns == 0) {  // killed before execve
    result.started_ns = monotonic_ns();
  }
  munmap(stack, kStackBytes);
  return result;
}

int find_program(const char* name, const char* cwd, ProgramPath& path) {
  const std::size_t name_size = std::strlen(name);
  if (name_size >= sizeof path.text) return ENAMETOOLONG;
  if (name[0] == '\0') return ENOENT;
  if (std::strchr(name, '/') != nullptr) {
    std::memcpy(path.text, name, name_size + 1);
    return 0;
  }
  const char* directories = std::getenv("PATH");
  if (directories == nullptr) directories = "/bin:/usr/bin";
  int error = ENOENT;
  for (const char* at = directories;;) {
    const std::size_t size = std::strcspn(at, ":");
    // An empty element is the working directory, as everywhere.
    const char* separator = size == 0 ? "./" : "/";
    const int length = std::snprintf(path.text, sizeof path.text, "%.*s%s%s",
                                     static_cast<int>(size), at, separator, name);
    const bool fits = length > 0 && static_cast<std::size_t>(length) < sizeof path.text;
    if (fits && is_program(path.text, cwd, error)) return 0;
    if (at[size] == '\0') return error;
    at += size + 1;
  }
}

}  // namespace melisai::exec
