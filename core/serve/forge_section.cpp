#include "core/serve/forge_section.h"

#include <algorithm>
#include <array>

#include "core/base/files.h"
#include "core/base/http_client.h"
#include "core/base/text.h"

namespace melisai::serve {
namespace {

constexpr ConfigRange<Milliseconds> kTimeoutRange = {.min = std::chrono::seconds(1),
                                                     .max = std::chrono::minutes(1)};
constexpr std::size_t kTokenLengthMax = 4096;
constexpr std::size_t kApiLengthMax = 2000;
constexpr std::size_t kAppIdLengthMax = 100;
constexpr Bytes kAppKeyMax = 64 << 10;
constexpr std::array<std::string_view, 3> kPublish = {"off", "status", "comment"};

/// In the order of the words of `kind`.
constexpr std::array<std::string_view, 3> kKinds = {"github", "gitlab", "gitea"};
/// What the addresses of their APIs end with; GitHub's own does not.
constexpr std::array<std::string_view, 3> kApiEnds = {"", "/api/v4", "/api/v1"};
constexpr std::array<std::string_view, 3> kApiExamples = {
    "https://HOST/api/v3", "https://HOST/api/v4", "https://HOST/api/v1"};

struct KnownForge {
  std::string_view host;
  std::string_view kind;
  std::string_view api;
};
constexpr std::array kKnown = {
    KnownForge{.host = "github.com", .kind = "github", .api = "https://api.github.com"},
    KnownForge{.host = "gitlab.com", .kind = "gitlab", .api = "https://gitlab.com/api/v4"}};

/// Of an address, also of git's short form user@host:path; "" of a path.
std::string host_of(std::string_view repository) {
  std::string host = host_in(repository);
  if (repository.find("://") == std::string_view::npos) {
    const std::size_t colon = repository.find(':');
    if (colon == std::string_view::npos || repository.substr(0, colon).find('/') != repository.npos)
      return "";
    host = repository.substr(0, colon);
    host.erase(0, host.rfind('@') + 1);
  }
  host.resize(std::min(host.find(':'), host.size()));
  std::transform(host.begin(), host.end(), host.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return host;
}

const KnownForge* known_forge(std::string_view repository) {
  const std::string host = host_of(repository);
  const auto found = std::find_if(kKnown.begin(), kKnown.end(),
                                  [&](const KnownForge& forge) { return forge.host == host; });
  return found == kKnown.end() ? nullptr : &*found;
}

/// "" when it is one.
std::string api_problem(const std::string& api, ForgeKind kind) {
  const auto index = static_cast<std::size_t>(kind);
  if (std::string problem = url_problem(api); !problem.empty()) return problem;
  if (api.size() > kApiLengthMax || printable(api) != api ||
      api.find_first_of(" ?#@\\") != std::string::npos)
    return "the address of an API has no user, no '?', no '#' and no blanks";
  if (!api.ends_with(kApiEnds.at(index)))
    return "the API of a " + std::string(kKinds.at(index)) + " is at " +
           std::string(kApiExamples.at(index));
  return "";
}

/// It belongs to a person or a machine of the forge, and this file is kept with every run.
std::string read_token(ConfigMap& map, Reading& reading) {
  const std::string text = map.string("token", "");
  std::string token = expanded(map, "token", reading);
  const bool is_reference = text.starts_with("${") && text.find('}') == text.size() - 1 &&
                            text.find(":-") == std::string::npos;
  if (!text.empty() && !is_reference)
    map.fail("token", "this file is kept with every run; write ${NAME} or ${secret:NAME}");
  if (token.size() > kTokenLengthMax || printable(token) != token ||
      token.find(' ') != std::string::npos)
    map.fail("token", "a token has at most " + std::to_string(kTokenLengthMax) +
                          " bytes without blanks and control characters");
  return token;
}

/// As GitHub calls an app: a number, or its client id.
bool is_app_id(std::string_view id) {
  return !id.empty() && id.size() <= kAppIdLengthMax &&
         std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '.';
         });
}

ForgeApp read_app(const ConfigValue& section, Reading& reading) {
  ForgeApp app;
  if (section.kind == ConfigValue::Kind::null) return app;
  ConfigMap map(section, reading.errors);
  app.id = expanded(map, "id", reading);
  app.key_file = absolute_path(map.string("key_file", ""), reading);
  map.finish();
  if (!is_app_id(app.id))
    map.fail("id", "the id of an app is a number, or letters, digits and dots");
  if (app.key_file.empty()) {
    map.fail("key_file", "an app needs 'key_file', its private key (PEM)");
  } else if (const auto key = read_file(app.key_file, kAppKeyMax); !key) {
    reading.remark("the forge cannot be asked: " + key.error().message);
  } else if (key->find("PRIVATE KEY-----") == std::string::npos) {
    reading.remark("the forge cannot be asked: " + app.key_file + " is no private key (PEM)");
  }
  return app;
}

/// Who is asked has to know who asks: as one of both, never as either.
void check_login(const ForgeAccess& access, ConfigMap& map) {
  const bool is_app = !access.app.id.empty();
  if (is_app && access.kind != ForgeKind::github)
    map.fail("app", "apps are of GitHub; write 'token'");
  else if (is_app && !access.token.empty())
    map.fail("token", "a forge has 'token' or 'app', not both");
  else if (!is_app && access.token.empty() && map.section("app").kind == ConfigValue::Kind::null)
    map.fail("token",
             "a forge needs 'token', a ${NAME}, or 'app': nobody else is told who may write");
}

ForgeAccess::Publish publish_of(const std::string& word) {
  if (word == "status") return ForgeAccess::Publish::status;
  return word == "comment" ? ForgeAccess::Publish::comment : ForgeAccess::Publish::off;
}

}  // namespace

std::optional<ForgeAccess> read_forge(const ConfigValue& section, std::string_view repository,
                                      Reading& reading) {
  if (section.kind == ConfigValue::Kind::null) return std::nullopt;
  const KnownForge* const known = known_forge(repository);
  ConfigMap map(section, reading.errors);
  ForgeAccess access;
  const std::string kind = map.one_of("kind", kKinds, known == nullptr ? "github" : known->kind);
  const auto index = std::find(kKinds.begin(), kKinds.end(), kind) - kKinds.begin();
  access.kind = static_cast<ForgeKind>(index);
  const bool is_known = known != nullptr && known->kind == kind;
  access.api = map.string("api", is_known ? std::string(known->api) : "");
  access.token = read_token(map, reading);
  access.ca_file = absolute_path(map.string("ca_file", ""), reading);
  access.allow_private = map.boolean("allow_private", access.allow_private);
  access.timeout = map.duration("timeout", access.timeout, kTimeoutRange);
  access.app = read_app(map.section("app"), reading);
  access.publish = publish_of(std::string(map.one_of("publish", kPublish, "off")));
  map.finish();
  while (access.api.ends_with('/')) access.api.pop_back();

  if (map.find("kind") == nullptr && known == nullptr)
    map.fail("kind",
             "the address of the project does not say which forge it is; write 'kind': "
             "github, gitlab or gitea (also for Forgejo)");
  else if (access.api.empty())
    map.fail("api", "a forge needs 'api', the address of its API, such as " +
                        std::string(kApiExamples.at(static_cast<std::size_t>(index))));
  else if (const std::string problem = api_problem(access.api, access.kind); !problem.empty())
    map.fail("api", problem);
  check_login(access, map);
  return access;
}

}  // namespace melisai::serve
