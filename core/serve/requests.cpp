#include "core/serve/requests.h"

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/api/pull_requests.h"
#include "core/api/startable.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/serve/accept.h"
#include "core/serve/named.h"
#include "core/serve/waits_for.h"

namespace melisai::serve {
namespace {

// Keeps the order in which fields are written here.
using Json = nlohmann::ordered_json;

constexpr std::size_t kRunsShown = 20;
constexpr std::size_t kOpenRunsShown = 200;
constexpr std::size_t kGivenUpShown = 5;

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string refusal(const Error& error) {
  const bool usage =
      error.code == Errc::usage || error.code == Errc::config || error.code == Errc::not_found;
  return text_of({{"ok", false}, {"error", error.message}, {"usage", usage}});
}

std::string accepted(Json fields = Json::object()) {
  Json json{{"ok", true}};
  json.update(fields);
  return text_of(json);
}

Result<std::string> text_at(const Json& request, const char* key) {
  if (!request.contains(key)) return std::string();
  if (!request[key].is_string()) return Error{Errc::usage, "'" + std::string(key) + "' is no text"};
  return request[key].get<std::string>();
}

Result<std::map<std::string, std::string>> params_at(const Json& request) {
  std::map<std::string, std::string> params;
  if (!request.contains("params")) return params;
  if (!request["params"].is_object()) return Error{Errc::usage, "'params' is no object"};
  for (const auto& [name, value] : request["params"].items()) {
    if (!value.is_string()) return Error{Errc::usage, "param '" + name + "' is no text"};
    MELISAI_CHECK(trigger::check_param(name, value.get<std::string>()));
    params[name] = value.get<std::string>();
  }
  return params;
}

/// The pipeline of a request, also as runs are shown: "demo/build".
Result<Named> pipeline_at(const Json& request, const ServeConfig& config) {
  MELISAI_TRY(const std::string project, text_at(request, "project"));
  MELISAI_TRY(const std::string pipeline, text_at(request, "pipeline"));
  return find_pipeline(project, pipeline, config);
}

Json modules_of(const supervise::SystemHealth& health) {
  Json modules = Json::array();
  for (const supervise::ModuleHealth& module : health.modules)
    modules.push_back({{"id", module.id},
                       {"state", name_of(module.state)},
                       {"health", supervise::name_of(module.health)},
                       {"required", module.required},
                       {"attempts", module.attempts},
                       {"last_error", module.last_error}});
  return modules;
}

/// What a person should know: "queue: No space left ...".
Json problems_of(const supervise::SystemHealth& health) {
  Json problems = Json::array();
  for (const auto& [module, issue] : health.issues)
    if (issue.severity != supervise::IssueSeverity::low)
      problems.push_back(module + ": " + issue.message);
  for (const supervise::ModuleHealth& module : health.modules) {
    const auto* const unhealthy = std::get_if<supervise::Unhealthy>(&module.health);
    if (unhealthy != nullptr)
      problems.push_back(module.id + ": " + unhealthy->reason);
    else if (std::holds_alternative<supervise::Failed>(module.state))
      problems.push_back(module.id + " has failed: " + module.last_error);
  }
  return problems;
}

Json paused_of(const std::vector<store::PausedPipeline>& paused) {
  Json all = Json::array();
  for (const store::PausedPipeline& one : paused)
    all.push_back({{"project", one.project},
                   {"pipeline", one.pipeline},
                   {"reason", one.reason},
                   {"since", utc_time(one.since)}});
  return all;
}

/// What is paused, as a whole and by itself; `status` and the ends of pauses say it.
Result<Json> pauses_of(const store::Queue& queue) {
  MELISAI_TRY(const store::Queue::Pause pause, queue.pause());
  MELISAI_TRY(const auto paused, queue.paused_pipelines());
  return Result<Json>(boost::system::in_place_value, Json{{"paused", pause.paused},
                                                          {"pause_reason", pause.reason},
                                                          {"paused_pipelines", paused_of(paused)}});
}

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

class StatusOf {
 public:
  StatusOf(const Context& context, const Controlled& parts) : context_(context), parts_(parts) {}

