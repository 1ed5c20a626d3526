// One window of all collectors: open, wait or run a program, close.
#pragma once

#include <string>

#include "core/collect/collect.h"
#include "core/host/host.h"

namespace melisai::host {

struct Window {
  HostCategories categories;
  double seconds = 0;        ///< from open to close
  bool interrupted = false;  ///< a signal ended it
  std::string note;          ///< how the command ended, when that was not well; "" otherwise
};

/// `deadline`: monotonic; when the window must be closed at the latest.
Result<Window> observe(const CollectRequest& request, collect::Collectors& collectors,
                       std::chrono::nanoseconds deadline, World& world);

}  // namespace melisai::host
