// The collector `procfs`: eight results of the host report from /proc and /sys, in one worker.
#include <chrono>
#include <melisai/collector.hpp>
#include <string_view>

#include "plugins/procfs/family.h"
#include "plugins/procfs/options.h"

namespace melisai::plugins::procfs {
namespace {

constexpr Family::Member kMembers[] = {
    {"cpu_utilization", make_cpu},  {"memory_info", make_memory},
    {"disk_stats", make_disk},      {"network_stats", make_network},
    {"process_info", make_process}, {"container_info", make_container},
    {"system_info", make_system},   {"gpu_pcie", make_gpu}};

Time now() { return std::chrono::steady_clock::now().time_since_epoch(); }

class Procfs {
 public:
  // Without them the kernel's log and the open files of other users' processes are left out.
  static constexpr CollectorInfo kInfo{.name = "procfs",
                                       .version = "1.0.0",
                                       .capabilities = "CAP_SYSLOG CAP_SYS_PTRACE",
                                       .sample_interval_ms = 1000};
  static constexpr PartInfo kParts[] = {
      {kMembers[0].name, "cpu"},     {kMembers[1].name, "memory"},  {kMembers[2].name, "disk"},
      {kMembers[3].name, "network"}, {kMembers[4].name, "process"}, {kMembers[5].name, "container"},
      {kMembers[6].name, "system"},  {kMembers[7].name, "system"}};

  Procfs(Host /*host*/, std::string_view config_json) : options_(parse_options(config_json)) {}

  void start(const Target& target) {
    Options options = options_;
    options.target_pid = target.root_pid;
    family_.start(options, now());
  }
  void sample() { family_.sample(now()); }
  void stop(Emitter& emitter) {
    family_.stop(now(),
                 [&](std::string_view name, std::string_view json) { emitter.result(name, json); });
  }

 private:
  Options options_;
  Family family_{kMembers};
};

}  // namespace
}  // namespace melisai::plugins::procfs

MELISAI_COLLECTOR(melisai::plugins::procfs::Procfs)
