// The collector `quiet`: was the machine quiet during the window? It looks at the whole machine at
// both ends and leaves out what the target and the collector itself did.
#include <melisai/collector.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "plugins/quiet/machine.h"

namespace melisai::plugins {
namespace {

class Quiet {
 public:
  static constexpr CollectorInfo kInfo{.name = "quiet", .version = "1.0.0", .watches = true};
  static constexpr MetricInfo kMetrics[] = {
      {"other_cpu", "ratio", BetterWhen::lower, 4,
       "CPUs used on average by others than the target and this worker",
       "/proc/stat, line cpu; /proc/PID/stat, fields 14 to 17"},
      {"steal", "ratio", BetterWhen::lower, 4,
       "part of all CPU time that the hypervisor gave to other machines",
       "/proc/stat, line cpu, steal"},
      {"cpu_pressure", "ratio", BetterWhen::lower, 4,
       "part of the window in which some task waited for a CPU", "/proc/pressure/cpu, some"},
      {"memory_pressure", "ratio", BetterWhen::lower, 4,
       "part of the window in which all tasks waited for memory", "/proc/pressure/memory, full"},
      {"io_pressure", "ratio", BetterWhen::lower, 4,
       "part of the window in which all tasks waited for a disk", "/proc/pressure/io, full"},
      {"load", "ratio", BetterWhen::lower, 4, "load average over one minute, at the end",
       "/proc/loadavg, field 1"},
      {"running", "count", BetterWhen::lower, 4, "tasks that want a CPU at the end, less this one",
       "/proc/loadavg, field 4"},
      {"frequency_drop", "ratio", BetterWhen::lower, 4,
       "how far the fastest CPU slowed down from start to end", "cpufreq/scaling_cur_freq"},
      {"throttled", "count", BetterWhen::lower, 4, "times that a CPU was slowed down by its heat",
       "thermal_throttle/core_throttle_count"}};

  Quiet(Host host, std::string_view /*config_json*/) : host_(host), machine_("/proc", "/sys") {
    for (const std::string_view name : lacks(machine_.read()))
      host_.debug("quiet: this machine has no " + std::string(name));
  }

  static std::string unavailable() {
    MachineReading reading;
    if (parse_cpu_line(read_text("/proc/stat", 512).value_or(""), reading)) return "";
    return "/proc/stat cannot be read or has no line cpu; mount /proc";
  }

  void start(const Target& target) {
    discounts_ = target.root_pid > 0;
    tree_stat_ = HeldFile();
    if (discounts_) tree_stat_ = HeldFile("/proc/" + std::to_string(target.root_pid) + "/stat");
    tree_ticks_ = tree_ticks();
    before_ = machine_.read();
  }

  void stop(Emitter& emitter) {
    const MachineReading after = machine_.read();
    const auto ticks = tree_ticks();
    std::optional<TreeTime> tree;
    if (tree_ticks_ && ticks) tree = TreeTime{*tree_ticks_, *ticks};
    if (!tree) host_.debug("quiet: the CPU time of the target cannot be read, no other_cpu");
    for (const Number& number : differences(before_, after, tree))
      emitter.emit(number.name, number.value);
  }

 private:
  // 0 without a target: there is nothing to discount.
  std::optional<std::int64_t> tree_ticks() const {
    if (!discounts_) return 0;
    const auto stat = parse_process_stat(tree_stat_.read().value_or(""));
    if (!stat) return std::nullopt;
    return stat->user_ticks + stat->system_ticks;
  }

  Host host_;
  Machine machine_;
  bool discounts_ = false;
  HeldFile tree_stat_;
  std::optional<std::int64_t> tree_ticks_;
  MachineReading before_;
};

}  // namespace
}  // namespace melisai::plugins

MELISAI_COLLECTOR(melisai::plugins::Quiet)
