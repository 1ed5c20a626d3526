// When to ask each of many repositories for news. Pure: time and chance are arguments.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/rng.h"
#include "core/base/units.h"

namespace melisai::trigger {

/// Of Clock::monotonic().
using MonotonicTime = std::chrono::nanoseconds;

struct PolledRepository {
  std::string name;  ///< unique
  Milliseconds interval;
};

/// Each repository is asked about once per interval, give or take a tenth, counted from the end of
/// the previous poll; after n failures in a row 2^n intervals later, at most ten intervals or ten
/// minutes, whichever is longer. First polls are spread, so that many do not come at once.
class PollSchedule {
 public:
  PollSchedule(const std::vector<PolledRepository>& repositories, MonotonicTime now, Rng& rng);

  /// The repositories to poll now. Each stays in progress, and is not named again, until the caller
  /// reports its end.
  std::vector<std::string> take_due(MonotonicTime now);
  void succeeded(const std::string& name, MonotonicTime now);
  void failed(const std::string& name, MonotonicTime now);

  /// When take_due() will have something; nothing while all polls are in progress.
  std::optional<MonotonicTime> next_due() const;

  struct State {
    Milliseconds interval;
    MonotonicTime due;
    bool in_progress = false;
    int failures = 0;                        ///< in a row
    std::optional<MonotonicTime> last_good;  ///< end of the last poll that worked
  };
  /// By name.
  const std::map<std::string, State>& states() const { return states_; }

 private:
  void end_poll(State& state, MonotonicTime now);

  std::map<std::string, State> states_;
  Rng& rng_;
};

}  // namespace melisai::trigger
