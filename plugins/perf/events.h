// What the collector perf counts, as the kernel knows it. What a number means never depends on who
// counts: an event that may be counted only in part is not counted at all.
#pragma once

#include <linux/perf_event.h>

#include <cstdint>
#include <span>
#include <string_view>

namespace melisai::plugins::perf {

/// Where the code runs of which events are counted.
enum class Level {
  user,    // outside the kernel; what everybody may count of processes of their own
  kernel,  // in the kernel, on behalf of the program
  both
};

struct Event {
  std::string_view metric;
  std::uint32_t type = 0;    // of perf_event_attr
  std::uint64_t config = 0;  // the same
  Level level = Level::user;

  bool is_hardware() const { return type != PERF_TYPE_SOFTWARE; }
};

std::span<const Event> events();

}  // namespace melisai::plugins::perf
