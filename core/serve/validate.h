// `validate`: is a file what melisai-gate can read, and what does it say?
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/base/env_expand.h"
#include "core/base/result.h"

namespace melisai::serve {

struct ValidateRequest {
  std::string file;  ///< as typed; "": the pipeline file of the current directory
};

/// A pipeline file or a configuration of `serve`, told apart by what it holds. Prints the remarks
/// and one line that says what it is. Errors: config with file:line:column, not_found, io, limit.
Result<int> validate(const ValidateRequest& request, const EnvLookup& env,
                     const std::function<bool(std::string_view)>& print);

}  // namespace melisai::serve
