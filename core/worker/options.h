// The command lines of melisai-gate-worker and melisai-gate-worker-bpf (README.md).
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/base/units.h"

namespace melisai::worker {

struct Options {
  Bytes memory_max = 256 << 20;  ///< private memory of the process
  Bytes log_max = 64 << 10;      ///< of the plugin's log lines that are passed on
  bool program = false;          ///< FILE speaks frames itself: become it
  std::string file;
};

/// Errors: usage.
Result<Options> parse_options(int argc, const char* const* argv);

/// Of melisai-gate-worker-bpf: limits and nothing else, least of all a file. Errors: usage.
Result<Options> parse_fixed_options(int argc, const char* const* argv);

}  // namespace melisai::worker
