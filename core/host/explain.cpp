#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "core/base/text.h"
#include "core/base/units.h"
#include "core/gate/health/health.h"
#include "core/host/host.h"
#include "core/host/watched.h"

namespace melisai::host {
namespace {

// Of lists that may be long. What belongs to an entry is never cut: half of the commands of an
// advice would leave a setting that is worse than before.
constexpr std::size_t kDeductionsMax = 10;
constexpr std::size_t kAnomaliesMax = 15;
constexpr std::size_t kAdviceMax = 12;
constexpr std::size_t kTuningMax = 8;
constexpr std::size_t kMissingMax = 6;

std::string fixed(double value, int decimals) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return text.data();
}

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : ", ") + word;
  return all;
}

/// The first `max` entries, a line each, and how many more there are.
template <class T, class Line>
std::string lines_of(const std::vector<T>& entries, std::size_t max, Line line) {
  std::string text;
  for (std::size_t i = 0; i < std::min(max, entries.size()); ++i) text += line(entries[i]);
  if (entries.size() > max)
    text += "- and " + std::to_string(entries.size() - max) + " more in the JSON report\n";
  return text;
}

std::string head(const HostMetadata& about) {
  std::string text = "Host " + about.hostname + ": " + std::to_string(about.cpus) + " CPUs, " +
                     std::to_string(about.memory_gb) + " GB, Linux " + about.kernel_version + " " +
                     about.arch + ", container: " + about.container_env + ", cgroup v" +
                     std::to_string(about.cgroup_version) + ".\nWatched for " +
                     fixed(about.window_seconds, 1) + " s from " + about.timestamp + ", profile " +
                     about.profile;
  if (!about.focus_areas.empty()) text += ", focus " + joined(about.focus_areas);
  return text + (about.interrupted ? "; a signal ended it early.\n" : ".\n");
}

std::string health(const HostSummary& summary) {
  if (!summary.health_score) return "\nHealth score: not known, because nothing was seen.\n";
  std::string text = "\nHealth score " + std::to_string(*summary.health_score) +
                     " of 100 (a host that works hard "
                     "scores low; compare it with another report of the same host).\n";
  return text + lines_of(summary.deductions, kDeductionsMax, [](const Deduction& deduction) {
           return "- " + std::to_string(deduction.points) +
                  (deduction.points == 1 ? " point: " : " points: ") + deduction.reason + "\n";
         });
}

std::string anomalies(const HostSummary& summary) {
  if (!summary.health_score) return "";
  if (summary.anomalies.empty()) return "\nAnomalies: none.\n";
  return "\nAnomalies:\n" + lines_of(summary.anomalies, kAnomaliesMax, [](const Anomaly& anomaly) {
           return std::string(anomaly.severity == Severity::critical ? "- critical: "
                                                                     : "- warning: ") +
                  anomaly.message + " [" + anomaly.metric + "]\n";
         });
}

std::string resources(const HostSummary& summary) {
  std::string text = "\nResources:\n";
  for (const auto& [name, use] : summary.resources)
    text += "- " + name + ": " + fixed(use.utilization_pct, 1) + " % used, " +
            fixed(use.saturation_pct, 1) + " % saturated, " + std::to_string(use.errors) +
            (use.errors == 1 ? " error/s\n" : " errors/s\n");
  return summary.resources.empty() ? "" : text;
}

std::string advice_text(const Recommendation& advice) {
  std::string text = std::to_string(advice.priority) + ". " + advice.title + ": " + advice.evidence;
  if (!advice.answers.empty()) text += " [" + joined(advice.answers) + "]";
  text += "\n";
  for (const std::string& command : advice.commands) text += "   " + command + "\n";
  return text;
}

/// Two lists: what this report asks for, and settings that it does not ask for.
std::string advice(const HostSummary& summary) {
  std::vector<Recommendation> asked;
  std::vector<Recommendation> tuning;
  for (const Recommendation& each : summary.recommendations)
    (gate::is_tuning(each) ? tuning : asked).push_back(each);
  std::string text;
  if (!asked.empty())
    text += "\nAdvice (nothing of it was executed):\n" + lines_of(asked, kAdviceMax, advice_text);
  if (!tuning.empty())
    text += "\nTuning (settings that nothing above asks for; nothing of it was executed):\n" +
            lines_of(tuning, kTuningMax, advice_text);
  return text;
}

std::string missing(const HostCategories& categories) {
  std::vector<std::string> reasons;
  for (const auto& [category, results] : categories) {
    for (const HostResult& result : results) {
      for (const std::string& error : result.errors)
        reasons.push_back(result.collector + ": " + error);
    }
  }
  if (reasons.empty()) return "";
  return "\nNot seen:\n" + lines_of(reasons, kMissingMax, [](const std::string& reason) {
           return "- " + printable(reason) + "\n";
         });
}

std::string overhead(const HostMetadata& about) {
  if (!about.observer_overhead) return "";
  const ObserverOverhead& cost = *about.observer_overhead;
  return "\nWatching took " + std::to_string(cost.cpu_user_ms + cost.cpu_system_ms) +
         " ms of CPU and " + format_bytes(static_cast<Bytes>(cost.memory_pss_bytes)) +
         " of memory.\n";
}

}  // namespace

std::string explain(const HostReport& report) {
  return head(report.metadata) + explain_target(report) + health(report.summary) +
         anomalies(report.summary) + resources(report.summary) + advice(report.summary) +
         missing(report.categories) + overhead(report.metadata);
}

}  // namespace melisai::host
