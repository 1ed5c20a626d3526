// WaitsFor: what a run that has not ended waits for, as what follows "waits for": another run, a
// pause, a time, or what the process of its attempt says itself.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/serve/context.h"
#include "core/serve/dispatch.h"
#include "core/store/queue.h"

namespace melisai::serve {

/// In the directory of an attempt, as long as it waits: for what.
inline constexpr const char* kWaitsForFile = "waits-for";
inline constexpr std::size_t kWaitsForMax = 500;  ///< bytes of it

/// For one answer: what it has read of the queue does not change any more. On the queue's thread.
class WaitsFor {
 public:
  WaitsFor(const store::Queue& queue, DispatchRules rules, WallTime now)
      : queue_(queue), rules_(rules), now_(now) {}

  /// "": for nothing, or the queue cannot be read. Not made safe to be shown.
  std::string of(const PipelineRun& run);

 private:
  /// What queued runs have to do with.
  struct View {
    store::Queue::Pause pause;
    std::vector<store::PausedPipeline> paused;
    std::vector<PipelineRun> running;
    std::vector<PipelineRun> ready;
  };
  Result<View> look() const;
  Result<std::string> of_blocked(const PipelineRun& run);
  Result<std::string> of_queued(const PipelineRun& run);
  Result<std::string> of_running(const PipelineRun& run) const;
  std::string in_words(const Hindrance& hindrance) const;

  const store::Queue& queue_;
  DispatchRules rules_;
  WallTime now_;
  std::optional<View> view_;                                        // read when it is needed
  std::map<std::int64_t, std::vector<PipelineRun>> open_of_event_;  // read likewise
};

/// As the daemon sees it now.
WaitsFor waits_in(const Context& context);

/// Each of `runs` as run_json.h writes it.
std::vector<std::string> runs_to_json(const std::vector<PipelineRun>& runs, WaitsFor waits);

}  // namespace melisai::serve
