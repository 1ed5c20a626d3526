// What systemd wants to hear from a service (sd_notify(3)): one datagram, no library.
#pragma once

#include <optional>
#include <string>

#include "core/base/env_expand.h"
#include "core/base/units.h"

namespace melisai::serve {

/// To $NOTIFY_SOCKET; nothing without one. Nobody needs to know when it is not heard.
void notify_systemd(const std::string& state);

/// $WATCHDOG_USEC; nothing without a watchdog.
std::optional<Milliseconds> watchdog_interval(const EnvLookup& env);

}  // namespace melisai::serve
