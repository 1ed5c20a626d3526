// What differs between two host reports: the result of `compare` for them, written as JSON. Made by
// core/gate/health. Plain data.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/host_report.h"

namespace melisai {

enum class HostDirection { regression, improvement, unchanged };
std::string_view to_string(HostDirection direction);
/// By the size of the change: low, medium from 20 %, high from 50 %. No test of chance.
enum class HostSignificance { low, medium, high };
std::string_view to_string(HostSignificance significance);

struct HostChange {
  std::string category;  ///< of a resource or collector; "histogram"
  std::string metric;    ///< "user_pct", "runqlat_p99"
  std::string unit;      ///< "%", "/s", "ms"; "" for a plain number
  double old_value = 0;
  double new_value = 0;
  double delta = 0;
  std::optional<double> delta_pct;  ///< nothing when the old value is 0
  double least_delta = 0;           ///< in the unit: a smaller change is taken for noise
  std::string same_as;  ///< "cpu utilization": says the same and is counted instead; "" mostly
  HostDirection direction = HostDirection::unchanged;
  HostSignificance significance = HostSignificance::low;
  bool operator==(const HostChange&) const = default;
};

/// Current minus baseline.
struct UseDelta {
  double utilization_pct = 0;
  double saturation_pct = 0;
  std::int64_t errors = 0;
  bool operator==(const UseDelta&) const = default;
};

/// Of the machine, or of how it was watched: "hostname", "cpus", "kernel", "profile", "target".
struct HostDifference {
  std::string what;
  std::string baseline;
  std::string current;
  bool is_decisive = true;  ///< the numbers of the reports mean something else for it
  bool operator==(const HostDifference&) const = default;
};

struct HostDiff {
  std::string baseline;  ///< their timestamps
  std::string current;
  std::vector<HostDifference> host_differences;
  std::vector<std::string> doubts;  ///< why the reports cannot be judged against each other
  std::vector<HostChange> changes;
  int regressions = 0;  ///< of changes, each value once
  int improvements = 0;
  std::vector<Anomaly> new_anomalies;       ///< as the current report says them; also worse ones
  std::vector<Anomaly> resolved_anomalies;  ///< as the baseline said them
  std::vector<Anomaly> unclear_anomalies;   ///< of one report only, and the value hardly changed
  std::map<std::string, UseDelta> use_deltas;
  /// Current minus baseline: below 0 is worse. Nothing when one of them has no score.
  std::optional<int> health_delta;
  bool operator==(const HostDiff&) const = default;
};

enum class HostDiffVerdict { pass, regression, inconclusive };
std::string_view to_string(HostDiffVerdict verdict);
/// Inconclusive with a doubt, whatever changed; else a regression with a value that is worse or an
/// anomaly that is new.
HostDiffVerdict verdict_of(const HostDiff& diff);

/// Pretty-printed, ends with a newline.
std::string to_json(const HostDiff& diff);

}  // namespace melisai
