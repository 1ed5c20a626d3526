// The Scheduler of the daemon: timers of a boost::asio loop. Used from the loop's thread only.
#pragma once

#include <functional>
#include <memory>

#include "core/base/clock.h"
#include "core/supervise/scheduler.h"

namespace boost::asio {
class io_context;
}

namespace melisai::supervise {

class AsioScheduler final : public Scheduler {
 public:
  AsioScheduler(boost::asio::io_context& loop, const Clock& clock);
  ~AsioScheduler() override;

  Time now() const override;
  TimerId call_at(Time at, std::function<void()> fn) override;
  void cancel(TimerId id) override;

 private:
  struct Body;
  // Shared with the handlers: one that has expired lies in the loop's queue, where cancel() and the
  // end of the scheduler no longer reach it.
  std::shared_ptr<Body> body_;
};

}  // namespace melisai::supervise
