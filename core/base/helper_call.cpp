#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <string_view>

#include "core/base/child.h"
#include "core/base/fd.h"
#include "core/base/process.h"
#include "core/base/spare_helper.h"
#include "core/base/text.h"

namespace melisai {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Stream = asio::posix::stream_descriptor;

constexpr std::size_t kStderrMax = 64 << 10;
constexpr std::size_t kErrorLineMax = 1'000;
constexpr Milliseconds kDrainWait{
    500};  // for output that is still in a pipe when the program has ended

std::string name_of(const HelperCall& call) {
  return call.program.substr(call.program.rfind('/') + 1);
}

Error interrupted(const HelperCall& call) {
  return {Errc::interrupted, name_of(call) + " was interrupted"};
}

// The last line that is not blank, fit for a terminal.
std::string last_line(std::string text) {
  const std::size_t end = text.find_last_not_of(" \t\r\n");
  if (end == std::string::npos) return "";
  text.resize(end + 1);
  std::string line = text.substr(text.rfind('\n') + 1);
  line.resize(std::min(line.size(), kErrorLineMax));
  return printable(line);
}

// The three pipes between us and the program.
struct Pipes {
  Pipe input;
  Pipe output;
  Pipe errors;

  static Result<Pipes> make() {
    MELISAI_TRY(Pipe input, Pipe::make());
    MELISAI_TRY(Pipe output, Pipe::make());
    MELISAI_TRY(Pipe errors, Pipe::make());
    return Pipes{std::move(input), std::move(output), std::move(errors)};
  }
  void close_far_ends() {
    input.read_end.reset();
    output.write_end.reset();
    errors.write_end.reset();
  }
};

// One call from the first byte of input to the end of the program. Everything happens inside run().
class HelperRun {
 public:
  HelperRun(asio::io_context& io, Child& child, const HelperCall& call, Pipes pipes)
      : io_(io),
        child_(child),
        call_(call),
        input_(io, pipes.input.write_end.release()),
        output_(io, pipes.output.read_end.release()),
        errors_(io, pipes.errors.read_end.release()),
        deadline_(io),
        drain_limit_(io),
        interrupt_(io) {}

  Result<std::string> run(const Interrupt& interrupt) {
    child_.wait([this](int status) { on_exit(status); });
    // An error here is a program that does not read to the end: its own business.
    asio::async_write(input_, asio::buffer(call_.input),
                      [this](error_code, std::size_t) { input_.close(); });
    read_output();
    read_errors();
    watch_deadline();
    watch_interrupt(interrupt);
    io_.run();
    return conclude();
  }

 private:
  void read_output() {
    output_.async_read_some(asio::buffer(output_part_), [this](error_code error, std::size_t size) {
      if (output_text_.size() + size > call_.output_max) {
        stop(Errc::limit, "wrote more than " + std::to_string(call_.output_max) + " bytes");
        return;
      }
      output_text_.append(output_part_.data(), size);
      error ? on_end_of_stream() : read_output();
    });
  }

  void read_errors() {
    errors_.async_read_some(asio::buffer(errors_part_), [this](error_code error, std::size_t size) {
      errors_text_.append(errors_part_.data(), size);
      if (errors_text_.size() > kStderrMax) {
        errors_text_.erase(0, errors_text_.size() - kStderrMax);
      }
      error ? on_end_of_stream() : read_errors();
    });
  }

  void watch_deadline() {
    deadline_.expires_after(call_.timeout);
    deadline_.async_wait([this](error_code error) {
      if (!error) stop(Errc::timeout, "did not finish within " + format_duration(call_.timeout));
    });
  }

  void watch_interrupt(const Interrupt& interrupt) {
    // A copy, because the reactor closes what it watches.
    interrupt_.assign(fcntl(interrupt.fd(), F_DUPFD_CLOEXEC, 3));
    interrupt_.async_wait(Stream::wait_read, [this](error_code error) {
      if (!error) stop(Errc::interrupted, "was interrupted");
    });
  }

  void stop(Errc code, const std::string& what) {
    if (!stopped_) stopped_ = Error{code, name_of(call_) + " " + what};
    child_.kill_group();
  }

