// What this process uses, out of /proc/self. Private to core/api.
#pragma once

#include <cstdint>
#include <optional>

namespace melisai::api {

struct ProcessNumbers {
  double cpu_seconds = 0;            ///< user and system; /proc/self/stat, fields 14 and 15, ticks
  std::uint64_t resident_bytes = 0;  ///< /proc/self/statm, field 2, pages
  std::uint64_t open_fds = 0;        ///< entries of /proc/self/fd
  std::uint64_t max_fds = 0;         ///< RLIMIT_NOFILE, the soft one
};
/// Nothing where /proc is not what it should be.
std::optional<ProcessNumbers> process_numbers();

}  // namespace melisai::api
