// Waits: requests that are answered when the runs of an event have ended, or are known, or their
// time is over (`POST /trigger/NAME?wait=30s`). A limited number, on the loop's thread. Private to
// core/api.
#pragma once

#include <functional>
#include <list>
#include <optional>

#include "core/api/api.h"
#include "core/api/beats.h"
#include "core/base/units.h"

namespace melisai::api {

inline constexpr std::size_t kWaitsMax = 100;
/// Shorter than a server waits for an answer.
inline constexpr Milliseconds kWaitMax{60'000};

class Waits {
 public:
  Waits(const Daemon& daemon, Beats& beats) : daemon_(daemon), beats_(beats) {}

  enum class Until { planned, over };

  bool full() const { return waiting_.size() >= kWaitsMax; }
  std::size_t waiting() const { return waiting_.size(); }
  /// Calls `then` once: when the event is that far, or after that time. The number of waiting ones
  /// is the caller's to look at.
  void add(std::int64_t event, Until until, Milliseconds longest, std::function<void()> then);

 private:
  struct Waiting {
    std::int64_t event = 0;
    Until until = Until::over;
    std::function<void()> then;
    supervise::Timer deadline;
  };
  void look();
  void end(std::list<Waiting>::iterator one);

  const Daemon& daemon_;
  Beats& beats_;
  std::list<Waiting> waiting_;
  std::optional<Beats::Seat> seat_;  // while anybody waits
};

/// Rejected or planned; also when it cannot be read.
bool is_planned(const store::Queue& queue, std::int64_t event);
/// Rejected, or planned and all of its runs ended; also when it cannot be read.
bool is_over(const store::Queue& queue, std::int64_t event);

}  // namespace melisai::api
