// Preparation: what the commands on a repository do before they build anything: open it, record the
// run, load the pipeline file. Used by the orchestrator and by bisect.
#pragma once

#include <memory>
#include <string>

#include "core/orchestrator.h"
#include "core/run_log.h"
#include "core/step.h"

namespace melisai {

struct OpenedRepository {
  std::unique_ptr<GitRepo> git;
  std::string top;  ///< of the work tree, "" for a bare repository
};

/// Stops: git; configuration when `state_dir` lies in the work tree, which is never touched.
Step<OpenedRepository> open_repository(const std::string& directory, const std::string& state_dir,
                                       const World& world);

/// Of a run that starts now: version, time, seed.
Report begin_report(const Request& request, const World& world);

struct RunSource {
  std::string command;    ///< "check", "ab" or "bisect"
  std::string directory;  ///< absolute; the repository, for ab where both commands ran
  std::string project;    ///< "" when it is not known yet
};

/// From here on the run is remembered, however it ends, and nobody else writes to the state
/// directory. `report`: from begin_report; is given its number. Stops: as RunLog::begin.
Step<RunLog> begin_run(const Request& request, const RunSource& source, Report& report,
                       World& world);

/// The rule that a report was judged by.
void describe_rule(const Project& project, Report& report);

/// Where the project's declaration comes from.
struct ProjectSource {
  std::string directory;                      ///< absolute
  std::string top;                            ///< of the work tree, "" for a bare repository
  std::string config_file;                    ///< absolute; "" : the commit's own
  std::string sha;                            ///< of the commit that rules
  bool worktree = false;                      ///< the work tree's file instead of the commit's
  const run::CommandLinePipelines& commands;  ///< replace the file's pipelines
  const Overrides& overrides;
};

struct LoadedProject {
  Project project;
  double declared_threshold = 0;  ///< of the pipeline file, before the command line
};

/// Stops: git, configuration.
Step<LoadedProject> load_project(const ProjectSource& source, GitRepo& git, const EnvLookup& env);

}  // namespace melisai
