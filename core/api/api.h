// Api: what the daemon's front door answers, from a request to an answer, without a socket. Knows
// the daemon by the functions below. Lives on the loop's thread, and outlives the server that calls
// it. Addresses, scopes and answers: README.md and openapi.json.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/api/metric_text.h"
#include "core/api/workflows.h"
#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/history.h"
#include "core/http/http.h"
#include "core/model/pipeline_run.h"
#include "core/model/serve_config.h"
#include "core/store/queue.h"
#include "core/supervise/supervise.h"

namespace melisai::api {

/// All on the loop's thread, unless it is said otherwise.
struct Daemon {
  const Clock& clock;
  supervise::Scheduler& scheduler;
  store::Queue& queue;
  supervise::EventBus& bus;
  const ServeConfig& config;
  Workflows& workflows;
  std::string state_dir;
  /// One request of the control socket (core/serve/requests.h), one answer: {"ok": true, ...} or
  /// {"ok": false, "error": "...", "usage": true when it is the caller's mistake}.
  std::function<void(const std::string& request, std::function<void(std::string)> answer)> command;
  /// Durable when it returns; the planner is woken.
  std::function<Result<store::Accepted>(const RunEvent&)> accept;
  /// The same; errors as Queue::approve.
  std::function<Result<store::Approved>(const store::Approval&)> approve;
  /// Each as core/serve/run_json.h writes it.
  std::function<std::vector<std::string>(const std::vector<PipelineRun>&)> runs_json;
  std::function<supervise::SystemHealth()> health;
  std::function<void(std::function<void()>)> in_pool;  ///< off the loop, for what blocks
  std::function<void(std::function<void()>)> in_loop;  ///< from any thread to the loop
  /// A benchmark is being timed: whatever can wait does.
  std::function<bool()> measuring;
  OpenRepo open_repo;  ///< from any thread; for the order of commits
  /// What others count (the HTTP server), for /metrics; may be empty.
  std::function<std::vector<Metric>()> more_metrics = {};
  std::function<void()> approval_asked = {};  ///< as of HookContext
};

struct ApiOptions {
  bool metrics_public = false;  ///< /metrics needs no token
  bool badge_public = false;    ///< /badge.svg needs no token
  /// Events and runs that have not ended; beyond it nothing is started over the API. A loop with a
  /// token would fill the disk. Deliveries of forges and what is seen are always taken.
  std::int64_t open_max = 10'000;
};

class Api {
 public:
  explicit Api(Daemon daemon, ApiOptions options = {});
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  /// Answers once, now or later. What is still open when the Api ends gets no answer.
  void handle(const http::Request& request, http::Respond respond);

  struct Parts;  ///< of the handlers

 private:
  std::unique_ptr<Parts> parts_;
};

}  // namespace melisai::api
