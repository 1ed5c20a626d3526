#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/api/commands.h"
#include "core/api/handlers.h"
#include "core/base/log.h"
#include "core/base/text.h"

namespace melisai::api {
namespace {

constexpr std::size_t kOpenRunsShown = 200;
constexpr std::size_t kEventsShown = 200;

/// The front door, and what it depends on: who restarts one of these hangs up on whoever asks.
constexpr std::array<std::string_view, 3> kBelowTheAnswer{"http", "planner", "queue"};

Json issues_of(const supervise::SystemHealth& health, const std::string& module) {
  Json issues = Json::array();
  for (const auto& [id, issue] : health.issues)
    if (id == module)
      issues.push_back({{"severity", name_of(issue.severity)}, {"message", issue.message}});
  return issues;
}

/// Of an answer of the daemon; "" when it did what it was asked for.
std::string problem_in(const std::string& reply) {
  const Json json = Json::parse(reply, nullptr, false);
  if (!json.is_object()) return "the daemon's answer is none";
  return json.value("ok", Json()) == true ? "" : json.value("error", "the daemon refused");
}

Json modules_object(const supervise::SystemHealth& health) {
  Json modules = Json::array();
  for (const supervise::ModuleHealth& module : health.modules)
    modules.push_back({{"id", module.id},
                       {"name", module.name},
                       {"version", module.version},
                       {"required", module.required},
                       {"state", name_of(module.state)},
                       {"health", supervise::name_of(module.health)},
                       {"attempts", module.attempts},
                       {"last_error", module.last_error},
                       {"issues", issues_of(health, module.id)}});
  return {{"status", name_of(health.status)},
          {"uptime_seconds", std::chrono::duration<double>(health.uptime).count()},
          {"failing", health.failing},
          {"modules", modules}};
}

Result<Json> queue_object(Parts& parts) {
  const store::Queue& queue = parts.daemon.queue;
  MELISAI_TRY(const store::OpenTotals totals, queue.open_totals());
  MELISAI_TRY(const store::Queue::Pause pause, queue.pause());
  MELISAI_TRY(const auto runs,
              queue.runs({.open = true, .limit = kOpenRunsShown, .configuration = false}));
  MELISAI_TRY(const auto events, queue.open_events());
  MELISAI_TRY(const auto paused, queue.paused_pipelines());
  Json waiting = Json::array();
  for (std::size_t i = 0; i < std::min(events.size(), kEventsShown); ++i)
    waiting.push_back({{"event", events[i].event.id},
                       {"project", events[i].event.project},
                       {"cause", events[i].event.cause},
                       {"tries", events[i].tries}});
  Json pipelines = Json::array();
  for (const store::PausedPipeline& one : paused)
    pipelines.push_back({{"project", one.project},
                         {"pipeline", one.pipeline},
                         {"reason", one.reason},
                         {"since", utc_time(one.since)}});
  const WallTime now = parts.daemon.clock.now();
  const double age =
      totals.oldest ? std::chrono::duration<double>(now - *totals.oldest).count() : 0;
  return Result<Json>(boost::system::in_place_value, Json{{"blocked", totals.blocked},
                                                          {"queued", totals.queued},
                                                          {"running", totals.running},
                                                          {"events", totals.events},
                                                          {"oldest_seconds", std::max(0.0, age)},
                                                          {"paused", pause.paused},
                                                          {"pause_reason", pause.reason},
                                                          {"paused_pipelines", pipelines},
                                                          {"runs", run_objects(parts, runs)},
                                                          {"waiting_events", waiting}});
}

}  // namespace

void show_status(Parts& parts, Call call) {
  forward(parts, {{"command", "status"}}, std::move(call.respond), 200);
}

void list_modules(Parts& parts, Call call) {
  call.respond(answer(200, modules_object(parts.daemon.health())));
}

void restart_module(Parts& parts, Call call) {
  const supervise::SystemHealth health = parts.daemon.health();
  const std::string& id = call.path.at(0);
  const bool known = std::any_of(health.modules.begin(), health.modules.end(),
                                 [&](const auto& module) { return module.id == id; });
  if (!known) return call.respond(http::problem(404, "there is no module " + in_quotes(id)));
  Json body;
  if (auto bad = read_body(call.request, {}, body)) return call.respond(*std::move(bad));
  const Json command{{"command", "restart-module"}, {"module", id}};
  if (std::find(kBelowTheAnswer.begin(), kBelowTheAnswer.end(), id) == kBelowTheAnswer.end())
    return forward(parts, command, std::move(call.respond), 200);
  call.respond(answer(202, Json::object()));
  // In a turn of its own: the answer is on its way then.
  parts.daemon.in_loop([ask = parts.daemon.command, text = text_of(command), id] {
    ask(text, [id](const std::string& reply) {
      if (const std::string problem = problem_in(reply); !problem.empty())
        log_warning(in_quotes(id) + " was not restarted: " + problem);
    });
  });
}

void show_queue(Parts& parts, Call call) {
  const Result<Json> shown = queue_object(parts);
  call.respond(shown ? answer(200, *shown) : refused(shown.error()));
}

}  // namespace melisai::api
