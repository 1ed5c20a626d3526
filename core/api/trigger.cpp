#include "core/trigger/trigger.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/api/handlers.h"
#include "core/api/startable.h"
#include "core/base/config.h"
#include "core/base/text.h"

namespace melisai::api {
namespace {

constexpr std::size_t kParamsMax = 100;
/// What was triggered is planned within milliseconds, unless a git server is slow.
constexpr Milliseconds kPlanningPatience{2'000};

struct Named {
  std::string project;
  std::string pipeline;
};

template <class Each>
std::vector<std::string> names_of(const std::vector<Each>& all) {
  std::vector<std::string> names;
  for (const Each& each : all) names.push_back(each.name);
  return names;
}

/// {project}/{pipeline}, or {pipeline} when there is one project; as of check_startable().
Result<Named> named_by(const std::vector<std::string>& path, const Daemon& daemon) {
  const ServeConfig& config = daemon.config;
  const std::vector<std::string> projects = names_of(config.projects);
  Named named{.project = path.size() > 1 ? path[0] : "", .pipeline = path.back()};
  if (named.project.empty() && projects.size() != 1)
    return Error{Errc::usage, "name the project too: /trigger/PROJECT/" + named.pipeline +
                                  suggestion("", projects, "there are")};
  if (named.project.empty()) named.project = projects.front();
  const auto project =
      std::find_if(config.projects.begin(), config.projects.end(),
                   [&](const WatchedProject& each) { return each.name == named.project; });
  if (project == config.projects.end())
    return Error{Errc::not_found, "no project is called " + in_quotes(named.project) +
                                      suggestion(named.project, projects, "there are")};
  MELISAI_CHECK(
      check_startable(config, *project, named.pipeline, daemon.workflows.names_for(named.project)));
  return named;
}

Result<std::string> ref_of(const Json& body) {
  MELISAI_TRY(std::string ref, text_in(body, "ref"));
  if (printable(ref) != ref)
    return Error{Errc::usage, "'ref' " + in_quotes(ref) + " holds control characters"};
  return ref;
}

Result<std::map<std::string, std::string>> params_of(const Json& body) {
  std::map<std::string, std::string> params;
  if (!body.contains("params")) return params;
  if (!body["params"].is_object()) return Error{Errc::usage, "'params' has to be an object"};
  if (body["params"].size() > kParamsMax)
    return Error{Errc::usage, "there are at most " + std::to_string(kParamsMax) + " params"};
  for (const auto& [name, value] : body["params"].items()) {
    // A variable is text, and only of these is known how they were written: 1.10 would become 1.1.
    if (value.is_number_float())
      return Error{Errc::usage, "param " + in_quotes(name) +
                                    " is a number that may not stay as it is written; put it in "
                                    "quotes"};
    if (!value.is_string() && !value.is_number_integer() && !value.is_boolean())
      return Error{Errc::usage,
                   "param " + in_quotes(name) + " has to be text, a whole number, true or false"};
    std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    MELISAI_CHECK(trigger::check_param(name, text));
    params[name] = std::move(text);
  }
  return params;
}

Json trigger_object(const Parts& parts, std::int64_t event, const store::EventState& state,
                    const std::vector<PipelineRun>& runs) {
  using Kind = store::EventState::Kind;
  return {{"event", event},
          {"state", state.kind == Kind::open      ? "open"
                    : state.kind == Kind::planned ? "planned"
                                                  : "rejected"},
          {"reason", state.reason},
          {"over", is_over(parts.daemon.queue, event)},
          {"runs", run_objects(parts, runs)}};
}

Result<Json> state_of(const Parts& parts, std::int64_t event) {
  MELISAI_TRY(const store::EventState state, parts.daemon.queue.event_state(event));
  MELISAI_TRY(const std::vector<PipelineRun> runs, parts.daemon.queue.runs_of_event(event));
  return Result<Json>(boost::system::in_place_value, trigger_object(parts, event, state, runs));
}

/// 202, or 200 when all is over; 404 when nothing starts, because its commit has no such pipeline.
http::Response accepted(const Parts& parts, std::int64_t event) {
  const Result<Json> state = state_of(parts, event);
  if (!state) return refused(state.error());
  if ((*state)["state"] == "rejected")
    return http::problem(404, (*state)["reason"].get<std::string>());
  http::Response response = answer((*state)["over"].get<bool>() ? 200 : 202, *state);
  response.headers.push_back({"Location", "/api/v1/triggers/" + std::to_string(event)});
  return response;
}

struct Wanted {
  RunEvent event;
  Milliseconds wait{0};
};

Result<Wanted> wanted_by(const Parts& parts, const Call& call, const Json& body) {
  Wanted wanted;
  MELISAI_TRY(const Named named, named_by(call.path, parts.daemon));
  if (const std::string wait = text_at(call.request, "wait"); !wait.empty()) {
    const Result<Milliseconds> time = parse_duration(wait);
    if (!time || *time > kWaitMax)
      return Error{Errc::usage, "'wait' is a duration such as 30s, at most 1m"};
    wanted.wait = *time;
  }
  RunEvent& event = wanted.event;
  event.kind = RunEvent::Kind::manual;
  event.project = named.project;
  event.pipeline = named.pipeline;
  MELISAI_TRY(event.ref, ref_of(body));
  MELISAI_TRY(event.params, params_of(body));
  const auto project =
      std::find_if(parts.daemon.config.projects.begin(), parts.daemon.config.projects.end(),
                   [&](const WatchedProject& each) { return each.name == named.project; });
  MELISAI_CHECK(check_params(parts.daemon.config, *project, event.pipeline, event.params));
  event.cause = event.pipeline + " by token " + call.caller;
  event.received_at = parts.daemon.clock.now();
  return wanted;
}

/// Where runs are known, and none has that name: it is new, or mistyped, and only the commit says
/// which. What a configuration or a workflow names is known.
bool may_be_mistyped(const Parts& parts, const RunEvent& event) {
  const ServeConfig& config = parts.daemon.config;
  const auto project =
      std::find_if(config.projects.begin(), config.projects.end(),
                   [&](const WatchedProject& each) { return each.name == event.project; });
  const std::vector<std::string> workflows = parts.daemon.workflows.names_for(event.project);
  if (project == config.projects.end() || !configured_pipelines(config, *project).empty() ||
      std::find(workflows.begin(), workflows.end(), event.pipeline) != workflows.end())
    return false;
  const auto has_runs = [&](const std::string& pipeline) {
    const auto runs = parts.daemon.queue.runs(
        {.project = event.project, .pipeline = pipeline, .limit = 1, .configuration = false});
    return runs && !runs->empty();
  };
  return has_runs("") && !has_runs(event.pipeline);
}

/// Why nothing more is started now; nothing when there is room.
std::optional<http::Response> queue_is_full(const Parts& parts) {
  const Result<store::OpenTotals> open = parts.daemon.queue.open_totals();
  if (!open) return refused(open.error());
  const std::int64_t count = open->events + open->blocked + open->queued + open->running;
  if (count < parts.options.open_max) return std::nullopt;
  http::Response response = http::problem(
      429, std::to_string(count) +
               " events and runs have not ended, and no more are started over the API; cancel what "
               "is not needed, or ask again later");
  response.headers.push_back({"Retry-After", "60"});
  return response;
}

http::Response too_many_waits() {
  http::Response response = http::problem(429, "too many requests wait for runs; ask without wait");
  response.headers.push_back({"Retry-After", "10"});
  return response;
}

}  // namespace

void trigger(Parts& parts, Call call) {
  Json body;
  if (auto bad = read_body(call.request, {"ref", "params"}, body))
    return call.respond(*std::move(bad));
  const Result<Wanted> wanted = wanted_by(parts, call, body);
  if (!wanted) return call.respond(refused(wanted.error()));
  const bool waits = wanted->wait > Milliseconds{0};
  if (waits && parts.waits.full()) return call.respond(too_many_waits());
  if (auto full = queue_is_full(parts)) return call.respond(*std::move(full));
  const bool looks = !waits && !parts.waits.full() && may_be_mistyped(parts, wanted->event);
  const Result<store::Accepted> done = parts.daemon.accept(wanted->event);
  if (!done) return call.respond(refused(done.error()));
  if (!waits && !looks) return call.respond(accepted(parts, done->event));
  parts.waits.add(done->event, waits ? Waits::Until::over : Waits::Until::planned,
                  waits ? wanted->wait : kPlanningPatience,
                  [&parts, event = done->event, respond = std::move(call.respond)] {
                    respond(accepted(parts, event));
                  });
}

void show_trigger(Parts& parts, Call call) {
  const auto id = id_of(call.path.at(0));
  if (!id) return call.respond(http::problem(404, "there is no such event"));
  const Result<Json> state = state_of(parts, *id);
  call.respond(state ? answer(200, *state) : refused(state.error()));
}

void retry_run(Parts& parts, Call call) {
  Json body;
  if (auto bad = read_body(call.request, {}, body)) return call.respond(*std::move(bad));
  const Result<PipelineRun> run = run_of(parts, call);
  if (!run) return call.respond(refused(run.error()));
  if (run->state != PipelineRun::State::finished)
    return call.respond(http::problem(409, name_of(*run) + " has not ended yet"));
  if (is_follow_up(*run))
    return call.respond(http::problem(409, name_of(*run) + " follows up another run; retry that"));
  // It may never have been approved.
  if (!run->trusted && call.scope < Scope::admin)
    return call.respond(http::problem(
        403, name_of(*run) + " ran strangers' code; this needs a token of scope admin"));
  const Result<RunEvent> before = parts.daemon.queue.event(run->event);
  if (!before) return call.respond(refused(before.error()));
  if (auto full = queue_is_full(parts)) return call.respond(*std::move(full));
  RunEvent event = run_again(*run, *before, "token " + call.caller);
  event.received_at = parts.daemon.clock.now();
  const Result<store::Accepted> done = parts.daemon.accept(event);
  call.respond(done ? accepted(parts, done->event) : refused(done.error()));
}

}  // namespace melisai::api
