// The section `orchestrator.untrusted`. Part of config.
#pragma once

#include "core/serve/reading.h"

namespace melisai::serve {

UntrustedOptions read_untrusted(const ConfigValue& section, Reading& reading);

}  // namespace melisai::serve
