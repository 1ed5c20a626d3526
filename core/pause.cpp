#include "core/pause.h"

#include <time.h>

#include <chrono>

namespace melisai {

void pause_for(Milliseconds how_long) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(how_long);
  const std::chrono::nanoseconds rest = how_long - seconds;
  const timespec interval{.tv_sec = seconds.count(), .tv_nsec = rest.count()};
  clock_nanosleep(CLOCK_MONOTONIC, 0, &interval, nullptr);
}

}  // namespace melisai
