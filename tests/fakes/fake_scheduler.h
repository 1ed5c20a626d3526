// A Scheduler for tests: time passes only in run_for, and jumps from one timer to the next.
#pragma once

#include <functional>
#include <map>
#include <utility>

#include "core/supervise/scheduler.h"

namespace melisai::supervise {

class FakeScheduler final : public Scheduler {
 public:
  Time now() const override { return now_; }

  TimerId call_at(Time at, std::function<void()> fn) override {
    const TimerId id = ++last_;
    waiting_.emplace(std::pair{at < now_ ? now_ : at, id}, std::move(fn));
    return id;
  }

  void cancel(TimerId id) override {
    for (auto timer = waiting_.begin(); timer != waiting_.end(); ++timer)
      if (timer->first.second == id) {
        waiting_.erase(timer);
        return;
      }
  }

  /// Everything that falls due within `by`, also what that adds; ends `by` later than now.
  void run_for(Time by) {
    const Time end = now_ + by;
    while (!waiting_.empty() && waiting_.begin()->first.first <= end) {
      const auto due = waiting_.extract(waiting_.begin());
      now_ = due.key().first;
      due.mapped()();
    }
    now_ = end;
  }

  std::size_t waiting() const { return waiting_.size(); }

 private:
  Time now_ = std::chrono::hours(1);  // not 0: nothing may take that for "never"
  TimerId last_ = 0;
  std::map<std::pair<Time, TimerId>, std::function<void()>> waiting_;
};

}  // namespace melisai::supervise
