// Who was watched, when, with what: the head of a host report.
#pragma once

#include "core/host/host.h"
#include "core/host/window.h"

namespace melisai::host {

/// `begun`: when the window opened. What the results know better (memory, container) is taken from
/// them.
HostMetadata describe(const CollectRequest& request, const Window& window,
                      std::chrono::system_clock::time_point begun);

}  // namespace melisai::host