  Result<std::string> text(std::chrono::nanoseconds started) const {
    const supervise::SystemHealth health = parts_.supervisor.system_health();
    const store::Queue& queue = context_.queue;
    MELISAI_TRY(const Json pauses, pauses_of(queue));
    MELISAI_TRY(const auto open, queue.runs({.open = true, .limit = kOpenRunsShown}));
    MELISAI_TRY(const auto recent, queue.runs({.limit = kRunsShown}));
    MELISAI_TRY(const auto waiting, queue.open_events());
    MELISAI_TRY(const auto proposals, queue.pull_requests({.waits = true, .limit = kRunsShown}));
    MELISAI_TRY(const store::OpenTotals totals, queue.open_totals());
    MELISAI_TRY(const auto given_up, queue.given_up(kGivenUpShown));
    MELISAI_TRY(const store::DeliveryCounts notices, queue.delivery_counts());
    return accepted({{"pid", getpid()},
                     {"uptime_seconds", seconds(context_.world.clock.monotonic() - started)},
                     {"status", supervise::name_of(health.status)},
                     {"problems", problems_of(health)},
                     {"http", parts_.front.address()},
                     {"paused", pauses["paused"]},
                     {"pause_reason", pauses["pause_reason"]},
                     {"paused_pipelines", pauses["paused_pipelines"]},
                     {"notices",
                      {{"waiting", notices.waiting},
                       {"given_up", notices.given_up},
                       {"problem", notices.problem}}},
                     {"modules", modules_of(health)},
                     {"engines", engines()},
                     {"projects", projects()},
                     {"triggers", triggers()},
                     {"open", runs_of(open)},
                     {"recent", runs_of(recent)},
                     {"waiting_events", events_of(waiting)},
                     {"waiting_for_approval", proposals_of(proposals)},
                     {"approvals_waiting", totals.held},
                     {"given_up_events", given_up_of(given_up)}});
  }

 private:
  Json engines() const {
    Json all = Json::array();
    for (const EngineView& engine : parts_.engines.view())
      all.push_back({{"engine", engine.number},
                     {"state", to_string(engine.state)},
                     {"run", engine.run},
                     {"seconds", engine.since ? Json(seconds(context_.now() - *engine.since))
                                              : Json(nullptr)}});
    return all;
  }
  Json projects() const {
    Json all = Json::array();
    const trigger::PollSchedule* const schedule = parts_.watcher.schedule();
    for (const WatchedProject& project : context_.config.projects) {
      Json one{{"project", project.name}, {"problem", parts_.watcher.problem_of(project.name)}};
      one["last_good_poll_seconds"] = nullptr;
      if (schedule != nullptr) {
        const auto& state = schedule->states().at(project.name);
        if (state.last_good)
          one["last_good_poll_seconds"] =
              seconds(context_.world.clock.monotonic() - *state.last_good);
      }
      all.push_back(std::move(one));
    }
    return all;
  }
  Json triggers() const {
    Json all = Json::array();
    for (const auto& trigger : parts_.triggers) {
      const TriggerView view = trigger->view();
      all.push_back({{"trigger", view.name},
                     {"project", view.project},
                     {"state", view.state},
                     {"starts", view.starts},
                     {"accepted", view.accepted},
                     {"duplicates", view.duplicates},
                     {"refused", view.refused},
                     {"dropped", view.dropped},
                     {"problem", view.problem}});
    }
    return all;
  }
  Json runs_of(const std::vector<PipelineRun>& runs) const {
    Json all = Json::array();
    for (const std::string& run : runs_to_json(runs, waits_in(context_)))
      all.push_back(Json::parse(run));
    return all;
  }
  Json events_of(const std::vector<store::OpenEvent>& events) const {
    Json all = Json::array();
    for (const store::OpenEvent& open : events) {
      const auto state = context_.queue.event_state(open.event.id);
      all.push_back({{"project", open.event.project},
                     {"cause", open.event.cause},
                     {"tries", open.tries},
                     {"reason", state ? state->reason : ""}});
    }
    return all;
  }

