#include "core/api/api.h"

#include <algorithm>
#include <utility>

#include "core/api/routes.h"
#include "core/api/sse.h"
#include "core/base/text.h"

namespace melisai::api {
namespace {

http::Response unauthorized() {
  http::Response response = http::problem(401, "this needs a good bearer token");
  response.headers.push_back({"WWW-Authenticate", "Bearer"});
  return response;
}

bool is_public(const Found& found, const ApiOptions& options) {
  const auto handles = [&](const auto handler) {
    return found.route != nullptr && found.route->handle == handler;
  };
  return found.is_public || (options.metrics_public && handles(show_metrics)) ||
         (options.badge_public && handles(show_badge));
}

/// Below these nobody without a token learns even what there is.
bool is_guarded(std::string_view path) {
  for (const std::string_view prefix : {"/api", "/trigger", "/metrics", "/badge.svg"})
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

/// Ends with the token that opened it: it may go on for weeks, and nobody asks for a token again.
class StreamOfToken final : public http::Stream {
 public:
  StreamOfToken(Tokens& tokens, std::string id, std::unique_ptr<http::Stream> stream)
      : tokens_(tokens), id_(std::move(id)), stream_(std::move(stream)) {}
  std::optional<std::string> next() override {
    return tokens_.knows(id_) ? stream_->next() : std::nullopt;
  }
  void on_more(std::function<void()> wake) override { stream_->on_more(std::move(wake)); }
  /// next() follows it, so that a silent stream ends as well.
  std::string keep_alive() const override { return stream_->keep_alive(); }

 private:
  Tokens& tokens_;
  std::string id_;
  std::unique_ptr<http::Stream> stream_;
};

/// What is sent as it happens. Text that is there already ends soon by itself, and cut off it would
/// look whole.
http::Respond while_known(Tokens& tokens, std::string id, http::Respond respond) {
  return [&tokens, id = std::move(id), respond = std::move(respond)](http::Response response) {
    if (response.stream && response.type == kEventStreamType)
      response.stream = std::make_unique<StreamOfToken>(tokens, id, std::move(response.stream));
    respond(std::move(response));
  };
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
  const bool is_open = is_public(found, parts.options);
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
  if (token) respond = while_known(parts.tokens, token->id, std::move(respond));
  found.route->handle(parts, {.request = request,
                              .path = found.path,
                              .caller = token ? token->name : "",
                              .scope = token ? token->scope : Scope::none,
                              .respond = std::move(respond)});
}

}  // namespace melisai::api
