// The pass that counts instructions, where the CPU has no counter for them: each side under
// callgrind. Private to core/explain.
#pragma once

#include <chrono>
#include <string>

#include "core/explain.h"
#include "core/explain_input.h"
#include "core/explain_instructions.h"
#include "core/model/evidence.h"

namespace melisai {

struct InstructionsPass {
  EvidencePass told{.name = "instructions"};
  WorkRuns work;  ///< of as many runs of either side; none where told.problem says why
  bool is_interrupted = false;
};

struct CountingTime {
  std::chrono::nanoseconds deadline;  ///< of the clock's monotonic()
  std::string budget;                 ///< as people know it: "gate.explain.budget (2min)"
};

/// Twice, since one run may be chance; once where no more fits.
InstructionsPass count_instructions(const Slowdown& slowdown, const CountingTime& time,
                                    const ExplainTools& tools);

/// Why the runs do not say whether CPU time grew by more work; "" where they do. `input` has the
/// CPU times.
std::string doubt_of(const WorkRuns& work, const gate::CauseInput& input);

}  // namespace melisai
