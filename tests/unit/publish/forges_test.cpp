// GitLab and Gitea: what they call it, and where.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/publish/publish.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_http_client.h"
#include "tests/unit/model/report_fixtures.h"
#include "tests/unit/publish/fake_forge.h"

namespace melisai::publish {
namespace forges_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::json;
using ::testing::SizeIs;

const std::string kSha(40, 'a');

HttpAnswer said(int status, const json& body) {
  return {.status = status, .headers = {}, .body = body.dump()};
}

class Forges : public ::testing::Test {
 protected:
  Outcome put(const forge::Account& account, std::initializer_list<Result<HttpAnswer>> answers,
              const Report& report = fixtures::regression_report()) {
    client_.scripted = answers;
    client_.sent.clear();
    return publish(account, {.sha = kSha, .pull_requests = {7}},
                   content_of(report, {}, FailOn::regression),
                   {.client = client_, .clock = clock_, .interrupt = interrupt_});
  }
  std::vector<std::string> asked() const {
    std::vector<std::string> out;
    for (const HttpCall& call : client_.sent)
      out.push_back(call.method + " " + call.url.substr(call.url.find("/api/")));
    return out;
  }
  json body(std::size_t at) const { return json::parse(client_.sent.at(at).body); }

  FakeHttpClient client_;
  FakeClock clock_;
  Interrupt interrupt_;
  forge::Account gitlab_{.kind = forge::Kind::gitlab,
                         .api = "https://gl.example/api/v4",
                         .token = "t",
                         .repository = "group/sub/demo"};
  forge::Account gitea_{.kind = forge::Kind::gitea,
                        .api = "https://tea.example/api/v1",
                        .token = "t",
                        .repository = "team/demo"};
};

TEST_F(Forges, GitLabGetsANoteAndAStatus) {
  const Outcome outcome =
      put(gitlab_, {said(201, {}), said(200, {{"sha", kSha}}), said(200, {{"id", 5}}),
                    said(200, json::array()), said(201, {{"id", 1}})});
  EXPECT_THAT(outcome.failed, IsEmpty());
  EXPECT_THAT(outcome.done, ElementsAre("commit status set", "comment on !7 made"));
  EXPECT_THAT(
      asked(),
      ElementsAre("POST /api/v4/projects/group%2Fsub%2Fdemo/statuses/" + kSha,
                  "GET /api/v4/projects/group%2Fsub%2Fdemo/merge_requests/7", "GET /api/v4/user",
                  "GET /api/v4/projects/group%2Fsub%2Fdemo/merge_requests/7/notes?per_page=50&sort="
                  "asc&order_by=created_at",
                  "POST /api/v4/projects/group%2Fsub%2Fdemo/merge_requests/7/notes"));
  EXPECT_EQ(body(0)["state"], "failed");
  EXPECT_EQ(body(0)["name"], "melisai-gate");
}

TEST_F(Forges, GitLabsNoteIsUpdatedByPut) {
  const json notes = {
      {{"id", 3}, {"body", "<!-- melisai-gate:default -->"}, {"author", {{"id", 6}}}},
      {{"id", 4}, {"body", "<!-- melisai-gate:default -->"}, {"author", {{"id", 5}}}}};
  put(gitlab_, {said(201, {}), said(200, {{"sha", kSha}}), said(200, {{"id", 5}}), said(200, notes),
                said(200, {{"id", 4}})});
  EXPECT_EQ(asked().back(), "PUT /api/v4/projects/group%2Fsub%2Fdemo/merge_requests/7/notes/4");
}

TEST_F(Forges, GitLabMayHaveTheStatusAlready) {
  const Outcome outcome =
      put(gitlab_, {said(400, {{"message", "Cannot transition status via :run from :running"}}),
                    said(200, {{"sha", kSha}}), said(200, {{"id", 5}}), said(200, json::array()),
                    said(201, {{"id", 1}})});
  EXPECT_THAT(outcome.failed, IsEmpty());
}

TEST_F(Forges, GiteaGetsACommentAndAStatus) {
  const Outcome outcome = put(gitea_,
                              {said(201, {}), said(200, {{"head", {{"sha", kSha}}}}), said(403, {}),
                               said(200, {{{"id", 9},
                                           {"body", "<!-- melisai-gate:default -->"},
                                           {"user", {{"id", -2}, {"login", "gitea-actions"}}}}}),
                               said(200, {{"id", 9}})},
                              fixtures::inconclusive_report());
  EXPECT_THAT(outcome.failed, IsEmpty());
  EXPECT_THAT(asked(), ElementsAre("POST /api/v1/repos/team/demo/statuses/" + kSha,
                                   "GET /api/v1/repos/team/demo/pulls/7", "GET /api/v1/user",
                                   "GET /api/v1/repos/team/demo/issues/7/comments?limit=50",
                                   "PATCH /api/v1/repos/team/demo/issues/comments/9"));
  EXPECT_EQ(body(0)["state"], "success");
  EXPECT_THAT(body(0)["description"].get<std::string>(), HasSubstr("INCONCLUSIVE"));
}

TEST_F(Forges, MakesFewCommentsWhereNobodySaysWhoseTheyAre) {
  const json one = {{"id", 9},
                    {"body", "<!-- melisai-gate:default -->"},
                    {"user", {{"id", 5}, {"login", "mona"}}}};
  const json marked = {one, one, one};
  const Outcome outcome = put(gitea_, {said(201, {}), said(200, {{"head", {{"sha", kSha}}}}),
                                       said(403, {}), said(200, marked)});
  ASSERT_THAT(outcome.failed, SizeIs(1));
  EXPECT_EQ(outcome.failed[0].code, Errc::config);
  EXPECT_THAT(outcome.failed[0].message, HasSubstr("'read:user'"));
  EXPECT_EQ(asked().back(), "GET /api/v1/repos/team/demo/issues/7/comments?limit=50");
}

TEST_F(Forges, IsKeptFromItsCommentByNoStrangerWithTheMarker) {
  const json one = {{"id", 9},
                    {"body", "<!-- melisai-gate:default -->"},
                    {"user", {{"id", 5}, {"login", "eve"}}}};
  const Outcome outcome =
      put(gitea_, {said(201, {}), said(200, {{"head", {{"sha", kSha}}}}), said(403, {}),
                   said(200, json::array({one})), said(201, {{"id", 10}})});
  EXPECT_THAT(outcome.failed, IsEmpty());
  EXPECT_EQ(asked().back(), "POST /api/v1/repos/team/demo/issues/7/comments");
}

}  // namespace forges_test
}  // namespace melisai::publish
