// The collector `perf`: the kernel's own counters of a process tree, a cgroup or the host. Of the
// hardware where there are any, of software everywhere; none needs a right for what everybody may
// see of processes of their own.
#include <unistd.h>

#include <cerrno>
#include <melisai/collector.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "plugins/perf/counters.h"
#include "plugins/perf/options.h"
#include "plugins/perf/report.h"
#include "plugins/perf/sampler.h"
#include "plugins/perf/targets.h"

namespace melisai::plugins::perf {
namespace {

constexpr std::string_view kPart = "perf_counters";
constexpr std::string_view kProfile = "profile_user";
constexpr std::string_view kKernel = "CAP_PERFMON or perf_event_paranoid 1";
constexpr std::string_view kHardwareSource = "perf_event_open, hardware";
constexpr std::string_view kSoftwareSource = "perf_event_open, software";

class Perf {
 public:
  // CAP_PERFMON: the kernel's side, other users' processes, whole CPUs.
  static constexpr CollectorInfo kInfo{
      .name = "perf", .version = "1.0.0", .capabilities = "CAP_PERFMON", .sample_interval_ms = 200};
  static constexpr PartInfo kParts[] = {{kPart, "cpu", 3}, {kProfile, "stacktrace", 3}};
  static constexpr MetricInfo kMetrics[] = {
      {"instructions_user", "count", BetterWhen::lower, 2, "instructions outside the kernel",
       kHardwareSource},
      {"instructions_kernel", "count", BetterWhen::lower, 4, "instructions in the kernel",
       kHardwareSource, kKernel},
      {"cycles_user", "count", BetterWhen::lower, 4, "CPU cycles outside the kernel",
       kHardwareSource},
      {"branch_misses_user", "count", BetterWhen::lower, 4, "branches that were guessed wrong",
       kHardwareSource},
      {"cache_misses_user", "count", BetterWhen::lower, 4, "accesses that the last cache missed",
       kHardwareSource},
      {"task_clock", "ns", BetterWhen::lower, 4, "CPU time of all threads", kSoftwareSource},
      {"page_faults_user", "count", BetterWhen::lower, 2, "page faults of code outside the kernel",
       kSoftwareSource},
      {"minor_faults_user", "count", BetterWhen::lower, 2, "of them those without a disk",
       kSoftwareSource},
      {"major_faults_user", "count", BetterWhen::lower, 4, "of them those that waited for a disk",
       kSoftwareSource},
      {"page_faults_kernel", "count", BetterWhen::lower, 4, "page faults of the kernel on behalf",
       kSoftwareSource, kKernel},
      {"context_switches", "count", BetterWhen::lower, 4, "CPUs given up or taken away",
       kSoftwareSource, kKernel},
      {"cpu_migrations", "count", BetterWhen::lower, 4, "moves of a thread to another CPU",
       kSoftwareSource, kKernel},
      {"counted_share", "ratio", BetterWhen::unknown, 4,
       "part of the time that hardware counters counted; below 1 they are extrapolated",
       kHardwareSource}};

  Perf(Host host, std::string_view config_json)
      : host_(host), options_(parse_options(config_json)) {}

  /// By trying what everybody may: page faults of this process.
  static std::string unavailable() {
    const Event& event = events().front();
    for (const Event& each : events())
      if (each.metric == "page_faults_user")
        return reason_of(each, open_event(attributes_of(each, Scope::tree),
                                          {.pid = static_cast<int>(getpid())}));
    return reason_of(event, -ENOENT);
  }

  static std::string part_unavailable(std::string_view part) {
    return part == kProfile ? Sampler::unavailable() : "";
  }

  void start(const melisai::Target& target) {
    is_wanted_ = target.wants(kPart);
    targeted_.reset();
    counters_.reset();
    sampler_.reset();
    no_sampler_.clear();
    wants_profile_ = target.wants(kProfile);
    if (wants_profile_) start_sampler(target.root_pid);
    if (target.root_pid <= 0 && !is_wanted_) return;
    targeted_ = find_target(target.root_pid, options_);
    if (targeted_->problem.empty()) counters_.emplace(targeted_->target, perf_event_paranoid());
  }

  void sample() {
    if (sampler_) sampler_->take();
  }

  void stop(Emitter& emitter) {
    if (sampler_)
      emitter.result(kProfile, sampler_->result());
    else if (wants_profile_)
      emitter.result(kProfile, no_sampler_);
    sampler_.reset();
    if (!targeted_) return;
    const Scope scope = targeted_->target.scope;
    if (counters_) {
      const std::vector<Counters::Result> results = counters_->read();
      for (const Number& number : numbers_of(results)) emitter.emit(number.name, number.value);
      if (is_wanted_) emitter.result(kPart, part_of(scope, results));
    } else if (is_wanted_) {
      emitter.result(kPart, part_without(scope, targeted_->problem));
    }
    counters_.reset();
    targeted_.reset();
  }

 private:
  void start_sampler(std::int64_t root_pid) {
    try {
      if (root_pid > 0)
        sampler_.emplace(root_pid);
      else
        no_sampler_ = part_without(Scope::host, "samples a process tree only");
    } catch (const std::runtime_error& error) {
      no_sampler_ = part_without(Scope::tree, error.what());
    }
  }
  static std::string reason_of(const Event& event, int opened) {
    if (opened < 0) return why_not(event, Scope::tree, -opened, perf_event_paranoid());
    close(opened);
    return "";
  }

  Host host_;
  Options options_;
  bool is_wanted_ = false;
  std::optional<Targeted> targeted_;
  std::optional<Counters> counters_;
  bool wants_profile_ = false;
  std::optional<Sampler> sampler_;
  std::string no_sampler_;  // the result in its place
};

}  // namespace
}  // namespace melisai::plugins::perf

MELISAI_COLLECTOR(melisai::plugins::perf::Perf)
