#include "core/serve/notice_text.h"

#include <nlohmann/json.hpp>

#include "tests/unit/serve/notice_fixture.h"

namespace melisai::serve {
namespace notice_text_test {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(NoticeText, TheHeadlineSaysWhatWhereAndWhy) {
  Notice notice = failure_notice();
  EXPECT_EQ(headline_of(notice), "demo/build#3 failed on main: exit code 1");
  notice.run.ref = "refs/tags/v1";
  notice.event = Notice::Event::recovered;
  notice.reason = "";
  EXPECT_EQ(headline_of(notice), "demo/build#3 recovered on tag v1");
}

TEST(NoticeText, TheTextSaysHowToSeeMore) {
  Notice notice = failure_notice();
  notice.run.report = 5;
  EXPECT_THAT(
      text_of(notice),
      AllOf(HasSubstr("\nlevel: error\n"), HasSubstr("\ncommit: " + kShaA + "\n"),
            HasSubstr("\nfailures in a row: 2\n"), HasSubstr("\nreport: melisai-gate show 5\n"),
            HasSubstr("\nlogs: melisai-gate logs demo/build#3\n"),
            HasSubstr("\ntime: 2026-11-21T02:00:00Z\n")));
  notice.run.attempts = 0;
  notice.directory = "";
  EXPECT_THAT(text_of(notice), AllOf(Not(HasSubstr("logs:")), Not(HasSubstr("files:"))));
}

TEST(NoticeText, AStrangersLineBreakStartsNoLine) {
  Notice notice = failure_notice();
  notice.run.ref = "refs/heads/a\r\nlevel: info";
  notice.reason = "line\nlevel: info\x1b[2J";
  EXPECT_THAT(text_of(notice), AllOf(Not(HasSubstr("\nlevel: info")), Not(HasSubstr("\x1b"))));
  EXPECT_THAT(headline_of(notice), Not(HasSubstr("\n")));
}

TEST(NoticeText, ProgramsReadJson) {
  const json parsed = json::parse(to_json(failure_notice()));
  EXPECT_EQ(parsed["schema_version"], 1);
  EXPECT_EQ(parsed["id"], 7);
  EXPECT_EQ(parsed["level"], "error");
  EXPECT_EQ(parsed["event"], "failed");
  EXPECT_EQ(parsed["run"], "demo/build#3");
  EXPECT_EQ(parsed["branch"], "main");
  EXPECT_TRUE(parsed["tag"].is_null());
  EXPECT_EQ(parsed["commit"], kShaA);
  EXPECT_EQ(parsed["outcome"], "failed");
  EXPECT_EQ(parsed["failures_in_a_row"], 2);
  EXPECT_EQ(parsed["log"], "/state/attempts/12-1");
  EXPECT_TRUE(parsed["slow"].is_null());
}

TEST(NoticeText, JsonIsValidWhateverWasBuilt) {
  Notice notice = failure_notice();
  notice.reason = "broken \xff\xfe";
  EXPECT_TRUE(json::accept(to_json(notice)));
}

TEST(NoticeText, OfAPullRequestSaysHowToApproveIt) {
  Notice notice;
  notice.event = Notice::Event::approval_wanted;
  notice.level = Notice::Level::warning;
  notice.reason = "it runs when somebody approves this head";
  notice.run.project = "demo";
  notice.run.ref = "refs/pull/7/head";
  notice.run.sha = kShaA;
  notice.proposal =
      Proposal{.number = 7, .base = "refs/heads/main", .author = "a\nnn", .approved_by = ""};
  const std::string how = "`melisai-gate approve demo 7 " + kShaA + "`";
  EXPECT_THAT(headline_of(notice),
              AllOf(HasSubstr("demo: pull request 7 by 'a"),
                    HasSubstr("waits for approval: " + how), Not(HasSubstr("\n"))));
  EXPECT_THAT(text_of(notice),
              AllOf(HasSubstr(how), HasSubstr("\ncommit: " + kShaA + "\n"),
                    HasSubstr("\nfor: refs/heads/main\n"), Not(HasSubstr("attempts"))));
  const json parsed = json::parse(to_json(notice));
  EXPECT_EQ(parsed["event"], "approval_wanted");
  EXPECT_TRUE(parsed["run"].is_null());
  EXPECT_TRUE(parsed["run_id"].is_null());
  EXPECT_TRUE(parsed["pipeline"].is_null());
  EXPECT_EQ(parsed["pull_request"]["number"], 7);
  EXPECT_FALSE(json::parse(to_json(failure_notice())).contains("pull_request"));
}

}  // namespace notice_text_test
}  // namespace melisai::serve
