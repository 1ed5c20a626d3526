#include "core/explain_trial.h"

#include <algorithm>
#include <array>

#include "core/base/glob.h"

namespace melisai {
namespace {

constexpr std::array<const char*, 3> kCollectors = {"ebpf", "perf", "process"};

/// Of the collectors that can say something of a process tree, those that the project wants.
std::vector<std::string> wanted_collectors(const CollectOptions& options) {
  std::vector<std::string> wanted(kCollectors.begin(), kCollectors.end());
  if (options.collectors.empty()) return wanted;
  std::erase_if(wanted, [&](const std::string& name) {
    return std::none_of(options.collectors.begin(), options.collectors.end(),
                        [&](const std::string& glob) { return matches_glob(glob, name); });
  });
  return wanted;
}

std::unique_ptr<collect::Collectors> start(const std::vector<std::string>& parts,
                                           const Project& project,
                                           const collect::PluginPlaces& places,
                                           const World& world) {
  CollectOptions options = project.collect;
  options.collectors = wanted_collectors(project.collect);
  options.required.clear();    // what is required has been asked for, and judged, before
  options.trace_exit = false;  // its stops would be among the waits
  if (options.collectors.empty()) return nullptr;
  auto collectors = std::make_unique<collect::Collectors>(
      places, options, world.clock, world.interrupted, protocol::CollectorConfig{},
      HostProfile{.name = "explain", .tools = parts, .focus = {}});
  collectors->load();
  return collectors;
}

std::string label_of(const CommitInfo& commit) {
  constexpr std::size_t kShortSha = 12;
  const std::string sha = commit.sha.substr(0, kShortSha);
  return sha.empty() || commit.ref.empty() ? commit.ref + sha : commit.ref + " " + sha;
}

std::vector<std::string> trees_of(const std::vector<measure::Subject>& subjects) {
  std::vector<std::string> trees;
  for (const measure::Subject& subject : subjects) {
    trees.push_back(subject.base.tree);
    trees.push_back(subject.head.tree);
  }
  return trees;
}

}  // namespace

Explanation explain_trial(Trial& trial, const Project& project, const Report& report,
                          const std::string& output_dir, const collect::PluginPlaces& places,
                          const World& world) {
  const bool is_wanted = project.gate.explain.regressions && project.collect.enabled;
  if (!is_wanted) return {};
  ExplainTools tools{
      .clock = world.clock,
      .progress = world.progress,
      .start =
          [&](const std::vector<std::string>& parts) {
            return start(parts, project, places, world);
          },
      .run =
          [&](const Slowdown& slowdown, bool base, RunObserver& observer, Milliseconds time_left) {
            return trial.observe({.subject = slowdown.subject,
                                  .base = base,
                                  .only = {slowdown.benchmark},
                                  .time_left = time_left},
                                 observer);
          },
      .interrupted = world.interrupted,
      .valgrind = measure::find_counters().valgrind,
      .run_under = {},
      .counted =
          [&](const Slowdown& slowdown) {
            const auto& grown = trial.exact().grown();
            const auto found = grown.find(slowdown.subject);
            return found == grown.end() ? WorkRuns() : found->second;
          }};
  tools.run_under = [&](const Slowdown& slowdown, bool base, const std::vector<std::string>& tool,
                        Milliseconds time_left) {
    return trial.run_under(
        {.subject = slowdown.subject, .base = base, .only = {}, .time_left = time_left}, tool);
  };
  return explain(slowdowns_of(report.benchmarks, trial.subjects()),
                 {.options = project.gate.explain,
                  .output_dir = output_dir,
                  .trees = trees_of(trial.subjects()),
                  .base = label_of(report.base),
                  .head = label_of(report.head)},
                 tools);
}

}  // namespace melisai
