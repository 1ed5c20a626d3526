#include "core/preflight.h"

#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <vector>

#include "core/pause.h"

namespace melisai {
namespace {

constexpr Milliseconds kWindow{1'000};

/// Of the line "some avg10=0.00 ... total=123", in microseconds.
double stall_seconds(const std::string& path) {
  constexpr std::string_view kTotal = "total=";
  constexpr double kMicrosecond = 1e-6;
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  const std::size_t at = line.find(kTotal);
  if (!line.starts_with("some ") || at == std::string::npos) return 0;
  std::istringstream number(line.substr(at + kTotal.size()));
  double total = 0;
  number >> total;
  return total * kMicrosecond;
}

Sample sample(const char* metric, double value) {
  Sample made;
  made.collector = "quiet";
  made.metric.name = metric;
  made.value = value;
  return made;
}

}  // namespace

HostCounters read_host_counters(const std::string& proc_root) {
  HostCounters counters;
  std::ifstream file(proc_root + "/stat");
  std::string name;
  // user nice system idle iowait irq softirq steal: clock ticks
  double user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
  file >> name >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal;
  if (file && name == "cpu") {
    const auto tick = 1.0 / static_cast<double>(sysconf(_SC_CLK_TCK));
    const double busy = user + nice + system + irq + softirq;
    counters.busy_cpu_seconds = busy * tick;
    counters.stolen_cpu_seconds = steal * tick;
    counters.all_cpu_seconds = (busy + idle + iowait + steal) * tick;
  }
  counters.memory_stall_seconds = stall_seconds(proc_root + "/pressure/memory");
  counters.io_stall_seconds = stall_seconds(proc_root + "/pressure/io");
  return counters;
}

std::string disturbance_between(const HostCounters& before, const HostCounters& after,
                                double seconds, const CollectOptions& levels) {
  if (seconds <= 0) return "";
  const double all = after.all_cpu_seconds - before.all_cpu_seconds;
  const double stolen = after.stolen_cpu_seconds - before.stolen_cpu_seconds;
  return collect::disturbance(
      {sample("other_cpu", (after.busy_cpu_seconds - before.busy_cpu_seconds) / seconds),
       sample("steal", all > 0 ? stolen / all : 0),
       sample("memory_pressure",
              (after.memory_stall_seconds - before.memory_stall_seconds) / seconds),
       sample("io_pressure", (after.io_stall_seconds - before.io_stall_seconds) / seconds)},
      levels);
}

Step<std::string> wait_for_quiet(Milliseconds wait, const CollectOptions& levels,
                                 const World& world, const std::function<HostCounters()>& read) {
  const auto deadline = world.clock.monotonic() + wait;
  ToldWait told(world.progress);
  while (true) {
    const auto start = world.clock.monotonic();
    const HostCounters before = read();
    pause_for(kWindow);
    const std::chrono::duration<double> window = world.clock.monotonic() - start;
    const std::string why = disturbance_between(before, read(), window.count(), levels);
    if (world.interrupted && world.interrupted())
      return Stop{ReasonCode::interrupted, "interrupted before anything was timed"};
    if (why.empty() || world.clock.monotonic() >= deadline) return why;
    told.tell("waiting for a quiet machine: " + why, "a quiet machine: " + why);
  }
}

}  // namespace melisai
