// Retry: what becomes of a run whose attempt has ended. Pure.
#pragma once

#include <optional>

#include "core/base/rng.h"
#include "core/base/units.h"
#include "core/model/pipeline_run.h"

namespace melisai::serve {

struct RetryPolicy {
  int errors_max = 3;                ///< further attempts after failures of the infrastructure
  bool failed_once = false;          ///< one more attempt after the project's own failure
  int inconclusive_max = 1;          ///< further attempts after ones that were too noisy to tell
  Milliseconds delay_first{10'000};  ///< doubles from attempt to attempt
  Milliseconds delay_max{600'000};
  Milliseconds delay_quiet{60'000};  ///< for the machine to calm down
};

/// How an attempt ended, and the ones before it.
struct AttemptHistory {
  PipelineRun::Outcome outcome = PipelineRun::Outcome::error;
  int errors = 0;        ///< attempts that ended in Outcome::error, this one included
  int failures = 0;      ///< in Outcome::failed
  int inconclusive = 0;  ///< in Outcome::inconclusive
  bool noisy = false;    ///< of this one: a quieter machine could have told
};

/// The delay until the next attempt, with a jitter of a quarter after errors; nothing: it ends
/// here. A regression is not tried again: the gate has confirmed it in fresh pairs. An inconclusive
/// attempt is, when a quieter machine could change that.
std::optional<Milliseconds> retry_delay(const AttemptHistory& history, const RetryPolicy& policy,
                                        Rng& rng);

}  // namespace melisai::serve
