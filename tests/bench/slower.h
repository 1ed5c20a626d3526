// Parts of slower: functions that do more on head, each in its own way.
#pragma once

#include <span>
#include <string_view>

namespace slower {

inline volatile unsigned long sink;
#define NEVER_INLINE __attribute__((noinline))

/// About a nanosecond a round.
NEVER_INLINE inline void work(long rounds) {
  for (long i = 0; i < rounds; ++i) sink = sink * 1664525u + 1u;
}

struct Case {
  std::string_view name;   ///< that of the function to blame
  std::string_view cause;  ///< the class that it should be given
  void (*run)(bool head);
};
std::span<const Case> cpu_cases();   ///< CPU work and efficiency, allocation, memory
std::span<const Case> call_cases();  ///< system calls, file I/O, network, subprocesses
std::span<const Case> wait_cases();  ///< locks, scheduling, sleep, and waits for CPU work

}  // namespace slower
