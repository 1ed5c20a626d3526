#include "core/gate/health/advice.h"
#include "core/gate/health/number_text.h"

namespace melisai::gate {
namespace {

constexpr std::string_view kMemory = "memory_info";
constexpr std::string_view kBlockPage = "Linux: Documentation/block/switching-sched.rst";

constexpr double kMuchMemory = 16.0 * (1 << 30);
constexpr double kFreeMin = 65536;  // KiB

// "mq-deadline", or the whole line "none [mq-deadline] kyber" with the chosen one in brackets.
std::string chosen(const std::string& schedulers) {
  const std::size_t open = schedulers.find('[');
  const std::size_t close = schedulers.find(']', open == std::string::npos ? 0 : open);
  if (open == std::string::npos || close == std::string::npos) return schedulers;
  return schedulers.substr(open + 1, close - open - 1);
}

// The flag of the kernel as true or 1. What a hypervisor calls a disk is advised like an SSD: the
// order of requests on it is the hypervisor's business.
std::optional<bool> is_rotational(const HostData& disk) {
  if (disk.flag("virtual").value_or(false)) return false;
  if (const auto number = disk.number("rotational")) return *number != 0;
  return disk.flag("rotational");
}

struct Wanted {
  bool rotational = false;
  std::vector<std::string_view> schedulers;
};

Cases other_scheduler(const HostView& host, const Wanted& wanted) {
  Cases cases;
  for (const HostData& disk : host.data("disk_stats").list("devices")) {
    const std::string name = disk.text("name").value_or("");
    const auto line = disk.text("scheduler");
    if (!line || is_rotational(disk) != wanted.rotational || !is_plain_name(name)) continue;
    const std::string scheduler = chosen(*line);
    bool good = false;
    for (const std::string_view each : wanted.schedulers) good = good || scheduler == each;
    if (!good) cases.push_back({1, name + ": scheduler = " + scheduler, name});
  }
  return cases;
}

const std::vector<AdviceRow> kRows = {
    {.id = "ssd_scheduler",
     .category = "disk",
     .type = "optimization",
     .title = "Schedule requests of the SSD {of} by deadline",
     .met =
         [](const HostView& h) {
           return other_scheduler(h, {.rotational = false, .schedulers = {"mq-deadline", "none"}});
         },
     .answers = {"biolatency_p99_ssd", "disk_avg_latency"},
     .commands = {"echo mq-deadline > /sys/block/{of}/queue/scheduler"},
     .persistent =
         {R"(echo 'ACTION=="add|change", KERNEL=="{of}", ATTR{queue/scheduler}="mq-deadline"' >> )"
          "/etc/udev/rules.d/90-melisai-gate.rules"},
     .impact = "less time spent on ordering requests that need no order",
     .source = kBlockPage,
     .per_device = true},
    {.id = "hdd_scheduler",
     .category = "disk",
     .type = "optimization",
     .title = "Share the hard disk {of} fairly between processes",
     .met =
         [](const HostView& h) {
           return other_scheduler(h, {.rotational = true, .schedulers = {"bfq"}});
         },
     .answers = {"biolatency_p99_hdd", "disk_avg_latency"},
     .commands = {"echo bfq > /sys/block/{of}/queue/scheduler"},
     .persistent =
         {R"(echo 'ACTION=="add|change", KERNEL=="{of}", ATTR{queue/scheduler}="bfq"' >> )"
          "/etc/udev/rules.d/90-melisai-gate.rules"},
     .impact = "a process that writes much holds up others less",
     .source = "Linux: Documentation/block/bfq-iosched.rst",
     .per_device = true},
    {.id = "huge_pages_always",
     .category = "memory",
     .type = "optimization",
     .title = "Let programs ask for huge pages instead of giving them to all",
     .met =
         [](const HostView& h) {
           return when_text(h, {kMemory, "thp_enabled"}, "always");
         },
     .answers = {"thp_split_rate", "compaction_stall_rate"},
     .commands = {"echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"},
     .persistent = {"kernel command line: transparent_hugepage=madvise"},
     .impact = "less memory used and steadier latency",
     .source = "Linux: Documentation/admin-guide/mm/transhuge.rst"},
    {.id = "free_memory_small",
     .category = "memory",
     .type = "optimization",
     .title = "Keep more memory free for bursts",
     .met =
         [](const HostView& h) {
           return when_both(when_small(h, {kMemory, "min_free_kbytes"}, kFreeMin),
                            when_above(h, {kMemory, "total_bytes"}, kMuchMemory));
         },
     .answers = {"direct_reclaim_rate"},
     .settings = {"vm.min_free_kbytes=131072"},
     .impact = "allocations in interrupts and bursts do not have to wait",
     .source = "Linux: Documentation/admin-guide/sysctl/vm.rst"},
};

}  // namespace

std::span<const AdviceRow> tuning_advice() { return kRows; }

}  // namespace melisai::gate
