#include "core/serve/approver.h"

#include <atomic>
#include <deque>

#include "tests/fakes/fake_clock.h"
#include "tests/unit/serve/loop_fixture.h"

namespace melisai::serve {
namespace approver_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;

class ApproverTest : public WithLoop {
 protected:
  ApproverTest() {
    time.wall = kNow;
    propose(kShaA);
  }
  ~ApproverTest() override { stop(); }

  void propose(const std::string& sha) {
    RunEvent event;
    event.kind = RunEvent::Kind::pull_request;
    event.project = "demo";
    event.ref = "refs/pull/7/head";
    event.sha = sha;
    event.trusted = false;
    event.received_at = kNow;
    event.proposal =
        Proposal{.number = 7, .base = "refs/heads/main", .author = "ann", .approved_by = ""};
    ASSERT_TRUE(queue.accept(event)->waits);
  }
  /// Somebody has asked, and their 202 is on its way.
  void ask(const std::string& login, const std::string& project = "demo") {
    store::ApprovalRequest request;
    request.approval = {.project = project, .number = 7, .sha = kShaA, .by = ""};
    request.login = login;
    request.via = "comment";
    request.asked_at = time.now();
    ASSERT_TRUE(queue.ask_approval(request).value());
  }
  void start() {
    approver = std::make_unique<Approver>(
        with_time,
        Approver::Calls{
            .may_write = [this](const WatchedProject&, const store::ApprovalRequest& request,
                                const Interrupt& stop) { return answer_to(request, stop); },
            .measuring = [this] { return measuring; },
            .approved = [this] { ++approved; }});
    approver->start([](const Result<void>&) {});
  }
  void stop() {
    if (!approver) return;
    bool stopped = false;
    approver->stop([&](const Result<void>&) { stopped = true; });
    turn_until([&] { return stopped; });
    approver.reset();
  }
  Result<bool> answer_to(const store::ApprovalRequest& request, const Interrupt& stop) {
    ++calls;
    while (stuck && !stop.requested()) std::this_thread::yield();
    if (stop.requested()) return Error{Errc::interrupted, "stopped"};
    if (problem) return *problem;
    return writers.contains(request.login);
  }
  bool waits() { return queue.pull_request("demo", 7)->value().waits; }
  std::vector<store::ApprovalRequest> asked() { return queue.asked_approvals().value(); }
  std::vector<std::string> told() {
    std::vector<std::string> messages;
    for (const supervise::Event& event : seen.take().events) messages.push_back(event.message);
    return messages;
  }
  /// Until it has asked that often and has written down what came of it.
  void turn_until_tried(int tries) {
    turn_until([&] { return asked().size() == 1 && asked()[0].tries == tries; });
  }

  FakeClock time;
  ServeWorld clocked{.clock = time,
                     .interrupt = interrupt,
                     .env = world.env,
                     .environment = {},
                     .program = "",
                     .make_runner = {},
                     .open_remote = {},
                     .open_repo = {}};
  Context with_time{.world = clocked,
                    .config = config,
                    .config_text = "",
                    .state_dir = directory.path(),
                    .queue = queue,
                    .loop = loop,
                    .pool = pool,
                    .bus = bus,
                    .rng = rng};
  supervise::Subscription seen = bus.subscribe([] {});
  std::set<std::string> writers{"wen"};
  std::optional<Error> problem;
  std::atomic<int> calls = 0;
  std::atomic<bool> stuck = false;
  bool measuring = false;
  int approved = 0;
  std::unique_ptr<Approver> approver;
};

TEST_F(ApproverTest, LetsRunWhatAWriterApproves) {
  ask("wen");
  start();
  turn_until([&] { return approved == 1; });
  EXPECT_FALSE(waits());
  EXPECT_EQ(queue.open_events()->size(), 1u);
  EXPECT_EQ(queue.open_events()->front().event.proposal->approved_by, "comment of wen");
  EXPECT_THAT(told(), ElementsAre(HasSubstr("'wen' is granted: " + kShaA)));
}

TEST_F(ApproverTest, RefusesWhoMayNotWrite) {
  ask("ann");
  start();
  turn_until([&] { return asked().empty(); });
  EXPECT_TRUE(waits());
  EXPECT_EQ(approved, 0);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("'ann' may not write to the repository")));
}

TEST_F(ApproverTest, AsksForEachOneByItself) {
  ask("ann");
  ask("wen");
  ask("eve");
  start();
  turn_until([&] { return asked().empty(); });
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(approved, 1);
  EXPECT_FALSE(waits());
}

