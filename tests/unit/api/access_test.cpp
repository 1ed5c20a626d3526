// Who may ask for what: tokens, scopes, methods, parameters, of every route.
#include "tests/unit/api/api_fixture.h"

namespace melisai::api {
namespace {

using AccessTest = ApiTest;

/// An address of the pattern.
std::string target_of(std::string_view pattern) {
  std::string target(pattern);
  while (target.find('{') != std::string::npos)
    target.replace(target.find('{'), target.find('}') - target.find('{') + 1, "1");
  return target;
}

TEST_F(AccessTest, WithoutAGoodTokenEverythingIsTheSame) {
  const http::Response known = ask({.target = "/api/v1/runs", .token = ""});
  EXPECT_EQ(known.status, 401);
  EXPECT_EQ(header(known, "WWW-Authenticate"), "Bearer");
  EXPECT_EQ(known.type, "application/problem+json");
  for (const char* const target :
       {"/api", "/api/", "/api/v1/nothing", "/api/v1/runs/99", "/api/v1/runs?bad=1", "/metrics",
        "/trigger/build", "/trigger", "/api/v1/trigger/none/none"})
    for (const char* const method : {"GET", "POST", "PUT", "OPTIONS"}) {
      const http::Response response = ask({.method = method, .target = target, .token = ""});
      EXPECT_EQ(response.status, 401) << method << " " << target;
      EXPECT_EQ(response.body, known.body);
      EXPECT_EQ(header(response, "Allow"), "");
    }
}

TEST_F(AccessTest, EveryRouteNeedsItsScope) {
  const auto scope_of = [](const std::string& name) {
    return name.empty() ? Scope::none : *scope_named(name);
  };
  for (const Route& route : routes())
    for (const std::string token : {"", "read", "trigger", "admin"}) {
      if (route.scope <= scope_of(token)) continue;
      const int got = status({.method = std::string(route.method),
                              .target = target_of(route.pattern),
                              .body = {},
                              .token = token});
      EXPECT_EQ(got, token.empty() ? 401 : 403) << route.method << " " << route.pattern;
    }
  EXPECT_THAT(commands, IsEmpty());
  EXPECT_THAT(queue.open_events().value(), IsEmpty());
}

TEST_F(AccessTest, EveryRouteRefusesParametersThatItDoesNotKnow) {
  for (const Route& route : routes())
    EXPECT_EQ(status({.method = std::string(route.method),
                      .target = target_of(route.pattern) + "?nonsense=1"}),
              400)
        << route.method << " " << route.pattern;
}

TEST_F(AccessTest, EveryRouteNamesItsMethods) {
  for (const Route& route : routes()) {
    const http::Response response = ask({.method = "PATCH", .target = target_of(route.pattern)});
    EXPECT_EQ(response.status, 405) << route.pattern;
    EXPECT_THAT(header(response, "Allow"), HasSubstr(std::string(route.method)));
  }
  EXPECT_EQ(header(ask({.method = "PUT", .target = "/api/v1/baselines"}), "Allow"),
            "GET, HEAD, POST");
}

TEST_F(AccessTest, UnknownAddressesAreNotThere) {
  EXPECT_EQ(status({.target = "/api/v1/nothing"}), 404);
  EXPECT_EQ(status({.target = "/api/v1/runs/"}), 404);
  EXPECT_EQ(status({.target = "/api/v1//runs"}), 404);
  EXPECT_EQ(status({.target = "/", .token = ""}), 404);
  EXPECT_EQ(status({.target = "/apix", .token = ""}), 404);
}

TEST_F(AccessTest, TwoAuthorizationHeadersAreNone) {
  EXPECT_EQ(status({.target = "/api/v1/runs",
                    .token = "read",
                    .headers = {{"authorization", "Bearer " + secrets["read"]}}}),
            401);
}

TEST_F(AccessTest, WhatIsForEverybodyNeedsNoToken) {
  EXPECT_EQ(status({.target = "/healthz", .token = ""}), 200);
  EXPECT_EQ(status({.target = "/readyz", .token = ""}), 200);
  EXPECT_EQ(status({.target = "/api/v1/openapi.json", .token = ""}), 200);
  EXPECT_EQ(status({.method = "POST", .target = "/healthz", .token = ""}), 405);
  EXPECT_EQ(status({.target = "/healthz?x=1", .token = ""}), 400);
}

TEST_F(AccessTest, MetricsCanBePublic) {
  EXPECT_EQ(status({.target = "/metrics", .token = ""}), 401);
  api.reset();
  api = std::make_unique<Api>(daemon(), ApiOptions{.metrics_public = true});
  EXPECT_EQ(status({.target = "/metrics", .token = ""}), 200);
  EXPECT_EQ(status({.target = "/api/v1/runs", .token = ""}), 401);
}

TEST_F(AccessTest, BadgesCanBePublic) {
  EXPECT_EQ(status({.target = "/badge.svg", .token = ""}), 401);
  EXPECT_EQ(status({.method = "PUT", .target = "/badge.svg", .token = ""}), 401);
  api.reset();
  api = std::make_unique<Api>(daemon(), ApiOptions{.badge_public = true});
  EXPECT_EQ(status({.target = "/badge.svg", .token = ""}), 200);
  EXPECT_EQ(status({.target = "/metrics", .token = ""}), 401);
}

TEST_F(AccessTest, HeadStandsForGet) {
  EXPECT_EQ(status({.method = "HEAD", .target = "/api/v1/runs"}), 200);
  const http::Response stream = ask({.method = "HEAD", .target = "/api/v1/events"});
  EXPECT_EQ(stream.status, 200);
  EXPECT_EQ(stream.stream, nullptr);
}

TEST_F(AccessTest, BodiesAreChecked) {
  const auto asked = [](const std::string& body, const std::string& type = "application/json") {
    return Asked{.method = "POST", .target = "/api/v1/pause", .body = body, .type = type};
  };
  EXPECT_EQ(status(asked("{}", "text/plain")), 415);
  EXPECT_EQ(status(asked("{}", "application/x-www-form-urlencoded")), 415);
  EXPECT_EQ(status(asked("{}", "Application/JSON; charset=utf-8")), 200);
  EXPECT_EQ(status(asked("[]")), 400);
  EXPECT_EQ(status(asked("{")), 400);
  EXPECT_EQ(status(asked(R"({"projekt": "demo"})")), 400);
  EXPECT_EQ(status(asked(R"({"project": "demo", "project": "demo", "pipeline": "x"})")), 400);
  EXPECT_EQ(status(asked(R"({"project": 3, "pipeline": "x"})")), 400);
  EXPECT_EQ(status(asked(R"({"project": ")" + std::string(1'001, 'x') + R"("})")), 400);
  EXPECT_EQ(status(asked(R"({"project": )" + std::string(20, '[') + std::string(20, ']') + "}")),
            400);
  EXPECT_EQ(status(asked("{" + std::string(kBodyBytesMax, ' ') + "}")), 413);
}

}  // namespace
}  // namespace melisai::api
