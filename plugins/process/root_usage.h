// What the root of a tree and everything that it waited for has used: the counters that the kernel
// keeps exactly. The files are opened while the root lives and read once more when it is a zombie.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/common/proc.h"

namespace melisai::plugins {

class RootUsage {
 public:
  /// `directory` is /proc/<pid>. Takes the first reading.
  explicit RootUsage(const std::string& directory);

  /// What was used since then; a number that cannot be read is left out.
  std::vector<Number> since_start() const;

  /// Counters of /proc/<pid>/io need the permission to trace the process.
  bool io_readable() const { return io_.read().has_value(); }
  bool readable() const { return before_.has_value(); }

  /// Time that the first thread of the root waited for a CPU, in ns, since the process was made:
  /// /proc/<pid>/schedstat, field 2. Nothing where the kernel does not count.
  std::optional<std::int64_t> run_delay_ns() const;

 private:
  HeldFile stat_;
  HeldFile io_;
  HeldFile schedstat_;
  std::optional<ProcessStat> before_;
  std::optional<std::string> io_before_;
};

/// schedstat's field 2; nothing where the kernel does not count, which leaves field 1 at 0.
std::optional<std::int64_t> parse_run_delay(std::string_view schedstat);

}  // namespace melisai::plugins
