// What a plugin's constant struct says, copied and checked. Nothing of the plugin is called here,
// and no pointer of it but its functions is used later.
#pragma once

#include <melisai/collector.h>

#include "core/base/collector_protocol.h"
#include "core/base/result.h"

namespace melisai::worker {

struct Descriptor {
  melisai_collector functions{};  ///< what a shorter struct does not reach is null
  protocol::Hello hello;          ///< complete but for availability
};

/// Errors: config, a sentence for the plugin's author.
Result<Descriptor> adopt(const melisai_collector& theirs);

}  // namespace melisai::worker
