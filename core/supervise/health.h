// Health of a module from its checks and issues, and of the system from its modules. Pure: time is
// an argument.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/supervise/lifecycle.h"
#include "core/supervise/scheduler.h"

namespace melisai::supervise {

constexpr Time kIssueAge = std::chrono::hours(1);  ///< an issue that nobody repeats is then over
constexpr std::size_t kIssuesMax = 100;            ///< of one module; the oldest go first

enum class IssueSeverity {
  low,       ///< worth knowing; the module counts as healthy
  medium,    ///< degraded
  high,      ///< degraded
  critical,  ///< unhealthy
};

struct Issue {
  IssueSeverity severity = IssueSeverity::medium;
  std::string message;
  Time seen{};  ///< last; set by HealthRecord

  bool operator==(const Issue&) const = default;
};

struct Unknown {
  bool operator==(const Unknown&) const = default;
};
struct Healthy {
  bool operator==(const Healthy&) const = default;
};
struct Degraded {
  std::vector<Issue> issues;  ///< medium and high, never empty
  bool operator==(const Degraded&) const = default;
};
struct Unhealthy {
  std::string reason;
  bool operator==(const Unhealthy&) const = default;
};
using Health = std::variant<Unknown, Healthy, Degraded, Unhealthy>;

std::string_view name_of(const Health& health);    ///< "degraded"
std::string_view name_of(IssueSeverity severity);  ///< "medium"

/// What is known of one module since it runs.
class HealthRecord {
 public:
  /// Failed checks in a row that make unhealthy, >= 1.
  explicit HealthRecord(int unhealthy_after) : unhealthy_after_(unhealthy_after) {}

  /// The module starts anew: nothing is known.
  void forget();
  /// A check was answered. `issues` replace those of the last check; a critical one among them
  /// makes this a failed check.
  void answered(std::vector<Issue> issues, Time now);
  /// A check was answered by an error, or not in time.
  void missed(const std::string& reason, Time now);
  /// Told by the module outside of a check. Repeating a message renews it.
  void report(Issue issue, Time now);

  bool failing() const { return misses_ >= unhealthy_after_; }
  /// Of the checks that failed, for people: "3 health checks in a row failed, the last: ...".
  std::string failure() const;
  /// Of both origins, without those that are over.
  std::vector<Issue> issues(Time now) const;
  Health health(Time now) const;

 private:
  int unhealthy_after_;
  int misses_ = 0;         // in a row
  std::string last_miss_;  // why
  bool known_ = false;     // a check was answered, or missed
  std::vector<Issue> checked_;
  std::vector<Issue> reported_;
};

/// What a module does for the system now.
enum class Service {
  full,
  limited,  ///< degraded
  paused,   ///< down without a failure: being restarted, or waiting for what is
  none,     ///< failed or unhealthy, or needs something that is
};
struct ModuleService {
  bool required = true;
  Service service = Service::full;
};

enum class Phase { stopped, starting, running, stopping };
enum class SystemStatus { healthy, degraded, critical, starting, stopping, stopped };

std::string_view name_of(SystemStatus status);  ///< "degraded"

/// In phase running: critical when a required module gives none, degraded when any module gives
/// less than full service. In other phases their name.
SystemStatus system_status(Phase phase, std::span<const ModuleService> modules);

struct ModuleHealth {
  std::string id;
  std::string name;
  std::string version;
  bool required = true;
  LifecycleState state;
  Health health;
  int attempts = 0;        ///< restarts since it last worked
  Time restart_in{};       ///< until the next start after a failure; 0: none is planned
  std::string last_error;  ///< "" when it never failed, or works again
};

struct ModuleIssue {
  std::string module;  ///< its id
  Issue issue;
};

struct SystemHealth {
  SystemStatus status = SystemStatus::stopped;
  Time uptime{};                      ///< since the start was asked for; 0 when stopped
  std::vector<ModuleHealth> modules;  ///< in the order in which they start
  std::vector<ModuleIssue> issues;
  std::vector<std::string> failing;  ///< ids of modules that give no service
};

}  // namespace melisai::supervise
