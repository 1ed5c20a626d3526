// The five phases of `collect`; the last one, output, is the command's (host_command.cpp).
#include <unistd.h>

#include <algorithm>

#include "core/base/text.h"
#include "core/gate/health/health.h"
#include "core/host/completion.h"
#include "core/host/host.h"
#include "core/host/metadata.h"
#include "core/host/targets.h"
#include "core/host/watched.h"
#include "core/host/window.h"

namespace melisai::host {
namespace {

using std::chrono::nanoseconds;

collect::PluginPlaces places_of(const CollectRequest& request, const World& world) {
  collect::PluginPlaces places = world.plugins;
  places.directories.insert(places.directories.end(), request.plugin_dirs.begin(),
                            request.plugin_dirs.end());
  return places;
}

protocol::CollectorConfig config_of(const CollectRequest& request) {
  return {.sample_interval_ms = static_cast<int>(request.profile.sample_interval.count()),
          .events_max = request.events_max,
          .proc_root = request.proc_root,
          .sys_root = request.sys_root,
          .pids = request.pids,
          .cgroups = request.cgroups,
          .observer_pids = {}};
}

CollectOptions options_of(const CollectRequest& request) {
  CollectOptions options;
  options.watch = false;
  options.trace_exit = false;  // its numbers would be in no report
  options.start_max = std::min(options.start_max, request.profile.timeout);
  options.stop_max = std::min(options.stop_max, request.profile.timeout);
  return options;
}

/// "1 anomaly", "2 anomalies".
std::string counted(std::size_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string what_is_watched(const CollectRequest& request) {
  if (request.command.empty()) return format_duration(request.profile.duration);
  const std::string until = "until " + in_quotes(request.command.front()) + " ends";
  if (!request.command_max) return until;
  return until + ", at most " + format_duration(*request.command_max);
}

}  // namespace

Result<HostReport> collect(const CollectRequest& request, World& world, const Say& say) {
  MELISAI_CHECK(check_targets(request));
  const nanoseconds deadline = world.clock.monotonic() + request.profile.timeout;
  const collect::OverheadProbe overhead(getpid());
  // Without a way to be interrupted: after a signal a report is still to be made of what is there.
  collect::Collectors collectors(places_of(request, world), options_of(request), world.clock, {},
                                 config_of(request), request.profile);
  collectors.load();
  const std::vector<CollectorResult> found = collectors.results();
  if (const std::string problem = tool_problem(request.profile, found); !problem.empty())
    return Error{Errc::config, problem};
  say("initialize: profile " + request.profile.name + ", " +
      counted(found.size(), "collector", "collectors"));
  if (!request.profile.focus.empty() && request.profile.tools.empty())
    say("focus: chooses among tools, and profile " + request.profile.name + " runs none");
  say("collect: " + what_is_watched(request));
  const auto begun = world.clock.now();
  MELISAI_TRY(Window window, observe(request, collectors, deadline, world));

  if (window.exit && !window.exit->ok()) say("the command: " + window.end);
  for (const std::string& gone : gone_targets(request)) say(gone);
  if (window.seconds < gate::kWindowSecondsMin)
    say("window: too short for `melisai-gate compare`, which wants " +
        counted(static_cast<std::size_t>(gate::kWindowSecondsMin), "second", "seconds"));
  say("assemble: " + counted(window.categories.size(), "category", "categories") +
      (window.interrupted ? ", ended early by a signal" : ""));
  HostReport report;
  report.metadata = describe(request, window, begun);
  report.metadata.observer_overhead = overhead.so_far();
  report.metadata.target = target_of(request, window);
  report.categories = std::move(window.categories);
  complete(request.profile, collectors.results(), report.categories);
  for (const HostResult& result : report.categories["system"]) {
    if (result.collector == "system_info") report.system = result.data;
  }

  report.summary = gate::analyse(report.categories, {});
  const std::optional<int> score = report.summary.health_score;
  say("analyze: health score " + (score ? std::to_string(*score) : "not known") + ", " +
      counted(report.summary.anomalies.size(), "anomaly", "anomalies"));
  return report;
}

}  // namespace melisai::host
