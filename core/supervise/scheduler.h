// Scheduler: the only way in which this folder waits. Everything runs on one thread, the loop's;
// tests drive tests/fakes/fake_scheduler.h through virtual time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>

namespace melisai::supervise {

using Time = std::chrono::nanoseconds;  ///< monotonic, as Clock::monotonic()

class Scheduler {
 public:
  using TimerId = std::uint64_t;  ///< never 0, never used again

  virtual ~Scheduler() = default;
  virtual Time now() const = 0;
  /// Calls `fn` once when `at` has come, at the earliest after this function returned, in the order
  /// of `at`. A time in the past is now.
  virtual TimerId call_at(Time at, std::function<void()> fn) = 0;
  /// After this `fn` is not called. Nothing happens when it was already, or is just being called.
  virtual void cancel(TimerId id) = 0;
};

/// One waiting call; gone with the timer.
class Timer {
 public:
  Timer() = default;
  Timer(Scheduler& scheduler, Time at, std::function<void()> fn)
      : scheduler_(&scheduler), at_(at), id_(scheduler.call_at(at, std::move(fn))) {}
  Timer(Timer&& other) noexcept { swap(other); }
  Timer& operator=(Timer&& other) noexcept {
    Timer moved(std::move(other));
    swap(moved);
    return *this;
  }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() {
    if (scheduler_ != nullptr) scheduler_->cancel(id_);
  }

  Time at() const { return at_; }  ///< when it is or was due

 private:
  void swap(Timer& other) noexcept {
    std::swap(scheduler_, other.scheduler_);
    std::swap(at_, other.at_);
    std::swap(id_, other.id_);
  }

  Scheduler* scheduler_ = nullptr;
  Time at_{};
  Scheduler::TimerId id_ = 0;
};

}  // namespace melisai::supervise
