// What was watched besides the host, as the report tells it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/host/host.h"
#include "core/host/window.h"

namespace melisai::host {

/// The command line as people would type it, on one line: *** for secrets, those that this process
/// knows, the value of what is called like one (--token X, PASSWORD=X), and the user of a URL.
std::string shown_command(const std::vector<std::string>& command);

/// Nothing when the request names neither a command nor a process nor a cgroup.
std::optional<HostTarget> target_of(const CollectRequest& request, const Window& window);

/// The target of a report with what it used, for people; "" without one.
std::string explain_target(const HostReport& report);

}  // namespace melisai::host
