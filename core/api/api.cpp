#include "core/api/api.h"

#include <algorithm>
#include <utility>

#include "core/api/routes.h"
#include "core/base/text.h"

namespace melisai::api {
namespace {

http::Response unauthorized() {
  http::Response response = http::problem(401, "this needs a good bearer token");
  response.headers.push_back({"WWW-Authenticate", "Bearer"});
  return response;
}

/// Below these nobody without a token learns even what there is.
bool is_guarded(std::string_view path) {
  for (const std::string_view prefix : {"/api", "/trigger", "/metrics"})
    if (path == prefix || (path.starts_with(prefix) && path[prefix.size()] == '/')) return true;
  return false;
}

http::Response no_route(const Found& found, const http::Request& request) {
  if (found.allowed.empty())
    return http::problem(404, "there is nothing at " + in_quotes(request.path));
  http::Response response =
      http::problem(405, "this address does not know the method " + in_quotes(request.method));
  response.headers.push_back({"Allow", found.allowed});
  return response;
}

std::optional<http::Response> bad_query(const Route& route, const http::Request& request) {
  for (const auto& [name, value] : request.query)
    if (std::find(route.query.begin(), route.query.end(), name) == route.query.end())
      return http::problem(400, "unknown parameter " + in_quotes(name) +
                                    (route.query.empty() ? "; this address takes none" : ""));
  return std::nullopt;
}

}  // namespace

Api::Api(Daemon daemon, ApiOptions options)
    : parts_(std::make_unique<Parts>(std::move(daemon), options)) {}
Api::~Api() = default;

void Api::handle(const http::Request& request, http::Respond respond) {
  Parts& parts = *parts_;
  if (request.method == "HEAD")
    respond = [respond = std::move(respond)](http::Response response) {
      response.stream.reset();
      respond(std::move(response));
    };
  const Found found = find_route(request.method, request.path);
  const bool is_open = found.is_public || (parts.options.metrics_public && found.route != nullptr &&
                                           found.route->handle == show_metrics);
  std::optional<Token> token;
  if (!is_open && (found.route != nullptr || is_guarded(request.path))) {
    // Of two headers nobody can tell which another reader would take.
    if (request.count("authorization") == 1)
      token = parts.tokens.owner_of(request.header("authorization"));
    if (!token) {
      ++parts.refused;
      return respond(unauthorized());
    }
  }
  if (found.route == nullptr) return respond(no_route(found, request));
  if (token && token->scope < found.route->scope)
    return respond(http::problem(
        403, "this needs a token of scope " + std::string(to_string(found.route->scope))));
  if (auto bad = bad_query(*found.route, request)) return respond(*std::move(bad));
  found.route->handle(parts, {.request = request,
                              .path = found.path,
                              .caller = token ? token->name : "",
                              .scope = token ? token->scope : Scope::none,
                              .respond = std::move(respond)});
}

}  // namespace melisai::api
