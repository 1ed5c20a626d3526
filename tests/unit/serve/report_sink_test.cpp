// Reports on the forge: of the store, once, the newest.
#include "core/serve/report_sink.h"

#include "core/base/secrets.h"
#include "core/serve/notify_sinks.h"
#include "core/store/store.h"
#include "tests/unit/model/report_fixtures.h"
#include "tests/unit/publish/fake_forge.h"
#include "tests/unit/serve/loop_fixture.h"

namespace melisai::serve {
namespace report_sink_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using Forge = publish::testing::FakeForge;
using Outcome = PipelineRun::Outcome;

/// One forge for all deliveries.
class Client final : public HttpClient {
 public:
  explicit Client(Forge& forge) : forge_(forge) {}
  Result<HttpAnswer> send(const HttpCall& call, const Interrupt& interrupt) override {
    return forge_.send(call, interrupt);
  }

 private:
  Forge& forge_;
};

class ReportSink : public WithLoop {
 protected:
  ReportSink() {
    world.open_web = [this]() -> Result<std::unique_ptr<HttpClient>> {
      return std::make_unique<Client>(forge);
    };
    configure("comment");
  }
  void configure(const std::string& publish) {
    config = config_of(
        "project: { name: demo, repository: 'https://github.com/team/demo', webhook: { secret: "
        "'${WEBHOOK_SECRET}' }, forge: { token: '${FORGE_TOKEN}', publish: " +
        publish + " } }");
    queue.set_notice_rules(notice_rules(config, sinks_of(context)));
  }
  store::RunId stored(Report report) {
    report.head.sha = kShaA;
    auto store = store::Store::open_writer(directory.path(), {.command = "check"}, kNow);
    EXPECT_TRUE(store) << store.error().message;
    const auto run = store->begin_run({.command = "check",
                                       .directory = "/repo",
                                       .output_dir = directory.path(),
                                       .started_at = "2026-11-21T02:00:00Z",
                                       .tool_version = "0.2.0"});
    EXPECT_TRUE(store->finish_run(*run, report, {}));
    return *run;
  }
  /// A run of pull request 7 that has ended so.
  PipelineRun ended(const Report& report, Outcome outcome,
                    const std::string& ref = "refs/pull/7/head", const Params& params = {}) {
    RunEvent event = push_of("demo", kShaA);
    event.kind = RunEvent::Kind::manual;
    event.ref = ref;
    event.params = params;
    const auto accepted = queue.accept(event);
    const auto planned = queue.plan(accepted->event,
                                    {.ref = ref,
                                     .sha = kShaA,
                                     .configuration = "{}",
                                     .runs = {{.pipeline = "benchmark", .after = {}}}},
                                    kNow);
    const PipelineRun run = planned->value().runs.front();
    const auto attempt = queue.begin_attempt(run.id, "/attempts", "boot", kNow);
    EXPECT_TRUE(*queue.end_attempt(
        **attempt, {.outcome = outcome, .reason = "why", .report = stored(report)}, kNow));
    return run;
  }
  /// For the forge.
  std::vector<store::Delivery> waiting() {
    std::vector<store::Delivery> all = queue.waiting_deliveries(100).value();
    std::erase_if(all, [](const store::Delivery& each) { return each.sink == "log"; });
    return all;
  }
  Result<void> deliver(const store::Delivery& delivery) {
    EXPECT_EQ(delivery.sink, "forge of demo");
    return publish_report(delivery.notice, config.projects.front(), context, interrupt);
  }
  std::vector<store::StoredAcknowledgement> acknowledgements() {
    return store::Store::open_reader(directory.path()).value()->acknowledgements("demo").value();
  }
  std::string comment() { return forge.comments.back()["body"]; }

