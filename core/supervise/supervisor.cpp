#include "core/supervise/supervisor.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"
#include "core/supervise/round.h"
#include "core/supervise/slot.h"

namespace melisai::supervise {
namespace {

Result<void> check_descriptor(const ModuleDescriptor& descriptor) {
  const std::string label = "module " + in_quotes(descriptor.id);
  if (descriptor.id.empty()) return Error{Errc::config, "a module has no id; give it one"};
  for (const auto& [name, limit] : {std::pair{"startup_timeout", descriptor.startup_timeout},
                                    {"shutdown_timeout", descriptor.shutdown_timeout},
                                    {"health_interval", descriptor.health_interval},
                                    {"health_timeout", descriptor.health_timeout}})
    if (limit <= Milliseconds{})
      return Error{Errc::config, label + ": " + name + " must be longer than nothing"};
  if (descriptor.unhealthy_after < 1)
    return Error{Errc::config, label + ": unhealthy_after must be 1 or more"};
  return {};
}

}  // namespace

Supervisor::Supervisor(Scheduler& scheduler, EventBus& bus, Rng& rng, SupervisorOptions options)
    : scheduler_(scheduler), bus_(bus), rng_(rng), options_(options) {}

Supervisor::~Supervisor() = default;

Result<Graph> Supervisor::graph_with(const ModuleDescriptor* added) const {
  std::vector<Node> nodes;
  for (const auto& slot : slots_)
    nodes.push_back({slot->descriptor.id, slot->descriptor.dependencies});
  if (added != nullptr) nodes.push_back({added->id, added->dependencies});
  return Graph::make(nodes);
}

Result<std::size_t> Supervisor::find(const std::string& id) const {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i]->descriptor.id == id) return i;
    ids.push_back(slots_[i]->descriptor.id);
  }
  const std::string near = nearest_name(id, ids);
  return Error{Errc::not_found,
               "there is no module " + in_quotes(id) +
                   (near.empty() ? "; see the list of modules" : "; did you mean '" + near + "'?")};
}

Result<void> Supervisor::register_module(ModuleDescriptor descriptor, Module& module) {
  MELISAI_CHECK(check_descriptor(descriptor));
  if (phase_ == Phase::stopping)
    return Error{Errc::unavailable, "module " + in_quotes(descriptor.id) +
                                        " cannot be registered while the system stops"};
  if (find(descriptor.id))
    return Error{Errc::config, "module " + in_quotes(descriptor.id) +
                                   " is registered already; give this one another id"};
  if (phase_ != Phase::stopped) {
    MELISAI_TRY(graph_, graph_with(&descriptor));
  }
  if (descriptor.name.empty()) descriptor.name = descriptor.id;
  slots_.push_back(std::make_unique<Slot>(slots_.size(), std::move(descriptor), module));
  slots_.back()->wanted = phase_ != Phase::stopped;
  advance();
  return {};
}

void Supervisor::start_all(Done done) {
  if (phase_ != Phase::stopped)
    return done(Error{Errc::usage, phase_ == Phase::stopping
                                       ? "the system is stopping; start it when it has stopped"
                                       : "the system is started already"});
  Result<Graph> graph = graph_with(nullptr);
  if (!graph) return done(graph.error());
  graph_ = *std::move(graph);
  phase_ = Phase::starting;
  phase_since_ = scheduler_.now();
  Round round{.done = std::move(done), .required_only = true, .starts_system = true};
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = *slots_[i];
    slot.wanted = true;
    if (slot.life.is<Failed>()) slot.down = StopReason::requested;
    round.goals.push_back({i, slot.failures});
  }
  begin_round(std::move(round));
}

void Supervisor::restart_module(const std::string& id, Done done) {
  const Result<std::size_t> index = find(id);
  if (!index) return done(index.error());
  if (phase_ == Phase::stopped || phase_ == Phase::stopping)
    return done(Error{Errc::unavailable,
                      "module " + in_quotes(id) + " cannot be restarted: the system does not run"});
  for (const std::size_t needed : graph_.dependencies(*index))
    if (!slots_[needed]->running())
      return done(Error{Errc::unavailable, slots_[*index]->label() +
                                               " cannot start: its dependency " +
                                               in_quotes(slots_[needed]->descriptor.id) + " is " +
                                               std::string(name_of(slots_[needed]->life.state())) +
                                               "; restart that first"});
  Slot& slot = *slots_[*index];
  Round round{.done = std::move(done)};
  round.goals.push_back({*index, slot.failures});
  for (const std::size_t needing : graph_.all_dependents(*index)) {
    Slot& dependent = *slots_[needing];
    if (!dependent.up()) continue;
    round.goals.push_back({needing, dependent.failures});
    if (!dependent.down) dependent.down = StopReason::dependency;
  }
  // Somebody has looked after it: it gets all its attempts again.
  slot.forgive();
  if (slot.up() || slot.life.is<Failed>()) slot.down = StopReason::requested;
  begin_round(std::move(round));
}

