// One window of all collectors: open, wait or run a program, close.
#pragma once

#include <optional>
#include <string>

#include "core/collect/collect.h"
#include "core/host/host.h"
#include "core/host/targets.h"

namespace melisai::host {

struct Window {
  HostCategories categories;
  double seconds = 0;        ///< from open to close
  bool interrupted = false;  ///< a signal ended it
  std::optional<Exit> exit;  ///< of the command; nothing without one
  std::string end;           ///< the same in words: "exit code 3"; of a process, that it ended
  ProcessFacts process;      ///< of the first process that the request names; bytes of the window
};

/// `deadline`: monotonic; when the window must be closed at the latest.
Result<Window> observe(const CollectRequest& request, collect::Collectors& collectors,
                       std::chrono::nanoseconds deadline, World& world);

}  // namespace melisai::host
