#include "core/worker/supervisor.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <optional>

namespace melisai::worker {
namespace {

constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 1'000'000};  // between two rounds of killing
constexpr int kRoundsMax = 2'000;  // what survives so many hangs in the kernel

sigset_t awaited_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
  return signals;
}

// Reaps all that have ended; the status of `worker` once it is among them. False: no child is left.
bool reap(pid_t worker, std::optional<int>& status) {
  while (true) {
    int ended = 0;
    const pid_t pid = waitpid(-1, &ended, WNOHANG);
    if (pid == 0) return true;
    if (pid < 0) return errno != ECHILD;
    if (pid == worker) status = ended;
  }
}

// Whoever is killed leaves its children to us, so that our own children are all there is to look
// at.
void kill_children() {
  std::ifstream children("/proc/thread-self/children");
  for (pid_t pid = 0; children >> pid;) kill(pid, SIGKILL);
}

[[noreturn]] void die_by(int number) {
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  signal(number, SIG_DFL);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_UNBLOCK, &all, nullptr);
  raise(number);
  _exit(128 + number);
}

[[noreturn]] void stand_by(pid_t worker, const sigset_t& signals) {
  // The connection has to end with the worker.
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO}) dup2(open("/dev/null", O_RDWR), fd);
  std::optional<int> status;
  bool asked = false;
  while (!status && !asked) {
    asked = sigwaitinfo(&signals, nullptr) != SIGCHLD;
    reap(worker, status);
  }
  for (int round = 0; round < kRoundsMax && reap(worker, status); ++round) {
    kill_children();
    nanosleep(&kPause, nullptr);
  }
  if (asked || !status) die_by(SIGTERM);
  if (WIFSIGNALED(*status)) die_by(WTERMSIG(*status));
  _exit(WEXITSTATUS(*status));
}

}  // namespace

Result<void> split_off_supervisor() {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  const sigset_t signals = awaited_signals();
  sigset_t before;
  sigprocmask(SIG_BLOCK, &signals, &before);
  const pid_t worker = fork();
  if (worker < 0) return error_from_errno(errno, "cannot start the worker's own process");
  if (worker > 0) stand_by(worker, signals);
  sigprocmask(SIG_SETMASK, &before, nullptr);
  return {};
}

}  // namespace melisai::worker
