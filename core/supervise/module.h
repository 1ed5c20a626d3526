// Module: a part of the daemon that the supervisor starts, stops and checks. Modules are made and
// owned by whoever registers them, and outlive the supervisor. All calls and all answers happen on
// the loop's thread; no call may block.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/units.h"
#include "core/supervise/health.h"

namespace melisai::supervise {

struct ModuleDescriptor {
  std::string id;    ///< unique, what people type: "store"
  std::string name;  ///< for people; "" reads as the id
  std::string version;
  std::vector<std::string> dependencies;  ///< ids; these run before this module starts
  bool required = true;                   ///< without it the system is critical, not just degraded
  Milliseconds startup_timeout = std::chrono::seconds(30);
  Milliseconds shutdown_timeout = std::chrono::seconds(10);
  Milliseconds health_interval = std::chrono::seconds(30);
  Milliseconds health_timeout = std::chrono::seconds(5);
  int unhealthy_after = 3;  ///< failed checks in a row
};

/// Every `done` is to be called once, from the loop's thread, also from within the call itself. Too
/// late or twice is harmless. Not to be called at all is allowed where it says so; else the
/// timeout of the descriptor counts as the answer.
class Module {
 public:
  using Done = std::function<void(Result<void>)>;
  using Checked = std::function<void(Result<std::vector<Issue>>)>;

  virtual ~Module() = default;
  /// All dependencies run. Whatever the answer, stop() comes before the next start(). Errc::config
  /// and Errc::usage say that another try is useless, Errc::limit and Errc::disk_full that it needs
  /// time (action_for).
  virtual void start(Done done) = 0;
  /// Releases what start() has taken, also when that has failed or has not answered yet (it need
  /// not any more). May come again after one that was not answered in time.
  virtual void stop(Done done) = 0;
  /// Proves that the module works: an error, or an issue of severity critical, is a failed check.
  /// Need not answer once stop() was called.
  virtual void check(Checked done) = 0;
};

}  // namespace melisai::supervise
