#include "core/serve/time_limit.h"

#include <signal.h>
#include <unistd.h>

#include "core/base/thread.h"

namespace melisai::serve {

Result<void> TimeLimit::start(std::chrono::nanoseconds left) {
  const auto end = std::chrono::steady_clock::now() + left;
  MELISAI_TRY(thread_, start_thread([this, end](const std::stop_token& stop) {
                std::unique_lock lock(mutex_);
                woken_.wait_until(lock, stop, end, [] { return false; });
                if (stop.stop_requested()) return;
                over_ = true;
                kill(getpid(), SIGTERM);
              }));
  return {};
}

bool TimeLimit::over() {
  const std::scoped_lock lock(mutex_);
  return over_;
}

}  // namespace melisai::serve
