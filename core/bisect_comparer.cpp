#include "core/bisect_comparer.h"

#include <algorithm>
#include <utility>

#include "core/bisect_result.h"
#include "core/preflight.h"
#include "core/trial.h"

namespace melisai {

BisectComparer::BisectComparer(Setting setting, GitRepo& git, World& world)
    : setting_(std::move(setting)),
      world_(world),
      builds_(setting_.request.tree_dir(), setting_.project.cache),
      benchmarks_(setting_.plan.benchmarks),
      git_(git),
      rng_(setting_.seed) {}

Step<run::BuildSlot> BisectComparer::build(const std::string& sha) {
  std::vector<StageResult> nobody_reads_them;
  return build_side(short_sha(sha), sha, nobody_reads_them);
}

Step<run::BuildSlot> BisectComparer::build_side(const std::string& side, const std::string& sha,
                                                std::vector<StageResult>& stages) {
  Builder builder({.project = setting_.project,
                   .pipelines = setting_.plan.both_sides,
                   .fingerprint = setting_.fingerprint,
                   .output_dir = setting_.request.output_dir,
                   .keep = setting_.request.keep,
                   .limits = setting_.request.limits},
                  git_, builds_, world_, stages);
  MELISAI_CHECK(machine_.share(setting_.project.measure.machine_wait));
  return builder.build(side, sha);
}

BisectComparer::Measured BisectComparer::measure(const std::string& base, const std::string& head,
                                                 const Policy& policy, RunLog* log) {
  Measured measured;
  Step<run::WorkDirectory> work = step(
      run::WorkDirectory::make(setting_.request.tree_dir(), random_hex(names_)), ReasonCode::disk);
  if (!work) {
    measured.end = work.error();
    return measured;
  }
  if (setting_.request.keep) {
    work->keep();
    world_.progress.note("kept: " + work->path());
  }
  measured.end = machine_.claim(setting_.project.measure.machine_wait);
  if (measured.end) measured.end = wait_until_quiet();
  if (!measured.end) return measured;
  Project project = setting_.project;
  project.gate = policy;
  std::vector<measure::Subject> subjects;
  for (const BenchmarkSpec& spec : benchmarks_)
    subjects.push_back({spec, {"base", base, spec.run}, {"head", head, spec.run}});
  // Never loaded: collectors explain a report, and nobody reads one of every step.
  collect::Collectors collectors({}, project.collect, world_.clock, world_.interrupted);
  Trial trial(project, std::move(subjects), work->path(),
              {world_.processes, world_.clock, rng_, world_.progress, collectors, log,
               measure::find_counters()});
  measured.end = trial.run(setting_.only);
  machine_.release();
  measured.benchmarks = trial.results();
  measured.measurements = trial.measurements();
  return measured;
}

/// Whether the noise was too much is for the numbers to say.
Step<void> BisectComparer::wait_until_quiet() {
  const Milliseconds wait = setting_.request.quiet_wait;
  if (wait == Milliseconds(0)) return {};
  MELISAI_TRY(const std::string noise, wait_for_quiet(wait, setting_.project.collect, world_,
                                                      [] { return read_host_counters(); }));
  if (!noise.empty())
    world_.progress.note("not quiet within " + format_duration(wait) + ": " + noise +
                         "; timed all the same");
  return {};
}

void BisectComparer::restrict_to(const std::vector<SeriesId>& series) {
  std::erase_if(benchmarks_, [&](const BenchmarkSpec& spec) {
    return std::none_of(series.begin(), series.end(), [&](const SeriesId& each) {
      return run::belongs_to(each.benchmark, spec);
    });
  });
}

}  // namespace melisai
