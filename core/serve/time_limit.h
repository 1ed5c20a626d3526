// TimeLimit: ends this process when the time of a workflow is over, as an operator would: in order,
// and with a result.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/base/result.h"

namespace melisai::serve {

class TimeLimit {
 public:
  TimeLimit() = default;
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;

  /// SIGTERM to this process after so long, unless this object is gone by then. Once. Errors:
  /// process, when nobody could watch the time.
  Result<void> start(std::chrono::nanoseconds left);
  bool over();

 private:
  std::mutex mutex_;
  std::condition_variable_any woken_;
  bool over_ = false;
  std::jthread thread_;  // last: it ends first
};

}  // namespace melisai::serve
