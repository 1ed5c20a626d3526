#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>

#include "core/base/units.h"
#include "core/doctor/findings.h"
#include "core/model/project.h"
#include "core/report/report.h"

namespace melisai::doctor {
namespace {

/// Above it the others take CPU time that pairs need.
constexpr double kLoadPerCpuMax = 0.25;
constexpr KernelVersion kCgroupKill{5, 14};

/// Reading the time takes tens of nanoseconds with the first, a microsecond with the last.
constexpr std::string_view kFastClocks[] = {
    "tsc", "kvm-clock",        "hyperv_clocksource_tsc_page", "arch_sys_counter", "timebase",
    "tod", "riscv_clocksource"};
constexpr std::string_view kSlowClocks[] = {"hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit"};

template <class Range>
bool contains(const Range& range, std::string_view word) {
  return std::find(std::begin(range), std::end(range), word) != std::end(range);
}

std::string fixed(double value, int decimals) {
  std::ostringstream stream;
  stream << std::fixed << std::setprecision(decimals) << value;
  return stream.str();
}

std::string percent(double share) { return fixed(share * 100, 1) + " %"; }

std::string kibibytes(std::int64_t kib) {
  return format_bytes(static_cast<Bytes>(std::max<std::int64_t>(kib, 0)) * 1024);
}

Finding cpus(const Facts& facts) {
  Finding finding{.id = "cpus",
                  .found = std::to_string(facts.cpus_usable) + " usable of " +
                           std::to_string(facts.cpus_online),
                  .why = "A half of a pair has one CPU, and the gate moves to another meanwhile."};
  if (facts.cpus_usable > 1) return finding;
  finding.state = State::warning;
  finding.why = "The gate, collectors and both halves of a pair share one CPU, which makes noise.";
  finding.action = "Give this machine, or this process, at least two CPUs.";
  return finding;
}

Finding virtualisation(const Facts& facts) {
  const std::string& found = facts.machine.virtualisation;
  Finding finding{.id = "virtualisation",
                  .found = found.empty() ? "not known" : found,
                  .why = "Nobody else decides when this machine runs."};
  if (found == "none") return finding;
  finding.state = State::note;
  finding.why =
      "The host and its other guests decide when this machine runs: pairs take out what lasts, "
      "the rest is noise.";
  return finding;
}

Finding load(const Facts& facts) {
  const double limit = kLoadPerCpuMax * facts.cpus_usable;
  const std::size_t cpus = static_cast<std::size_t>(facts.cpus_usable);
  Finding finding{.id = "load",
                  .found = facts.load_1 ? fixed(*facts.load_1, 2) + " over the last minute, on " +
                                              report::count_of(cpus, "CPU")
                                        : "not known",
                  .why =
                      "What else runs takes CPU time and cache from one half of a pair, not "
                      "from the other."};
  if (!facts.load_1) finding.state = State::note;
  if (!facts.load_1 || *facts.load_1 <= limit) return finding;
  finding.state = State::warning;
  finding.action = "End what else runs, or wait until the load is below " + fixed(limit, 2) + ".";
  return finding;
}

Finding steal(const Facts& facts) {
  Finding finding{.id = "steal",
                  .found = percent(facts.steal.value_or(0)) + " since boot",
                  .why = "Time that the hypervisor gives to other guests makes a run look slow."};
  if (facts.steal.value_or(0) <= CollectOptions{}.disturbed_steal) return finding;
  finding.state = State::warning;
  finding.action = "Take a machine with CPUs of its own; burstable ones are throttled, too.";
  return finding;
}

/// What the absence of a switch means.
std::string hidden_or(const Facts& facts, const std::string& of_metal) {
  if (is_virtual(facts)) return "not visible here: the host decides";
  return facts.machine.virtualisation == "none" ? of_metal : "not visible here";
}

Finding governor(const Facts& facts) {
  Finding finding{.id = "governor",
                  .found = joined(facts.governors),
                  .why =
                      "A clock that follows the load is slow at first and makes short runs "
                      "differ."};
  if (facts.governors.empty()) {
    finding.state = State::note;
    finding.found = hidden_or(facts, "the kernel does not change the clock");
    return finding;
  }
  if (facts.governors == std::vector<std::string>{"performance"}) return finding;
  finding.state = State::warning;
  finding.action = "Let the CPUs run at full clock while benchmarks run.";
  finding.commands = {
      "echo performance | tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"};
  return finding;
}

Finding turbo(const Facts& facts) {
  Finding finding{.id = "turbo",
                  .why =
                      "A clock above the nominal one lasts only as long as heat and neighbours "
                      "allow."};
  if (!facts.turbo) {
    finding.state = State::note;
    finding.found = hidden_or(facts, "no switch for it");
    return finding;
  }
  finding.found = facts.turbo->on ? "on" : "off";
  if (!facts.turbo->on) return finding;
  finding.state = State::warning;
  finding.action = "Switch it off while benchmarks run.";
  finding.commands = {"echo " + facts.turbo->off + " > " + facts.turbo->file};
  return finding;
}

Finding smt(const Facts& facts) {
  Finding finding{.id = "smt",
                  .why =
                      "Two threads of one core slow each other down, and the gate pins to one "
                      "of them."};
  if (!facts.smt) {
    finding.state = State::note;
    finding.found = "not known";
    return finding;
  }
  finding.found = *facts.smt ? "on" : is_virtual(facts) ? "off, as far as a guest can see" : "off";
  if (!*facts.smt) return finding;
  finding.state = State::warning;
  finding.action = "Switch it off while benchmarks run.";
  finding.commands = {"echo off > /sys/devices/system/cpu/smt/control"};
  return finding;
}

Finding swap(const Facts& facts) {
  Finding finding{.id = "swap",
                  .found = facts.swap_total_kib == 0
                               ? "none"
                               : kibibytes(facts.swap_used_kib) + " of " +
                                     kibibytes(facts.swap_total_kib) + " in use",
                  .why =
                      "A page that has to come back from a disk costs more than the slowdown "
                      "that is looked for."};
  if (facts.swap_used_kib == 0) return finding;
  finding.state = State::warning;
  finding.action = "Free memory, then empty the swap; back on with swapon -a.";
  finding.commands = {"swapoff -a"};
  return finding;
}

Finding huge_pages(const Facts& facts) {
  Finding finding{.id = "huge_pages",
                  .found = facts.huge_pages.empty() ? "none visible here" : facts.huge_pages,
                  .why =
                      "Whether a run gets huge pages by chance decides its peak memory, page "
                      "faults and time."};
  if (facts.huge_pages != "always") return finding;
  finding.state = State::warning;
  finding.action = "Give them only to programs that ask.";
  finding.commands = {"echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"};
  return finding;
}

Finding clocksource(const Facts& facts) {
  Finding finding{.id = "clocksource",
                  .found = facts.clocksource.empty() ? "not known" : facts.clocksource,
                  .why = "Programs that often ask for the time would measure the clock."};
  if (contains(kFastClocks, facts.clocksource)) return finding;
  finding.state = contains(kSlowClocks, facts.clocksource) ? State::warning : State::note;
  if (finding.state == State::note) return finding;
  const bool has_tsc = contains(facts.clocksources, "tsc");
  finding.action = has_tsc ? "Take the counter of the CPU."
                           : "The kernel mistrusts the counter of the CPU: see `dmesg | grep -i "
                             "tsc`, and the firmware's settings.";
  if (has_tsc)
    finding.commands = {
        "echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource"};
  return finding;
}

Finding randomisation(const Facts& facts) {
  Finding finding{.id = "aslr",
                  .found = "addresses are drawn anew for each run",
                  .why = "Over the pairs a lucky or unlucky layout averages out: leave it on."};
  if (facts.randomize_va_space.value_or(0) > 0) return finding;
  finding.state = State::note;
  finding.found = facts.randomize_va_space ? "off" : "not known";
  finding.why =
      "Without random addresses a program is judged in one layout, which may be a lucky one.";
  if (!facts.randomize_va_space) return finding;
  finding.action = "Switch it on, unless something here needs it off.";
  finding.commands = {"sysctl -w kernel.randomize_va_space=2"};
  return finding;
}

std::string layout_of(CgroupLayout layout) {
  switch (layout) {
    case CgroupLayout::none: return "none mounted";
    case CgroupLayout::v1: return "v1";
    case CgroupLayout::v2: return "v2";
    case CgroupLayout::hybrid: return "hybrid (v1, and v2 beside it)";
  }
  return "";
}

Finding cgroups(const Facts& facts) {
  const bool kill = facts.kernel_version >= kCgroupKill;
  Finding finding{.id = "cgroups",
                  .found = layout_of(facts.cgroups.layout),
                  .why =
                      "In a cgroup v2 of its own all that a benchmark leaves behind is found "
                      "and killed at once."};
  if (facts.cgroups.may_make) {
    finding.found += kill ? ", cgroup.kill works" : ", without cgroup.kill (Linux 5.14)";
    return finding;
  }
  finding.state = State::note;
  finding.why =
      "Without a cgroup v2 of its own what a benchmark leaves behind is found by walking the "
      "process tree, which holds unless the gate's own helper is killed.";
  const bool v2 = !facts.cgroups.own.empty();
  if (facts.cgroups.layout != CgroupLayout::none)
    finding.found += v2 ? ", ours is not writable" : ", no v2 that we are in";
  finding.action = v2 ? "Run melisai-gate in a cgroup v2 that its user may write to; with systemd: "
                        "`systemd-run --user --scope -p Delegate=yes melisai-gate check`."
                      : "Mount cgroup v2 where this process can see it.";
  return finding;
}

}  // namespace

bool is_virtual(const Facts& facts) {
  return !facts.machine.virtualisation.empty() && facts.machine.virtualisation != "none";
}

std::string joined(const std::vector<std::string>& texts, std::string_view between) {
  std::string text;
  for (const std::string& each : texts) text += (text.empty() ? "" : std::string(between)) + each;
  return text;
}

std::vector<Finding> machine_findings(const Facts& facts) {
  return {cpus(facts),       virtualisation(facts), load(facts),          steal(facts),
          governor(facts),   turbo(facts),          smt(facts),           swap(facts),
          huge_pages(facts), clocksource(facts),    randomisation(facts), cgroups(facts)};
}

}  // namespace melisai::doctor
