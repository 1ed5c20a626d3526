// A Clock for tests of deadlines: every look at it is a second later, so that none takes long.
#pragma once

#include <chrono>

#include "core/base/clock.h"

namespace melisai {

class HastyClock final : public Clock {
 public:
  std::chrono::nanoseconds monotonic() const override { return now_ += std::chrono::seconds(1); }
  std::chrono::system_clock::time_point now() const override { return {}; }

 private:
  mutable std::chrono::nanoseconds now_{0};
};

}  // namespace melisai
