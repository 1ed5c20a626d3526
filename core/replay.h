// Replay: what the gate would decide on recorded pairs (JSON lines; /core/gate/README.md says how).
// Pure but for the file it reads; main prints what it yields.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/model/project.h"

namespace melisai {

struct ReplayRequest {
  std::string file;            ///< JSON lines, absolute; "-" for stdin
  Policy policy;               ///< threshold, false_alarm, miss, max_pairs, fail_on
  bool one_threshold = false;  ///< the policy's for every series, instead of each its own
  bool independent = false;    ///< each series is its own suite, and the exit code is 0
  bool json = false;
  std::string only;  ///< glob over series, "" for all; one that matches none is an error
};

/// The exit code: 0, or of one suite as `check` would end. Prints through `print` (false: nobody
/// reads any more). Errors: parse with FILE:LINE, also when there is no pair; not_found, limit, io,
/// interrupted.
Result<int> replay(const ReplayRequest& request,
                   const std::function<bool(std::string_view)>& print);

}  // namespace melisai
