// Loads a plugin's library and gives its one symbol. Boost.DLL stays behind the .cpp.
#pragma once

#include <melisai/collector.h>

#include <string>

#include "core/base/result.h"

namespace melisai::worker {

/// `path`: as check_library() gave it. The library stays loaded until the process ends, since an
/// exception or a thread of it may outlive any call. Runs its constructors. Errors: config.
Result<const melisai_collector*> load_collector(const std::string& path);
/// The same of a file that is called `name` in errors: `path` is that of a descriptor.
Result<const melisai_collector*> load_collector(const std::string& path, const std::string& name);

}  // namespace melisai::worker
