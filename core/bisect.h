// Bisect: which commit between a good and a bad one made a benchmark slower. Builds and measures
// like a check, one commit at a time; which commit comes next is core/recover.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/display.h"
#include "core/orchestrator.h"

namespace melisai {

struct BisectRequest : Request {
  std::string directory;  ///< absolute; in a work tree or a bare repository
  std::string good;
  std::string bad = "HEAD";
  std::string config_file;  ///< absolute; "" : .melisai-gate.yaml of the bad commit
  std::string only;         ///< glob, "" for all
  run::CommandLinePipelines commands;
  std::vector<PipelineSpec> pipelines;  ///< not empty: instead of those of the pipeline file
  std::string project;                  ///< not empty: instead of the name of the pipeline file
  bool dry_run = false;  ///< say what would be done, and stop
};

/// The exit code: 0 a culprit or the shortest range that cannot be split, 3 cannot tell (also when
/// bad is not slower), 2 and 4 as for a check. Prints the result through `print` (false: nobody
/// reads any more).
int bisect(const BisectRequest& request, const Display& display, World& world,
           const std::function<bool(std::string_view)>& print);

}  // namespace melisai
