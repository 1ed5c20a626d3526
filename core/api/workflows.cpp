#include "core/api/workflows.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/api/handlers.h"
#include "core/base/clock.h"
#include "core/base/text.h"

namespace melisai::api {
namespace {

constexpr std::string_view kAddress = "/api/v1/workflows/";

std::string tag_of(const WorkflowView& workflow) {
  return '"' + std::to_string(workflow.revision) + '"';
}

Json object_of(const WorkflowView& workflow) {
  return {{"name", workflow.name},
          {"source", workflow.of_file ? "file" : "api"},
          {"definition", Json::parse(workflow.definition, nullptr, false).is_object()
                             ? Json::parse(workflow.definition)
                             : Json(nullptr)},
          {"text", workflow.of_file ? Json(nullptr) : Json(workflow.text)},
          {"problem", workflow.problem},
          {"etag", workflow.of_file ? Json(nullptr) : Json(tag_of(workflow))},
          {"changed_by", workflow.of_file ? Json(nullptr) : Json(workflow.changed_by)},
          {"changed_at",
           workflow.changed_at ? Json(utc_time_ms(*workflow.changed_at)) : Json(nullptr)}};
}

http::Response with_tag(int status, const WorkflowView& workflow) {
  http::Response response = answer(status, object_of(workflow));
  if (!workflow.of_file) response.headers.push_back({"ETag", tag_of(workflow)});
  return response;
}

http::Response refused(const WorkflowRefusal& refusal) {
  using Kind = WorkflowRefusal::Kind;
  switch (refusal.kind) {
    case Kind::malformed: return http::problem(400, refusal.message);
    case Kind::wrong: return http::problem(422, refusal.message);
    case Kind::too_long: return http::problem(413, refusal.message);
    case Kind::unknown: return http::problem(404, refusal.message);
    case Kind::conflict: return http::problem(409, refusal.message);
    case Kind::stale: return http::problem(412, refusal.message);
    case Kind::not_now: break;
  }
  return http::problem(503, refusal.message);
}

http::Response unknown(const std::string& name) {
  return http::problem(404, "no workflow is called " + in_quotes(name));
}

/// JSON is YAML, but what calls itself JSON and is none would be read as something else.
std::optional<http::Response> bad_text(const http::Request& request) {
  const std::string type = media_type_of(request);
  if (type != "application/json" && type != "application/yaml")
    return http::problem(415,
                         "the body of this request has to be application/yaml or application/json");
  if (type == "application/json" && !Json::accept(request.body))
    return http::problem(400, "the body is no JSON");
  return std::nullopt;
}

bool is_listed(std::string_view tag, std::string_view list) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    std::string_view each = list.substr(0, end);
    while (each.starts_with(' ')) each.remove_prefix(1);
    while (each.ends_with(' ')) each.remove_suffix(1);
    if (each == tag || each == "*") return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

/// Who changes what they have not seen would undo what somebody else has just done.
std::optional<http::Response> not_seen(const http::Request& request, const WorkflowView& workflow) {
  if (workflow.of_file) return std::nullopt;  // the refusal says more
  if (request.count("if-match") == 0)
    return http::problem(428,
                         "say with If-Match which state of the workflow this is for: its ETag");
  if (request.count("if-match") > 1 || !is_listed(tag_of(workflow), request.header("if-match")))
    return http::problem(412, "the workflow has been changed since; read it again");
  return std::nullopt;
}

}  // namespace

void list_workflows(Parts& parts, Call call) {
  Json all = Json::array();
  for (const WorkflowView& workflow : parts.daemon.workflows.all())
    all.push_back(object_of(workflow));
  call.respond(answer(200, {{"workflows", all}}));
}

void show_workflow(Parts& parts, Call call) {
  const auto workflow = parts.daemon.workflows.find(call.path.at(0));
  call.respond(workflow ? with_tag(200, *workflow) : unknown(call.path.at(0)));
}

void create_workflow(Parts& parts, Call call) {
  if (auto bad = bad_text(call.request)) return call.respond(*std::move(bad));
  const WorkflowResult done =
      parts.daemon.workflows.create({.text = call.request.body, .by = call.caller});
  if (const auto* const refusal = std::get_if<WorkflowRefusal>(&done))
    return call.respond(refused(*refusal));
  const WorkflowView& workflow = std::get<WorkflowView>(done);
  http::Response response = with_tag(201, workflow);
  response.headers.push_back({"Location", std::string(kAddress) + workflow.name});
  call.respond(std::move(response));
}

void replace_workflow(Parts& parts, Call call) {
  if (auto bad = bad_text(call.request)) return call.respond(*std::move(bad));
  const auto workflow = parts.daemon.workflows.find(call.path.at(0));
  if (!workflow) return call.respond(unknown(call.path.at(0)));
  if (auto bad = not_seen(call.request, *workflow)) return call.respond(*std::move(bad));
  const WorkflowResult done = parts.daemon.workflows.replace(
      workflow->name, workflow->revision, {.text = call.request.body, .by = call.caller});
  const auto* const refusal = std::get_if<WorkflowRefusal>(&done);
  call.respond(refusal != nullptr ? refused(*refusal)
                                  : with_tag(200, std::get<WorkflowView>(done)));
}

void remove_workflow(Parts& parts, Call call) {
  Json body;
  if (auto bad = read_body(call.request, {}, body)) return call.respond(*std::move(bad));
  const auto workflow = parts.daemon.workflows.find(call.path.at(0));
  if (!workflow) return call.respond(unknown(call.path.at(0)));
  if (auto bad = not_seen(call.request, *workflow)) return call.respond(*std::move(bad));
  const WorkflowResult done =
      parts.daemon.workflows.remove(workflow->name, workflow->revision, call.caller);
  const auto* const refusal = std::get_if<WorkflowRefusal>(&done);
  call.respond(refusal != nullptr ? refused(*refusal) : http::Response{.status = 204, .type = ""});
}

}  // namespace melisai::api
