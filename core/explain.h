// Explain: why benchmarks that regressed got slower. Runs both sides of each again with collectors
// around them, pass after pass, until the cause is named or its time is up; writes flame graphs
// beside the report. Never judges: what goes wrong is said in the evidence. Used by the
// orchestrator only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/collect/collect.h"
#include "core/explain_input.h"
#include "core/explain_instructions.h"
#include "core/model/evidence.h"
#include "core/model/progress.h"
#include "core/model/project.h"

namespace melisai {

struct ExplainTools {
  const Clock& clock;
  ProgressSink& progress;
  /// Loaded, with those of their parts that need more than /proc and are called so; null when the
  /// project leaves all of them out.
  std::function<std::unique_ptr<collect::Collectors>(const std::vector<std::string>& parts)> start;
  /// One run of one side. "" or why it yielded nothing. Errors: interrupted, timeout, and others of
  /// this machine.
  std::function<Result<std::string>(const Slowdown& slowdown, bool base, RunObserver& observer,
                                    Milliseconds time_left)>
      run;
  /// Asked while nothing runs: names are looked for.
  std::function<bool()> interrupted;
  /// Absolute path of valgrind; "" where there is none.
  std::string valgrind;
  /// One run of one side under it. Errors as of `run`.
  std::function<Result<measure::PairRunner::UnderTool>(const Slowdown& slowdown, bool base,
                                                       const std::vector<std::string>& tool,
                                                       Milliseconds time_left)>
      run_under;
  /// What had been counted before the pairs; nothing where nobody counted, or nothing grew.
  std::function<WorkRuns(const Slowdown& slowdown)> counted{};
};

struct ExplainRequest {
  Explain options;
  std::string output_dir;          ///< absolute; of the report
  std::vector<std::string> trees;  ///< where the sides were built
  std::string base;                ///< what the sides are, for people
  std::string head;
};

struct Explanation {
  std::vector<Evidence> evidence;  ///< of each slowdown, in their order
  std::string ended;               ///< why some have none; "" when all have
};

Explanation explain(const std::vector<Slowdown>& slowdowns, const ExplainRequest& request,
                    const ExplainTools& tools);

}  // namespace melisai
