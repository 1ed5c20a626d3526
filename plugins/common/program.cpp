#include "plugins/common/program.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

#include "plugins/common/program_guard.h"

namespace melisai::plugins {
namespace {

constexpr std::chrono::milliseconds kGuardSlack{5'000};  // for a machine under load
constexpr std::chrono::milliseconds kTimeMax{std::chrono::hours(24)};

// Memory that the guard and the program's process write to as well: a report, and the ring behind.
class SharedReport {
 public:
  explicit SharedReport(std::size_t tail_max) : size_(sizeof(GuardReport) + tail_max) {
    void* at = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (at != MAP_FAILED) at_ = static_cast<char*>(at);
  }
  SharedReport(const SharedReport&) = delete;
  SharedReport& operator=(const SharedReport&) = delete;
  ~SharedReport() {
    if (at_ != nullptr) munmap(at_, size_);
  }
  bool valid() const { return at_ != nullptr; }
  // Zeros from the kernel are a report that nothing has happened yet.
  GuardReport& report() const { return *reinterpret_cast<GuardReport*>(at_); }
  char* tail() const { return at_ + sizeof(GuardReport); }

 private:
  std::size_t size_ = 0;
  char* at_ = nullptr;
};

std::string errno_words(int error) { return std::generic_category().message(error); }

// The guard gives 0 to 2 to /dev/null. A caller may have them closed, and so free for us.
Descriptor above_stdio(Descriptor given) {
  if (given.get() < 0 || given.get() > 2) return given;
  return Descriptor(fcntl(given.get(), F_DUPFD_CLOEXEC, 3));
}

std::string search_path(const ProgramRules& rules) {
  std::string path = "PATH=";
  for (const std::string& directory : rules.directories)
    path += (path.size() == 5 ? "" : ":") + directory;
  return path;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> found;
  found.reserve(words.size() + 1);
  for (std::string& word : words) found.push_back(word.data());
  found.push_back(nullptr);
  return found;
}

std::string read_whole(int fd) {
  const off_t size = lseek(fd, 0, SEEK_END);
  std::string text(static_cast<std::size_t>(std::max<off_t>(size, 0)), '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t more =
        pread(fd, text.data() + done, text.size() - done, static_cast<off_t>(done));
    if (more <= 0) break;
    done += static_cast<std::size_t>(more);
  }
  text.resize(done);
  return text;
}

std::int64_t to_ns(std::chrono::milliseconds time) {
  return std::chrono::nanoseconds(std::clamp(time, std::chrono::milliseconds(0), kTimeMax)).count();
}

}  // namespace

struct RunningProgram::State {
  State(FoundProgram found, const ProgramLimits& given)
      : program(std::move(found)), limits(given), shared(given.error_bytes_max) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  void start(const std::vector<std::string>& arguments, const ProgramRules& rules);
  bool fork_guard(GuardRequest request);
  void wait_for_guard(std::int64_t until_ns);
  std::string tail() const;
  void explain(ProgramResult& result) const;

  FoundProgram program;
  ProgramLimits limits;
  SharedReport shared;
  Descriptor output;
  Descriptor control;
  Descriptor guard_end;  // readable when the guard has ended
  pid_t guard = -1;
  std::int64_t deadline_ns = 0;
  std::string problem;
};

RunningProgram::State::~State() {
  control = Descriptor();
  wait_for_guard(guard_clock_ns() + kGuardClearNs + to_ns(kGuardSlack));
}

void RunningProgram::State::start(const std::vector<std::string>& arguments,
                                  const ProgramRules& rules) {
  if (!program.found()) {
    problem = program.reason;
    return;
  }
  program.file = above_stdio(std::move(program.file));
  program.interpreter = above_stdio(std::move(program.interpreter));
  output = above_stdio(Descriptor(memfd_create("output", MFD_CLOEXEC)));
  if (!shared.valid() || !output.valid()) {
    problem = "cannot start " + program.name + ": " + errno_words(errno);
    return;
  }
  std::vector<std::string> words = {program.name};
  GuardRequest request;
  request.program = program.file.get();
  if (program.interpreter.valid()) {
    request.program = program.interpreter.get();
    request.script = program.file.get();
    words = program.interpreter_words;
    words.push_back("/proc/self/fd/" + std::to_string(request.script));
  }
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables = {search_path(rules), "HOME=/",    "LANG=C.UTF-8",
                                        "LC_ALL=C.UTF-8",   "TERM=dumb", "TMPDIR=/tmp"};
  const std::vector<char*> argument_pointers = pointers(words);
  const std::vector<char*> variable_pointers = pointers(variables);
  request.arguments = argument_pointers.data();
  request.environment = variable_pointers.data();
  request.output = output.get();
  request.output_max = limits.output_bytes_max;
  request.tail = shared.tail();
  request.tail_max = limits.error_bytes_max;
  deadline_ns = guard_clock_ns() + to_ns(limits.time);
  request.deadline_ns = deadline_ns;
  request.grace_ns = to_ns(limits.grace);
  if (!fork_guard(request)) problem = "cannot start " + program.name + ": " + errno_words(errno);
}

bool RunningProgram::State::fork_guard(GuardRequest request) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return false;
  const Descriptor theirs = above_stdio(Descriptor(ends[0]));
  control = above_stdio(Descriptor(ends[1]));
  request.control = theirs.get();
  // A signal of the collector's must not run its handler in the guard.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, &before);
  guard = fork();
  if (guard == 0) guard_program(request, shared.report());
  const int error = errno;
  sigprocmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  if (guard < 0) return false;
  guard_end = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, guard, 0)));
  if (guard_end.valid()) return true;
  control = Descriptor();  // it can be told to end, but not be waited for with a deadline
  waitpid(guard, nullptr, 0);
  guard = -1;
  return false;
}

