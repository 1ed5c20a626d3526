#include "core/serve/projects_section.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/forge/forge.h"
#include "core/serve/forge_section.h"
#include "core/serve/pipelines_section.h"
#include "core/serve/pull_requests_section.h"
#include "core/trigger/trigger.h"

namespace melisai::serve {
namespace {

constexpr std::size_t kRepositoryLengthMax = 2000;
constexpr std::size_t kTokenLengthMax = 4096;
constexpr std::size_t kForgeNameLengthMax = 500;

// "https", or "" of a path and of git's short form host:path.
std::string_view scheme_of(std::string_view repository) {
  const std::size_t end = repository.find("://");
  return end == std::string_view::npos ? "" : repository.substr(0, end);
}

bool is_path(std::string_view repository) {
  return scheme_of(repository).empty() &&
         repository.substr(0, repository.find('/')).find(':') == std::string_view::npos;
}

// The helper that fetches checks again, and more; here a mistake still has its line.
std::string repository_problem(const std::string& repository, bool allow_http) {
  constexpr std::array<std::string_view, 4> kSchemes = {"", "https", "ssh", "file"};
  if (repository.empty()) return "is empty; write an address or a path";
  if (repository.size() > kRepositoryLengthMax || printable(repository) != repository)
    return "an address has at most " + std::to_string(kRepositoryLengthMax) +
           " bytes without control characters";
  if (repository.starts_with('-') || repository.find("::") != std::string::npos)
    return "is neither an address (https, ssh, file, host:path) nor a path";
  const std::string_view scheme = scheme_of(repository);
  if (scheme == "http" && !allow_http)
    return "plain http can be changed on its way; use https, or write git: { allow_http: true }";
  if (scheme != "http" && std::find(kSchemes.begin(), kSchemes.end(), scheme) == kSchemes.end())
    return "unknown scheme " + in_quotes(scheme) + "; use https, ssh, file, host:path or a path";
  return "";
}

/// The last part of an address, without ".git".
std::string name_in(std::string_view repository) {
  while (repository.ends_with('/')) repository.remove_suffix(1);
  if (repository.ends_with(".git")) repository.remove_suffix(4);
  while (repository.ends_with('/')) repository.remove_suffix(1);
  return std::string(repository.substr(repository.find_last_of("/:") + 1));
}

std::string read_secret(ConfigMap& map, const std::string& key, Reading& reading) {
  std::string secret = expanded(map, key, reading);
  if (secret.size() > kTokenLengthMax || printable(secret) != secret)
    map.fail(key, "a " + key + " has at most " + std::to_string(kTokenLengthMax) +
                      " bytes without control characters");
  return secret;
}

bool is_forge_name(std::string_view name) {
  return name.size() <= kForgeNameLengthMax && printable(name) == name &&
         name.find('/') != std::string_view::npos && !name.starts_with('/') &&
         !name.ends_with('/') && !name.ends_with(".git") &&
         name.find("//") == std::string_view::npos && name.find(':') == std::string_view::npos;
}

WebhookOptions read_webhook(const ConfigValue& section, const std::string& default_secret,
                            Reading& reading) {
  WebhookOptions webhook;
  ConfigMap map(section, reading.errors);
  webhook.secret = read_secret(map, "secret", reading);
  webhook.repository = map.string("repository", "");
  map.finish();
  if (map.find("repository") != nullptr && !is_forge_name(webhook.repository))
    map.fail("repository",
             in_quotes(webhook.repository) + " is no name of a repository there; write owner/name");
  if (webhook.secret.empty()) webhook.secret = default_secret;
  return webhook;
}

WatchedProject read_project(const ConfigValue& value, const ProjectDefaults& defaults,
                            Reading& reading) {
  WatchedProject project;
  ConfigMap map(value, reading.errors);
  project.name = expanded(map, "name", reading);
  project.repository = expanded(map, "repository", reading);
  project.token = read_secret(map, "token", reading);
  project.branches = read_ref_patterns(map, "branches", reading, defaults.branches);
  project.tags = read_ref_patterns(map, "tags", reading, {"*"});
  project.pipelines = read_pipelines(map.section("pipelines"), defaults.timeouts, reading);
  project.webhook = read_webhook(map.section("webhook"), defaults.webhook_secret, reading);
  project.forge = read_forge(map.section("forge"), project.repository, reading);
  project.pull_requests = read_pull_requests(map.section("pull_requests"), reading);
  map.finish();

  if (map.find("repository") == nullptr) {
    map.fail("repository", "a project needs 'repository', its address or path");
    return project;
  }
  const std::string problem = repository_problem(project.repository, defaults.allow_http);
  if (!problem.empty()) map.fail("repository", problem);
  if (project.name.empty()) project.name = name_in(project.repository);
  const std::string_view scheme = scheme_of(project.repository);
  if (!project.token.empty() && scheme != "https" && scheme != "http")
    reading.remark("the token of project " + in_quotes(project.name) +
                   " is never sent: only https servers are asked with one");
  if (!is_plain_name(project.name))
    map.fail("name", in_quotes(project.name) + " cannot be the name of a project; " +
                         std::string(kPlainNameRule));
  if (is_path(project.repository)) project.repository = absolute_path(project.repository, reading);
  if (project.webhook.repository.empty())
    project.webhook.repository = trigger::repository_of(project.repository);
  if (map.find("pull_requests") != nullptr && project.webhook.secret.empty())
    reading.remark("pull_requests of project " + in_quotes(project.name) +
                   " has no effect: only webhooks tell of them, and it has no secret for any");
  if (project.webhook.repository.empty() && !project.webhook.secret.empty())
    reading.remark("nothing says what the forge of project " + in_quotes(project.name) +
                   " calls it, so none of its webhooks is taken; write webhook: { repository: "
                   "owner/name }");
  if (project.forge && project.forge->publish == ForgeAccess::Publish::comment &&
      project.webhook.secret.empty())
    reading.remark("forge.publish of project " + in_quotes(project.name) +
                   " comments on no pull request: only webhooks tell of them, and it has no "
                   "secret for any");
  if (project.forge && !forge::is_repository(project.forge->kind, project.webhook.repository))
    map.fail("forge", in_quotes(project.webhook.repository) +
                          " is no name that this forge gives a repository; write webhook: { "
                          "repository: owner/name }");
  return project;
}

}  // namespace

std::vector<WatchedProject> read_projects(ConfigMap& root, const ProjectDefaults& defaults,
                                          Reading& reading) {
  std::vector<WatchedProject> projects;
  const auto add = [&](const ConfigValue& value) {
    WatchedProject project = read_project(value, defaults, reading);
    for (const WatchedProject& other : projects)
      if (other.name == project.name)
        reading.errors.add(value.position, "a second project " + in_quotes(project.name) +
                                               "; give one of them another 'name'");
    projects.push_back(std::move(project));
  };
  if (const ConfigValue* const single = root.find("project")) add(*single);
  for (const ConfigValue& item : items_of(root, "projects", "- { name: ..., repository: ... }"))
    add(item);
  return projects;
}

}  // namespace melisai::serve
