#include "core/base/clock.h"

#include <cstdio>
#include <ctime>

namespace melisai {

std::chrono::nanoseconds SystemClock::monotonic() const {
  return std::chrono::steady_clock::now().time_since_epoch();
}

std::chrono::system_clock::time_point SystemClock::now() const {
  return std::chrono::system_clock::now();
}

std::string utc_time(std::chrono::system_clock::time_point at) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string utc_time_ms(std::chrono::system_clock::time_point at) {
  const auto since_epoch = at.time_since_epoch();
  const auto fraction = std::chrono::floor<std::chrono::milliseconds>(since_epoch) % 1000;
  char text[16];
  std::snprintf(text, sizeof text, ".%03dZ", static_cast<int>(fraction.count()));
  std::string time = utc_time(at);
  time.pop_back();
  return time + text;
}

}  // namespace melisai
