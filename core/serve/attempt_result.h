// How an attempt ended: what its process left, and whether there is another one.
#pragma once

#include <optional>
#include <vector>

#include "core/base/process.h"
#include "core/base/rng.h"
#include "core/model/serve_config.h"
#include "core/store/queue.h"

namespace melisai::serve {

inline constexpr int kInterruptsMax =
    5;  ///< of one run, by crashes of the daemon; then it is an error

/// Of one run, by stops that somebody ordered; then it is an error. People stop a daemon for good
/// reasons; what stops it in each attempt is the pipeline itself.
inline constexpr int kStopsMax = 20;

/// An attempt whose process has ended, and the ones of its run before it.
struct EndedAttempt {
  Attempt attempt;
  Result<Exit> exit;
  std::vector<Attempt> earlier;
};

/// From the result file, or from how the process ended when there is none.
store::AttemptEnd end_of(const PipelineRun& run, const EndedAttempt& ended,
                         const ServeConfig& config, Rng& rng, WallTime now);

/// The result of an attempt that ended together with the daemon: it counts when it was finished by
/// then. Nothing without one, or when it says that it was interrupted.
std::optional<store::AttemptEnd> result_in_time(const Attempt& attempt);

/// The daemon ended before the attempt did: the run is queued again at once, unless that has
/// happened too often to be chance.
store::AttemptEnd interrupted_end(const std::vector<Attempt>& earlier, WallTime now);

/// Somebody stopped the engines in order, which says nothing of the run: it is queued again at
/// once, unless it goes on for ever.
store::AttemptEnd stopped_end(const std::vector<Attempt>& earlier, WallTime now);

}  // namespace melisai::serve
