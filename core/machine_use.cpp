#include "core/machine_use.h"

#include <algorithm>

#include "core/pause.h"

namespace melisai {
namespace {

// A look costs microseconds; rare ones are not felt by whoever is timing something.
constexpr Milliseconds kFirstPause{10};
constexpr Milliseconds kLongestPause{500};

/// Whoever is alone is what one waits for; then the first of those who build.
std::string describe(const std::vector<MachineLock::Holder>& holders) {
  const auto alone = std::find_if(holders.begin(), holders.end(),
                                  [](const MachineLock::Holder& each) { return each.alone; });
  const auto shown = alone == holders.end() ? holders.begin() : alone;
  if (shown == holders.end()) return "another melisai-gate uses this machine";
  const std::string command = command_line_of(shown->pid);
  return "another melisai-gate " + std::string(shown->alone ? "measures" : "builds") +
         " on this machine (pid " + std::to_string(shown->pid) +
         (command.empty() ? "" : ": " + command) + ")";
}

}  // namespace

MachineUse::MachineUse(const World& world) : world_(world) {
  if (world.machine_lock.empty()) return;
  Result<MachineLock> lock = MachineLock::open(world.machine_lock);
  if (lock)
    lock_.emplace(*std::move(lock));
  else
    unprotected_ = "other gates on this machine may disturb the timing: " + lock.error().message;
}

Step<void> MachineUse::share(Milliseconds wait) {
  if (use_ == Use::shared) return {};
  return take(Use::shared, wait);
}

Step<void> MachineUse::claim(Milliseconds wait) { return take(Use::alone, wait); }

void MachineUse::release() {
  if (lock_) lock_->release();
  use_ = Use::none;
}

Step<bool> MachineUse::try_take(Use use) {
  return step(use == Use::shared ? lock_->try_share() : lock_->try_claim(), ReasonCode::internal);
}

/// We are part of what somebody above us runs, who will not let go before we end.
bool MachineUse::is_nested(const std::vector<MachineLock::Holder>& holders, Use use) {
  const auto above = std::find_if(holders.begin(), holders.end(),
                                  [](const MachineLock::Holder& each) { return each.above_us; });
  if (above == holders.end()) return false;
  if (use == Use::alone && !above->alone)
    unprotected_ = "this runs inside a stage of another melisai-gate (pid " +
                   std::to_string(above->pid) +
                   "), which does not have the machine for itself: others may disturb the timing";
  return true;
}

Step<void> MachineUse::take(Use use, Milliseconds wait) {
  if (!lock_) return {};
  release();
  const auto deadline = world_.clock.monotonic() + wait;
  Milliseconds next_pause = kFirstPause;
  ToldWait told(world_.progress);
  while (true) {
    MELISAI_TRY(const bool taken, try_take(use));
    if (taken) {
      use_ = use;
      return {};
    }
    const std::vector<MachineLock::Holder> holders = lock_->holders();
    if (is_nested(holders, use)) {
      release();
      return {};
    }
    const std::string who = describe(holders);
    const bool interrupted = world_.interrupted && world_.interrupted();
    if (interrupted || world_.clock.monotonic() >= deadline) {
      release();
      if (interrupted) return Stop{ReasonCode::interrupted, "interrupted while waiting: " + who};
      return Stop{ReasonCode::busy, who + ", and did so for all of " + format_duration(wait) +
                                        "; run again, or raise measure.machine_wait"};
    }
    told.tell("waiting: " + who, "the machine: " + who);
    pause_for(next_pause);
    next_pause = std::min(2 * next_pause, kLongestPause);
  }
}

}  // namespace melisai
