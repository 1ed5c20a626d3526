#include "core/serve/validate.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "core/base/files.h"
#include "core/base/local_repository.h"
#include "core/base/text.h"
#include "core/gate/health/health.h"
#include "core/measure/formats/formats.h"
#include "core/serve/config.h"

namespace melisai::serve {
namespace {

const ConfigValue* find(const ConfigValue& mapping, std::string_view key) {
  for (const ConfigEntry& entry : mapping.entries)
    if (entry.key == key) return &entry.value;
  return nullptr;
}

template <std::size_t N>
bool has_one_of(const ConfigValue& tree, const std::array<std::string_view, N>& keys) {
  return std::any_of(keys.begin(), keys.end(),
                     [&](std::string_view key) { return find(tree, key) != nullptr; });
}

// Both kinds have 'project', 'pipelines' and 'git'; a file that has only these is one of `serve`
// when it lacks the version, which a pipeline file must have, unless its name says otherwise.
bool is_serve_config(const ConfigValue& tree, const std::string& file) {
  constexpr std::array<std::string_view, 7> kServe = {
      "orchestrator", "logging", "projects", "workflows", "triggers", "notify", "fixer"};
  constexpr std::array<std::string_view, 5> kPipelineFile = {"version", "gate", "measure",
                                                             "collect", "cache"};
  const ConfigValue* const project = find(tree, "project");
  if (has_one_of(tree, kServe)) return true;
  if (project != nullptr && find(*project, "repository") != nullptr) return true;
  if (has_one_of(tree, kPipelineFile)) return false;
  return std::filesystem::path(file).filename() != run::kPipelineFile;
}

std::string counted(std::size_t number, const std::string& thing) {
  return std::to_string(number) + " " + thing + (number == 1 ? "" : "s");
}

std::string summary_of(const Project& project) {
  std::size_t benchmarks = 0;
  for (const PipelineSpec& pipeline : project.pipelines) benchmarks += pipeline.benchmarks.size();
  return "valid pipeline file: " + counted(project.pipelines.size(), "pipeline") + ", " +
         counted(benchmarks, "benchmark");
}

std::string summary_of(const ServeConfig& config) {
  std::size_t pipelines = config.pipelines.size();
  for (const WatchedProject& project : config.projects) pipelines += project.pipelines.size();
  std::string text =
      "valid: " + counted(config.projects.size(), "project") + ", " +
      (pipelines == 0 ? "the pipelines of each repository" : counted(pipelines, "pipeline"));
  if (!config.workflows.empty()) text += ", " + counted(config.workflows.size(), "workflow");
  if (!config.triggers.empty()) text += ", " + counted(config.triggers.size(), "trigger");
  return text;
}

/// The lines to print, without the last one's end.
Result<std::string> judged(const ConfigValue& tree, const std::string& text,
                           const std::string& file, const EnvLookup& env) {
  const std::string shown = printable(file) + ": ";
  if (!is_serve_config(tree, file)) {
    MELISAI_TRY(const Project project,
                run::parse_project(text, file, env, {formats::problem_of, gate::anomaly_problem}));
    return shown + summary_of(project);
  }
  MELISAI_TRY(const LoadedConfig loaded, read_serve_config(tree, file, sources_for(file, env)));
  std::string lines;
  for (const std::string& remark : loaded.remarks) lines += shown + remark + "\n";
  for (const WatchedProject& project : loaded.config.projects)
    if (const std::string why = local_repository_problem(project.repository); !why.empty())
      lines += shown + "project " + in_quotes(project.name) + " cannot be polled: " + why + "\n";
  return lines + shown + summary_of(loaded.config);
}

}  // namespace

Result<int> validate(const ValidateRequest& request, const EnvLookup& env,
                     const std::function<bool(std::string_view)>& print) {
  const std::string file = request.file.empty() ? run::kPipelineFile : request.file;
  const Result<std::string> text = read_file(file, kServeFileMax);
  if (!text && request.file.empty() && text.error().code == Errc::not_found)
    return Error{Errc::not_found, "there is no " + file +
                                      " in this directory; name a file with --config, or change to "
                                      "the root of the repository"};
  if (!text) return text.error();
  MELISAI_TRY(const ConfigValue tree, parse_config(*text, file));
  MELISAI_TRY(const std::string lines, judged(tree, *text, file, env));
  if (!print(lines + "\n")) return Error{Errc::io, "the output could not be written"};
  return 0;
}

}  // namespace melisai::serve
