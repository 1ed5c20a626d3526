// Requests: what the control socket can be asked, one JSON object each:
//   {"command": "status" | "stop" | "pause" | "resume" | "trigger" | "cancel" | "approve" |
//   "restart-module" | "waits", ...}
// Answers are {"ok": true, ...} or {"ok": false, "error": "...", "usage": true when it is the
// caller's mistake}.
#pragma once

#include <functional>
#include <string>

#include "core/serve/context.h"
#include "core/serve/control.h"
#include "core/serve/engines.h"
#include "core/serve/front.h"
#include "core/serve/planner.h"
#include "core/serve/trigger_program.h"
#include "core/serve/watcher.h"

namespace melisai::serve {

/// What requests reach.
struct Controlled {
  supervise::Supervisor& supervisor;
  Watcher& watcher;
  Planner& planner;
  Engines& engines;
  const Triggers& triggers;
  const Front& front;
  std::function<void()> stop;
};

class Requests {
 public:
  Requests(Context& context, Controlled controlled);
  void handle(const std::string& request, ControlServer::Answer answer);

 private:
  Context& context_;
  Controlled parts_;
  std::chrono::nanoseconds started_;
};

}  // namespace melisai::serve
