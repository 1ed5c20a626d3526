#include "core/api/commands.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/text.h"

namespace melisai::api {
namespace {

http::Response answer_of(const std::string& text, int status) {
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("ok") || !json["ok"].is_boolean())
    return http::problem(500, "the daemon's answer is none");
  if (!json["ok"].get<bool>())
    return http::problem(json.value("usage", false) ? 409 : 503,
                         json.value("error", "the daemon refused"));
  json.erase("ok");
  return answer(status, json);
}

/// {"project", "pipeline"} of the body as a command, or the command for everything.
Result<Json> command_of(const Parts& parts, const char* name, const Json& body) {
  MELISAI_TRY(const std::string project, text_in(body, "project"));
  MELISAI_TRY(const std::string pipeline, text_in(body, "pipeline"));
  Json command{{"command", name}};
  if (project.empty() != pipeline.empty())
    return Error{Errc::usage, "name 'project' and 'pipeline', or neither for all of them"};
  if (project.empty()) return Result<Json>(boost::system::in_place_value, std::move(command));
  const auto& projects = parts.daemon.config.projects;
  if (std::none_of(projects.begin(), projects.end(),
                   [&](const WatchedProject& each) { return each.name == project; }))
    return Error{Errc::not_found, "no project is called " + in_quotes(project)};
  command["project"] = project;
  command["pipeline"] = pipeline;
  return Result<Json>(boost::system::in_place_value, std::move(command));
}

void pause_or_resume(Parts& parts, Call& call, const char* name) {
  Json body;
  if (auto bad = read_body(call.request, {"project", "pipeline"}, body))
    return call.respond(*std::move(bad));
  const Result<Json> command = command_of(parts, name, body);
  if (!command) return call.respond(refused(command.error()));
  forward(parts, *command, std::move(call.respond), 200);
}

}  // namespace

void forward(Parts& parts, const Json& command, http::Respond respond, int status) {
  parts.daemon.command(text_of(command), [respond = std::move(respond), status](std::string text) {
    respond(answer_of(text, status));
  });
}

void pause(Parts& parts, Call call) { pause_or_resume(parts, call, "pause"); }
void resume(Parts& parts, Call call) { pause_or_resume(parts, call, "resume"); }

void stop(Parts& parts, Call call) {
  Json body;
  if (auto bad = read_body(call.request, {}, body)) return call.respond(*std::move(bad));
  forward(parts, {{"command", "stop"}}, std::move(call.respond), 202);
}

void cancel_run(Parts& parts, Call call) {
  Json body;
  if (auto bad = read_body(call.request, {}, body)) return call.respond(*std::move(bad));
  const Result<PipelineRun> run = run_of(parts, call);
  if (!run) return call.respond(refused(run.error()));
  forward(parts, {{"command", "cancel"}, {"run", run->id}}, std::move(call.respond), 202);
}

}  // namespace melisai::api
