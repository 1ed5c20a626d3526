// What collectors saw of a host or of one process tree, and what we make of it: the report of
// `collect`. Field names are those of melisai's schema 1.1.0, so that its reports and ours can be
// compared. Plain data; judged by core/gate/health.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace melisai {

/// One JSON object that a collector said, or one inside it. What is absent, null or of another type
/// reads as nothing and never as 0. Cheap to copy; never changes.
class HostData {
 public:
  HostData();  ///< {}
  /// Texts and names come out printable and cut; members that are null are left out. Errors: parse,
  /// with the position; text that is no object; longer than 4 MiB, nested deeper than 32, an object
  /// of more than 1,000 members.
  static Result<HostData> parse(std::string_view json);

  bool empty() const;
  /// `path`: names joined by dots, "tcp_ext.prune_called"; "" is the object itself. The last name
  /// may hold dots: "nic_numa_map.eth0.100".
  std::optional<double> number(std::string_view path) const;  ///< finite
  std::optional<std::string> text(std::string_view path) const;
  std::optional<bool> flag(std::string_view path) const;
  HostData object(std::string_view path) const;                 ///< {} for anything else
  std::vector<HostData> list(std::string_view path) const;      ///< the objects of an array
  std::vector<std::string> names(std::string_view path) const;  ///< of an object's members
  std::string to_json() const;  ///< on one line; members in the order in which they were said
  bool operator==(const HostData& other) const;  ///< the order of members is no difference

 private:
  friend struct HostDataAccess;  // the JSON reader and writer of reports
  struct Body;
  std::shared_ptr<const Body> body_;
};

struct HostBucket {
  double low = 0;  ///< inclusive, in the histogram's unit
  double high = 0;
  std::int64_t count = 0;
  bool operator==(const HostBucket&) const = default;
};
struct HostHistogram {
  std::string name;
  std::string unit;  ///< "us", "ms", "bytes": said, never guessed
  std::vector<HostBucket> buckets;
  std::int64_t total_count = 0;
  double p50 = 0, p90 = 0, p99 = 0, p999 = 0, max = 0, mean = 0;
  bool operator==(const HostHistogram&) const = default;
};
struct HostEvent {
  std::string time;
  std::int64_t pid = 0;
  std::string comm;
  HostData details;
  bool operator==(const HostEvent&) const = default;
};
struct HostStack {
  std::string stack;  ///< folded: frames joined by ';', the root first
  std::int64_t count = 0;
  std::string type;  ///< "on-cpu", "off-cpu"
  bool operator==(const HostStack&) const = default;
};

/// What one collector saw in one window. One that crashed, hung or could not work has no data and
/// says so in `errors`.
struct HostResult {
  std::string collector;   ///< "cpu_utilization"
  std::string category;    ///< cpu memory disk network process system container stacktrace
  int tier = 1;            ///< 1 procfs, 2 another program, 3 native eBPF
  std::string start_time;  ///< RFC 3339, UTC
  std::string end_time;
  HostData data;
  std::vector<HostHistogram> histograms;
  std::vector<HostEvent> events;
  std::vector<HostStack> stacks;
  std::vector<std::string> errors;
  bool truncated = false;  ///< a limit cut events, stacks or lists
  bool operator==(const HostResult&) const = default;
};
/// By category; within one sorted by the collector's name.
using HostCategories = std::map<std::string, std::vector<HostResult>>;

/// The "USE" of one resource.
struct ResourceUse {
  double utilization_pct = 0;  ///< 0 to 100
  double saturation_pct = 0;   ///< normalised: 0 is none; may pass 100
  std::int64_t errors = 0;     ///< per second, rounded
  bool operator==(const ResourceUse&) const = default;
};
enum class Severity { warning, critical };
std::string_view to_string(Severity severity);
struct Anomaly {
  Severity severity = Severity::warning;
  std::string category;
  std::string metric;   ///< of the rule, "tcp_close_wait": the identity of an anomaly
  std::string message;  ///< one line for people
  double value = 0;     ///< two decimals in JSON
  double warning = 0;   ///< the levels that applied
  double critical = 0;
  bool operator==(const Anomaly&) const = default;
};
/// Why a health score is not 100.
struct Deduction {
  std::string reason;  ///< "cpu utilization 98.0 %"
  int points = 0;
  bool operator==(const Deduction&) const = default;
};
struct Recommendation {
  std::string id;    ///< of the condition, "somaxconn_small": the identity of an advice
  int priority = 0;  ///< from 1
  std::string category;
  std::string type;  ///< "fix" or "optimization"
  std::string title;
  std::vector<std::string> commands;  ///< never executed by us
  std::vector<std::string> persistent;
  std::string expected_impact;
  std::string evidence;  ///< the numbers that made it
  std::string source;
  double badness = 0;                ///< how far the condition is met; more is worse
  std::vector<std::string> answers;  ///< metrics of the report's anomalies that it may end
  bool operator==(const Recommendation&) const = default;
};
struct HostSummary {
  std::optional<int> health_score;  ///< nothing when nothing was seen: no host is healthy for that
  std::vector<Deduction> deductions;
  std::vector<Anomaly> anomalies;  ///< in the order of the rules
  std::map<std::string, ResourceUse> resources;
  std::vector<Recommendation> recommendations;
  bool operator==(const HostSummary&) const = default;
};

