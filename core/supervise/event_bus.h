// EventBus: from whoever publishes, on any thread, to whoever reads, on any other. Publishing never
// waits for a reader: each has a limit, beyond which its oldest events are dropped and counted.
// The bus outlives its subscriptions.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "core/base/clock.h"
#include "core/supervise/event.h"

namespace melisai::supervise {

constexpr std::size_t kMessageBytesMax = 1024;  ///< a longer message is cut
constexpr std::size_t kDataBytesMax = 4096;     ///< longer data becomes {"omitted_bytes": n}

struct EventBusLimits {
  std::size_t events = 1000;         ///< kept for readers with a cursor
  std::size_t per_subscriber = 100;  ///< waiting for one subscriber; <= events
};

struct EventBatch {
  std::vector<Event> events;  ///< oldest first
  std::uint64_t dropped = 0;  ///< between what was read before and these
  std::uint64_t cursor = 0;   ///< to go on after these
};

struct EventCounters {
  std::uint64_t published = 0;
  std::uint64_t dropped = 0;  ///< of all subscribers, gone ones too; an event counts for each
  std::size_t subscribers = 0;
};

class EventBus;

/// Ends with its destructor, which waits for a wake that is being called: never end a subscription
/// from within its own wake. Used by one thread at a time. A moved-from one may only be destroyed
/// or assigned.
class Subscription {
 public:
  Subscription(Subscription&& other) noexcept;
  Subscription& operator=(Subscription&& other) noexcept;
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;
  ~Subscription();

  /// At most `events_max` waiting events, which are then no longer waiting.
  EventBatch take(std::size_t events_max = SIZE_MAX);
  std::uint64_t dropped() const;  ///< since it began

 private:
  friend class EventBus;
  struct Reader;
  Subscription(EventBus& bus, Reader& reader) : bus_(&bus), reader_(&reader) {}

  EventBus* bus_;
  Reader* reader_;  // owned by the bus; null when moved from
};

class EventBus {
 public:
  explicit EventBus(const Clock& clock, EventBusLimits limits = {});
  ~EventBus();
  EventBus(const EventBus&) = delete;
  EventBus& operator=(const EventBus&) = delete;

  void publish(Event event);

  /// From the next event on. `wake` is called by the publishing thread, outside of all locks, for
  /// the first event after everything was taken; it must not block (post to a loop, write to an
  /// eventfd).
  [[nodiscard]] Subscription subscribe(std::function<void()> wake = {});

  /// For readers that keep a cursor of their own (0: from the oldest that is kept).
  EventBatch after(std::uint64_t cursor, std::size_t events_max) const;

  EventCounters counters() const;

 private:
  friend class Subscription;
  using Reader = Subscription::Reader;
  using Kept = std::shared_ptr<const Event>;

  EventBatch take(Reader& reader, std::size_t events_max);
  void leave(Reader& reader);
  std::uint64_t dropped(const Reader& reader) const;
  // Of events number `first` .. `last`.
  std::vector<Kept> kept(std::uint64_t first, std::uint64_t last) const;

  const Clock& clock_;
  const EventBusLimits limits_;
  mutable std::mutex mutex_;
  std::condition_variable wakes_over_;
  // Shared with readers that copy them after the lock: a long copy must not delay publish().
  std::deque<Kept> events_;
  std::uint64_t last_ = 0;             // number of the newest event
  std::uint64_t dropped_by_left_ = 0;  // by subscribers that are gone
  std::list<Reader> readers_;
};

}  // namespace melisai::supervise
