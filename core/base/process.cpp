#include "core/base/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <cstring>

#include "core/base/child.h"
#include "core/base/exec_protocol.h"
#include "core/base/fd.h"
#include "core/base/secrets.h"
#include "core/base/text.h"

namespace melisai {
namespace {

namespace asio = boost::asio;

// melisai-gate-exec kills, reaps, drains and removes its cgroup with limits of its own that add up
// to less.
constexpr Milliseconds kExecSlack{15'000};
constexpr std::size_t kReportBytesMax = 64
                                        << 10;  // fits into a pipe, so that it never waits for us

// Waits for melisai-gate-exec without using CPU: it is not even read from before it has ended.
class ExecWatch {
 public:
  ExecWatch(asio::io_context& io, Child& exec, const Command& command)
      : io_(io), exec_(exec), command_(command), deadline_(io), interrupt_(io) {}

  void run(const Interrupt& interrupt) {
    exec_.wait([this](int status) {
      status_ = status;
      io_.stop();
    });
    limit(command_.timeout + command_.grace + kExecSlack);
    // A copy, because the reactor closes what it watches.
    interrupt_.assign(fcntl(interrupt.fd(), F_DUPFD_CLOEXEC, 3));
    interrupt_.async_wait(asio::posix::stream_descriptor::wait_read,
                          [this](boost::system::error_code error) {
                            if (error) return;
                            exec_.signal(SIGTERM);
                            limit(command_.grace + kExecSlack);
                          });
    io_.run();
  }

  // Replaces the limit that holds now.
  void limit(Milliseconds from_now) {
    deadline_.expires_after(from_now);
    deadline_.async_wait([this](boost::system::error_code error) {
      // A limit that passed while an observer held everything up may be queued behind its
      // replacement.
      if (error || deadline_.expiry() > std::chrono::steady_clock::now()) return;
      overran_ = true;
      exec_.signal(SIGKILL);
    });
  }

  int status() const { return status_; }
  bool overran() const { return overran_; }

 private:
  asio::io_context& io_;
  Child& exec_;
  const Command& command_;
  asio::steady_timer deadline_;
  asio::posix::stream_descriptor interrupt_;
  int status_ = 0;
  bool overran_ = false;
};

// Appends to `text` until the end of the report, its bound, or, when `fd` does not block, the end
// of what is there. True in the last case.
bool read_report(int fd, std::string& text) {
  std::size_t size = text.size();
  text.resize(kReportBytesMax);
  bool more = false;
  while (size < text.size()) {
    const ssize_t got = read(fd, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    more = got < 0 && errno == EAGAIN;
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return more;
}

// Reads the report while melisai-gate-exec runs, and lets it go on when the observer has seen the
// tree.
class Observation {
 public:
  struct Ends {
    Fd report;   // of its standard output
    Fd control;  // of its standard input
  };

  Observation(asio::io_context& io, Ends ends, ExecWatch& watch, const Command& command,
              const Interrupt& interrupt, RunObserver& observer)
      : report_(io, ends.report.release()),
        control_(std::move(ends.control)),
        watch_(watch),
        command_(command),
        interrupt_(interrupt),
        observer_(observer) {
    report_.native_non_blocking(true);
    listen();
  }

  // The whole report, once melisai-gate-exec has ended.
  const std::string& text() {
    read_report(report_.native_handle(), text_);
    return text_;
  }

  // After the last process, however it came to its end.
  void finish() {
    if (tree_) observer_.after_last(*tree_);
    tree_.reset();
  }

 private:
  void listen() {
    report_.async_wait(asio::posix::stream_descriptor::wait_read,
                       [this](boost::system::error_code error) {
                         if (error) return;
                         const bool more = read_report(report_.native_handle(), text_);
                         on_text();
                         if (more) listen();
                       });
  }

  void on_text() {
    const ExecReport report = parse_exec_report(text_, command_);
    if (report.started && !seen_) {
      seen_ = true;
      tree_ = ProcessTree{.root_pid = report.started->pid, .cgroup = report.started->cgroup};
      observer_.before_exec(*tree_);
      watch_.limit(command_.timeout + command_.grace + kExecSlack);
      // An interrupt meanwhile is what the loop sees next: it is not to begin then.
      if (!interrupt_.requested()) send(kExecMayBegin);
    }
    if (report.ended && tree_) {
      finish();
      watch_.limit(kExecSlack);
      send(kExecMayEnd);
    }
  }

  // melisai-gate-exec may have ended; then its report says why, or that it is missing does.
  void send(char word) { [[maybe_unused]] const ssize_t ignored = write(control_.get(), &word, 1); }

  asio::posix::stream_descriptor report_;
  Fd control_;
  ExecWatch& watch_;
  const Command& command_;
  const Interrupt& interrupt_;
  RunObserver& observer_;
  std::string text_;
  bool seen_ = false;
  std::optional<ProcessTree> tree_;  // while it is observed
};

void write_to(const std::string& path, const char* text) {
  const Fd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (file.get() < 0) return;
  [[maybe_unused]] const ssize_t ignored = write(file.get(), text, std::strlen(text));
}

bool is_ours(const std::string& cgroup) {
  return cgroup.find("/melisai-gate-") != std::string::npos;
}

// The kernel lets go when the last process is reaped.
void remove_cgroup(const std::string& path) {
  if (!is_ours(path)) return;
  for (int attempt = 0; attempt < 1000 && rmdir(path.c_str()) != 0; ++attempt) {
    if (errno != EBUSY) return;
    usleep(1000);
  }
}

// melisai-gate-exec itself was killed, so what it guarded is ours to kill.
void kill_orphans(const std::optional<ExecStarted>& started) {
  if (!started || started->pid <= 1) return;
  kill(-started->pid, SIGKILL);
  if (is_ours(started->cgroup)) write_to(started->cgroup + "/cgroup.kill", "1");
  remove_cgroup(started->cgroup);
  for (const std::string& cgroup : started->limits) remove_cgroup(cgroup);
}

Result<Fd> open_null() { return Fd(open("/dev/null", O_RDONLY | O_CLOEXEC)); }

/// Nothing of it is on a disk. Whoever reads it empties it.
Result<Fd> memory_file(const std::string& content) {
  Fd file(memfd_create("patterns", MFD_CLOEXEC));
  if (file.get() < 0) return error_from_errno(errno, "cannot make a file in memory");
  for (std::size_t done = 0; done < content.size();) {
    const ssize_t size = write(file.get(), content.data() + done, content.size() - done);
    if (size <= 0) return error_from_errno(errno, "cannot write to a file in memory");
    done += static_cast<std::size_t>(size);
  }
  return file;
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return std::string("was killed by ") + strsignal(WTERMSIG(status));
  return "ended with exit code " + std::to_string(WEXITSTATUS(status));
}

class ExecRunner final : public ProcessRunner {
 public:
  ExecRunner(std::string exec_path, const Interrupt& interrupt)
      : exec_path_(std::move(exec_path)), interrupt_(interrupt) {}

  Result<Exit> run(const Command& command) override {
    if (interrupt_.requested()) return Exit{.end = Exit::End::interrupted};
    MELISAI_TRY(Pipe results, Pipe::make());
    const std::string patterns = command.mask_output ? kept_mask_block() : "";
    MELISAI_TRY(Fd input, patterns.empty() ? open_null() : memory_file(patterns));
    asio::io_context io(1);
    MELISAI_TRY(Child exec,
                start(io, command, {.how = ExecStart::at_once, .mask = !patterns.empty()}, input,
                      std::move(results.write_end)));
    input.reset();  // its workload may be able to read what we have open
    ExecWatch watch(io, exec, command);
    watch.run(interrupt_);
    std::string text;
    read_report(results.read_end.get(), text);
    return conclude(command, watch, parse_exec_report(text, command));
  }

  Result<Exit> run_observed(const Command& command, RunObserver& observer) override {
    if (interrupt_.requested()) return Exit{.end = Exit::End::interrupted};
    MELISAI_TRY(Pipe results, Pipe::make());
    MELISAI_TRY(Pipe control, Pipe::make());
    asio::io_context io(1);
    if (command.mask_output)
      return Error{Errc::usage, "what is observed cannot be masked: its control is on the input"};
    MELISAI_TRY(Child exec, start(io, command, {.how = ExecStart::held}, control.read_end,
                                  std::move(results.write_end)));
    control.read_end.reset();
    ExecWatch watch(io, exec, command);
    Observation observation(
        io, {.report = std::move(results.read_end), .control = std::move(control.write_end)}, watch,
        command, interrupt_, observer);
    watch.run(interrupt_);
    Result<Exit> result = conclude(command, watch, parse_exec_report(observation.text(), command));
    observation.finish();
    return result;
  }

 private:
  struct How {
    ExecStart how;
    bool mask = false;
  };
  Result<Child> start(asio::io_context& io, const Command& command, How how, const Fd& input,
                      Fd output) const {
    if (command.argv.empty()) return Error{Errc::process, "cannot start an empty command"};
    return Child::start(io, {.program = exec_path_,
                             .args = exec_arguments(command, how.how, how.mask),
                             .env = command.env,
                             .stdin_fd = input.get(),
                             .stdout_fd = output.get(),
                             .stderr_fd = STDERR_FILENO,
                             .block_signals = true});
  }

  Result<Exit> conclude(const Command& command, const ExecWatch& watch, ExecReport report) const {
    if (report.error) return *report.error;
    if (!report.exit) {
      kill_orphans(report.started);
      const std::string what = watch.overran() ? "did not end in time and was killed"
                                               : how_it_ended(watch.status()) + " without a report";
      return Error{Errc::process, exec_path_ + " " + what + " while running " +
                                      in_quotes(command.argv.front()) + "; run again"};
    }
    if (report.output_errno != 0) {
      Error error = error_from_errno(report.output_errno, "cannot store the output of " +
                                                              in_quotes(command.argv.front()) +
                                                              " in " + command.stdout_file);
      if (error.code == Errc::disk_full) error.message += "; free some space and run again";
      return error;
    }
    report.exit->limits = command.limits;
    return *report.exit;
  }

  const std::string exec_path_;
  const Interrupt& interrupt_;
};

std::string describe_end(const Exit& exit, Milliseconds timeout) {
  switch (exit.end) {
    case Exit::End::exited: return "exit code " + std::to_string(exit.code);
    case Exit::End::timed_out: return "did not finish within " + format_duration(timeout);
    case Exit::End::interrupted: return "interrupted";
    case Exit::End::signalled: break;
  }
  const char* name = sigabbrev_np(exit.code);
  return name != nullptr ? std::string("killed by SIG") + name
                         : "killed by signal " + std::to_string(exit.code);
}

}  // namespace

// Where only single processes were limited, nobody can tell whether that was why.
std::string describe(const Exit& exit, Milliseconds timeout) {
  std::string what = describe_end(exit, timeout);
  if (exit.ok()) return what;
  if (exit.memory_exceeded)
    return "killed at its memory limit of " + format_bytes(exit.limits.memory_max) + " (" + what +
           ")";
  if (exit.processes_exceeded)
    what += "; it had reached its limit of " + std::to_string(exit.limits.processes_max) +
            " processes and threads";
  if (exit.end == Exit::End::signalled && exit.code == SIGXFSZ && exit.limits.file_size_max != 0)
    what += "; a file had reached its limit of " + format_bytes(exit.limits.file_size_max);
  if (exit.memory_limit == Enforced::per_process)
    what += "; each of its processes had a limit of " + format_bytes(exit.limits.memory_max) +
            " of data";
  return what;
}

std::unique_ptr<ProcessRunner> make_process_runner(std::string exec_path,
                                                   const Interrupt& interrupt) {
  return std::make_unique<ExecRunner>(std::move(exec_path), interrupt);
}

Result<std::string> find_helper(const std::string& name) {
  std::string own(4096, '\0');
  const ssize_t size = readlink("/proc/self/exe", own.data(), own.size());
  if (size <= 0)
    return error_from_errno(errno, "cannot find our own program through /proc/self/exe");
  own.resize(static_cast<std::size_t>(size));
  const std::string directory = own.substr(0, own.rfind('/'));
  const std::string beside = directory + "/" + name;
  if (access(beside.c_str(), X_OK) == 0) return beside;
  const std::string installed =
      directory.substr(0, directory.rfind('/')) + "/libexec/melisai-gate/" + name;
  if (access(installed.c_str(), X_OK) == 0) return installed;
  return Error{Errc::not_found, "cannot find our helper program " + name + ": neither " + beside +
                                    " nor " + installed + " is there; install melisai-gate again"};
}

}  // namespace melisai
