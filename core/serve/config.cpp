#include "core/serve/config.h"

#include <algorithm>
#include <filesystem>

#include "core/base/secrets.h"
#include "core/base/text.h"
#include "core/measure/formats/formats.h"
#include "core/serve/hooks_section.h"
#include "core/serve/http_section.h"
#include "core/serve/logging_section.h"
#include "core/serve/orchestrator_section.h"
#include "core/serve/pipelines_section.h"
#include "core/serve/projects_section.h"
#include "core/serve/secrets_section.h"
#include "core/serve/workflows_section.h"

namespace melisai::serve {
namespace {

constexpr const char* kTimezones = "/usr/share/zoneinfo/";
constexpr int kVersion = 1;

bool is_timezone(const std::string& name) {
  std::error_code error;
  return run::is_valid_name(name) && std::filesystem::is_regular_file(kTimezones + name, error);
}

// Before the sections are read: a misspelt one has nothing more urgent to say.
void check_root(const ConfigValue& tree, ConfigErrors& errors) {
  ConfigMap root(tree, errors);
  const int number = root.integer("version", kVersion, {.min = 0, .max = 1'000'000});
  if (number != kVersion)
    root.fail("version",
              std::to_string(number) + " is not supported; this melisai-gate reads version 1");
  for (const std::string_view key :
       {"orchestrator", "logging", "secrets", "git", "project", "projects", "pipelines",
        "workflows", "triggers", "http", "notify", "fixer"})
    root.find(key);
  root.finish();
}

void check_webhooks(const OrchestratorSection& section, const ServeConfig& config,
                    Reading& reading) {
  if (!section.secret_missing) return;
  // A file that others complete, on a machine that does not know the secret.
  if (config.projects.empty() && !section.secret_problem.empty())
    return reading.remark("no webhook could be taken: 'secret': " + section.secret_problem);
  const bool each_has_one =
      !config.projects.empty() &&
      std::none_of(config.projects.begin(), config.projects.end(),
                   [](const WatchedProject& project) { return project.webhook.secret.empty(); });
  if (each_has_one) return;
  reading.errors.add(
      *section.secret_missing,
      !section.secret_problem.empty()
          ? "'secret': " + section.secret_problem
          : "webhooks need 'secret', here or as webhook: { secret: ... } of each project, or "
            "anybody could start runs");
}

/// Under names that nobody can refer to. What is too short or too long cannot be masked.
void add_private(const std::set<std::string>& values, std::map<std::string, std::string>& secrets) {
  for (const std::string& value : values)
    if (value.size() >= kSecretMin && value.size() <= kSecretMax)
      secrets[":" + std::to_string(secrets.size())] = value;
}

/// By webhooks; "" while nobody listens.
std::string default_secret(const MonitorOptions& options) {
  return options.method == MonitorOptions::Method::webhook ? options.secret : "";
}

void add_remarks(const ServeConfig& config, Reading& reading) {
  if (config.projects.empty()) reading.remark("no project: serve has nothing to watch");
  if (config.orchestrator.failure.auto_fix && config.fixer.empty())
    reading.remark("auto_fix is on, but there is no fixer.command: nothing is fixed");
  if (!config.orchestrator.failure.auto_fix && !config.fixer.empty())
    reading.remark("fixer.command never runs: auto_fix is off");
  if (config.http.enabled) return;
  for (const WatchedProject& project : config.projects)
    if (!project.webhook.secret.empty())
      reading.remark("no webhook of " + project.name +
                     " arrives, and so no pull request: http.enabled is false");
}

}  // namespace

ConfigSources sources_for(const std::string& file, const EnvLookup& env) {
  return {.env = env,
          .format_problem = formats::problem_of,
          .is_timezone = is_timezone,
          .directory = std::filesystem::absolute(file).parent_path().string()};
}

Result<LoadedConfig> read_serve_config(const ConfigValue& tree, const std::string& file_name,
                                       const ConfigSources& sources) {
  LoadedConfig loaded;
  ConfigErrors errors(file_name);
  check_root(tree, errors);

  ConfigMap root(tree, errors);
  EnvExpander expander(sources.env);
  Reading reading{.errors = errors, .env = expander, .sources = sources, .remarks = loaded.remarks};
  ServeConfig& config = loaded.config;
  config.secret_sources = read_secret_sources(root.section("secrets"), reading);
  expander.allow_secrets([&](const std::string& name) {
    expander.add_name(variable_of(name, config.secret_sources));
    config.secret_names.insert(name);
    Result<std::string> value = secret_value(name, config.secret_sources, sources.env);
    if (value) loaded.secrets[name] = *value;
    return value;
  });
  OrchestratorSection orchestrator = read_orchestrator(root.section("orchestrator"), reading);
  config.orchestrator = std::move(orchestrator.options);
  const StageTimeouts& timeouts = config.orchestrator.timeouts;
  config.logging = read_logging(root.section("logging"), reading);
  config.git = run::read_git(root.section("git"), errors);
  config.projects =
      read_projects(root,
                    {.branches = orchestrator.branches,
                     .timeouts = timeouts,
                     .allow_http = config.git.allow_http,
                     .webhook_secret = default_secret(config.orchestrator.monitoring)},
                    reading);
  check_webhooks(orchestrator, config, reading);
  config.pipelines = read_pipelines(root.section("pipelines"), timeouts, reading);
  config.workflows =
      read_workflows(root.section("workflows"), {.config = config, .others = {}}, reading);
  std::optional<std::vector<std::string>> known = known_pipelines(config);
  for (const Workflow& workflow : config.workflows)
    if (known) known->push_back(workflow.name);
  config.triggers = read_triggers(root.section("triggers"), config.projects, known, reading);
  config.http = read_http(root.section("http"), config.orchestrator.monitoring, reading);
  config.notify = read_notify(root.section("notify"), reading);
  config.fixer = read_fixer(root.section("fixer"), reading);
  if (errors.first()) return *errors.first();
  add_private(expander.private_values(), loaded.secrets);
  config.secrets = expander.names();
  std::erase_if(config.secrets, run::is_passed_to_stages);
  add_remarks(config, reading);
  return loaded;
}

Result<LoadedConfig> parse_serve_config(std::string_view text, const std::string& file_name,
                                        const ConfigSources& sources) {
  MELISAI_TRY(const ConfigValue tree, parse_config(text, file_name));
  return read_serve_config(tree, file_name, sources);
}

}  // namespace melisai::serve
