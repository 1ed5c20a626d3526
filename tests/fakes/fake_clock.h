// A Clock for tests: stands still until it is moved.
#pragma once

#include <chrono>

#include "core/base/clock.h"

namespace melisai {

class FakeClock final : public Clock {
 public:
  std::chrono::nanoseconds monotonic() const override { return since_start; }
  std::chrono::system_clock::time_point now() const override { return wall; }

  /// Time passes on both.
  void advance(std::chrono::nanoseconds by) {
    since_start += by;
    wall += std::chrono::duration_cast<std::chrono::system_clock::duration>(by);
  }

  std::chrono::nanoseconds since_start{};
  std::chrono::system_clock::time_point wall{std::chrono::seconds(1'790'000'000)};
};

}  // namespace melisai
