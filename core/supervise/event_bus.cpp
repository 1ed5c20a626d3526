#include "core/supervise/event_bus.h"

#include <algorithm>
#include <utility>

#include "core/base/result.h"

namespace melisai::supervise {

struct Subscription::Reader {
  std::function<void()> wake;
  std::uint64_t cursor = 0;   // number of the last event that was taken or dropped
  std::uint64_t dropped = 0;  // up to the cursor
  bool idle = true;           // everything was taken: the next event wakes
  bool leaving = false;
  int waking = 0;  // calls of `wake` that are going on
};

namespace {

// Up to a whole character.
void cut(std::string& text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
}

void bound(Event& event) {
  cut(event.message, kMessageBytesMax);
  for (std::string* id : {&event.source, &event.run, &event.pipeline, &event.engine})
    cut(*id, kMessageBytesMax);
  if (event.data.size() > kDataBytesMax)
    event.data = "{\"omitted_bytes\":" + std::to_string(event.data.size()) + "}";
}

}  // namespace

EventBus::EventBus(const Clock& clock, EventBusLimits limits) : clock_(clock), limits_(limits) {
  MELISAI_ASSERT(limits.per_subscriber >= 1 && limits.per_subscriber <= limits.events);
}

EventBus::~EventBus() { MELISAI_ASSERT(readers_.empty()); }

void EventBus::publish(Event event) {
  bound(event);
  const auto kept = std::make_shared<Event>(std::move(event));
  std::vector<Reader*> woken;
  {
    const std::lock_guard lock(mutex_);
    kept->number = ++last_;
    kept->time = clock_.now();
    events_.push_back(kept);
    if (events_.size() > limits_.events) events_.pop_front();
    for (Reader& reader : readers_) {
      if (!std::exchange(reader.idle, false) || !reader.wake || reader.leaving) continue;
      ++reader.waking;
      woken.push_back(&reader);
    }
  }
  if (woken.empty()) return;
  for (const Reader* reader : woken) reader->wake();
  const std::lock_guard lock(mutex_);
  for (Reader* reader : woken) --reader->waking;
  wakes_over_.notify_all();
}

Subscription EventBus::subscribe(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  readers_.emplace_back();
  Reader& reader = readers_.back();
  reader.wake = std::move(wake);
  reader.cursor = last_;
  return {*this, reader};
}

EventBatch EventBus::after(std::uint64_t cursor, std::size_t events_max) const {
  EventBatch batch;
  std::vector<Kept> read;
  {
    const std::lock_guard lock(mutex_);
    const std::uint64_t oldest = last_ - events_.size();  // a cursor before the first kept event
    const std::uint64_t from = std::clamp(cursor, oldest, last_);
    batch.dropped = cursor < from ? from - cursor : 0;
    read = kept(from + 1, from + std::min<std::uint64_t>(events_max, last_ - from));
    batch.cursor = from + read.size();
  }
  for (const Kept& event : read) batch.events.push_back(*event);
  return batch;
}

EventCounters EventBus::counters() const {
  const std::lock_guard lock(mutex_);
  EventCounters counters{last_, dropped_by_left_, readers_.size()};
  for (const Reader& reader : readers_) counters.dropped += dropped(reader);
  return counters;
}

EventBatch EventBus::take(Reader& reader, std::size_t events_max) {
  EventBatch batch;
  std::vector<Kept> taken;
  {
    const std::lock_guard lock(mutex_);
    const std::uint64_t waiting = last_ - reader.cursor;
    batch.dropped = waiting - std::min<std::uint64_t>(waiting, limits_.per_subscriber);
    reader.dropped += batch.dropped;
    reader.cursor += batch.dropped;
    const auto count = std::min<std::uint64_t>(events_max, last_ - reader.cursor);
    taken = kept(reader.cursor + 1, reader.cursor + count);
    reader.cursor += count;
    reader.idle = reader.cursor == last_;
    batch.cursor = reader.cursor;
  }
  for (const Kept& event : taken) batch.events.push_back(*event);
  return batch;
}

void EventBus::leave(Reader& reader) {
  std::unique_lock lock(mutex_);
  reader.leaving = true;
  wakes_over_.wait(lock, [&] { return reader.waking == 0; });
  dropped_by_left_ += dropped(reader);
  readers_.remove_if([&](const Reader& other) { return &other == &reader; });
}

// What is beyond the limit is as good as dropped: it goes when the reader comes.
std::uint64_t EventBus::dropped(const Reader& reader) const {
  const std::uint64_t waiting = last_ - reader.cursor;
  return reader.dropped + waiting - std::min<std::uint64_t>(waiting, limits_.per_subscriber);
}

std::vector<EventBus::Kept> EventBus::kept(std::uint64_t first, std::uint64_t last) const {
  const std::uint64_t before = last_ - events_.size();
  return {events_.begin() + static_cast<std::ptrdiff_t>(first - before - 1),
          events_.begin() + static_cast<std::ptrdiff_t>(last - before)};
}

Subscription::Subscription(Subscription&& other) noexcept
    : bus_(other.bus_), reader_(std::exchange(other.reader_, nullptr)) {}

Subscription& Subscription::operator=(Subscription&& other) noexcept {
  Subscription moved(std::move(other));
  std::swap(bus_, moved.bus_);
  std::swap(reader_, moved.reader_);
  return *this;
}

Subscription::~Subscription() {
  if (reader_ != nullptr) bus_->leave(*reader_);
}

EventBatch Subscription::take(std::size_t events_max) { return bus_->take(*reader_, events_max); }

std::uint64_t Subscription::dropped() const {
  const std::lock_guard lock(bus_->mutex_);
  return bus_->dropped(*reader_);
}

std::string_view name_of(EventType type) {
  switch (type) {
    case EventType::workflow_started: return "workflow_started";
    case EventType::workflow_completed: return "workflow_completed";
    case EventType::workflow_failed: return "workflow_failed";
    case EventType::engine_status: return "engine_status";
    case EventType::status_update: return "status_update";
    case EventType::health_check_response: return "health_check_response";
    case EventType::module_starting: return "module_starting";
    case EventType::module_running: return "module_running";
    case EventType::module_stopping: return "module_stopping";
    case EventType::module_stopped: return "module_stopped";
    case EventType::module_failed: return "module_failed";
    case EventType::module_health: return "module_health";
    case EventType::system_status: return "system_status";
  }
  return "";
}

std::string_view name_of(EventSeverity severity) {
  switch (severity) {
    case EventSeverity::info: return "info";
    case EventSeverity::warning: return "warning";
    case EventSeverity::error: return "error";
    case EventSeverity::critical: return "critical";
  }
  return "";
}

}  // namespace melisai::supervise
