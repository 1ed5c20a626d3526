// Which run a person means.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/store/queue.h"

namespace melisai::serve {

/// Of the daemon of that state directory, to read. Errors: not_found, when there never was one.
Result<store::Queue> open_queue(const std::string& state_dir);

/// "12" (its id), "build#3", or "demo/build#3". Errors: usage, not_found, naming what there is.
Result<PipelineRun> find_run(const std::string& text, const store::Queue& queue);

}  // namespace melisai::serve
