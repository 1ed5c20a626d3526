// Clock: the only way to read the time (seam; tests use tests/fakes/fake_clock.h).
#pragma once

#include <chrono>
#include <string>

namespace melisai {

class Clock {
 public:
  virtual ~Clock() = default;
  /// Monotonic time for durations and deadlines.
  virtual std::chrono::nanoseconds monotonic() const = 0;
  /// Wall-clock time since the Unix epoch, for records.
  virtual std::chrono::system_clock::time_point now() const = 0;
};

class SystemClock final : public Clock {
 public:
  std::chrono::nanoseconds monotonic() const override;
  std::chrono::system_clock::time_point now() const override;
};

/// "2026-11-21T02:07:41Z": RFC 3339 in UTC, whole seconds.
std::string utc_time(std::chrono::system_clock::time_point at);
/// The same to the millisecond: "2026-11-21T02:07:41.125Z".
std::string utc_time_ms(std::chrono::system_clock::time_point at);

}  // namespace melisai
