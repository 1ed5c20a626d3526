// FollowUps: sees to what comes after runs that went wrong. Asks the queue rather than being told,
// so that nothing is missed by a daemon that is killed in between.
#pragma once

#include <functional>
#include <set>

#include "core/serve/context.h"

namespace melisai::serve {

class FollowUps {
 public:
  /// `accepted`: there are new events.
  FollowUps(Context& context, std::function<void()> accepted)
      : context_(context), accepted_(std::move(accepted)) {}

  /// Looks at runs that have finished since the last time; cheap when there are none.
  void look();

 private:
  Result<bool> follow(const PipelineRun& run);

  Context& context_;
  std::function<void()> accepted_;
  std::set<std::int64_t> seen_;  // runs, as far as look() would look at them again
};

}  // namespace melisai::serve
