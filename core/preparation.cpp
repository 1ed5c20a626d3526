#include "core/preparation.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/files.h"
#include "core/base/rng.h"
#include "core/base/text.h"
#include "core/gate/health/health.h"
#include "core/measure/formats/formats.h"
#include "core/project_name.h"
#include "core/version.h"

namespace melisai {
namespace {

Result<std::optional<std::string>> pipeline_file(const ProjectSource& source, GitRepo& git) {
  if (!source.worktree) return git.read_file(source.sha, run::kPipelineFile);
  Result<std::string> text =
      read_file(source.top + "/" + run::kPipelineFile, run::kPipelineFileMax);
  if (!text && text.error().code == Errc::not_found) return std::optional<std::string>();
  if (!text) return text.error();
  return std::optional<std::string>(*std::move(text));
}

/// What the command line may have changed.
Step<void> check_health(const Project& project) {
  const HealthGate& health = project.gate.health;
  if (health.profile != kNoProfile) {
    const Result<HostProfile> profile = find_profile(health.profile, project.collect.profiles);
    if (!profile)
      return Stop{ReasonCode::configuration,
                  "--profile: " + profile.error().message + ", and none"};
  }
  return {};
}

}  // namespace

Step<OpenedRepository> open_repository(const std::string& directory, const std::string& state_dir,
                                       const World& world) {
  OpenedRepository opened{.git = world.open_repo(directory, GitOptions{}), .top = ""};
  MELISAI_TRY(opened.top, step(opened.git->worktree(), ReasonCode::git));
  if (!opened.top.empty() && (state_dir + "/").starts_with(opened.top + "/"))
    return Stop{ReasonCode::configuration, "--state-dir " + state_dir +
                                               " lies in the work tree, which is never touched; "
                                               "choose a directory outside " +
                                               opened.top};
  return opened;
}

Report begin_report(const Request& request, const World& world) {
  Report report;
  report.tool_version = kVersion;
  report.started_at = utc_time(world.clock.now());
  report.seed = request.seed.value_or(fresh_seed());
  return report;
}

Step<RunLog> begin_run(const Request& request, const RunSource& source, Report& report,
                       World& world) {
  ToldWait told(world.progress);
  const store::Store::Writer writer{
      .command = "melisai-gate " + source.command + " in " + source.directory,
      .wait = request.lock_wait,
      .interrupted = world.interrupted,
      .waiting = [&](const std::string& sentence) {
        told.tell(sentence, "the store: " + sentence);
      }};
  MELISAI_TRY(RunLog log, RunLog::begin(request.state_dir, writer,
                                        {.command = source.command,
                                         .directory = source.directory,
                                         .output_dir = request.output_dir,
                                         .started_at = report.started_at,
                                         .tool_version = report.tool_version,
                                         .project = source.project},
                                        world.clock.now()));
  report.run = log.run();
  return log;
}

void describe_rule(const Project& project, Report& report) {
  report.project = project.name;
  report.threshold = project.gate.threshold;
  report.false_alarm = project.gate.false_alarm;
  report.miss = project.gate.miss;
  report.max_pairs = project.gate.max_pairs;
}

Step<LoadedProject> load_project(const ProjectSource& source, GitRepo& git, const EnvLookup& env) {
  LoadedProject loaded;
  Project& project = loaded.project;
  std::optional<std::string> text;
  std::string file = source.config_file;
  if (file.empty()) {
    file = run::kPipelineFile;
    MELISAI_TRY(text, step(pipeline_file(source, git), ReasonCode::git));
  } else {
    MELISAI_TRY(text, step(read_file(file, run::kPipelineFileMax), ReasonCode::configuration));
  }
  if (text) {
    MELISAI_TRY(project, step(run::parse_project(*text, file, env,
                                                 {formats::problem_of, gate::anomaly_problem}),
                              ReasonCode::configuration));
  }
  if (source.commands.any()) {
    MELISAI_TRY(project.pipelines,
                step(run::pipelines_from(source.commands), ReasonCode::configuration));
  } else if (!text) {
    return Stop{ReasonCode::configuration,
                std::string(run::kPipelineFile) + " is not in commit " + source.sha +
                    "; add one (examples: pipelines/), or use --config FILE or --bench CMD"};
  }
  loaded.declared_threshold = project.gate.threshold;
  apply(source.overrides, project);
  MELISAI_CHECK(check_health(project));
  if (!project.collect.enabled && !project.collect.required.empty())
    return Stop{ReasonCode::configuration, "--collectors off, but " + file + " requires '" +
                                               project.collect.required.front() +
                                               "'; remove one of them"};
  if (project.name.empty()) project.name = default_project_name(source.top, source.directory);
  return loaded;
}

}  // namespace melisai