TEST_F(ApproverTest, AForgeThatDoesNotAnswerIsNoApproval) {
  problem = Error{Errc::timeout, "no answer"};
  ask("wen");
  start();
  turn_until_tried(1);
  EXPECT_TRUE(waits());
  EXPECT_EQ(asked()[0].not_before, kNow + 5s);
  time.advance(5s);
  approver->wake();
  turn_until_tried(2);
  EXPECT_EQ(asked()[0].not_before, kNow + 15s);
  problem.reset();
  time.advance(10s);
  approver->wake();
  turn_until([&] { return approved == 1; });
  EXPECT_FALSE(waits());
}

TEST_F(ApproverTest, IsRefusedWhenTheForgeDoesNotAnswerForLong) {
  problem = Error{Errc::timeout, "no answer"};
  ask("wen");
  time.advance(10min);
  start();
  for (int tries = 1; tries < kApprovalTriesMin; ++tries) {
    turn_until_tried(tries);
    time.advance(10min);
    approver->wake();
  }
  turn_until([&] { return asked().empty(); });
  EXPECT_TRUE(waits());
  EXPECT_EQ(calls, kApprovalTriesMin);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("could not be asked for 10 min: no answer")));
}

TEST_F(ApproverTest, WhatNobodyCanAskIsRefusedAtOnce) {
  problem = Error{Errc::config, "nothing says how"};
  ask("wen");
  start();
  turn_until([&] { return asked().empty(); });
  EXPECT_EQ(calls, 1);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("nothing says how")));
}

TEST_F(ApproverTest, AKillLosesNoQuestion) {
  stuck = true;
  ask("wen");
  start();
  while (calls == 0) std::this_thread::yield();
  stop();
  ASSERT_THAT(asked(), SizeIs(1));
  EXPECT_EQ(asked()[0].tries, 0) << "the forge did nothing wrong";
  EXPECT_TRUE(waits());
  queue = store::Queue::open_writer(directory.path()).value();
  stuck = false;
  start();
  turn_until([&] { return approved == 1; });
  EXPECT_FALSE(waits());
}

TEST_F(ApproverTest, AnApprovalOfAnOldHeadComesTooLate) {
  stuck = true;
  ask("wen");
  start();
  while (calls == 0) std::this_thread::yield();
  propose(kShaB);
  stuck = false;
  turn_until([&] { return asked().empty(); });
  EXPECT_TRUE(waits());
  EXPECT_EQ(approved, 0);
  EXPECT_THAT(told(), ElementsAre(HasSubstr(kShaB)));
}

TEST_F(ApproverTest, StaysQuietWhileSomethingMeasures) {
  measuring = true;
  ask("wen");
  start();
  loop.poll();
  EXPECT_EQ(calls, 0);
  measuring = false;
  approver->wake();
  turn_until([&] { return approved == 1; });
}

TEST_F(ApproverTest, BenchmarksWithoutAPauseBetweenThemKeepNobodyWaitingForEver) {
  measuring = true;
  ask("wen");
  start();
  loop.poll();
  EXPECT_EQ(calls, 0);
  time.advance(std::chrono::minutes(1));
  approver->wake();
  turn_until([&] { return approved == 1; });
}

TEST_F(ApproverTest, AcceptsWhatAWriterAcceptsWithAButton) {
  queue.set_notice_rules({.sinks = {}, .reports = {{"demo", "forge of demo"}}});
  const PipelineRun run = add_run("demo", kShaA, "benchmark");
  const auto attempt = queue.begin_attempt(run.id, "/attempts", "boot", kNow);
  ASSERT_TRUE(*queue.end_attempt(
      **attempt, {.outcome = PipelineRun::Outcome::regression, .reason = "slower", .report = 4},
      kNow));
  const auto press = [&](const std::string& login) {
    store::ApprovalRequest request;
    request.approval = {.action = store::Approval::Action::accept,
                        .project = "demo",
                        .number = 0,
                        .sha = kShaA,
                        .by = "",
                        .run = run.id};
    request.login = login;
    request.via = "button";
    request.asked_at = time.now();
    ASSERT_TRUE(queue.ask_approval(request).value());
  };
  const auto accepted = [&] {
    int count = 0;
    for (const store::Delivery& each : *queue.waiting_deliveries(9))
      count += each.notice.event == Notice::Event::accepted ? 1 : 0;
    return count;
  };
  press("ann");
  start();
  turn_until([&] { return asked().empty(); });
  EXPECT_EQ(accepted(), 0);
  EXPECT_EQ(approved, 0);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("acceptance by button of 'ann' is refused")));
  press("wen");
  approver->wake();
  turn_until([&] { return approved == 1; });
  EXPECT_EQ(accepted(), 1);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("counts no more")));
}

TEST_F(ApproverTest, WhatIsConfiguredNoMoreIsRefused) {
  ask("wen", "gone");
  start();
  turn_until([&] { return asked().empty(); });
  EXPECT_EQ(calls, 0);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("no such project any more")));
}

}  // namespace approver_test
}  // namespace melisai::serve
