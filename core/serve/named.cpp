#include "core/serve/named.h"

#include <algorithm>
#include <set>

#include "core/api/startable.h"
#include "core/base/config.h"
#include "core/base/text.h"
#include "core/run/run.h"
#include "core/serve/pinned.h"
#include "core/serve/pipeline_file.h"
#include "core/serve/workflow_runs.h"

namespace melisai::serve {
namespace {

constexpr std::size_t kRunsSearched = 1'000;  // newest ones, of a project

std::vector<std::string> workflows_of(const std::string& project, const Context& context) {
  std::vector<std::string> names;
  for (const Workflow& workflow : context.workflows->all)
    if (applies_to(workflow, project)) names.push_back(workflow.name);
  return names;
}

/// What the pipeline file of the newest run declares; nothing where it cannot be read.
std::vector<PipelineSpec> declared_last(const std::string& project, const Context& context) {
  const auto newest = context.queue.runs({.project = project, .limit = 1});
  if (!newest || newest->empty()) return {};
  const Result<Pinned> pinned = pinned_from_json(newest->front().configuration);
  if (!pinned) return {};
  const Result<Project> declared = read_pipeline_file(pinned->pipeline_file, run::kPipelineFile,
                                                      context.config, context.world.env);
  return declared ? declared->pipelines : std::vector<PipelineSpec>{};
}

}  // namespace

Result<const WatchedProject*> find_project(const std::string& name, const ServeConfig& config) {
  std::vector<std::string> names;
  for (const WatchedProject& project : config.projects) {
    if (project.name == name) return &project;
    names.push_back(project.name);
  }
  if (names.empty())
    return Error{Errc::usage, "the daemon's configuration has no project; add one to 'projects'"};
  if (name.empty() && names.size() == 1) return &config.projects.front();
  if (name.empty())
    return Error{Errc::usage, "name the project" + suggestion("", names, "there are")};
  return Error{Errc::usage,
               "no project is called " + in_quotes(name) + suggestion(name, names, "there are")};
}

Result<Named> find_pipeline(const std::string& project, const std::string& pipeline,
                            const ServeConfig& config) {
  if (pipeline.empty()) return Error{Errc::usage, "name the pipeline"};
  for (const WatchedProject& each : config.projects)
    if (project.empty() && pipeline.starts_with(each.name + "/"))
      return Named{each, pipeline.substr(each.name.size() + 1)};
  MELISAI_TRY(const WatchedProject* const found, find_project(project, config));
  return Named{*found, pipeline};
}

Result<void> check_startable(const Named& named, const Context& context) {
  return api::check_startable(context.config, named.project, named.pipeline,
                              workflows_of(named.project.name, context));
}

Result<void> check_no_project(const Named& named, const Context& context) {
  const std::size_t slash = named.pipeline.find('/');
  if (slash == std::string::npos || check_known(named, context)) return {};
  MELISAI_CHECK(find_project(named.pipeline.substr(0, slash), context.config));
  return {};
}

Result<void> check_known(const Named& named, const Context& context) {
  const std::string& project = named.project.name;
  std::set<std::string> known;
  for (const ServePipeline& each : api::configured_pipelines(context.config, named.project))
    known.insert(each.spec.name);
  if (known.empty())
    for (const PipelineSpec& each : declared_last(project, context)) known.insert(each.name);
  for (std::string& workflow : workflows_of(project, context)) known.insert(std::move(workflow));
  MELISAI_TRY(
      const std::vector<PipelineRun> runs,
      context.queue.runs({.project = project, .limit = kRunsSearched, .configuration = false}));
  for (const PipelineRun& run : runs)
    if (!is_follow_up(run)) known.insert(run.pipeline);
  if (known.empty() || known.contains(named.pipeline)) return {};
  return Error{Errc::usage,
               "no pipeline of " + project + " is called " + in_quotes(named.pipeline) +
                   suggestion(named.pipeline, std::vector<std::string>(known.begin(), known.end()),
                              "there are")};
}

}  // namespace melisai::serve
