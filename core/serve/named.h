// Named: which project and pipeline a command of a person means.
#pragma once

#include <string>
#include <vector>

#include "core/serve/context.h"

namespace melisai::serve {

struct Named {
  const WatchedProject& project;
  std::string pipeline;
};

/// "" is the only one there is. Errors: usage, naming what there is.
Result<const WatchedProject*> find_project(const std::string& name, const ServeConfig& config);

/// "build", or, where no project is named, "demo/build" as runs are shown. Errors: as above.
Result<Named> find_pipeline(const std::string& project, const std::string& pipeline,
                            const ServeConfig& config);

/// Whether that may be started. Errors: as api::check_startable().
Result<void> check_startable(const Named& named, const Context& context);

/// Of a name that came without a project, "nope/build": a pipeline with a slash, or a project that
/// is not there? Errors: usage, of the latter.
Result<void> check_no_project(const Named& named, const Context& context);

/// Whether anything of that name may ever run: as far as it is configured, has run, or stands at
/// the commit that was planned last. Where none of these says anything every name may. Errors:
/// usage, naming what there is.
Result<void> check_known(const Named& named, const Context& context);

}  // namespace melisai::serve