  void on_exit(int status) {
    status_ = status;
    if (stopped_ || open_streams_ == 0) return io_.stop();
    deadline_.cancel();
    // Its group is dead, but a process that left the group may still hold a pipe.
    drain_limit_.expires_after(kDrainWait);
    drain_limit_.async_wait([this](error_code error) {
      if (!error) io_.stop();
    });
  }

  void on_end_of_stream() {
    if (--open_streams_ == 0 && status_) io_.stop();
  }

  Result<std::string> conclude() {
    if (stopped_) return *stopped_;
    const int status = status_.value_or(0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return std::move(output_text_);
    const std::string line = last_line(errors_text_);
    if (!line.empty()) return Error{Errc::process, name_of(call_) + ": " + line};
    const Exit exit = WIFSIGNALED(status)
                          ? Exit{.end = Exit::End::signalled, .code = WTERMSIG(status)}
                          : Exit{.end = Exit::End::exited, .code = WEXITSTATUS(status)};
    return Error{Errc::process, name_of(call_) + " failed: " + describe(exit, call_.timeout)};
  }

  asio::io_context& io_;
  Child& child_;
  const HelperCall& call_;
  Stream input_;
  Stream output_;
  Stream errors_;
  asio::steady_timer deadline_;
  asio::steady_timer drain_limit_;
  Stream interrupt_;
  std::array<char, 64 << 10> output_part_;
  std::array<char, 4 << 10> errors_part_;
  std::string output_text_;
  std::string errors_text_;
  int open_streams_ = 2;
  std::optional<int> status_;     // of waitpid(2), once the program has ended
  std::optional<Error> stopped_;  // why we killed it
};

}  // namespace

// Nothing is done on `io` before the program runs: see Child::start().
class StartedHelper {
 public:
  static Result<std::unique_ptr<StartedHelper>> start(const HelperCall& call) {
    auto started = std::make_unique<StartedHelper>();
    MELISAI_TRY(started->pipes_, Pipes::make());
    MELISAI_TRY(Child child,
                Child::start(started->io_, {.program = call.program,
                                            .args = call.args,
                                            .env = call.env,
                                            .stdin_fd = started->pipes_.input.read_end.get(),
                                            .stdout_fd = started->pipes_.output.write_end.get(),
                                            .stderr_fd = started->pipes_.errors.write_end.get()}));
    started->child_.emplace(std::move(child));
    started->pipes_.close_far_ends();
    return started;
  }

  bool lives() const {
    siginfo_t ended{};
    return waitid(P_PID, static_cast<id_t>(child_->pid()), &ended, WEXITED | WNOHANG | WNOWAIT) ==
               0 &&
           ended.si_pid == 0;
  }

  Result<std::string> run(const HelperCall& call, const Interrupt& interrupt) {
    return HelperRun(io_, *child_, call, std::move(pipes_)).run(interrupt);
  }

 private:
  asio::io_context io_{1};
  std::optional<Child> child_;
  Pipes pipes_;
};

SpareHelper::SpareHelper(HelperCall call, bool keep) : call_(std::move(call)), keep_(keep) {}
SpareHelper::~SpareHelper() = default;

void SpareHelper::prepare() {
  const std::scoped_lock lock(mutex_);
  if (started_ != nullptr && started_->lives()) return;
  Result<std::unique_ptr<StartedHelper>> started = StartedHelper::start(call_);
  started_ = started ? *std::move(started) : nullptr;
}

std::unique_ptr<StartedHelper> SpareHelper::take(const HelperCall& call) {
  const bool is_of_it =
      call.program == call_.program && call.args == call_.args && call.env == call_.env;
  const std::scoped_lock lock(mutex_);
  if (!is_of_it || started_ == nullptr || !started_->lives()) return nullptr;
  return std::move(started_);
}

Result<std::string> SpareHelper::call(const HelperCall& call, const Interrupt& interrupt) {
  const std::unique_ptr<StartedHelper> started = take(call);
  if (started != nullptr && interrupt.requested()) return interrupted(call);
  Result<std::string> answer =
      started == nullptr ? call_helper(call, interrupt) : started->run(call, interrupt);
  if (keep_) prepare();
  return answer;
}

Result<std::string> call_helper(const HelperCall& call, const Interrupt& interrupt) {
  if (interrupt.requested()) return interrupted(call);
  MELISAI_TRY(const std::unique_ptr<StartedHelper> started, StartedHelper::start(call));
  return started->run(call, interrupt);
}

}  // namespace melisai
