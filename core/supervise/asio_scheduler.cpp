#include "core/supervise/asio_scheduler.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <unordered_map>
#include <utility>

namespace melisai::supervise {

struct AsioScheduler::Body {
  struct Waiting {
    boost::asio::steady_timer timer;
    std::function<void()> fn;
  };

  boost::asio::io_context& loop;
  const Clock& clock;
  TimerId last = 0;
  std::unordered_map<TimerId, Waiting> waiting;

  void expired(TimerId id) {
    const auto found = waiting.find(id);
    if (found == waiting.end()) return;  // cancelled while it lay in the queue
    const std::function<void()> fn = std::move(found->second.fn);
    waiting.erase(found);
    fn();
  }
};

AsioScheduler::AsioScheduler(boost::asio::io_context& loop, const Clock& clock)
    : body_(std::make_shared<Body>(Body{loop, clock, 0, {}})) {}

AsioScheduler::~AsioScheduler() = default;

Time AsioScheduler::now() const { return body_->clock.monotonic(); }

Scheduler::TimerId AsioScheduler::call_at(Time at, std::function<void()> fn) {
  const TimerId id = ++body_->last;
  Body::Waiting waiting{boost::asio::steady_timer(body_->loop), std::move(fn)};
  waiting.timer.expires_after(std::max(at - now(), Time{}));
  waiting.timer.async_wait([weak = std::weak_ptr<Body>(body_), id](const auto& cancelled) {
    if (cancelled) return;
    if (const auto body = weak.lock()) body->expired(id);
  });
  body_->waiting.emplace(id, std::move(waiting));
  return id;
}

void AsioScheduler::cancel(TimerId id) { body_->waiting.erase(id); }

}  // namespace melisai::supervise
