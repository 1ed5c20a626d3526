// Beats: when those who wait (event streams, live logs, `?wait=`) look again: soon after there is
// news on the bus; twice a second who waits for what tells nobody; every ten seconds while a
// benchmark is being timed, so that a thousand clients do not disturb it. On the loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "core/api/api.h"
#include "core/base/units.h"

namespace melisai::api {

inline constexpr Milliseconds kNewsPause{100};
inline constexpr Milliseconds kGrowthPause{500};
inline constexpr Milliseconds kMeasuringPause{10'000};

class Beats {
  struct State;

 public:
  enum class For {
    news,   ///< events of the bus
    growth  ///< files and rows, too
  };

  explicit Beats(const Daemon& daemon);
  ~Beats();

  /// Whoever waits; until its end `wake` is called with every beat. May outlive the Beats.
  class Seat {
   public:
    Seat() = default;
    Seat(std::weak_ptr<State> state, std::uint64_t id) : state_(std::move(state)), id_(id) {}
    Seat(Seat&& other) noexcept { *this = std::move(other); }
    Seat& operator=(Seat&& other) noexcept;
    ~Seat();

   private:
    std::weak_ptr<State> state_;
    std::uint64_t id_ = 0;
  };
  Seat take(For what, std::function<void()> wake);

  /// Number of the newest event that may be told; later ones wait for the next beat.
  std::uint64_t released() const;
  std::uint64_t newest() const;  ///< of all events
  std::size_t seats() const;

 private:
  std::shared_ptr<State> state_;  // shared: wakes come from other threads, seats end later
};

}  // namespace melisai::api