/// What watching cost: of the gate, its workers and what those started.
struct ObserverOverhead {
  std::int64_t self_pid = 0;
  std::vector<std::int64_t> child_pids;
  std::int64_t cpu_user_ms = 0;
  std::int64_t cpu_system_ms = 0;
  std::int64_t memory_rss_bytes = 0;
  std::int64_t memory_pss_bytes = 0;
  std::int64_t disk_read_bytes = 0;
  std::int64_t disk_write_bytes = 0;
  std::int64_t context_switches = 0;
  bool operator==(const ObserverOverhead&) const = default;
};
/// What was watched besides the host: a command from its start to its end, or a process or cgroup
/// that was there. Nothing: not known, or of another kind of target.
struct HostTarget {
  std::string command;  ///< as a shell line, secrets masked; "": none was started
  std::string end;      ///< how the command ended: "exit code 3"; of a process, that it did
  std::optional<std::int64_t> exit_code;  ///< of a command that ended by itself
  std::optional<std::int64_t> pid;        ///< of the process
  std::string name;                       ///< of the process, as the kernel has it
  std::string cgroup;
  std::optional<double> wall_seconds;          ///< of the command
  std::optional<double> cpu_seconds;           ///< of the command and all that it waited for
  std::optional<double> cpu_pct;               ///< of one CPU
  std::optional<std::int64_t> rss_bytes;       ///< of the process, at the end
  std::optional<std::int64_t> peak_rss_bytes;  ///< of the command's largest process
  std::optional<std::int64_t> read_bytes;      ///< from storage, in the window
  std::optional<std::int64_t> write_bytes;     ///< to storage
  std::optional<std::int64_t> threads;         ///< of the process, at the end
  std::optional<std::int64_t> open_files;      ///< of the process, at the end
  bool operator==(const HostTarget&) const = default;
};
struct HostMetadata {
  std::string tool;
  std::string version;
  std::string schema_version;  ///< "1.1.0"
  std::string hostname;
  std::string timestamp;      ///< RFC 3339, UTC: when the window began
  std::string duration;       ///< "10s": what was asked for; with a command what it took
  double window_seconds = 0;  ///< what was observed
  std::string profile;
  std::vector<std::string> focus_areas;
  std::string kernel_version;
  std::string arch;
  int cpus = 0;
  int memory_gb = 0;
  std::vector<std::string> capabilities;
  std::string container_env;  ///< none docker kubernetes lxc
  int cgroup_version = 0;
  std::optional<ObserverOverhead> observer_overhead;
  bool interrupted = false;          ///< a signal ended the window early
  std::optional<HostTarget> target;  ///< nothing: the host alone
  bool operator==(const HostMetadata&) const = default;
};

struct HostReport {
  HostMetadata metadata;
  HostData system;
  HostCategories categories;
  HostSummary summary;
  bool operator==(const HostReport&) const = default;
};

inline constexpr std::string_view kHostSchemaVersion = "1.1.0";

/// Pretty-printed, ends with a newline.
std::string to_json(const HostReport& report);
/// Of melisai's own reports too: what it does not know is at its default. Texts come out printable
/// and cut. Errors: parse, naming what is missing or wrong ("categories.cpu[0].collector"); another
/// major version of the schema; longer than 32 MiB.
Result<HostReport> parse_host_report(std::string_view json);
/// One window of one collector as a plugin says it: {"data":{},"histograms":[],"events":[],
/// "stacks":[],"errors":[],"truncated":false}; collector, category, tier and times are the
/// caller's. Hostile: texts come out printable and cut, lists cut and `truncated` then set. Errors:
/// parse, naming what has another type; the limits of HostData::parse.
Result<HostResult> parse_host_result(std::string_view json);

}  // namespace melisai
