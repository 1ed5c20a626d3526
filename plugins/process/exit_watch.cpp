#include "plugins/process/exit_watch.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <optional>
#include <system_error>

namespace melisai::plugins {
namespace {

constexpr int kBeginMs = 1'000;
constexpr int kEndMs = 1'000;
constexpr const char* kTurnOff = "'collect: { trace_exit: false }' leaves such programs alone";

bool may_trace_all() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (syscall(SYS_capget, &header, sets.data()) != 0) return false;
  return (sets[CAP_SYS_PTRACE / 32].effective >> (CAP_SYS_PTRACE % 32) & 1) != 0;
}

// Its events once one of `events` or the end of the line has come; 0 after `timeout_ms`.
short events_of(int line, short events, int timeout_ms) {
  pollfd waiting{line, events, 0};
  int ready = 0;
  do ready = poll(&waiting, 1, timeout_ms);
  while (ready < 0 && errno == EINTR);
  return ready > 0 ? waiting.revents : short{0};
}

std::string why_refused(int error) {
  const std::string text = "the root of the tree cannot be traced (" +
                           std::error_code(error, std::generic_category()).message() + ")";
  const auto scope = read_count("/proc/sys/kernel/yama/ptrace_scope");
  if (error == EPERM && scope.value_or(0) > 0)
    return text + "; kernel.yama.ptrace_scope is " + std::to_string(*scope) +
           (*scope == 1 ? ", which is too strict where the gate is the first process of a "
                          "container: start it by an init, set that to 0"
                        : ": set it to 0 or 1") +
           " with sysctl, or run the gate with CAP_SYS_PTRACE";
  if (error == EPERM)
    return text +
           "; run the gate as the user of the tree or with CAP_SYS_PTRACE; a debugger on "
           "the tree or a container without ptrace bars it, too";
  return error == EIO ? text + "; the kernel must be 5.3 or newer" : text;
}

std::string in_brackets(const ExitReport& report) {
  return report.program[0] == '\0' ? "" : " (" + std::string(report.program.data()) + ")";
}

std::string reason_of(const ExitReport& report) {
  const std::string program = in_brackets(report);
  switch (report.end) {
    case WatchEnd::seen:
    case WatchEnd::gone: return "";
    case WatchEnd::refused: return why_refused(report.error);
    case WatchEnd::cut_short: return "what traced the root of the tree ended early";
    case WatchEnd::unseen:
      return "the root of the tree ended without a program, or without stopping";
    case WatchEnd::first_thread: return "the root of the tree went on without its first thread";
    case WatchEnd::traces_itself:
      return "the program" + program +
             " may call ptrace or has LeakSanitizer, which a tracer would make fail";
    case WatchEnd::sandbox: return "the root of the tree is bubblewrap, not the program";
    case WatchEnd::changes_rights:
      return "executing " + std::string(report.program.data()) +
             " changes rights, which tracing would prevent; run the gate with CAP_SYS_PTRACE";
    case WatchEnd::rights_withheld:
      return "the program" + program +
             " did not get the rights that its file gives, because it was traced; " + kTurnOff;
    case WatchEnd::other_machine: return "the program" + program + " is of another kind of machine";
    case WatchEnd::many_calls:
      return "the root of the tree is a shell or its like" + program +
             " that runs for long; run the program itself, or the gate with CAP_SYS_PTRACE";
    case WatchEnd::many_signals:
      return "the root of the tree got more than " + std::to_string(kSignalsMax) +
             " signals, each of which stops it";
  }
  return "";
}

}  // namespace

bool rights_may_change(std::int64_t root) {
  if (may_trace_all()) return false;
  const auto status = read_text("/proc/" + std::to_string(root) + "/status", 64 << 10);
  return !status || count_after(*status, "NoNewPrivs:").value_or(0) == 0;
}

ExitWatch::ExitWatch(std::int64_t root, bool guarded) {
  void* shared =
      mmap(nullptr, sizeof(ExitReport), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int ends[2] = {-1, -1};
  if (shared == MAP_FAILED || pipe2(ends, O_CLOEXEC) != 0) {
    error_ = errno;
    if (shared != MAP_FAILED) munmap(shared, sizeof(ExitReport));
    return;
  }
  report_ = std::construct_at(static_cast<ExitReport*>(shared));
  line_ = ends[0];
  const pid_t self = getpid();
  tracer_ = fork();
  if (tracer_ == 0)
    trace_exit({.root = static_cast<pid_t>(root), .guarded = guarded, .line = ends[1]}, self,
               *report_);
  if (tracer_ < 0) error_ = errno;
  close(ends[1]);
  // Without a byte the tracer has said why, or is taking too long.
  if (tracer_ > 0 && (events_of(line_, POLLIN, kBeginMs) & POLLIN) == 0) end_tracer();
}

ExitWatch::~ExitWatch() {
  end_tracer();
  if (line_ >= 0) close(line_);
  if (report_ != nullptr) munmap(report_, sizeof(ExitReport));
}

// Whatever the root is stopped for, it goes on.
void ExitWatch::end_tracer() {
  if (tracer_ <= 0) return;
  if ((events_of(line_, 0, 0) & POLLHUP) == 0) kill(tracer_, SIGKILL);
  while (waitpid(tracer_, nullptr, 0) < 0 && errno == EINTR) continue;
  tracer_ = -1;
}

ExitReport ExitWatch::finish() {
  if (report_ == nullptr || error_ != 0) return {.end = WatchEnd::refused, .error = error_};
  if (tracer_ > 0) events_of(line_, 0, kEndMs);
  end_tracer();
  return *report_;
}

std::vector<Number> numbers_of(const ExitReport& report) {
  std::vector<Number> numbers;
  if (report.end != WatchEnd::seen) return numbers;
  const auto add = [&](std::string_view name, std::int64_t kib) {
    if (kib >= 0) numbers.push_back({name, static_cast<double>(kib) * 1024});
  };
  add("address_space_peak", report.address_peak);
  add("anonymous_at_exit", report.anonymous);
  add("proportional_at_exit", report.proportional);
  return numbers;
}

std::string why_missing(const ExitReport& report) {
  if (report.end == WatchEnd::seen && report.too_large_for_shares)
    return "proportional_at_exit is missing: to read it takes too long with more than 1 GiB "
           "resident";
  if (report.end == WatchEnd::seen)
    return report.proportional < 0 ? "proportional_at_exit cannot be read" : "";
  const std::string reason = reason_of(report);
  return reason.empty() ? "" : "memory at exit is missing: " + reason;
}

}  // namespace melisai::plugins
