#include "core/host_window.h"

#include <csignal>

#include "core/base/thread.h"

namespace melisai {

Result<void> HostWindow::open(Milliseconds duration) {
  collectors_.open_host();
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);  // signals are for the thread that waits
  Result<std::jthread> closer = start_thread([this, duration](const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    time_.wait_for(lock, stop, duration, [] { return false; });
    collectors_.close_host();
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!closer) {
    collectors_.close_host();
    return closer.error();
  }
  closer_ = *std::move(closer);
  return {};
}

HostWindow::~HostWindow() {
  closer_.request_stop();
  results();
}

HostCategories HostWindow::results() {
  if (closer_.joinable()) closer_.join();
  return collectors_.take_host_results();
}

}  // namespace melisai
