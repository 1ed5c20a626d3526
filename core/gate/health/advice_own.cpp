// Advice that is not one of melisai's 35.
#include "core/gate/health/advice.h"

namespace melisai::gate {
namespace {

constexpr std::string_view kCpu = "cpu_utilization";
constexpr double kSystemMin = 20;     // % of CPU time
constexpr double kSystemShare = 0.5;  // of the time that programs themselves use

Cases system_time_high(const HostView& host) {
  const std::optional<double> system = host.number(kCpu, "system_pct");
  const std::optional<double> user = host.number(kCpu, "user_pct");
  if (!system || !user || *system < kSystemMin || *system <= kSystemShare * *user) return {};
  return {{kBegins * *system / kSystemMin,
           evidence("system_pct", *system, "%") + ", " + evidence("user_pct", *user, "%")}};
}

const std::vector<AdviceRow> kRows = {
    {.id = "system_time_high",
     .category = "cpu",
     .type = "fix",
     .title = "Much time is spent in the kernel: count the system calls that cause it",
     .met = system_time_high,
     .answers = {"cpu_utilization"},
     .commands = {"strace -c -f -p PID", "perf trace -s -p PID"},
     .impact = "names the system calls to make less often, or with more data at once",
     .source = "proc(5), /proc/stat; strace(1), perf-trace(1)"},
};

}  // namespace

std::span<const AdviceRow> own_advice() { return kRows; }

}  // namespace melisai::gate