void RunningProgram::State::wait_for_guard(std::int64_t until_ns) {
  if (guard <= 0) return;
  pollfd waiting{guard_end.get(), POLLIN, 0};
  int ready = 0;
  do {
    const std::int64_t left = std::max<std::int64_t>(until_ns - guard_clock_ns(), 0);
    ready = poll(&waiting, 1, static_cast<int>(left / 1'000'000));
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) kill(guard, SIGKILL);  // the program follows it
  // With SIGCHLD ignored there is nobody to wait for; the report is there all the same.
  while (waitpid(guard, nullptr, 0) < 0 && errno == EINTR) {
  }
  guard = -1;
}

std::string RunningProgram::State::tail() const {
  const std::uint64_t seen = shared.report().tail_seen;
  const std::size_t size = limits.error_bytes_max;
  if (seen <= size) return {shared.tail(), static_cast<std::size_t>(seen)};
  const auto oldest = static_cast<std::size_t>(seen % size);
  return std::string(shared.tail() + oldest, size - oldest) + std::string(shared.tail(), oldest);
}

void RunningProgram::State::explain(ProgramResult& result) const {
  const GuardReport& report = shared.report();
  const std::string& name = program.name;
  if (report.failed_stage != nullptr) {
    result.reason = "cannot " + std::string(report.failed_stage) + " " + program.path + ": " +
                    errno_words(report.error);
    return;
  }
  if (!report.done) {
    result.reason = name + " was given up: the process that guards it was ended from outside";
    return;
  }
  if (WIFEXITED(report.status)) result.code = WEXITSTATUS(report.status);
  if (WIFSIGNALED(report.status)) result.signal = WTERMSIG(report.status);
  if (report.timed_out)
    result.reason = name + " was ended after " + std::to_string(limits.time.count()) + " ms";
  else if (result.signal != 0 && !(report.interrupted && result.signal == SIGINT))
    result.reason = name + " was ended by signal " + std::to_string(result.signal);
  if (report.left_behind)
    result.reason += (result.reason.empty() ? name : " and") +
                     std::string(" left processes behind that cannot be killed");
}

RunningProgram::RunningProgram(FoundProgram program, const std::vector<std::string>& arguments,
                               const ProgramRules& rules, const ProgramLimits& limits)
    : state_(std::make_unique<State>(std::move(program), limits)) {
  state_->start(arguments, rules);
}

RunningProgram::RunningProgram(RunningProgram&&) noexcept = default;
RunningProgram& RunningProgram::operator=(RunningProgram&&) noexcept = default;
RunningProgram::~RunningProgram() = default;

void RunningProgram::interrupt() {
  // Nothing to wait for: the few bytes that the guard does not read fit. It may have ended.
  send(state_->control.get(), "i", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

ProgramResult RunningProgram::finish() {
  ProgramResult result;
  result.reason = state_->problem;
  if (!result.reason.empty()) return result;
  state_->wait_for_guard(state_->deadline_ns + to_ns(state_->limits.grace) + kGuardClearNs +
                         to_ns(kGuardSlack));
  state_->explain(result);
  result.timed_out = state_->shared.report().timed_out;
  result.truncated = state_->shared.report().truncated;
  result.output = read_whole(state_->output.get());
  result.error_output = state_->tail();
  return result;
}

ProgramResult run_program(std::string_view name, const std::vector<std::string>& arguments,
                          const ProgramRules& rules, const ProgramLimits& limits) {
  return RunningProgram(find_program(name, rules), arguments, rules, limits).finish();
}

}  // namespace melisai::plugins
