// Compare: results that were measured elsewhere, judged as far as they can be.
#pragma once

#include <optional>
#include <string>

#include "core/model/project.h"
#include "core/orchestrator.h"

namespace melisai {

struct CompareRequest {
  std::string base, head;  ///< as typed: a result file, what a tool leaves in a directory, or a
                           ///< directory with one result file a run; one of them may be "-"
  FormatSpec format{.name = "auto", .json = {}, .regex = {}};
  Overrides overrides;
  std::string only;  ///< glob over benchmarks, "" for all
  std::optional<double>
      noise_floor;         ///< how far two values of equal programs lie apart, a fraction
  std::string output_dir;  ///< absolute; reports as those of a check
};

/// Never stored: nobody knows where the values come from.
Outcome compare_files(const CompareRequest& request, World& world);

}  // namespace melisai