  static Json proposals_of(const std::vector<store::PullRequest>& proposals) {
    Json all = Json::array();
    for (const store::PullRequest& one : proposals) all.push_back(Json::parse(api::to_json(one)));
    return all;
  }

  static Json given_up_of(const std::vector<store::GivenUp>& events) {
    Json all = Json::array();
    for (const store::GivenUp& event : events)
      all.push_back({{"project", event.project}, {"cause", event.cause}, {"reason", event.reason}});
    return all;
  }

  const Context& context_;
  const Controlled& parts_;
};

Result<std::string> trigger_run(const Json& request, Context& context, Planner& planner) {
  RunEvent event;
  event.kind = RunEvent::Kind::manual;
  MELISAI_TRY(const Named named, pipeline_at(request, context.config));
  if (!request.contains("project")) MELISAI_CHECK(check_no_project(named, context));
  MELISAI_CHECK(check_startable(named, context));
  event.project = named.project.name;
  event.pipeline = named.pipeline;
  MELISAI_TRY(event.ref, text_at(request, "ref"));
  MELISAI_TRY(event.params, params_at(request));
  MELISAI_CHECK(api::check_params(context.config, named.project, event.pipeline, event.params));
  event.cause = event.pipeline + " by hand";
  event.received_at = context.now();
  MELISAI_TRY(const store::Accepted done, context.queue.accept(event));
  planner.wake();
  return accepted({{"event", done.event}, {"project", event.project}});
}

/// Of those of "runs", by their numbers, that wait.
Result<std::string> waits_of(const Json& request, const Context& context) {
  if (!request.contains("runs") || !request["runs"].is_array())
    return Error{Errc::usage, "name the runs by their numbers"};
  WaitsFor waits = waits_in(context);
  Json all = Json::object();
  for (const Json& id : request["runs"]) {
    if (!id.is_number_integer()) return Error{Errc::usage, "a run is named by its number"};
    const auto run = context.queue.run(id.get<std::int64_t>());
    if (!run) continue;
    if (const std::string text = waits.of(*run); !text.empty()) all[std::to_string(run->id)] = text;
  }
  return accepted({{"waits", all}});
}

Result<std::string> cancel_run(const Json& request, Context& context, Engines& engines) {
  if (!request.contains("run") || !request["run"].is_number_integer())
    return Error{Errc::usage, "name the run by its number"};
  const auto id = request["run"].get<std::int64_t>();
  MELISAI_TRY(const PipelineRun run, context.queue.run(id));
  if (run.outcome)
    return Error{Errc::usage, name_of(run) +
                                  " has ended already: " + std::string(to_string(*run.outcome)) +
                                  (run.reason.empty() ? "" : ": " + run.reason)};
  MELISAI_TRY(const store::Queue::Cancelled cancelled,
              context.queue.cancel(id, "cancelled by hand", context.now()));
  if (cancelled.running) engines.end_run(id);
  engines.wake();
  return accepted();
}

Result<std::string> approve_head(const Json& request, Context& context, Planner& planner) {
  if (!request.contains("number") || !request["number"].is_number_integer())
    return Error{Errc::usage, "name the pull request by its number"};
  store::Approval approval{.number = request["number"].get<std::int64_t>(), .by = "the operator"};
  MELISAI_TRY(const std::string name, text_at(request, "project"));
  MELISAI_TRY(const WatchedProject* const project, find_project(name, context.config));
  approval.project = project->name;
  MELISAI_TRY(approval.sha, text_at(request, "commit"));
  if (!api::is_full_sha(approval.sha))
    return Error{Errc::usage,
                 "name the head that is approved by all of its hex digits; `status` shows it"};
  MELISAI_TRY(const store::Approved done, approve(context, approval));
  planner.wake();
  return accepted({{"event", done.event}, {"already", done.already}});
}

Result<std::string> pause_pipeline(const Json& request, Context& context, Engines& engines) {
  MELISAI_TRY(const Named named, pipeline_at(request, context.config));
  MELISAI_CHECK(check_known(named, context));
  const store::PausedPipeline paused{.project = named.project.name,
                                     .pipeline = named.pipeline,
                                     .reason = "by hand",
                                     .since = context.now()};
  MELISAI_CHECK(context.queue.pause_pipeline(paused));
  log_warning(paused.project + "/" + paused.pipeline + " is paused by hand");
  engines.wake();
  return accepted();
}

Result<void> resume_pipeline(const Json& request, Context& context, Engines& engines) {
  MELISAI_TRY(const Named named, pipeline_at(request, context.config));
  const std::string& project = named.project.name;
  const std::string& pipeline = named.pipeline;
  MELISAI_TRY(const int resumed, context.queue.resume_pipelines(project, pipeline));
  if (resumed == 0)
    return Error{Errc::usage, project + "/" + pipeline + " is not paused; `status` shows what is"};
  log_info(project + "/" + pipeline + " is resumed");
  engines.wake();
  return {};
}

Result<void> resume_together(const Json& request, Context& context, Engines& engines) {
  if (request.contains("all") && !request["all"].is_boolean())
    return Error{Errc::usage, "'all' is neither true nor false"};
  if (request.value("all", false)) {
    MELISAI_TRY(const int resumed, context.queue.resume_pipelines("", ""));
    log_info("resumed " + std::to_string(resumed) + " pipelines that were paused by themselves");
  }
  return engines.resume();
}

/// The end of a pause, and what stays paused.
Result<std::string> resume(const Json& request, Context& context, const Controlled& parts) {
  MELISAI_CHECK(request.contains("pipeline") ? resume_pipeline(request, context, parts.engines)
                                             : resume_together(request, context, parts.engines));
  // Times of schedules may have waited for it.
  parts.planner.wake();
  MELISAI_TRY(Json left, pauses_of(context.queue));
  return accepted(std::move(left));
}

}  // namespace

Requests::Requests(Context& context, Controlled controlled)
    : context_(context), parts_(std::move(controlled)), started_(context.world.clock.monotonic()) {}

void Requests::handle(const std::string& text, ControlServer::Answer answer) {
  const Json request = Json::parse(text, nullptr, false);
  if (!request.is_object() || !request.contains("command") || !request["command"].is_string())
    return answer(refusal({Errc::usage, "a request is an object with 'command'"}));
  const std::string command = request["command"].get<std::string>();
  const auto reply = [&](const Result<std::string>& done) {
    answer(done ? *done : refusal(done.error()));
  };
  const auto done = [&](const Result<void>& result) {
    answer(result ? accepted() : refusal(result.error()));
  };
  if (command == "status") return reply(StatusOf(context_, parts_).text(started_));
  if (command == "pause" && request.contains("pipeline"))
    return reply(pause_pipeline(request, context_, parts_.engines));
  if (command == "pause") return done(parts_.engines.pause("by hand"));
  if (command == "resume") return reply(resume(request, context_, parts_));
  if (command == "trigger") return reply(trigger_run(request, context_, parts_.planner));
  if (command == "waits") return reply(waits_of(request, context_));
  if (command == "cancel") return reply(cancel_run(request, context_, parts_.engines));
  if (command == "approve") return reply(approve_head(request, context_, parts_.planner));
  if (command == "stop") {
    answer(accepted({{"pid", getpid()}}));
    return parts_.stop();
  }
  if (command == "restart-module") {
    const Result<std::string> id = text_at(request, "module");
    if (!id) return answer(refusal(id.error()));
    return parts_.supervisor.restart_module(*id, [answer](const Result<void>& result) {
      answer(result ? accepted() : refusal(result.error()));
    });
  }
  answer(refusal({Errc::usage, "unknown command " + in_quotes(command)}));
}

}  // namespace melisai::serve