void Supervisor::begin_round(Round round) {
  rounds_.push_back(std::move(round));
  Round& begun = rounds_.back();
  begun.deadline = Timer(scheduler_, scheduler_.now() + options_.startup_timeout, [this, &begun] {
    begun.expired = true;
    advance();
  });
  advance();
}

// Goals are settled one by one. What waits for a module that has failed, and so may wait for long,
// does not keep the round open.
bool Supervisor::is_over(Round& round) const {
  if (round.expired || phase_ == Phase::stopping) return true;
  std::vector<bool> open(slots_.size());
  for (Round::Goal& goal : round.goals) {
    const Slot& slot = *slots_[goal.slot];
    goal.settled = goal.settled || slot.running() || slot.failures > goal.failures_before ||
                   (slot.life.is<Failed>() && !slot.down);
    open[goal.slot] = !goal.settled;
  }
  std::vector<bool> hopeless(slots_.size());
  for (const std::size_t node : graph_.order()) {
    const auto& needs = graph_.dependencies(node);
    const bool waits_long = std::any_of(needs.begin(), needs.end(),
                                        [&](std::size_t needed) { return hopeless[needed]; });
    if (waits_long) open[node] = false;
    hopeless[node] = waits_long || (!open[node] && slots_[node]->failed());
  }
  return std::find(open.begin(), open.end(), true) == open.end();
}

Result<void> Supervisor::outcome_of(const Round& round) const {
  if (phase_ == Phase::stopping)
    return Error{Errc::interrupted, "the system was stopped before its modules ran"};
  std::string missing;
  for (const Round::Goal& goal : round.goals) {
    const Slot& slot = *slots_[goal.slot];
    if (slot.running() || (round.required_only && !slot.descriptor.required)) continue;
    missing += (missing.empty() ? "" : ", ") + in_quotes(slot.descriptor.id) + " is " +
               std::string(name_of(slot.life.state())) +
               (slot.error.empty() ? "" : " (" + slot.error + ")");
  }
  if (missing.empty()) return {};
  return Error{Errc::unavailable, "not all modules run: " + missing};
}

void Supervisor::answer_rounds() {
  for (auto round = rounds_.begin(); round != rounds_.end();) {
    if (!is_over(*round)) {
      ++round;
      continue;
    }
    if (round->starts_system && phase_ == Phase::starting) phase_ = Phase::running;
    const Result<void> outcome = outcome_of(*round);
    const Done done = std::move(round->done);
    round = rounds_.erase(round);
    done(outcome);
  }
}

void Supervisor::stop_all(Done done) {
  stops_.push_back(std::move(done));
  if (phase_ != Phase::stopping) {
    phase_ = Phase::stopping;
    stop_deadline_ = scheduler_.now() + options_.stop_timeout;
    unstopped_.clear();
    for (const auto& slot : slots_) {
      slot->wanted = false;
      slot->forgive();
      if (slot->up() && slot->down != StopReason::error) slot->down = StopReason::shutdown;
    }
    for (const auto& slot : slots_)
      if (slot->life.is<Stopping>()) hasten_stop(*slot);
  }
  advance();
}

void Supervisor::answer_stops() {
  if (phase_ != Phase::stopping) return;
  if (std::any_of(slots_.begin(), slots_.end(), [](const auto& slot) { return slot->up(); }))
    return;
  phase_ = Phase::stopped;
  Result<void> outcome;
  if (!unstopped_.empty()) {
    std::string names;
    for (const std::string& id : unstopped_) names += (names.empty() ? "" : ", ") + in_quotes(id);
    outcome = Error{Errc::timeout, "these modules did not stop and were left: " + names};
  }
  for (const Done& done : std::exchange(stops_, {})) done(outcome);
}

Result<LifecycleState> Supervisor::module_state(const std::string& id) const {
  MELISAI_TRY(const std::size_t index, find(id));
  return slots_[index]->life.state();
}

}  // namespace melisai::supervise
