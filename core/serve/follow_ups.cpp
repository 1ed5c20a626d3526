#include "core/serve/follow_ups.h"

#include "core/base/files.h"
#include "core/base/log.h"
#include "core/pipeline.h"
#include "core/serve/follow_up.h"
#include "core/serve/work.h"

namespace melisai::serve {
namespace {

// Nobody waits any more for what follows an older one: it was there before the daemon started.
constexpr std::chrono::hours kAgeMax{1};

/// The commit that the run was compared with, as its last attempt said; "" when it did not.
Result<std::string> base_of(const PipelineRun& run, const store::Queue& queue) {
  MELISAI_TRY(const std::vector<Attempt> attempts, queue.attempts(run.id));
  if (attempts.empty()) return std::string();
  const auto text = read_file(attempts.back().directory + "/" + kResultFile, kResultFileMax);
  if (!text) return std::string();
  const auto result = pipeline_result_from_json(*text);
  return result ? result->base : std::string();
}

}  // namespace

void FollowUps::look() {
  const auto runs = context_.queue.gone_wrong_since(context_.now() - kAgeMax);
  if (!runs) return log_error("the queue cannot be read: " + runs.error().message);
  std::set<std::int64_t> seen;
  bool any = false;
  for (const PipelineRun& run : *runs) {
    if (!seen_.contains(run.id)) {
      const Result<bool> followed = follow(run);
      if (!followed) {
        log_error("what follows " + name_of(run) +
                  " cannot be written to the queue: " + followed.error().message);
        continue;
      }
      any = any || *followed;
    }
    seen.insert(run.id);
  }
  seen_ = std::move(seen);
  if (any) accepted_();
}

Result<bool> FollowUps::follow(const PipelineRun& run) {
  MELISAI_TRY(const RunEvent event, context_.queue.event(run.event));
  Finished finished{.run = run, .event = event, .base = ""};
  MELISAI_TRY(finished.base, base_of(run, context_.queue));
  bool any = false;
  for (const RunEvent& next : follow_ups(finished, context_.config, context_.now())) {
    MELISAI_TRY(const store::Accepted accepted, context_.queue.accept(next));
    if (accepted.duplicate()) continue;
    any = true;
    log_info(next.project + ": " + next.cause);
  }
  return any;
}

}  // namespace melisai::serve
