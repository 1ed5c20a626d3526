#include "core/http/http.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace melisai::http {
namespace {

TEST(HttpRequest, FindsAHeaderWhateverItsCase) {
  const Request request{.headers = {{"X-GitHub-Event", "push"}, {"x-github-event", "ping"}}};
  EXPECT_EQ(request.header("x-GITHUB-event"), "push");
  EXPECT_EQ(request.count("X-Github-Event"), 2);
  EXPECT_EQ(request.header("X-GitHub-Even"), "");
  EXPECT_EQ(request.count("X-GitHub-Even"), 0);
}

TEST(HttpTarget, IsDecodedOnce) {
  const auto target = parse_target("/api/v1/runs/a%20b%252e+c?limit=3&name=x+y%26z&flag&empty=");
  ASSERT_TRUE(target) << target.error().message;
  EXPECT_EQ(target->path, "/api/v1/runs/a b%2e+c");
  EXPECT_EQ(target->query, (std::map<std::string, std::string>{
                               {"limit", "3"}, {"name", "x y&z"}, {"flag", ""}, {"empty", ""}}));
}

class RefusedTarget : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(RefusedTarget, SaysWhy) {
  const auto target = parse_target(GetParam().first);
  ASSERT_FALSE(target) << GetParam().first;
  EXPECT_NE(target.error().message.find(GetParam().second), std::string::npos)
      << target.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Http, RefusedTarget,
    testing::Values(std::pair{"", "no absolute path"}, std::pair{"runs", "no absolute path"},
                    std::pair{"http://other/x", "no absolute path"}, std::pair{"/a/../b", "'..'"},
                    std::pair{"/..", "'..'"}, std::pair{"/a/%2e%2E/b", "'..'"},
                    std::pair{"/a/./b", "'.'"}, std::pair{"/a/%2e", "'.'"},
                    std::pair{"/a\\b", "backslash"}, std::pair{"/a%5cb", "backslash"},
                    std::pair{"/a%00b", "zero byte"}, std::pair{"/a?b=%00", "zero byte"},
                    std::pair{"/a%", "bad escape"}, std::pair{"/a%4", "bad escape"},
                    std::pair{"/a%g0", "bad escape"}, std::pair{"/a?x=1&x=2", "'x' twice"}));

TEST(HttpTarget, KeepsDotsWithinAName) {
  EXPECT_EQ(parse_target("/v1.2/..a/b../...")->path, "/v1.2/..a/b../...");
}

TEST(HttpProblem, SaysWhatAndWhy) {
  const Response response = problem(404, "no run 7\xff");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.type, "application/problem+json");
  const auto body = nlohmann::json::parse(response.body);
  EXPECT_EQ(body["title"], "Not Found");
  EXPECT_EQ(body["status"], 404);
  EXPECT_EQ(body["detail"], "no run 7\xef\xbf\xbd");
}

}  // namespace
}  // namespace melisai::http
