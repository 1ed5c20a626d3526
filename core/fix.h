// Fix: one try to mend what failed. A program of the operator's proposes a patch, and the pipeline
// that failed says whether it is one. Nothing is pushed, merged, or put on a branch.
#pragma once

#include <string>
#include <vector>

#include "core/pipeline.h"

namespace melisai {

/// What the program is told; everything but the names and numbers comes from the failed run, and so
/// perhaps from strangers.
struct FixEvidence {
  std::string run;        ///< "demo/build#12"
  PipelineResult result;  ///< of its last attempt
  std::string directory;  ///< of that attempt; `result` names logs below it
  int number = 1;         ///< of this try
  int tries_max = 1;
  struct Earlier {
    std::string patch;  ///< absolute path; "" when there was none
    std::string reason;
  };
  std::vector<Earlier> earlier;  ///< tries that did not help
};

/// {"version": 1, "run", "project", "pipeline", "commit", "branch", "base", "outcome", "reason",
/// "stages": [{"name", "side", "status", "message", "log", "log_end"}], "report", "source", "fix":
/// {"number", "tries_max", "earlier": [{"patch", "reason"}]}}
std::string to_json(const FixEvidence& evidence, const PipelineRequest& failed,
                    const std::string& source);

struct FixRequest {
  /// Of the failed run; `before` is what it was compared with, `output_dir` is this try's own.
  PipelineRequest failed;
  FixEvidence evidence;
  RunLine program;  ///< evidence on standard input, a patch on standard output
  Milliseconds timeout{600'000};
  std::string ref;  ///< "refs/melisai-gate/fixes/...", which the patched commit gets
};

inline constexpr const char* kPatchFile = "fix.patch";  ///< in output_dir

/// passed: the patch is in the repository under `ref`, and the pipeline passed with it; the reason
/// says where. failed: no patch, one that does not fit, or one that does not help. Otherwise as
/// run_pipeline().
///
/// `fixers` runs the program, which is the operator's. The pipeline with the patch runs by `world`:
/// what steered the program may be in the patch, so that it is code that nobody trusts.
PipelineResult try_fix(const FixRequest& request, ProcessRunner& fixers, World& world);

}  // namespace melisai
