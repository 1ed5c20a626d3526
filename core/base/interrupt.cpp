#include "core/base/interrupt.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

#include "core/base/result.h"

namespace melisai {
namespace {

constexpr std::array kStopSignals{SIGINT, SIGTERM, SIGHUP};

// A signal handler can only reach what is static; one SignalInterrupt per process owns it.
volatile sig_atomic_t stop_fd = -1;
std::array<struct sigaction, kStopSignals.size()> previous_actions{};
struct sigaction previous_pipe_action {};

void wake(int fd) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t ignored = write(fd, &one, sizeof one);
}

extern "C" void on_stop_signal(int) {
  const int saved = errno;
  wake(stop_fd);
  errno = saved;
}

}  // namespace

Interrupt::Interrupt() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  MELISAI_ASSERT(fd_ >= 0);
}

Interrupt::~Interrupt() { close(fd_); }

void Interrupt::request() { wake(fd_); }

bool Interrupt::requested() const {
  pollfd fd{fd_, POLLIN, 0};
  return poll(&fd, 1, 0) > 0;
}

int Interrupt::fd() const { return fd_; }

SignalInterrupt::SignalInterrupt() {
  MELISAI_ASSERT(stop_fd == -1);
  stop_fd = fd();
  struct sigaction action {};
  action.sa_handler = on_stop_signal;  // no SA_RESTART: a blocked call has to look at the interrupt
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < kStopSignals.size(); ++i) {
    sigaction(kStopSignals[i], &action, &previous_actions[i]);
  }
  // A pipe or socket whose reader is gone is an error of one write, not the end of us.
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, &previous_pipe_action);
}

SignalInterrupt::~SignalInterrupt() {
  for (std::size_t i = 0; i < kStopSignals.size(); ++i) {
    sigaction(kStopSignals[i], &previous_actions[i], nullptr);
  }
  sigaction(SIGPIPE, &previous_pipe_action, nullptr);
  stop_fd = -1;
}

}  // namespace melisai
