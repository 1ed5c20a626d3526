// Parse: what melisai-gate reads in a result file, and the formats it knows.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/model/project.h"

namespace melisai {

struct ParseRequest {
  std::string file;  ///< as typed; "-" for standard input; or what a tool leaves in a directory
  FormatSpec format{.name = "auto", .json = {}, .regex = {}};
  bool json = false;
};

struct FormatsRequest {
  bool json = false;
};

/// Prints through `print` (false: nobody reads any more); benchmarks that failed are warnings.
/// Errors: parse with FILE:LINE, limit, not_found, io, usage.
Result<void> parse_file(const ParseRequest& request,
                        const std::function<bool(std::string_view)>& print);

std::string formats_text(const FormatsRequest& request);

}  // namespace melisai
