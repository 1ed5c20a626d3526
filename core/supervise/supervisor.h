// Supervisor: starts modules in the order of their dependencies, checks them, restarts what fails,
// and stops everything in time. Belongs to the loop's thread; never blocks. Modules, scheduler, bus
// and rng outlive it.
//
// It works towards a goal instead of through a script: each module is wanted or not, and must go
// down first or not. advance() does whatever that allows now; it runs after every answer and timer.
// So a failure in the middle of a restart in the middle of a start is no special case.
//
// Always true: a module that is starting, running or stopping has all its dependencies running.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "core/base/rng.h"
#include "core/supervise/event_bus.h"
#include "core/supervise/graph.h"
#include "core/supervise/health.h"
#include "core/supervise/module.h"
#include "core/supervise/restart_policy.h"
#include "core/supervise/scheduler.h"

namespace melisai::supervise {

struct SupervisorOptions {
  bool parallel = false;  ///< start together what does not depend on each other
  Milliseconds startup_timeout = std::chrono::seconds(60);  ///< of start_all and restart_module
  Milliseconds start_delay{};                               ///< from one start to the next
  Milliseconds stop_timeout = std::chrono::seconds(30);     ///< of stop_all
  RestartOptions restart;
};

class Supervisor {
 public:
  /// Called once, from within the call or later. Must not end the supervisor.
  using Done = std::function<void(Result<void>)>;

  Supervisor(Scheduler& scheduler, EventBus& bus, Rng& rng, SupervisorOptions options = {});
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /// Before start_all in any order. In a system that runs dependencies come first, and the module
  /// starts at once. Errors (config): the descriptor makes no sense, its id is taken, a dependency
  /// is unknown (the last one is found by start_all when the system does not run yet).
  Result<void> register_module(ModuleDescriptor descriptor, Module& module);

  /// Starts everything. Answers when each module runs, has failed once, or waits for one that
  /// failed: an error (unavailable) names the required ones that do not run. They are then tried
  /// again until stop_all. Errors (config) of the graph; (usage) when it was already called.
  void start_all(Done done);

  /// Stops everything, dependents first, within options.stop_timeout. What does not stop is left,
  /// reported, and named in the error (timeout).
  void stop_all(Done done);

  /// Stops the module and its dependents and starts them again. Answers when all of these run, or
  /// one does not (unavailable). Errors: not_found; unavailable when the system does not run or a
  /// dependency does not.
  void restart_module(const std::string& id, Done done);

  /// For what happens between checks: the module has stopped working. Errors: not_found;
  /// unavailable when it is not running.
  Result<void> report_failure(const std::string& id, FailureClass failure, const Error& error);
  /// Errors: not_found; unavailable when it is not running.
  Result<void> report_issue(const std::string& id, Issue issue);

  Result<LifecycleState> module_state(const std::string& id) const;  ///< Errors: not_found
  SystemStatus status() const;
  SystemHealth system_health() const;

 private:
  struct Slot;
  struct Round;  // modules that somebody waits for

  // supervisor.cpp
  Result<Graph> graph_with(const ModuleDescriptor* added) const;
  Result<std::size_t> find(const std::string& id) const;
  Result<Slot*> find_running(const std::string& id);
  bool needs_met(const Slot& slot) const;
  void begin_round(Round round);
  bool is_over(Round& round) const;
  void answer_rounds();
  void answer_stops();
  Result<void> outcome_of(const Round& round) const;

  // supervisor_lifecycle.cpp
  void advance();
  void spread_down();
  void stop_ready();
  void start_ready();
  bool may_start(const Slot& slot) const;
  bool postpone_recovery(Slot& slot);
  void begin_start(Slot& slot);
  void on_started(Slot& slot, std::uint64_t call, const Result<void>& result);
  void begin_stop(Slot& slot);
  void on_stopped(Slot& slot, std::uint64_t call, const Result<void>& result);
  void await_stop(Slot& slot, Time at);
  void hasten_stop(Slot& slot);
  Time stop_limit(const Slot& slot) const;
  void move(Slot& slot, LifecycleState next);
  void wait_until(Slot& slot, Time at);

  // supervisor_recovery.cpp
  static EventSeverity failure_severity(const Slot& slot);
  void fail(Slot& slot, FailureClass failure, const std::string& error);
  std::string plan_recovery(Slot& slot, FailureClass failure);
  void begin_check(Slot& slot);
  void on_checked(Slot& slot, std::uint64_t check, Result<std::vector<Issue>> result);
  void check_at(Slot& slot, Time at);
  void tell_health(Slot& slot);
  void tell_status();
  void tell(EventType type, EventSeverity severity, const Slot& slot, std::string message);

  // supervisor_view.cpp
  std::vector<ModuleService> services() const;
  ModuleHealth health_of(const Slot& slot) const;

  // `fn` while this supervisor exists, nothing afterwards.
  template <class Fn>
  auto while_alive(Fn fn) const {
    return [alive = std::weak_ptr<const bool>(alive_), fn = std::move(fn)](auto&&... args) {
      if (!alive.expired()) fn(std::forward<decltype(args)>(args)...);
    };
  }

  Scheduler& scheduler_;
  EventBus& bus_;
  Rng& rng_;
  const SupervisorOptions options_;
  std::vector<std::unique_ptr<Slot>> slots_;  // never shrinks
  Graph graph_;                               // of slots_, since start_all
  Phase phase_ = Phase::stopped;
  Time phase_since_{};
  SystemStatus told_status_ = SystemStatus::stopped;
  std::list<Round> rounds_;
  std::vector<Done> stops_;             // who waits for stop_all
  std::vector<std::string> unstopped_;  // ids, in this stop_all
  Time stop_deadline_{};
  Time next_start_{};  // by start_delay
  Timer next_start_due_;
  bool advancing_ = false;
  bool again_ = false;  // something happened while advancing
  // Answers of modules may come after the end: they hold a weak pointer to this.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace melisai::supervise
