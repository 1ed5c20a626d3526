#include "core/supervise/health.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace melisai::supervise {
namespace {

bool is_over(const Issue& issue, Time now) { return now - issue.seen >= kIssueAge; }

void keep_newest(std::vector<Issue>& issues) {
  if (issues.size() > kIssuesMax)
    issues.erase(issues.begin(), issues.end() - static_cast<std::ptrdiff_t>(kIssuesMax));
}

const Issue* first_critical(const std::vector<Issue>& issues) {
  const auto found = std::find_if(issues.begin(), issues.end(), [](const Issue& issue) {
    return issue.severity == IssueSeverity::critical;
  });
  return found == issues.end() ? nullptr : &*found;
}

}  // namespace

std::string_view name_of(const Health& health) {
  constexpr std::array<std::string_view, std::variant_size_v<Health>> kHealthNames = {
      "unknown", "healthy", "degraded", "unhealthy"};
  return kHealthNames[health.index()];
}

std::string_view name_of(IssueSeverity severity) {
  switch (severity) {
    case IssueSeverity::low: return "low";
    case IssueSeverity::medium: return "medium";
    case IssueSeverity::high: return "high";
    case IssueSeverity::critical: return "critical";
  }
  return "";
}

std::string_view name_of(SystemStatus status) {
  switch (status) {
    case SystemStatus::healthy: return "healthy";
    case SystemStatus::degraded: return "degraded";
    case SystemStatus::critical: return "critical";
    case SystemStatus::starting: return "starting";
    case SystemStatus::stopping: return "stopping";
    case SystemStatus::stopped: return "stopped";
  }
  return "";
}

void HealthRecord::forget() { *this = HealthRecord(unhealthy_after_); }

void HealthRecord::answered(std::vector<Issue> issues, Time now) {
  for (Issue& issue : issues) issue.seen = now;
  keep_newest(issues);
  checked_ = std::move(issues);
  known_ = true;
  const Issue* critical = first_critical(checked_);
  misses_ = critical == nullptr ? 0 : misses_ + 1;
  last_miss_ = critical == nullptr ? "" : critical->message;
}

void HealthRecord::missed(const std::string& reason, Time now) {
  ++misses_;
  last_miss_ = reason;
  known_ = true;
  checked_ = {{IssueSeverity::medium, "health check failed: " + reason, now}};
}

void HealthRecord::report(Issue issue, Time now) {
  issue.seen = now;
  std::erase_if(reported_, [&](const Issue& old) {
    return old.message == issue.message || is_over(old, now);
  });
  reported_.push_back(std::move(issue));
  keep_newest(reported_);
}

std::string HealthRecord::failure() const {
  return (misses_ == 1 ? "a health check" : std::to_string(misses_) + " health checks in a row") +
         " failed" + (misses_ == 1 ? ": " : ", the last: ") + last_miss_;
}

std::vector<Issue> HealthRecord::issues(Time now) const {
  std::vector<Issue> current;
  for (const auto* origin : {&checked_, &reported_})
    std::copy_if(origin->begin(), origin->end(), std::back_inserter(current),
                 [&](const Issue& issue) { return !is_over(issue, now); });
  return current;
}

Health HealthRecord::health(Time now) const {
  if (failing()) return Unhealthy{failure()};
  std::vector<Issue> current = issues(now);
  if (const Issue* critical = first_critical(current)) return Unhealthy{critical->message};
  std::erase_if(current, [](const Issue& issue) { return issue.severity == IssueSeverity::low; });
  if (!current.empty()) return Degraded{std::move(current)};
  if (!known_) return Unknown{};
  return Healthy{};
}

SystemStatus system_status(Phase phase, std::span<const ModuleService> modules) {
  switch (phase) {
    case Phase::stopped: return SystemStatus::stopped;
    case Phase::starting: return SystemStatus::starting;
    case Phase::stopping: return SystemStatus::stopping;
    case Phase::running: break;
  }
  SystemStatus status = SystemStatus::healthy;
  for (const ModuleService& module : modules) {
    if (module.required && module.service == Service::none) return SystemStatus::critical;
    if (module.service != Service::full) status = SystemStatus::degraded;
  }
  return status;
}

}  // namespace melisai::supervise
