// Collectors: what a plugin or program that observes a process tree says about itself, and how it
// fared in one run. Plain data; who runs them: core/collect/collect.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/model/metric.h"

namespace melisai {

/// One number that a collector can yield, as it declares it.
struct CollectorMetric {
  Metric metric;
  std::string help;       ///< one line for people
  std::string source;     ///< where the number comes from: "/proc/<pid>/io, rchar"
  std::string privilege;  ///< what it needs beyond an ordinary user, "" for nothing
  bool operator==(const CollectorMetric&) const = default;
};

/// One thing that a collector sees and tells in more than numbers (host_report.h).
struct CollectorPart {
  std::string name;              ///< "cpu_utilization"
  std::string category;          ///< "cpu"
  int tier = 1;                  ///< 1 procfs, 2 another program, 3 native eBPF
  std::string unavailable = {};  ///< why this machine does not give it; "" when it does
  bool operator==(const CollectorPart&) const = default;
};

enum class CollectorStatus {
  ok,
  unavailable,  ///< this machine lacks what it needs; `reason` says what
  refused,      ///< not a plugin that we load: mode, owner, architecture, ABI, half a capability
  crashed,      ///< "plugin_crashed" in JSON
  timed_out,    ///< "plugin_timeout"
  misbehaved,   ///< "plugin_misbehaved": spoke nonsense or more than it may
  failed,       ///< "plugin_failed": said itself that it could not do its work
};

/// One collector in one run of the gate.
struct CollectorResult {
  std::string name;     ///< as it declares it, "process"; of one that never spoke: its file's name
  std::string file;     ///< absolute
  std::string version;  ///< its own; "" when it never spoke
  std::string abi;      ///< "1.0"; "" for a program that speaks frames itself
  CollectorStatus status = CollectorStatus::ok;
  std::string reason;  ///< one line; empty with ok
  int restarts = 0;
  bool required = false;                 ///< policy: without it the run is inconclusive
  std::vector<std::string> log;          ///< its own last lines, made printable
  std::vector<CollectorMetric> metrics;  ///< what it declares
  std::vector<CollectorPart> parts;
  std::vector<std::string> capabilities;  ///< Linux capabilities that it asks for
  bool operator==(const CollectorResult&) const = default;
};

std::string_view to_string(CollectorStatus status);

/// A JSON array, pretty-printed, ends with a newline; the same objects as in a report, and whether
/// each is `available`.
std::string to_json(const std::vector<CollectorResult>& collectors);

}  // namespace melisai
