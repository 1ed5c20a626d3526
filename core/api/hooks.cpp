#include "core/api/hooks.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/base/log.h"
#include "core/base/text.h"

namespace melisai::api {
namespace {

using http::Request;
using http::Response;
using trigger::Delivery;
using trigger::Forge;

constexpr std::string_view kPrefix = "/hooks/";
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kForm = "application/x-www-form-urlencoded";

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return result;
}

struct Hook {
  Forge forge;
  std::string name;  // a stranger's
};

std::optional<Hook> hook_of(std::string_view path) {
  if (!path.starts_with(kPrefix)) return std::nullopt;
  path.remove_prefix(kPrefix.size());
  const std::size_t slash = std::min(path.find('/'), path.size());
  const std::optional<Forge> forge = trigger::parse_forge(path.substr(0, slash));
  const std::string_view name = path.substr(std::min(slash + 1, path.size()));
  if (!forge || name.empty() || name.find('/') != std::string_view::npos) return std::nullopt;
  return Hook{*forge, std::string(name)};
}

/// The type without its parameters; "" when there is not exactly one.
std::string type_of(const Request& request) {
  if (request.count("Content-Type") != 1) return "";
  std::string_view type = request.header("Content-Type");
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  return lower(type);
}

/// What is said of it before anybody looks at its signature.
std::optional<Response> refused_unread(const Request& request, Forge forge,
                                       const HookContext& context) {
  if (request.body.size() > context.body_max)
    return http::problem(413,
                         "a delivery has at most " + std::to_string(context.body_max) + " bytes");
  if (request.method != "POST") {
    Response response = http::problem(405, "deliveries are sent with POST");
    response.headers.push_back({"Allow", "POST"});
    return response;
  }
  const std::string type = type_of(request);
  if (type == kJson || (type == kForm && forge != Forge::gitlab)) return std::nullopt;
  return http::problem(415, "a delivery is " + std::string(kJson));
}

std::vector<std::string_view> values_of(const Request& request, std::string_view name) {
  std::vector<std::string_view> values;
  for (const http::Header& header : request.headers)
    if (lower(header.name) == lower(name)) values.push_back(header.value);
  return values;
}

const WatchedProject* find_project(const ServeConfig& config, const std::string& name) {
  const auto found =
      std::find_if(config.projects.begin(), config.projects.end(),
                   [&](const WatchedProject& project) { return project.name == name; });
  return found == config.projects.end() ? nullptr : &*found;
}

/// Nothing unless it is signed with the secret of a project of that name. The work is the same
/// without one.
const WatchedProject* signer_of(const Delivery& delivery, const std::string& name,
                                const ServeConfig& config) {
  const WatchedProject* const project = find_project(config, name);
  const bool is_signed =
      trigger::is_signed(delivery, project == nullptr ? "" : project->webhook.secret);
  return is_signed ? project : nullptr;
}

Result<HookAnswer> handled(const trigger::WebhookEvent& happening, const SignedEvent& event,
                           const HookContext& context) {
  if (const auto* ignored = std::get_if<trigger::Ignored>(&happening.what))
    return HookAnswer{.ignored = ignored->reason};
  if (std::holds_alternative<trigger::Ping>(happening.what)) return HookAnswer{.ignored = "a ping"};
  if (const auto* moved = std::get_if<trigger::RefMoved>(&happening.what))
    return handle_ref(*moved, event, context);
  if (const auto* pressed = std::get_if<trigger::CheckRunPressed>(&happening.what))
    return handle_button(*pressed, event, context);
  return handle_pull_request(happening, event, context);
}

Response response_of(const HookAnswer& answer) {
  nlohmann::ordered_json body{{"event", nullptr}, {"duplicate", answer.duplicate}};
  if (answer.event != 0) body["event"] = answer.event;
  if (!answer.ignored.empty()) body["ignored"] = answer.ignored;
  if (answer.waits) body["waits"] = true;
  if (answer.asked) body["asked"] = true;
  return {.status = 202,
          .body = body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)};
}

Response refused(int status, const WatchedProject& project, const std::string& why) {
  log_warning(project.name + ": a signed delivery was refused: " + why);
  return http::problem(status, why);
}

Response answer_signed(const Delivery& delivery, const WatchedProject& project,
                       const HookContext& context) {
  const std::string kind = trigger::kind_of(delivery);
  if (kind.empty()) return refused(422, project, "its headers do not say what happened");
  const Result<std::string> json = trigger::json_of(delivery);
  if (!json) return refused(422, project, json.error().message);
  const auto happening = trigger::parse_webhook(delivery.forge, kind, *json);
  if (!happening) return refused(422, project, happening.error().message);
  const auto& repository = happening->repository;
  if (repository &&
      !trigger::is_same_repository(*repository, project.webhook.repository, project.repository))
    // Hooks of a group, or of an organisation, tell of all its repositories.
    return response_of({.ignored = "it is about " + in_quotes(repository->full_name) +
                                   ", this hook is for " + in_quotes(project.webhook.repository)});
  const std::string id = trigger::id_of(delivery);
  if (id.empty() && delivery.forge != Forge::gitlab)
    return refused(422, project, "its headers name no delivery");
  const std::string forge(trigger::to_string(delivery.forge));
  const SignedEvent event{.project = project,
                          .forge = delivery.forge,
                          .once = id.empty() ? "" : forge + " " + project.name + " " + id};
  const Result<HookAnswer> answer = handled(*happening, event, context);
  if (answer) return response_of(*answer);
  log_error(project.name + ": a delivery could not be stored: " + answer.error().message);
  return http::problem(503, "the delivery could not be stored; nothing was accepted");
}

}  // namespace

Response answer_hook(const Request& request, const HookContext& context) {
  const std::optional<Hook> hook = hook_of(request.path);
  if (!hook) return http::problem(404, "hooks are /hooks/github/NAME, of gitlab and gitea alike");
  if (auto refused = refused_unread(request, hook->forge, context)) return *std::move(refused);
  const Delivery delivery{
      .forge = hook->forge,
      .headers = [&](std::string_view name) { return values_of(request, name); },
      .body = request.body,
      .form = type_of(request) == kForm};
  const WatchedProject* const project = signer_of(delivery, hook->name, context.config);
  if (project == nullptr)
    return http::problem(401, "no hook of that name has a secret that signs this");
  return answer_signed(delivery, *project, context);
}

}  // namespace melisai::api
