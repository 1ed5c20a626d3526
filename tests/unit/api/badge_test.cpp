#include "tests/unit/api/api_fixture.h"

namespace melisai::api {
namespace {

class BadgeTest : public ApiTest {
 protected:
  /// What the image says, of a badge for everybody.
  std::string badge(const std::string& query = "") {
    const http::Response response = ask({.target = "/badge.svg" + query});
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.type, "image/svg+xml");
    EXPECT_EQ(header(response, "Cache-Control"), "no-cache, max-age=0");
    const std::size_t begin = response.body.find("<title>performance: ") + 20;
    return response.body.substr(begin, response.body.find("</title>") - begin);
  }
  void ended(Outcome outcome, bool trusted = true, const std::string& pipeline = "benchmark") {
    end(begin(add_run(pipeline, trusted)), outcome);
  }
};

TEST_F(BadgeTest, TellsTheNewestRunThatSaysSomething) {
  EXPECT_EQ(badge(), "unknown");
  ended(Outcome::passed);
  EXPECT_EQ(badge(), "pass");
  ended(Outcome::regression);
  EXPECT_EQ(badge(), "regression");
  ended(Outcome::cancelled);
  begin(add_run("benchmark"));  // still runs
  EXPECT_EQ(badge(), "regression");
  ended(Outcome::inconclusive);
  EXPECT_EQ(badge(), "cannot tell");
}

TEST_F(BadgeTest, IsOfOnePipelineOnOneBranch) {
  ended(Outcome::failed, true, "build");
  EXPECT_EQ(badge(), "unknown");
  EXPECT_EQ(badge("?pipeline=build"), "failed");
  EXPECT_EQ(badge("?pipeline=build&branch=next"), "unknown");
  EXPECT_EQ(badge("?project=demo&pipeline=build&branch=main"), "failed");
}

TEST_F(BadgeTest, StrangersCodeIsNoBranchs) {
  ended(Outcome::regression);
  ended(Outcome::passed, false);
  EXPECT_EQ(badge(), "regression");
}

TEST_F(BadgeTest, WhatIsNotThereLooksLikeWhatNeverRan) {
  EXPECT_EQ(badge("?project=secret"), "unknown");
  config.projects.push_back({.name = "second"});
  ended(Outcome::passed);
  EXPECT_EQ(badge(), "unknown");  // of which one?
  EXPECT_EQ(badge("?project=demo"), "pass");
}

}  // namespace
}  // namespace melisai::api
