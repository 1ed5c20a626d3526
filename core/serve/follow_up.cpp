#include "core/serve/follow_up.h"

#include <charconv>
#include <string_view>

namespace melisai::serve {
namespace {

using Kind = FollowUp::Kind;
using Outcome = PipelineRun::Outcome;

constexpr std::string_view kBisectKey = "bisect of ";
constexpr std::string_view kFixKey = "fix of run ";
constexpr std::string_view kTry = ", try ";

/// While a regression stays every push is one against the same base; its commit is sought once.
std::string bisect_key(const Finished& finished) {
  return std::string(kBisectKey) + finished.run.project + "/" + finished.run.pipeline + " " +
         finished.run.ref + " from " + finished.base;
}

std::string fix_key(const FollowUp& follow_up) {
  return std::string(kFixKey) + std::to_string(follow_up.run) + std::string(kTry) +
         std::to_string(follow_up.number);
}

/// Takes a number from the front of `text`.
template <class Number>
bool take_number(std::string_view& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

RunEvent event_for(const FollowUp& follow_up, const Finished& finished, WallTime now) {
  const bool is_fix = follow_up.kind == Kind::fix;
  RunEvent event = finished.event;
  event.id = 0;
  event.kind = RunEvent::Kind::follow_up;
  event.ref = finished.run.ref;
  event.sha = finished.run.sha;
  if (!finished.base.empty()) event.before = finished.base;
  event.pipeline = followed_pipeline(finished.run.pipeline) + (is_fix ? ":fix" : ":bisect");
  event.once = is_fix ? fix_key(follow_up) : bisect_key(finished);
  event.received_at = now;
  return event;
}

bool is_mendable(const PipelineRun& run) {
  return run.outcome == Outcome::failed || run.outcome == Outcome::regression;
}

}  // namespace

std::optional<FollowUp> follow_up_in(const RunEvent& event) {
  if (event.kind != RunEvent::Kind::follow_up) return std::nullopt;
  FollowUp follow_up;
  std::string_view key = event.once;
  if (key.starts_with(kBisectKey)) {
    if (key.size() == kBisectKey.size()) return std::nullopt;
    return follow_up;
  }
  if (!key.starts_with(kFixKey)) return std::nullopt;
  key.remove_prefix(kFixKey.size());
  follow_up.kind = Kind::fix;
  if (!take_number(key, follow_up.run) || !key.starts_with(kTry)) return std::nullopt;
  key.remove_prefix(kTry.size());
  if (!take_number(key, follow_up.number) || !key.empty()) return std::nullopt;
  return follow_up;
}

std::string followed_pipeline(const std::string& name) { return name.substr(0, name.find(':')); }

std::vector<RunEvent> follow_ups(const Finished& finished, const ServeConfig& config,
                                 WallTime now) {
  const FailurePolicy& policy = config.orchestrator.failure;
  const PipelineRun& run = finished.run;
  std::vector<RunEvent> events;
  if (!run.trusted) return events;
  const std::optional<FollowUp> of = follow_up_in(finished.event);
  if (!of && policy.bisect && run.outcome == Outcome::regression && !finished.base.empty()) {
    events.push_back(event_for({.kind = Kind::bisect}, finished, now));
    events.back().cause = "bisect of " + name_of(run);
  }
  // What never began left nothing that a fixer could read.
  if (run.attempts == 0 && !of) return events;
  const bool may_fix = policy.auto_fix && !config.fixer.empty();
  const bool wants_fix =
      of ? of->kind == Kind::fix && (is_mendable(run) || run.outcome == Outcome::inconclusive)
         : is_mendable(run);
  const int number = of ? of->number + 1 : 1;
  if (!may_fix || !wants_fix || number > policy.fixes_max) return events;
  events.push_back(event_for({.kind = Kind::fix, .run = of ? of->run : run.id, .number = number},
                             finished, now));
  events.back().cause = of ? finished.event.cause : "fix of " + name_of(run);
  return events;
}

}  // namespace melisai::serve
