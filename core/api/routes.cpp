#include "core/api/routes.h"

#include <algorithm>

namespace melisai::api {
namespace {

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::size_t end = std::min(path.find('/'), path.size());
    parts.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return parts;
}

bool is_name(std::string_view part) { return part.starts_with('{'); }

/// What stands for the names of the pattern; nothing when the path is another.
std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path) {
  const std::vector<std::string_view> wanted = parts_of(pattern);
  const std::vector<std::string_view> given = parts_of(path);
  if (wanted.size() != given.size()) return std::nullopt;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (given[i].empty() || (!is_name(wanted[i]) && wanted[i] != given[i])) return std::nullopt;
    if (is_name(wanted[i])) names.emplace_back(given[i]);
  }
  return names;
}

}  // namespace

const std::vector<Route>& routes() {
  static const std::vector<Route> table = {
      {"GET", "/healthz", Scope::none, {}, show_health},
      {"GET", "/readyz", Scope::none, {}, show_ready},
      {"GET", "/metrics", Scope::read, {}, show_metrics},
      {"GET", "/badge.svg", Scope::read, {"project", "pipeline", "branch"}, show_badge},
      {"GET", "/api/v1/openapi.json", Scope::none, {}, show_openapi},
      {"GET", "/api/v1/status", Scope::read, {}, show_status},
      {"GET", "/api/v1/modules", Scope::read, {}, list_modules},
      {"POST", "/api/v1/modules/{module}/restart", Scope::admin, {}, restart_module},
      {"GET", "/api/v1/queue", Scope::read, {}, show_queue},
      {"GET",
       "/api/v1/runs",
       Scope::read,
       {"project", "pipeline", "state", "outcome", "limit", "before"},
       list_runs},
      {"GET", "/api/v1/runs/{run}", Scope::read, {}, show_run},
      {"GET", "/api/v1/runs/{run}/logs", Scope::read, {"attempt", "stage"}, show_log},
      {"GET", "/api/v1/runs/{run}/logs/stream", Scope::read, {"attempt", "stage"}, stream_log},
      {"GET", "/api/v1/runs/{run}/report", Scope::read, {}, show_report},
      {"GET", "/api/v1/runs/{run}/benchmarks", Scope::read, {}, list_benchmarks},
      {"POST", "/api/v1/runs/{run}/cancel", Scope::trigger, {}, cancel_run},
      {"POST", "/api/v1/runs/{run}/retry", Scope::trigger, {}, retry_run},
      {"GET",
       "/api/v1/pull_requests",
       Scope::read,
       {"project", "waits", "limit"},
       list_pull_requests},
      {"POST",
       "/api/v1/pull_requests/{project}/{number}/approve",
       Scope::admin,
       {},
       approve_pull_request},
      {"GET",
       "/api/v1/history",
       Scope::read,
       {"project", "benchmark", "metric", "branch", "limit"},
       show_history},
      {"GET", "/api/v1/baselines", Scope::read, {"project"}, list_baselines},
      {"POST", "/api/v1/baselines", Scope::admin, {}, set_baseline},
      {"DELETE", "/api/v1/baselines/{baseline}", Scope::admin, {}, remove_baseline},
      {"GET", "/api/v1/acknowledgements", Scope::read, {"project"}, list_acknowledgements},
      {"POST", "/api/v1/acknowledgements", Scope::admin, {}, acknowledge},
      {"DELETE",
       "/api/v1/acknowledgements/{acknowledgement}",
       Scope::admin,
       {},
       remove_acknowledgement},
      {"GET", "/api/v1/workflows", Scope::read, {}, list_workflows},
      {"POST", "/api/v1/workflows", Scope::admin, {}, create_workflow},
      {"GET", "/api/v1/workflows/{workflow}", Scope::read, {}, show_workflow},
      {"PUT", "/api/v1/workflows/{workflow}", Scope::admin, {}, replace_workflow},
      {"DELETE", "/api/v1/workflows/{workflow}", Scope::admin, {}, remove_workflow},
      {"POST", "/api/v1/trigger/{pipeline}", Scope::trigger, {"wait"}, trigger},
      {"POST", "/api/v1/trigger/{project}/{pipeline}", Scope::trigger, {"wait"}, trigger},
      {"POST", "/trigger/{pipeline}", Scope::trigger, {"wait"}, trigger},
      {"POST", "/trigger/{project}/{pipeline}", Scope::trigger, {"wait"}, trigger},
      {"GET", "/api/v1/triggers/{event}", Scope::read, {}, show_trigger},
      {"POST", "/api/v1/pause", Scope::admin, {}, pause},
      {"POST", "/api/v1/resume", Scope::admin, {}, resume},
      {"POST", "/api/v1/stop", Scope::admin, {}, stop},
      {"GET", "/api/v1/events", Scope::read, {"project", "type"}, stream_events},
  };
  return table;
}

Found find_route(std::string_view method, std::string_view path) {
  // The server leaves the body of the answer out.
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  Found found;
  for (const Route& route : routes()) {
    std::optional<std::vector<std::string>> names = match(route.pattern, path);
    if (!names) continue;
    found.is_public = found.is_public || route.scope == Scope::none;
    if (route.method == wanted) {
      found.route = &route;
      found.path = *std::move(names);
      return found;
    }
    found.allowed += (found.allowed.empty() ? "" : ", ") + std::string(route.method);
    if (route.method == "GET") found.allowed += ", HEAD";
  }
  return found;
}

}  // namespace melisai::api
