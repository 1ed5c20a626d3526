#include "core/supervise/lifecycle.h"

#include <utility>

namespace melisai::supervise {
namespace {

constexpr std::size_t kStates = std::variant_size_v<LifecycleState>;

constexpr std::array<std::string_view, kStates> kNames = {"not_started", "starting", "running",
                                                          "stopping",    "stopped",  "failed"};

// Row: from. Column: to. Whatever was started is stopped before it starts again, also after a
// failure: so there is one way up and one way down.
constexpr std::array<std::array<bool, kStates>, kStates> kLegal = {{
    // not_started, starting, running, stopping, stopped, failed
    {false, true, false, false, false, false},  // not_started
    {false, false, true, true, false, false},   // starting
    {false, false, false, true, false, false},  // running
    {false, false, false, false, true, true},   // stopping
    {false, true, false, false, false, true},   // stopped
    {false, false, false, true, false, false},  // failed
}};

}  // namespace

std::string_view name_of(const LifecycleState& state) { return kNames[state.index()]; }

std::string_view name_of(StopReason reason) {
  switch (reason) {
    case StopReason::requested: return "requested";
    case StopReason::shutdown: return "shutdown";
    case StopReason::error: return "error";
    case StopReason::dependency: return "dependency";
  }
  return "";
}

bool is_up(const LifecycleState& state) {
  return std::holds_alternative<Starting>(state) || std::holds_alternative<Running>(state) ||
         std::holds_alternative<Stopping>(state);
}

Result<void> Lifecycle::move_to(LifecycleState next) {
  if (!kLegal[state_.index()][next.index()])
    return Error{Errc::internal, "a module that is " + std::string(name_of(state_)) +
                                     " cannot become " + std::string(name_of(next))};
  state_ = std::move(next);
  return {};
}

}  // namespace melisai::supervise
