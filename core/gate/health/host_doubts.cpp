#include <algorithm>

#include "core/base/units.h"
#include "core/gate/health/health.h"
#include "core/gate/health/host_fields.h"
#include "core/gate/health/number_text.h"

namespace melisai::gate {
namespace {

// The longer of two windows sees peaks that the shorter one misses; programs that are watched until
// they end never take exactly as long.
constexpr double kAlikeWindows = 1.1, kComparableWindows = 2;

/// 0 when it is not known: melisai's reports say only what was asked for.
double window_of(const HostMetadata& about) {
  if (about.window_seconds > 0) return about.window_seconds;
  const auto asked = parse_duration(about.duration);
  return asked ? std::chrono::duration<double>(*asked).count() : 0;
}

std::string seconds_text(double seconds) { return number_text(seconds) + " s"; }

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

/// The same for the next report of the same: a program's name, neither a process number nor the
/// arguments, which differ from one start to the next. Reports of other tools do not say it.
std::string target_of(const HostMetadata& about) {
  if (about.tool != "melisai-gate") return "";
  if (!about.target) return "host";
  const HostTarget& target = *about.target;
  std::vector<std::string> all;
  if (!target.command.empty())
    all.push_back("command " + target.command.substr(0, target.command.find(' ')));
  if (target.pid)
    all.push_back("process " + (target.name.empty() ? std::to_string(*target.pid) : target.name));
  if (!target.cgroup.empty()) all.push_back("cgroup " + target.cgroup);
  return joined(all);
}

}  // namespace

std::vector<HostDifference> host_differences(const HostMetadata& before, const HostMetadata& now) {
  std::vector<HostDifference> differences;
  const auto add = [&](const char* what, const std::string& baseline, const std::string& current) {
    if (!baseline.empty() && !current.empty() && baseline != current)
      differences.push_back({what, baseline, current});
  };
  const auto known = [](int count) { return count > 0 ? std::to_string(count) : ""; };
  add("hostname", before.hostname, now.hostname);
  // Machines of a pool have names of their own, and containers new ones every time.
  for (HostDifference& each : differences) each.is_decisive = false;
  add("arch", before.arch, now.arch);
  add("cpus", known(before.cpus), known(now.cpus));
  add("memory_gb", known(before.memory_gb), known(now.memory_gb));
  add("kernel", before.kernel_version, now.kernel_version);
  add("tool", before.tool, now.tool);
  add("profile", before.profile, now.profile);
  add("focus", joined(before.focus_areas), joined(now.focus_areas));
  add("target", target_of(before), target_of(now));
  const double window = window_of(before), current = window_of(now);
  const double ratio = std::max(window, current) / std::min(window, current);
  if (window > 0 && current > 0 && ratio > kAlikeWindows)
    differences.push_back(
        {"window", seconds_text(window), seconds_text(current), ratio > kComparableWindows});
  return differences;
}

std::vector<std::string> doubts_of(const HostMetadata& before, const HostMetadata& now,
                                   const std::vector<HostDifference>& differences) {
  std::vector<std::string> doubts;
  for (const HostDifference& each : differences) {
    if (each.is_decisive)
      doubts.push_back("not the same " + each.what + " (" + each.baseline + " -> " + each.current +
                       ")");
  }
  const auto add_short = [&](const char* which, const HostMetadata& about) {
    const double seconds = window_of(about);
    if (seconds > 0 && seconds < kWindowSecondsMin)
      doubts.push_back("the window of the " + std::string(which) + " is too short (" +
                       seconds_text(seconds) + ", it takes " + seconds_text(kWindowSecondsMin) +
                       ")");
  };
  add_short("baseline", before);
  add_short("current report", now);
  return doubts;
}

}  // namespace melisai::gate
