#include "core/base/child.h"

// std::filesystem instead of Boost.Filesystem: one library less to link. Boost 1.81 then forgets
// some of its own includes.
#define BOOST_PROCESS_USE_STD_FS
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/core/exchange.hpp>
#include <boost/optional.hpp>
#include <boost/type_traits/decay.hpp>
#include <boost/type_traits/is_convertible.hpp>

// Needs those above.
#include <boost/process/v2/posix/vfork_launcher.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/stdio.hpp>
#include <cerrno>
#include <cstring>
#include <exception>
#include <optional>

#include "core/base/text.h"

namespace melisai {
namespace {

namespace asio = boost::asio;
namespace process = boost::process::v2;

// Runs in the vforked child, in our memory.
struct ChildSetup {
  bool block_signals = false;

  template <class Launcher>
  process::error_code on_exec_setup(Launcher&, const process::filesystem::path&,
                                    const char* const*) {
    setpgid(0, 0);
    if (block_signals) {
      sigset_t all;
      sigfillset(&all);
      sigprocmask(SIG_SETMASK, &all, nullptr);
    }
    return {};
  }
};

// Boost 1.81 leaves a vforked child whose execve failed by exit(3): our atexit handlers and stdio
// buffers would run twice. This leaves at once instead, and says why. A template because Boost asks
// for it with five arguments and calls it with four.
struct ExecFailure {
  volatile int error = 0;

  template <class... Arguments>
  void on_exec_error(Arguments&&...) {
    error = errno;
    _exit(127);
  }
};

std::vector<const char*> pointers(const std::vector<std::string>& texts) {
  std::vector<const char*> result;
  result.reserve(texts.size() + 1);
  for (const std::string& text : texts) result.push_back(text.c_str());
  result.push_back(nullptr);
  return result;
}

}  // namespace

struct Child::Body {
  Body(process::process started, asio::io_context& io)
      : running(std::move(started)), pid(running.id()), exited(io) {}

  process::process running;
  pid_t pid;
  asio::posix::stream_descriptor exited;  // a pidfd
  bool reaped = false;
};

Result<void> check_no_nul(const std::vector<std::string>& texts, const std::string& what) {
  for (const std::string& text : texts) {
    if (text.find('\0') != std::string::npos) {
      return Error{Errc::process, what + " contains a NUL byte: " + in_quotes(text)};
    }
  }
  return {};
}

Child::Child(std::unique_ptr<Body> body) : body_(std::move(body)) {}
Child::Child(Child&&) noexcept = default;

Result<Child> Child::start(asio::io_context& io, const ChildSpec& spec) {
  MELISAI_CHECK(check_no_nul(spec.args, "an argument"));
  MELISAI_CHECK(check_no_nul(spec.env, "the environment"));
  if (access(spec.program.c_str(), X_OK) != 0) {
    Error error = error_from_errno(errno, "cannot run " + spec.program);
    if (error.code != Errc::not_found) error.code = Errc::process;
    return error;
  }
  const std::vector<const char*> env = pointers(spec.env);
  ExecFailure failure;
  process::posix::vfork_launcher launcher;
  launcher.env = env.data();
  std::string refused;
  std::optional<process::process> started;
  try {
    process::error_code error;
    // Boost 1.81 tells the io_context about the fork from inside the vforked child. An epoll
    // reactor there would be replaced in memory that is also ours, while the descriptors are not;
    // without I/O objects on `io` there is no reactor yet.
    started = launcher(io.get_executor(), error, spec.program, spec.args,
                       process::process_stdio{{spec.stdin_fd}, {spec.stdout_fd}, {spec.stderr_fd}},
                       ChildSetup{.block_signals = spec.block_signals}, failure);
    if (error) refused = error.message();
  } catch (const std::exception& exception) {
    refused = exception.what();
  }
  if (failure.error != 0) refused = std::strerror(failure.error);
  if (!refused.empty()) {
    if (launcher.pid > 0) {  // Boost forgets a child whose execve failed
      kill(launcher.pid, SIGKILL);
      waitpid(launcher.pid, nullptr, 0);
    }
    return Error{Errc::process, "cannot start " + spec.program + ": " + refused};
  }
  auto body = std::make_unique<Body>(std::move(*started), io);
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, body->pid, 0));
  if (pidfd < 0) return error_from_errno(errno, "cannot watch " + spec.program);
  body->exited.assign(pidfd);
  return Child(std::move(body));
}

Child::~Child() {
  if (body_ == nullptr || body_->reaped) return;
  kill_group();
  process::error_code ignored;
  body_->running.wait(ignored);
}

pid_t Child::pid() const { return body_->pid; }

void Child::signal(int number) {
  if (!body_->reaped) kill(body_->pid, number);
}

void Child::kill_group() {
  if (!body_->reaped) kill(-body_->pid, SIGKILL);
}

// Not process::async_wait: that reaps first, and then the number of the group could already be
// somebody else's.
void Child::wait(std::function<void(int)> on_exit) {
  Body& body = *body_;
  body.exited.async_wait(asio::posix::stream_descriptor::wait_read,
                         [&body, on_exit = std::move(on_exit)](boost::system::error_code error) {
                           if (error) return;
                           kill(-body.pid, SIGKILL);
                           process::error_code ignored;
                           body.running.wait(ignored);
                           body.reaped = true;
                           on_exit(body.running.native_exit_code());
                         });
}

}  // namespace melisai
