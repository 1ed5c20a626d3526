#include "core/api/waits.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace melisai::api {

bool is_planned(const store::Queue& queue, std::int64_t event) {
  const Result<store::EventState> state = queue.event_state(event);
  return !state || state->kind != store::EventState::Kind::open;
}

bool is_over(const store::Queue& queue, std::int64_t event) {
  const Result<store::EventState> state = queue.event_state(event);
  if (!state || state->kind == store::EventState::Kind::rejected) return true;
  if (state->kind == store::EventState::Kind::open) return false;
  const Result<std::vector<PipelineRun>> runs = queue.runs_of_event(event);
  return !runs || std::all_of(runs->begin(), runs->end(), [](const PipelineRun& run) {
    return run.state == PipelineRun::State::finished;
  });
}

void Waits::add(std::int64_t event, Until until, Milliseconds longest, std::function<void()> then) {
  waiting_.push_back({.event = event, .until = until, .then = std::move(then), .deadline = {}});
  const auto one = std::prev(waiting_.end());
  one->deadline = supervise::Timer(daemon_.scheduler, daemon_.scheduler.now() + longest,
                                   [this, one] { end(one); });
  if (!seat_) seat_ = beats_.take(Beats::For::growth, [this] { look(); });
}

void Waits::look() {
  for (auto one = waiting_.begin(); one != waiting_.end();) {
    const auto next = std::next(one);
    const auto is_there = one->until == Until::over ? is_over : is_planned;
    if (is_there(daemon_.queue, one->event)) end(one);
    one = next;
  }
}

void Waits::end(std::list<Waiting>::iterator one) {
  const std::function<void()> then = std::move(one->then);
  waiting_.erase(one);
  if (waiting_.empty()) seat_.reset();
  then();
}

}  // namespace melisai::api
