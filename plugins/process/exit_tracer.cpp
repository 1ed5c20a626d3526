#include "plugins/process/exit_tracer.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <optional>
#include <string_view>
#include <vector>

#include "plugins/common/proc.h"
#include "plugins/process/program_file.h"

namespace melisai::plugins {
namespace {

constexpr std::size_t kStatusBytesMax = 256 << 10;  // a user may be in many groups
constexpr std::size_t kEnvironmentBytesMax = 256 << 10;
constexpr std::size_t kThreadsLookedAtMax = 4096;
constexpr int kEndRoundsMax = 200;  // of a millisecond, for threads that are on their way out
constexpr int kSystemCall = SIGTRAP | 0x80;

// The end of this process, and so of the stop, if what is done in it takes too long.
class StopDeadline {
 public:
  StopDeadline() { alarm(kStopSecondsMax); }
  StopDeadline(const StopDeadline&) = delete;
  StopDeadline& operator=(const StopDeadline&) = delete;
  ~StopDeadline() { alarm(0); }
};

bool stops_the_group(int signal) {
  return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// /proc/<pid>/stat, fields 11 and 13: faults of the children that it waited for.
bool waited_for_children(std::string_view stat) {
  const auto fields = words(stat.substr(std::min(stat.rfind(')') + 1, stat.size())));
  return fields.size() > 10 && (fields[8] != "0" || fields[10] != "0");
}

class Tracer {
 public:
  Tracer(const TraceRequest& request, ExitReport& report)
      : root_(request.root),
        guarded_(request.guarded),
        directory_("/proc/" + std::to_string(request.root)),
        report_(report) {}

  bool begin();
  void follow();

 private:
  // All of them: is the root still ours?
  bool handle(int status);
  bool at_system_call();
  bool at_exec();
  bool at_exit();
  bool at_signal(int signal);
  bool resume(int signal = 0);
  bool let_go(WatchEnd why, int signal = 0);

  bool call(__ptrace_request request, int data) const {
    return ptrace(request, root_, nullptr, static_cast<std::uintptr_t>(data)) == 0;
  }
  void note_program(std::string_view path);
  std::string file(const char* name) const { return directory_ + "/" + name; }
  std::string text_at(std::uint64_t address) const;
  std::string place_of(int directory, const std::string& path) const;
  bool executes_other_rights(const __ptrace_syscall_info& entered);
  void read_numbers(const std::string& status);
  bool ends_alone() const;
  bool lives_on(const std::string& before) const;

  pid_t root_;
  bool guarded_;
  std::string directory_;
  ExitReport& report_;
  bool stepping_ = false;  // from system call to system call
  int steps_ = 0;
  int signals_ = 0;
  bool executed_ = false;  // else it is still a copy of our own helper
  std::optional<std::uint32_t> machine_;
};

bool Tracer::begin() {
  constexpr int kOptions = PTRACE_O_TRACEEXIT | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD;
  stepping_ = guarded_;
  // Only what stops can be told to stop at system calls; it waits in one that is then begun again.
  if (call(PTRACE_SEIZE, kOptions) && (!guarded_ || call(PTRACE_INTERRUPT, 0))) return true;
  report_.error = errno;
  report_.end = errno == ESRCH ? WatchEnd::gone : WatchEnd::refused;
  return false;
}

void Tracer::follow() {
  while (true) {
    int status = 0;
    const pid_t changed = waitpid(root_, &status, __WALL);
    if (changed < 0 && errno == EINTR) continue;
    if (changed < 0 || !WIFSTOPPED(status)) {
      report_.end = WatchEnd::unseen;
      return;
    }
    if (!handle(status)) return;
  }
}

bool Tracer::handle(int status) {
  const int signal = WSTOPSIG(status);
  switch (status >> 16) {
    case PTRACE_EVENT_EXIT: return at_exit();
    case PTRACE_EVENT_EXEC: return at_exec();
    case PTRACE_EVENT_STOP:
      if (!stops_the_group(signal)) return resume();
      call(PTRACE_LISTEN, 0);
      return true;
    default: return signal == kSystemCall ? at_system_call() : at_signal(signal);
  }
}

// One that was killed meanwhile cannot be resumed; waitpid() says so next.
bool Tracer::resume(int signal) {
  call(stepping_ ? PTRACE_SYSCALL : PTRACE_CONT, signal);
  return true;
}

bool Tracer::let_go(WatchEnd why, int signal) {
  call(PTRACE_DETACH, signal);
  report_.end = why;
  return false;
}

bool Tracer::at_signal(int signal) {
  if (++signals_ > kSignalsMax) return let_go(WatchEnd::many_signals, signal);
  return resume(signal);
}

void Tracer::note_program(std::string_view path) {
  report_.program = {};
  std::copy_n(path.begin(), std::min(path.size(), report_.program.size() - 1),
              report_.program.begin());
}

bool Tracer::at_exec() {
  const StopDeadline deadline;
  const std::string program = file("exe");
  char target[PATH_MAX];
  const ssize_t size = readlink(program.c_str(), target, sizeof target);
  const std::string_view path(target, size > 0 ? static_cast<std::size_t>(size) : 0);
  note_program(path);
  executed_ = true;
  if (file_name(path) == "bwrap") return let_go(WatchEnd::sandbox);
  if (guarded_ && changes_rights(program, file("root"))) return let_go(WatchEnd::rights_withheld);
  const auto environment = read_text(file("environ"), kEnvironmentBytesMax);
  if (may_trace_itself(program) || (environment && preloads_leak_checker(*environment)))
    return let_go(WatchEnd::traces_itself);
  stepping_ = guarded_ && becomes_another(file_name(path));
  steps_ = 0;
  return resume();
}

std::string Tracer::text_at(std::uint64_t address) const {
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  std::string text;
  while (text.size() < PATH_MAX) {
    char part[256];
    iovec to{part, std::min<std::size_t>(sizeof part, page - address % page)};
    iovec from{reinterpret_cast<void*>(address), to.iov_len};  // NOLINT: the root's, not ours
    const ssize_t size = process_vm_readv(root_, &to, 1, &from, 1, 0);
    if (size <= 0) return "";
    const std::string_view got(part, static_cast<std::size_t>(size));
    const std::size_t end = got.find('\0');
    text += got.substr(0, end);
    if (end != std::string_view::npos) return text;
    address += got.size();
  }
  return "";
}

std::string Tracer::place_of(int directory, const std::string& path) const {
  if (path.starts_with('/')) return file("root") + path;
  const std::string from =
      directory == AT_FDCWD ? file("cwd") : file("fd/") + std::to_string(directory);
  return path.empty() ? from : from + "/" + path;
}

bool Tracer::executes_other_rights(const __ptrace_syscall_info& entered) {
  const bool relative = entered.entry.nr == SYS_execveat;
  if (!relative && entered.entry.nr != SYS_execve) return false;
  const StopDeadline deadline;
  const auto& arguments = entered.entry.args;
  const int directory = relative ? static_cast<int>(arguments[0]) : AT_FDCWD;
  const std::string path = text_at(arguments[relative ? 1 : 0]);
  if (path.empty() && !relative) return false;
  if (!changes_rights(place_of(directory, path), file("root"))) return false;
  note_program(path);
  return true;
}

bool Tracer::at_system_call() {
  if (++steps_ > kStepsMax) return let_go(WatchEnd::many_calls);
  __ptrace_syscall_info info{};
  if (ptrace(PTRACE_GET_SYSCALL_INFO, root_, sizeof info, &info) <= 0) {
    report_.error = errno;
    return errno == ESRCH ? resume() : let_go(WatchEnd::refused);
  }
  // The first one is of our own helper. Numbers of another kind mean something else.
  if (!machine_) machine_ = info.arch;
  if (machine_ != info.arch) return let_go(WatchEnd::other_machine);
  if (info.op != PTRACE_SYSCALL_INFO_ENTRY) return resume();
  return executes_other_rights(info) ? let_go(WatchEnd::changes_rights) : resume();
}

void Tracer::read_numbers(const std::string& status) {
  report_.address_peak = count_after(status, "VmPeak:").value_or(-1);
  report_.resident_peak = count_after(status, "VmHWM:").value_or(-1);
  report_.anonymous = count_after(status, "RssAnon:").value_or(-1);
  report_.too_large_for_shares = count_after(status, "VmRSS:").value_or(0) > kSharesResidentMax;
  if (report_.too_large_for_shares) return;
  if (const auto shares = read_text(file("smaps_rollup")))
    report_.proportional = count_after(*shares, "Pss:").value_or(-1);
}

bool Tracer::at_exit() {
  if (!executed_) return let_go(WatchEnd::unseen);
  bool last = true;
  bool leaves = false;  // the others
  std::string stat;
  {
    const StopDeadline deadline;
    stat = read_text(file("stat")).value_or("");
    if (const auto status = read_text(file("status"), kStatusBytesMax)) {
      read_numbers(*status);
      report_.had_children = waited_for_children(stat);
      last = count_after(*status, "Threads:").value_or(1) <= 1;
      leaves = !last && ends_alone();
    }
    call(PTRACE_DETACH, 0);
  }
  const bool outlived = leaves || (!last && lives_on(stat));
  report_.end = report_.address_peak < 0 ? WatchEnd::unseen
                : outlived               ? WatchEnd::first_thread
                                         : WatchEnd::seen;
  return false;
}

// Has it called exit, which ends one thread? exit_group ends all, and others may have called that.
bool Tracer::ends_alone() const {
  const auto text = read_text(file("syscall"));
  const auto call = text ? words(*text) : std::vector<std::string_view>{};
  return !call.empty() && to_count(call.front()) == SYS_exit;
}

// The first thread ends with the others, which nobody traces, or before them; or another one
// executes a program and takes its place, which changes the name. A thread that ends lets go of the
// memory first.
bool Tracer::lives_on(const std::string& before) const {
  for (int round = 0; round < kEndRoundsMax; ++round) {
    const auto text = read_text(file("stat"));
    const auto stat = text ? parse_process_stat(*text) : std::nullopt;
    if (!stat || stat->ended()) return text && process_name(*text) != process_name(before);
    const timespec pause{0, 1'000'000};
    nanosleep(&pause, nullptr);
  }
  for (const std::int64_t thread : numbered_entries(file("task"), kThreadsLookedAtMax)) {
    const auto text = read_text(file("task/") + std::to_string(thread) + "/statm");
    const auto pages = text ? words(*text) : std::vector<std::string_view>{};
    if (!pages.empty() && to_count(pages.front()).value_or(0) > 0) return true;
  }
  return false;
}

// Who holds the collector's line or its errors would hide its death from others.
void close_all_but(int kept) {
  const auto fd = static_cast<unsigned>(kept);
  const bool closed = (fd == 0 || syscall(SYS_close_range, 0U, fd - 1, 0) == 0) &&
                      syscall(SYS_close_range, fd + 1, ~0U, 0) == 0;
  if (closed) return;
  rlimit limit{};  // kernels before 5.9 have no close_range
  getrlimit(RLIMIT_NOFILE, &limit);
  const auto end = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 1 << 20));
  for (int other = 0; other < end; ++other)
    if (other != kept) close(other);
}

void reset_signals() {
  for (const int number : {SIGALRM, SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGPIPE})
    signal(number, number == SIGPIPE ? SIG_IGN : SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace

void trace_exit(const TraceRequest& request, pid_t parent, ExitReport& report) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  prctl(PR_SET_NAME, "melisai-exit");
  reset_signals();
  close_all_but(request.line);
  Tracer tracer(request, report);
  if (tracer.begin() && write(request.line, "t", 1) == 1) tracer.follow();
  _exit(0);
}

}  // namespace melisai::plugins
