#include "core/trigger/webhook.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/trigger/webhook_payload.h"

namespace melisai::trigger {
namespace {

constexpr std::array<Forge, 3> kForges{Forge::github, Forge::gitlab, Forge::gitea};
constexpr std::size_t kIdBytesMax = 200;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

Error bad_form(const std::string& what) { return {Errc::parse, "the form " + what}; }

Result<std::string> form_decoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return bad_form("holds a bad escape");
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

Result<std::string> form_payload(std::string_view body) {
  constexpr std::string_view kField = "payload=";
  std::optional<std::string_view> payload;
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('&'), body.size());
    const std::string_view field = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (!field.starts_with(kField)) continue;
    if (payload) return bad_form("holds two payloads");
    payload = field.substr(kField.size());
  }
  if (!payload) return bad_form("holds no payload");
  return form_decoded(*payload);
}

/// Its value when it is there once and can be shown: 1 to 200 visible characters and blanks.
std::string value_of(const Delivery& delivery, std::string_view header) {
  const std::vector<std::string_view> values = delivery.headers(header);
  if (values.size() != 1 || values.front().size() > kIdBytesMax) return "";
  const bool plain = std::all_of(values.front().begin(), values.front().end(),
                                 [](char c) { return c >= 0x20 && c < 0x7f; });
  return plain ? std::string(values.front()) : "";
}

Happening read(Forge forge, std::string_view kind, Payload& payload) {
  switch (forge) {
    case Forge::github: return read_github(kind, payload);
    case Forge::gitlab: return read_gitlab(kind, payload);
    case Forge::gitea: return read_gitea(kind, payload);
  }
  return Ignored{""};
}

std::optional<WebhookRepository> read_repository(Forge forge, Payload& payload) {
  const bool gitlab = forge == Forge::gitlab;
  const std::string prefix = gitlab ? "project." : "repository.";
  const std::string name = prefix + (gitlab ? "path_with_namespace" : "full_name");
  if (!payload.has(name)) return std::nullopt;
  WebhookRepository repository{.full_name = payload.name(name), .addresses = {}};
  for (const char* const address :
       {"clone_url", "ssh_url", "html_url", "git_http_url", "git_ssh_url", "web_url"})
    if (std::string text = payload.name_if_any(prefix + address); !text.empty())
      repository.addresses.push_back(std::move(text));
  return repository;
}

}  // namespace

std::string_view to_string(Forge forge) {
  switch (forge) {
    case Forge::github: return "github";
    case Forge::gitlab: return "gitlab";
    case Forge::gitea: return "gitea";
  }
  return "";
}

std::optional<Forge> parse_forge(std::string_view word) {
  for (const Forge forge : kForges)
    if (to_string(forge) == word) return forge;
  return std::nullopt;
}

Result<std::string> json_of(const Delivery& delivery) {
  return delivery.form ? form_payload(delivery.body) : std::string(delivery.body);
}

std::string kind_of(const Delivery& delivery) {
  switch (delivery.forge) {
    case Forge::github: return value_of(delivery, "X-GitHub-Event");
    case Forge::gitlab: return value_of(delivery, "X-Gitlab-Event");
    case Forge::gitea: return value_of(delivery, "X-Gitea-Event");
  }
  return "";
}

std::string id_of(const Delivery& delivery) {
  switch (delivery.forge) {
    case Forge::github: return value_of(delivery, "X-GitHub-Delivery");
    // Not X-Gitlab-Event-UUID: what a hook sets off in turn has the same.
    case Forge::gitlab: return value_of(delivery, "Idempotency-Key");
    case Forge::gitea: return value_of(delivery, "X-Gitea-Delivery");
  }
  return "";
}

Result<WebhookEvent> parse_webhook(Forge forge, std::string_view kind, std::string_view json) {
  MELISAI_TRY(Payload payload, Payload::parse(json));
  WebhookEvent event;
  event.repository = read_repository(forge, payload);
  event.what = read(forge, kind, payload);
  if (!event.repository && !std::holds_alternative<Ignored>(event.what) &&
      !std::holds_alternative<Ping>(event.what))
    payload.fail("repository", "missing");
  if (!payload.problem().empty()) return Error{Errc::parse, payload.problem()};
  return event;
}

}  // namespace melisai::trigger
