// Watches the root of a tree for what its memory was when it ended, which nobody can read of a
// zombie. Owned by the collector; one window each. See exit_tracer.h for how.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "plugins/common/proc.h"
#include "plugins/process/exit_tracer.h"

namespace melisai::plugins {

/// Must what `root` executes be looked at first? Where neither this process may trace everybody nor
/// `root` has given up new rights (no_new_privs).
bool rights_may_change(std::int64_t root);

class ExitWatch {
 public:
  /// `root` has not executed its program yet. Within a second it is watched, or given up.
  ExitWatch(std::int64_t root, bool guarded);
  ExitWatch(const ExitWatch&) = delete;
  ExitWatch& operator=(const ExitWatch&) = delete;
  ~ExitWatch();

  /// Ends the watch, after waiting a second at most for a root that has just ended.
  ExitReport finish();

 private:
  void end_tracer();

  pid_t tracer_ = -1;
  int line_ = -1;
  ExitReport* report_ = nullptr;  // in shared memory
  int error_ = 0;                 // of what could not be set up
};

/// The metrics of a report; a number that could not be read is left out.
std::vector<Number> numbers_of(const ExitReport& report);

/// Why there are none, or not all, and what would help; "" when nothing is missing.
std::string why_missing(const ExitReport& report);

}  // namespace melisai::plugins
