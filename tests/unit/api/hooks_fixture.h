// A project with a secret, a real queue in a directory of its own, and what a forge delivers.
#pragma once

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <string>

#include "core/api/hooks.h"
#include "core/base/files.h"
#include "tests/fakes/fake_clock.h"
#include "tests/unit/trigger/webhook_fixture.h"

namespace melisai::api {

using trigger::github_push;
using trigger::Json;
using trigger::kMainRef;
using trigger::kNoSha;
using trigger::kSecret;
using trigger::kShaA;
using trigger::kShaB;

inline http::Request github_delivery(const std::string& kind, const std::string& body,
                                     const std::string& id = "d-1") {
  return {.method = "POST",
          .target = "/hooks/github/demo",
          .path = "/hooks/github/demo",
          .query = {},
          .headers = {{"content-type", "application/json"},
                      {"X-GitHub-Event", kind},
                      {"X-GitHub-Delivery", id},
                      {"x-hub-signature-256", "sha256=" + trigger::hmac_sha256(kSecret, body)}},
          .body = body,
          .peer = "192.0.2.1"};
}

inline std::string& header_of(http::Request& request, const std::string& name) {
  for (http::Header& header : request.headers)
    if (header.name == name) return header.value;
  return request.headers.emplace_back(http::Header{name, ""}).value;
}

class HooksTest : public ::testing::Test {
 protected:
  HooksTest() {
    config.projects.push_back({.name = "demo",
                               .repository = "https://forge.example/team/demo.git",
                               .token = "",
                               .branches = {"main", "topic/*"},
                               .tags = {"v*"},
                               .pipelines = {},
                               .webhook = {.secret = kSecret, .repository = "team/demo"}});
    config.projects.push_back(config.projects.front());
    config.projects.back().name = "mute";
    config.projects.back().webhook.secret = "";
    // The repository was polled.
    note(kMainRef, kShaA);
  }

  void note(const std::string& ref, const std::string& sha) {
    ASSERT_TRUE(queue.note_refs("demo", {{ref, sha}}, clock.now()));
  }
  std::string known(const std::string& ref = kMainRef) {
    return queue.known_ref("demo", ref).value().sha;
  }
  http::Response answer(const http::Request& request) { return answer_hook(request, context); }
  int status_of(const http::Request& request) { return answer(request).status; }
  /// Of a delivery that is acknowledged.
  Json body_of(const http::Request& request) {
    const http::Response response = answer(request);
    EXPECT_EQ(response.status, 202) << response.body;
    return Json::parse(response.body, nullptr, false);
  }
  Json pushed(const Json& payload, const std::string& id = "d-1") {
    return body_of(github_delivery("push", payload.dump(), id));
  }
  static std::string ignored(const Json& body) { return body.value("ignored", "(nothing)"); }
  std::vector<RunEvent> events() {
    std::vector<RunEvent> events;
    for (const store::OpenEvent& open : queue.open_events().value()) events.push_back(open.event);
    return events;
  }

  TemporaryDirectory directory =
      TemporaryDirectory::make(::testing::TempDir(), "hooks-test-").value();
  store::Queue queue = store::Queue::open_writer(directory.path()).value();
  FakeClock clock;
  ServeConfig config;
  HookContext context{
      .config = config, .queue = queue, .clock = clock, .accept = [this](const RunEvent& event) {
        return queue.accept(event);
      }};
};

}  // namespace melisai::api
