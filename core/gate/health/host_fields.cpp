#include "core/gate/health/host_fields.h"

#include <algorithm>
#include <array>
#include <map>

#include "core/gate/health/host_view.h"
#include "core/gate/health/use.h"

namespace melisai::gate {
namespace {

using Value = std::optional<double>;

/// How large a change has to be.
struct Least {
  double delta = 0;
  double pct = 0;
};

// Below melisai's 5 % nothing has a direction.
constexpr double kDirectionPct = 5;
// What counts events follows the load of a host, which nobody holds still.
constexpr double kRatePct = 50;
// Histograms have buckets of powers of two: a value may be in the next one by chance.
constexpr double kBucketPct = 100;

// Percentage points. Programs, disks and links work in bursts that may last as long as a window;
// memory that is in use stays in use.
constexpr Least kCpuTime{20, kDirectionPct};
constexpr Least kSystemTime{6, kDirectionPct};
constexpr Least kMemory{5, kDirectionPct};
constexpr Least kBursts{20, kRatePct};
constexpr Least kQueues{10, kRatePct};
// Per second, half a warning: retransmits and drops come in ones and twos on any network.
constexpr Least kErrors{5, kRatePct};
// A fault that reads from a disk takes about a millisecond: 10 % of one program's time.
constexpr Least kFaultRate{100, kBucketPct};
constexpr Least kFaults{1'000, kBucketPct};
// A switch costs about 5 us: 1 % of a CPU's time.
constexpr double kSwitchesPerCpu = 2'000;
// A fifth of it is the last ten seconds', the rest is of before: half a program per CPU, and one.
constexpr double kLoad = 1, kLoadPerCpu = 0.5;
constexpr double kTypicalMs = 1, kTailMs = 5;

// A change has to be so many times as large where the spread would say more, and is not known.
constexpr double kWithoutSpread = 1.5;
// Where a second without any event is common, the least of all seconds says nothing.
constexpr const char* kMedian = ".p50";
// Fewer samples do not show what a value does; fewer events have no tail.
constexpr double kSamplesMin = 5;
constexpr std::int64_t kTypicalCountMin = 20, kTailCountMin = 500;

FieldSide with_spread(double value, const Value& low, const Value& high, const Value& samples) {
  FieldSide side{.value = value, .is_sampled = true, .spread = std::nullopt};
  if (low && high && samples.value_or(0) >= kSamplesMin) side.spread = Spread{*low, *high};
  return side;
}

/// Of a value that samples were taken of. One sample in ten may be anything: a burst. `low` is
/// where the spread begins.
FieldSide sampled(const HostView& host, std::string_view collector, double value,
                  const std::string& name, const char* low = ".min") {
  const std::string path = "samples." + name;
  return with_spread(value, host.number(collector, path + low),
                     host.number(collector, path + ".p90"), host.number(collector, path + ".n"));
}

/// Of 100 * (1 - sample / whole).
FieldSide sampled_rest(const HostView& host, std::string_view collector, double value,
                       const std::string& name, const Value& whole) {
  const std::string path = "samples." + name;
  const auto rest = [&](const std::string& end) -> Value {
    const Value part = percentage(host.number(collector, path + end), whole);
    if (!part) return std::nullopt;
    return 100 - *part;
  };
  return with_spread(value, rest(".max"), rest(".min"), host.number(collector, path + ".n"));
}

class Fields {
 public:
  Fields(const HostReport& baseline, const HostReport& current)
      : baseline_(baseline),
        current_(current),
        before_(baseline.categories),
        now_(current.categories),
        cpus_(std::max({1, baseline.metadata.cpus, current.metadata.cpus})) {}

  std::vector<HostField> all() {
    for (const auto& [name, now] : current_.summary.resources) {
      const auto found = baseline_.summary.resources.find(name);
      if (found != baseline_.summary.resources.end()) add_use(name, found->second, now);
    }
    add_cpu();
    add_memory();
    add_histograms();
    return std::move(fields_);
  }

 private:
  using Side = FieldSide (*)(const HostView&, double);

  static FieldSide single(double value) {
    return {.value = value, .is_sampled = false, .spread = std::nullopt};
  }
  static FieldSide plain(const HostView&, double value) { return single(value); }

  static FieldSide of_cpu(const HostView& host, double value) {
    return sampled_rest(host, "cpu_utilization", value, "idle_pct", 100);
  }
  static FieldSide of_memory(const HostView& host, double value) {
    return sampled_rest(host, "memory_info", value, "available_bytes",
                        host.number("memory_info", "total_bytes"));
  }
  static FieldSide of_disk(const HostView& host, double value) {
    return sampled(host, "disk_stats", value, "utilization_pct");
  }
  // Samples are of the retransmits among them; what interfaces lost is the same at all times, as
  // far as anybody knows. Without samples a rate of errors needs no more: most hosts have none.
  static FieldSide of_network_errors(const HostView& host, double value) {
    FieldSide side = sampled(host, "network_stats", value, "retrans_rate_per_sec", kMedian);
    side.is_sampled = false;
    const Value resent = host.number("network_stats", "tcp.retrans_rate_per_sec");
    const double lost = std::max(0.0, value - resent.value_or(value));
    if (side.spread) side.spread = Spread{side.spread->low + lost, side.spread->high + lost};
    return side;
  }

  struct Named {
    std::string category, metric, unit;
  };
  HostField& add(const Named& name, Least least, FieldSide before, FieldSide now) {
    const bool is_blind = before.is_sampled && (!before.spread || !now.spread);
    if (is_blind) least.delta *= kWithoutSpread;
    return fields_.emplace_back(HostField{.category = name.category,
                                          .metric = name.metric,
                                          .unit = name.unit,
                                          .before = before,
                                          .now = now,
                                          .least_delta = least.delta,
                                          .least_pct = least.pct,
                                          .higher_is_better = false,
                                          .same_as = ""});
  }

  struct Use {
    Least utilization, saturation;
    Side side, errors;
  };
  /// How busy a resource is, and how noisy that is.
  Use use_of(const std::string& resource) const {
    const Least queued{100 * load_least() / cpus_, kRatePct};
    if (resource == "cpu") return {kCpuTime, queued, of_cpu, plain};
    if (resource == "memory") return {kMemory, kMemory, of_memory, plain};
    if (resource == "disk") return {kBursts, kBursts, of_disk, plain};
    if (resource == "network") return {kBursts, kQueues, plain, of_network_errors};
    if (resource == "container_memory") return {kMemory, kMemory, plain, plain};
    return {kBursts, kBursts, plain, plain};
  }

  double load_least() const { return kLoad + kLoadPerCpu * cpus_; }

  void add_use(const std::string& name, const ResourceUse& before, const ResourceUse& now) {
    const Use use = use_of(name);
    add({name, "utilization", "%"}, use.utilization, use.side(before_, before.utilization_pct),
        use.side(now_, now.utilization_pct));
    add({name, "saturation", "%"}, use.saturation, plain(before_, before.saturation_pct),
        plain(now_, now.saturation_pct));
    add({name, "errors", "/s"}, kErrors, use.errors(before_, static_cast<double>(before.errors)),
        use.errors(now_, static_cast<double>(now.errors)));
  }

  bool has(const std::string& category, const std::string& metric) const {
    return std::any_of(fields_.begin(), fields_.end(), [&](const HostField& field) {
      return field.category == category && field.metric == metric;
    });
  }

  void add_cpu() {
    const double least_switches = kSwitchesPerCpu * cpus_;
    // The load is the kernel's own mean of a minute: nobody takes samples of it.
    const auto side = [](const HostView& host, double value, const std::string& metric) {
      return metric == "load_avg_1" ? single(value)
                                    : sampled(host, "cpu_utilization", value, metric);
    };
    const auto one = [&](const char* metric, const char* unit, Least least) -> HostField* {
      const Value before = before_.number("cpu_utilization", metric);
      const Value now = now_.number("cpu_utilization", metric);
      if (!before || !now) return nullptr;
      return &add({"cpu", metric, unit}, least, side(before_, *before, metric),
                  side(now_, *now, metric));
    };
    one("user_pct", "%", kCpuTime);
    one("system_pct", "%", kSystemTime);
    one("iowait_pct", "%", kCpuTime);
    if (HostField* const idle = one("idle_pct", "%", kCpuTime)) {
      idle->higher_is_better = true;
      if (has("cpu", "utilization")) idle->same_as = "cpu utilization";
    }
    one("load_avg_1", "", {load_least(), kRatePct});
    one("context_switches_per_sec", "/s", {least_switches, kRatePct});
  }

  void add_memory() {
    const Value before = memory_utilization(before_), now = memory_utilization(now_);
    if (before && now) {
      HostField& used = add({"memory", "utilization_pct", "%"}, kMemory,
                            of_memory(before_, *before), of_memory(now_, *now));
      if (has("memory", "utilization")) used.same_as = "memory utilization";
    }
    add_faults();
  }

  // Faults per second where both know them: a count depends on how long somebody watched, and
  // melisai's is one since the boot, which says nothing beside one of a window.
  void add_faults() {
    const auto number = [](const HostView& host, const char* metric) {
      return host.number("memory_info", metric);
    };
    const char* const rate = "major_faults_per_sec";
    const Value before = number(before_, rate), now = number(now_, rate);
    if (before && now) {
      add({"memory", rate, "/s"}, kFaultRate,
          sampled(before_, "memory_info", *before, rate, kMedian),
          sampled(now_, "memory_info", *now, rate, kMedian));
      return;
    }
    const Value old_count = number(before_, "major_faults"), count = number(now_, "major_faults");
    if (old_count && count && baseline_.metadata.tool == current_.metadata.tool)
      add({"memory", "major_faults", ""}, kFaults, single(*old_count), single(*count));
  }

  static std::map<std::string, HostHistogram> histograms_of(const HostReport& report) {
    std::map<std::string, HostHistogram> all;
    for (const auto& [category, results] : report.categories)
      for (const HostResult& result : results)
        for (const HostHistogram& histogram : result.histograms) {
          if (histogram.total_count > 0) all.emplace(histogram.name, histogram);
        }
    return all;
  }

  /// What a value of the current histogram is in the unit of the baseline's.
  static Value unit_factor(const HostHistogram& baseline, const HostHistogram& current) {
    if (baseline.unit == current.unit) return 1;
    const Value from = milliseconds_in(current.unit);
    const Value to = milliseconds_in(baseline.unit);
    if (!from || !to) return std::nullopt;
    return *from / *to;
  }

  void add_histograms() {
    const auto before = histograms_of(baseline_);
    for (const auto& [name, now] : histograms_of(current_)) {
      const auto found = before.find(name);
      if (found == before.end()) continue;
      const HostHistogram& old = found->second;
      const Value factor = unit_factor(old, now);
      if (!factor) continue;
      const double in_ms = milliseconds_in(old.unit).value_or(0);
      const std::int64_t counted = std::min(old.total_count, now.total_count);
      const auto one = [&](const char* of, double old_value, double value, double least_ms) {
        const Least least{in_ms > 0 ? least_ms / in_ms : 0, kBucketPct};
        add({"histogram", name + of, old.unit}, least, single(old_value), single(value * *factor));
      };
      if (counted >= kTypicalCountMin) one("_p50", old.p50, now.p50, kTypicalMs);
      if (counted >= kTailCountMin) one("_p99", old.p99, now.p99, kTailMs);
    }
  }

  const HostReport& baseline_;
  const HostReport& current_;
  const HostView before_, now_;
  const double cpus_;
  std::vector<HostField> fields_;
};

}  // namespace

std::vector<HostField> fields_of(const HostReport& baseline, const HostReport& current) {
  return Fields(baseline, current).all();
}

}  // namespace melisai::gate
