#include "core/measure/placement.h"

#include <sched.h>

#include <algorithm>

namespace melisai::measure {
namespace {

constexpr double kSingleThreadedRatioMax = 1.05;

// Affinity is per thread; the gate has one. A refusal only costs precision, so it is not an error.
void use_cpus(const std::vector<int>& cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) CPU_SET(static_cast<std::size_t>(cpu), &set);
  sched_setaffinity(0, sizeof set, &set);
}

std::string list_of(const std::vector<int>& cpus) {
  std::string text;
  for (const int cpu : cpus) text += (text.empty() ? "" : ",") + std::to_string(cpu);
  return text;
}

}  // namespace

std::vector<int> usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cpus;
  if (sched_getaffinity(0, sizeof set, &set) == 0)
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
      if (CPU_ISSET(static_cast<std::size_t>(cpu), &set)) cpus.push_back(cpu);
  return cpus;
}

Placement decide_placement(const Pinning& pinning, const std::vector<int>& usable,
                           const std::vector<Usage>& warm_ups) {
  if (pinning.mode == Pinning::Mode::off) return {.reason = "not pinned: pin is off"};
  if (pinning.mode == Pinning::Mode::list) {
    Placement placement;
    for (const int cpu : pinning.cpus)
      if (std::find(usable.begin(), usable.end(), cpu) != usable.end())
        placement.fixed.push_back(cpu);
    placement.reason = placement.fixed.empty()
                           ? "not pinned: none of the listed CPUs can be used here"
                           : "CPUs " + list_of(placement.fixed);
    return placement;
  }
  if (usable.size() < 2) return {.reason = "not pinned: only one CPU"};
  for (const Usage& usage : warm_ups) {
    if (usage.tasks_max.value_or(1) > 1) return {.reason = "not pinned: several threads"};
    if (static_cast<double>(usage.cpu_time_ns) >
        kSingleThreadedRatioMax * static_cast<double>(usage.wall_time_ns))
      return {.reason = "not pinned: uses more than one CPU"};
  }
  return {.one_cpu = true, .reason = "one CPU per pair, drawn at random"};
}

int draw_cpu(const Placement& placement, const std::vector<int>& usable, Rng& rng) {
  if (!placement.one_cpu || usable.empty()) return -1;
  return usable[rng.below(usable.size())];
}

StandAside::StandAside(const std::vector<int>& usable, const std::vector<int>& busy) {
  std::vector<int> rest;
  for (const int cpu : usable)
    if (std::find(busy.begin(), busy.end(), cpu) == busy.end()) rest.push_back(cpu);
  if (busy.empty() || rest.empty()) return;
  back_to_ = usable;
  use_cpus(rest);
}

StandAside::~StandAside() {
  if (!back_to_.empty()) use_cpus(back_to_);
}

}  // namespace melisai::measure