  Forge forge;
};

TEST_F(ReportSink, PutsTheVerdictAtTheCommitAndTheCommentOnThePullRequest) {
  ended(fixtures::regression_report(), Outcome::regression);
  ASSERT_THAT(waiting(), SizeIs(1));
  EXPECT_TRUE(deliver(waiting()[0]));
  ASSERT_THAT(forge.checks, SizeIs(1));
  EXPECT_EQ(forge.checks[0]["name"], "melisai-gate/benchmark");
  EXPECT_EQ(forge.checks[0]["conclusion"], "failure");
  EXPECT_EQ(forge.checks[0]["head_sha"], kShaA);
  ASSERT_THAT(forge.comments, SizeIs(1));
  EXPECT_THAT(comment(), StartsWith("<!-- melisai-gate:benchmark -->\n### REGRESSION"));
  for (const HttpCall& call : forge.sent) EXPECT_EQ(call.bearer, "t0ken");
}

TEST_F(ReportSink, TellsTheForgeNoSecret) {
  ASSERT_TRUE(keep_secrets({{"TOKEN", "hunter2hunter2"}}, false));
  Report report = fixtures::regression_report();
  for (BenchmarkResult& row : report.benchmarks) row.name = "BM_hunter2hunter2";
  report.reason = "hunter2hunter2 is slower";
  ended(report, Outcome::regression);
  EXPECT_TRUE(deliver(waiting()[0]));
  ASSERT_TRUE(keep_secrets({}, false));
  ASSERT_THAT(forge.checks, SizeIs(1));
  ASSERT_THAT(forge.comments, SizeIs(1));
  for (const HttpCall& call : forge.sent) EXPECT_THAT(call.body, Not(HasSubstr("hunter2hunter2")));
}

TEST_F(ReportSink, IsOneCommentAndOneCheckRunHoweverOftenItIsDelivered) {
  ended(fixtures::regression_report(), Outcome::regression);
  EXPECT_TRUE(deliver(waiting()[0]));
  EXPECT_TRUE(deliver(waiting()[0])) << "the daemon was killed before it wrote down the first";
  EXPECT_THAT(forge.checks, SizeIs(1));
  EXPECT_THAT(forge.comments, SizeIs(1));
}

TEST_F(ReportSink, IsAnotherOneOfADaemonThatCountsFromOneAgain) {
  ended(fixtures::regression_report(), Outcome::regression);
  store::Delivery delivery = waiting()[0];
  EXPECT_TRUE(deliver(delivery));
  delivery.notice.at += std::chrono::hours(1);  // its state directory was made anew
  EXPECT_TRUE(deliver(delivery));
  EXPECT_THAT(forge.checks, SizeIs(2));
}

TEST_F(ReportSink, CommentsNowhereWhenOnlyTheStatusIsWanted) {
  configure("status");
  ended(fixtures::pass_report(), Outcome::passed);
  EXPECT_TRUE(deliver(waiting()[0]));
  EXPECT_THAT(forge.checks, SizeIs(1));
  EXPECT_EQ(forge.count("GET /repos/team/demo/issues"), 0u);
  EXPECT_THAT(forge.comments, IsEmpty());
}

TEST_F(ReportSink, TellsOfABranchAtItsCommitUnderANameOfItsOwn) {
  ended(fixtures::pass_report(), Outcome::passed, "refs/heads/main");
  EXPECT_TRUE(deliver(waiting()[0]));
  ASSERT_THAT(forge.checks, SizeIs(1));
  EXPECT_EQ(forge.checks[0]["name"], "melisai-gate/benchmark.commit");
  EXPECT_THAT(forge.comments, IsEmpty());
}

TEST_F(ReportSink, TellsTheNewestWhenAnOldNoticeIsLate) {
  ended(fixtures::regression_report(), Outcome::regression);
  ended(fixtures::pass_report(), Outcome::passed);
  ASSERT_THAT(waiting(), SizeIs(2));
  EXPECT_TRUE(deliver(waiting()[1]));
  EXPECT_TRUE(deliver(waiting()[0]));
  EXPECT_THAT(comment(), HasSubstr("### PASS"));
  EXPECT_EQ(forge.checks.back()["conclusion"], "success");
}

TEST_F(ReportSink, OfARunThatSomebodyTriedWithOtherParametersReplacesNoVerdict) {
  ended(fixtures::regression_report(), Outcome::regression);
  ended(fixtures::pass_report(), Outcome::passed, "refs/pull/7/head", {{"SIZE", "1"}});
  ASSERT_THAT(waiting(), SizeIs(2));
  EXPECT_TRUE(deliver(waiting()[1]));
  EXPECT_TRUE(deliver(waiting()[0]));
  ASSERT_THAT(forge.checks, SizeIs(2));
  EXPECT_THAT(forge.checks[0]["name"].get<std::string>(), StartsWith("melisai-gate/benchmark."));
  EXPECT_EQ(forge.checks[1]["name"], "melisai-gate/benchmark");
  EXPECT_EQ(forge.checks[1]["conclusion"], "failure");
  ASSERT_THAT(forge.comments, SizeIs(2));
  EXPECT_THAT(comment(), HasSubstr("### REGRESSION"));
}

TEST_F(ReportSink, IsSilentOnAPullRequestThatMovedOn) {
  forge.head = kShaB;
  ended(fixtures::regression_report(), Outcome::regression);
  EXPECT_TRUE(deliver(waiting()[0]));
  EXPECT_THAT(forge.checks, SizeIs(1)) << "the commit is what it is";
  EXPECT_THAT(forge.comments, IsEmpty());
}

TEST_F(ReportSink, RecordsWhatSomebodyAcceptsForThisCommitAloneAndSaysSo) {
  ended(fixtures::regression_report(), Outcome::regression);
  EXPECT_TRUE(deliver(waiting()[0]));
  store::Delivery accepted = waiting()[0];
  accepted.notice.id = 99;
  accepted.notice.event = Notice::Event::accepted;
  accepted.notice.reason = "accepted by button of wen, of demo/benchmark#1";
  EXPECT_TRUE(deliver(accepted));
  const auto recorded = acknowledgements();
  ASSERT_THAT(recorded, SizeIs(2)) << "of both metrics that got worse";
  for (const store::StoredAcknowledgement& each : recorded) {
    EXPECT_EQ(each.commit, kShaA);
    EXPECT_EQ(each.what.reason, accepted.notice.reason);
  }
  EXPECT_THAT(comment(), Not(HasSubstr("### REGRESSION")));
  ASSERT_THAT(forge.checks, SizeIs(2));
  EXPECT_NE(forge.checks[1]["conclusion"], "failure");
  EXPECT_THAT(forge.comments, SizeIs(1));
  // A kill before that was written down.
  EXPECT_TRUE(deliver(accepted));
  EXPECT_THAT(acknowledgements(), SizeIs(2));
  EXPECT_THAT(forge.checks, SizeIs(2));
  // What had waited with the old verdict does not bring it back.
  EXPECT_TRUE(deliver(waiting()[0]));
  EXPECT_THAT(comment(), Not(HasSubstr("### REGRESSION")));
}

TEST_F(ReportSink, AcceptsNoMoreThanWhatHasThatName) {
  Report star = fixtures::regression_report();
  star.benchmarks.resize(1);
  star.benchmarks.front().name = "*";
  ended(star, Outcome::regression);
  store::Delivery accepted = waiting()[0];
  accepted.notice.id = 99;
  accepted.notice.event = Notice::Event::accepted;
  EXPECT_TRUE(deliver(accepted));
  EXPECT_NE(forge.checks.back()["conclusion"], "failure");
  ended(fixtures::regression_report(), Outcome::regression);
  EXPECT_TRUE(deliver(waiting()[1]));
  EXPECT_EQ(forge.checks.back()["conclusion"], "failure") << "nobody accepted BM_Small";
}

TEST_F(ReportSink, AcceptsNothingWhileACheckHoldsTheStore) {
  ended(fixtures::regression_report(), Outcome::regression);
  store::Delivery accepted = waiting()[0];
  accepted.notice.event = Notice::Event::accepted;
  const auto check = store::Store::open_writer(directory.path(), {.command = "check"}, kNow);
  ASSERT_TRUE(check);
  EXPECT_EQ(deliver(accepted).error().code, Errc::unavailable);
  EXPECT_THAT(forge.sent, IsEmpty());
}

TEST_F(ReportSink, HasButtonsOnlyAsAnApp) {
  ended(fixtures::regression_report(), Outcome::regression);
  EXPECT_TRUE(deliver(waiting()[0]));
  EXPECT_FALSE(forge.checks[0].contains("actions")) << "nobody would be told who pressed one";
}

TEST_F(ReportSink, IsTriedAgainWhenTheForgeIsInTrouble) {
  config.notify.timeout = Milliseconds(100);
  ended(fixtures::regression_report(), Outcome::regression);
  forge.faults.push_back({"GET /repos", HttpAnswer{.status = 503, .headers = {}, .body = ""}});
  const Result<void> delivered = deliver(waiting()[0]);
  ASSERT_FALSE(delivered);
  EXPECT_EQ(delivered.error().code, Errc::unavailable);
}

TEST_F(ReportSink, IsGivenUpWhenTheTokenIsNotAccepted) {
  ended(fixtures::regression_report(), Outcome::regression);
  for (int i = 0; i < 9; ++i)
    forge.faults.push_back({"", HttpAnswer{.status = 401, .headers = {}, .body = "{}"}});
  const Result<void> delivered = deliver(waiting()[0]);
  ASSERT_FALSE(delivered);
  EXPECT_EQ(delivered.error().code, Errc::config);
  EXPECT_THAT(delivered.error().message, Not(HasSubstr("t0ken")));
}

TEST_F(ReportSink, WithoutItsReportThereIsNothingToTell) {
  ended(fixtures::regression_report(), Outcome::regression);
  store::Delivery delivery = waiting()[0];
  delivery.notice.run.sha = kShaB;  // no run of the queue is like it
  delivery.notice.run.report = 99;
  EXPECT_EQ(deliver(delivery).error().code, Errc::config);
  EXPECT_THAT(forge.sent, IsEmpty());
}

TEST_F(ReportSink, OfOneCommitIsNoVerdictOverAnother) {
  ended(fixtures::pass_report(), Outcome::passed);
  store::Delivery delivery = waiting()[0];
  delivery.notice.run.sha = kShaB;
  EXPECT_THAT(deliver(delivery).error().message, HasSubstr("is about another commit"));
  EXPECT_THAT(forge.sent, IsEmpty());
}

TEST_F(ReportSink, WantsReportsOfThisProjectAndNothingElse) {
  const NoticeRules rules = notice_rules(config, sinks_of(context));
  EXPECT_THAT(rules.sinks, ElementsAre("log"));
  EXPECT_THAT(rules.reports,
              ElementsAre(std::pair<const std::string, std::string>("demo", "forge of demo")));
  configure("off");
  EXPECT_THAT(notice_rules(config, sinks_of(context)).reports, IsEmpty());
}

TEST(ReportContext, IsAPipelineAndWhatItIsMeasuredAgainst) {
  PipelineRun run;
  run.ref = "refs/pull/7/head";
  run.pipeline = "benchmark";
  EXPECT_EQ(context_of(run, {}), "benchmark");
  run.ref = "refs/heads/refs/pull/7/head";
  EXPECT_EQ(context_of(run, {}), "benchmark.commit");
  for (const std::string& odd :
       std::vector<std::string>{"night/run", "a--b", "c++", std::string(100, 'x')}) {
    run.pipeline = odd;
    EXPECT_TRUE(report::is_context_name(context_of(run, {}))) << context_of(run, {});
  }
  run.pipeline = "approval.7";
  run.ref = "refs/pull/7/head";
  EXPECT_NE(context_of(run, {}), run.pipeline) << "that check is of no run";
  EXPECT_TRUE(report::is_context_name(context_of(run, {})));
  run.pipeline = "a+b";
  const std::string plus = context_of(run, {});
  run.pipeline = "a/b";
  EXPECT_NE(context_of(run, {}), plus);
}

TEST(ReportContext, OfOtherParametersIsAnotherOne) {
  PipelineRun run;
  run.ref = "refs/pull/7/head";
  run.pipeline = "benchmark";
  const std::string one = context_of(run, {{"SIZE", "1"}});
  EXPECT_THAT(one, StartsWith("benchmark.with_"));
  EXPECT_TRUE(report::is_context_name(one));
  EXPECT_EQ(one, context_of(run, {{"SIZE", "1"}}));
  EXPECT_NE(one, context_of(run, {{"SIZE", "2"}}));
  EXPECT_NE(one, context_of(run, {{"SIZ", "E1"}}));
}

TEST(ReportContext, KnowsThePullRequestByItsRef) {
  EXPECT_EQ(pull_request_in("refs/pull/7/head"), 7);
  EXPECT_EQ(pull_request_in("refs/merge-requests/12/head"), 12);
  for (const char* const other : {"refs/heads/main", "refs/pull/7/merge", "refs/pull//head",
                                  "refs/pull/-7/head", "refs/pull/7x/head", "refs/pull/head", ""})
    EXPECT_EQ(pull_request_in(other), 0) << other;
}

}  // namespace report_sink_test
}  // namespace melisai::serve
