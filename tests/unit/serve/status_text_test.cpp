#include "core/serve/status_text.h"

#include <gmock/gmock.h>

namespace melisai::serve {
namespace status_text_test {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kAnswer = R"({"ok": true, "pid": 42, "uptime_seconds": 61.5,
  "status": "degraded", "problems": ["queue: no\nspace"], "paused": true, "pause_reason": "by hand",
  "projects": [{"project": "demo", "problem": "no\nnetwork", "last_good_poll_seconds": 5},
               {"project": "fork", "problem": "", "last_good_poll_seconds": null}],
  "engines": [{"engine": 1, "state": "running", "run": "demo/build#3", "seconds": 60},
              {"engine": 2, "state": "paused", "run": ""}],
  "modules": [{"id": "poller", "state": "running", "health": "degraded", "required": false,
               "last_error": "timeout"}],
  "open": [{"run": "demo/build#3", "commit": "0123456789abcdef", "ref": "refs/heads/main",
            "state": "running", "outcome": null, "reason": ""}],
  "recent": [{"run": "demo/build#2", "commit": "fedcba9876543210", "ref": "refs/heads/main",
              "state": "finished", "outcome": "passed", "reason": ""}],
  "waiting_events": [{"project": "demo", "cause": "push to main", "tries": 1}]})";

std::string text_of(const std::string& answer, bool modules = false) {
  return status_text(answer, modules);
}

TEST(StatusText, SaysWhatTheDaemonDoes) {
  EXPECT_THAT(text_of(kAnswer),
              AllOf(HasSubstr("melisai-gate serve: degraded, pid 42, up 1 min"),
                    HasSubstr("\n  queue: no space\n"),
                    HasSubstr("paused (by hand): nothing starts until `melisai-gate resume`\n"),
                    HasSubstr("  demo: polled 5 s ago; no network\n"),
                    HasSubstr("  fork: not polled yet\n"),
                    HasSubstr("  1: running demo/build#3 for 1 min\n  2: paused\n"),
                    HasSubstr("waiting to be planned: demo, push to main\n"),
                    HasSubstr("demo/build#2  fedcba9876  refs/heads/main  passed"),
                    HasSubstr("demo/build#3  0123456789  refs/heads/main  running")));
}

TEST(StatusText, SaysWhatWaitsForApprovalAndHowToGiveIt) {
  EXPECT_THAT(text_of(R"({"waiting_for_approval": [{"project": "demo", "number": 7,
                          "author": "a\nnn", "commit": "0123456789abcdef"}]})"),
              HasSubstr("\nwaiting for approval: demo, pull request 7 by a nn: "
                        "`melisai-gate approve demo 7 0123456789abcdef`\n"));
}

TEST(StatusText, SaysWhatARunAndAnEventWaitFor) {
  const std::string text = text_of(
      R"({"open": [{"run": "demo/build#3", "commit": "0123456789abcdef", "ref": "refs/heads/main",
                    "state": "queued", "outcome": null, "reason": "disk full",
                    "waits_for": "demo/benchmark#1 to end,\nwhich measures alone"}],
          "waiting_events": [{"project": "demo", "cause": "push to main", "tries": 1,
                              "reason": "no\nnetwork"}]})");
  EXPECT_THAT(
      text, AllOf(HasSubstr("waits for demo/benchmark#1 to end, which measures alone; disk full\n"),
                  HasSubstr("waiting to be planned: demo, push to main: no network\n")));
}

TEST(StatusText, SaysHowManyWaitForApprovalWhenNotAllAreShown) {
  const std::string shown =
      R"("waiting_for_approval": [{"project": "demo", "number": 7, "commit": "01"}])";
  EXPECT_THAT(text_of("{" + shown + R"(, "approvals_waiting": 3})"),
              HasSubstr("\nwaiting for approval: 3 pull requests in all\n"));
  EXPECT_THAT(text_of("{" + shown + R"(, "approvals_waiting": 1})"), Not(HasSubstr("in all")));
}

TEST(StatusText, SaysWhichEventsWereGivenUp) {
  EXPECT_THAT(text_of(R"({"given_up_events": [{"project": "demo", "cause": "push to main",
                          "reason": "given up after 3 d: no\nbranch holds it"}]})"),
              HasSubstr("\ndemo, push to main: given up after 3 d: no branch holds it\n"));
}

TEST(StatusText, SaysWhatIsPausedAndWhatReachedNobody) {
  const std::string text = text_of(
      R"({"paused_pipelines": [{"project": "demo", "pipeline": "build",
                                "reason": "demo/build#1: failed"}],
          "notices": {"waiting": 2, "given_up": 1, "problem": "email: no\nserver"},
          "recent": [{"run": "demo/build#2", "commit": "fedcba", "ref": "r", "state": "finished",
                      "outcome": "passed", "slow": "critical"}]})");
  EXPECT_THAT(text,
              AllOf(HasSubstr("demo/build is paused (demo/build#1: failed): it starts nothing "
                              "until `melisai-gate resume build --project demo`\n"),
                    HasSubstr("notices: 2 waiting, 1 given up; email: no server\n"),
                    HasSubstr("passed  critical")));
}

TEST(StatusText, AfterAPauseSaysWhatStaysPaused) {
  EXPECT_EQ(resumed_text(R"({"ok": true, "paused": false, "paused_pipelines": []})"), "resumed\n");
  EXPECT_THAT(resumed_text(R"({"paused": true, "pause_reason": "by hand", "paused_pipelines":
                               [{"project": "demo", "pipeline": "build", "reason": "why"}]})"),
              AllOf(HasSubstr("resumed\npaused (by hand): nothing starts"),
                    HasSubstr("`melisai-gate resume build --project demo`\n")));
  EXPECT_EQ(resumed_text("["), "resumed\n");
}

TEST(StatusText, ModulesAreShownWhenAskedFor) {
  EXPECT_THAT(text_of(kAnswer), Not(HasSubstr("poller")));
  EXPECT_THAT(text_of(kAnswer, true), HasSubstr("poller  running  degraded  no"));
}

TEST(StatusText, WhatIsMissingIsLeftOut) {
  EXPECT_THAT(text_of("{}"), AllOf(HasSubstr("pid ?"), Not(HasSubstr("paused")),
                                   Not(HasSubstr("newest")), Not(HasSubstr("not finished"))));
}

TEST(StatusText, AnAnswerOfAnotherKindIsNotTrusted) {
  for (const char* text : {"", "[]", "{", "7"})
    EXPECT_EQ(text_of(text), "the daemon's answer cannot be read\n") << text;
  const std::string odd = text_of(
      R"({"pid": "x", "paused": "yes", "uptime_seconds": 1e300, "engines": [1, {"engine": "a"}],
          "projects": 3, "problems": [1, {}],
          "open": {"a": 1}, "modules": [null, {"required": 1}], "recent": ["x"],
          "waiting_events": [[]], "paused_pipelines": 5, "notices": [2]})",
      true);
  EXPECT_THAT(odd, AllOf(HasSubstr("pid ?"), Not(HasSubstr("paused"))));
}

}  // namespace status_text_test
}  // namespace melisai::serve
