#include "core/serve/watcher.h"

#include <algorithm>
#include <latch>
#include <thread>

#include "tests/unit/serve/loop_fixture.h"

namespace melisai::serve {
namespace watcher_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const std::string kMain = "refs/heads/main";
const std::string kTopic = "refs/heads/topic";

/// Polls as often as it can.
class WatcherTest : public WithLoop {
 protected:
  WatcherTest() {
    config.orchestrator.monitoring.interval = Milliseconds(1);
    config.projects.front().branches = {"*"};
    config.projects.front().tags = {"v*"};
  }
  ~WatcherTest() override {
    watcher.stop([](const Result<void>&) {});
  }

  /// The server has these refs; the causes of what a poll of them starts.
  std::vector<std::string> causes_after(const std::map<std::string, std::string>& refs) {
    set_refs(refs);
    return causes_after_poll();
  }
  std::vector<std::string> causes_after_poll() {
    poll();
    std::vector<std::string> causes;
    const auto open = queue.open_events();
    for (const store::OpenEvent& one : open.value()) {
      causes.push_back(one.event.cause + " " + one.event.sha.substr(0, 1));
      EXPECT_TRUE(queue.reject(one.event.id, "seen by the test"));
    }
    return causes;
  }
  /// The next poll, from its beginning to its end.
  void poll() {
    if (watcher.schedule() == nullptr) watcher.start([](const Result<void>&) {});
    turn_until([&] { return state().in_progress; });
    turn_until([&] { return !state().in_progress; });
  }
  const trigger::PollSchedule::State& state() const {
    return watcher.schedule()->states().at("demo");
  }

  int woken = 0;
  Watcher watcher{context, [this] { ++woken; }};
};

TEST_F(WatcherTest, FirstSightRunsTheDefaultBranchOnly) {
  EXPECT_THAT(causes_after({{kMain, kShaA}, {kTopic, kShaB}, {"refs/tags/v1", kShaA}}),
              ElementsAre("new branch main a"));
  EXPECT_EQ(woken, 1);
  EXPECT_THAT(causes_after_poll(), IsEmpty()) << "the rest is known, too";
}

TEST_F(WatcherTest, FirstSightOfARepositoryWhoseDefaultBranchIsNotWatchedRunsNothing) {
  config.projects.front().branches = {"release/*"};
  EXPECT_THAT(causes_after({{kMain, kShaA}, {"refs/heads/release/1", kShaB}}), IsEmpty());
  EXPECT_EQ(woken, 0);
}

TEST_F(WatcherTest, WhatIsPushedToAnEmptyRepositoryIsNoFirstSight) {
  EXPECT_THAT(causes_after({}), IsEmpty());
  EXPECT_TRUE(queue.known_ref("demo", kTopic).value().repository) << "for webhooks";
  EXPECT_THAT(causes_after_poll(), IsEmpty());
  EXPECT_THAT(causes_after({{kTopic, kShaB}, {"refs/tags/v1", kShaA}}),
              UnorderedElementsAre("new branch topic b", "tag v1 a"));
  EXPECT_EQ(queue.refs("demo").value(),
            (std::vector<store::RefState>{{kTopic, kShaB}, {"refs/tags/v1", kShaA}}));
  EXPECT_THAT(causes_after_poll(), IsEmpty());
}

TEST_F(WatcherTest, AMirrorThatFillsAnEmptyRepositoryRunsNoOldTags) {
  EXPECT_THAT(causes_after({}), IsEmpty());
  trigger::Refs refs{{kMain, kShaB}};
  for (int i = 0; i < 30; ++i) refs["refs/tags/v" + std::to_string(i)] = kShaA;
  EXPECT_THAT(causes_after(refs), ElementsAre("new branch main b"));
  EXPECT_THAT(causes_after_poll(), IsEmpty());
}

TEST_F(WatcherTest, APushIsOneEvent) {
  causes_after({{kMain, kShaA}});
  EXPECT_THAT(causes_after({{kMain, kShaB}}), ElementsAre("push to main b"));
  EXPECT_THAT(causes_after_poll(), IsEmpty());
  EXPECT_EQ(woken, 2);
}

TEST_F(WatcherTest, GoingBackIsAPushToo) {
  causes_after({{kMain, kShaA}});
  causes_after({{kMain, kShaB}});
  EXPECT_THAT(causes_after({{kMain, kShaA}}), ElementsAre("push to main a"));
}

TEST_F(WatcherTest, NewBranchesAndTagsRun) {
  causes_after({{kMain, kShaA}});
  EXPECT_THAT(causes_after({{kMain, kShaA},
                            {"refs/heads/fix/1", kShaB},
                            {"refs/tags/v1", kShaA},
                            {"refs/tags/other", kShaA}}),
              UnorderedElementsAre("new branch fix/1 b", "tag v1 a"));
}

TEST_F(WatcherTest, ABranchThatIsDeletedAndComesBackIsNew) {
  causes_after({{kMain, kShaA}, {kTopic, kShaB}});
  EXPECT_THAT(causes_after({{kMain, kShaA}}), IsEmpty());
  EXPECT_THAT(causes_after({{kMain, kShaA}, {kTopic, kShaB}}), ElementsAre("new branch topic b"));
}

TEST_F(WatcherTest, AnEventThatSomebodyElseAcceptedIsNotRepeated) {
  causes_after({{kMain, kShaA}});
  ASSERT_FALSE(queue.accept(push_of("demo", kShaB)).value().duplicate());
  EXPECT_THAT(causes_after({{kMain, kShaB}}), ElementsAre("push to main b"));
  EXPECT_EQ(woken, 1) << "by the first sight only";
}

TEST_F(WatcherTest, AnAnswerIsOlderThanWhatAWebhookSaidMeanwhile) {
  const std::string fresh = "refs/heads/new";
  causes_after({{kMain, kShaA}, {kTopic, kShaA}});
  set_refs({{kMain, kShaA}, {kTopic, kShaA}, {fresh, kShaA}});
  turn_until([&] { return state().in_progress; });
  RunEvent push = push_of("demo", kShaB);
  ASSERT_FALSE(queue.accept(push).value().duplicate());
  push.ref = fresh;
  ASSERT_FALSE(queue.accept(push).value().duplicate());
  ASSERT_TRUE(queue.note_refs("demo", {{kTopic, ""}}, kNow));
  turn_until([&] { return !state().in_progress; });
  EXPECT_EQ(queue.open_events().value().size(), 2u) << "of the webhook";
  EXPECT_EQ(queue.refs("demo").value(),
            (std::vector<store::RefState>{{kMain, kShaB}, {fresh, kShaB}}));
}

TEST_F(WatcherTest, AServerThatFailsChangesNothing) {
  causes_after({{kMain, kShaA}});
  remote.failure = Error{Errc::git, "connection refused"};
  EXPECT_THAT(causes_after_poll(), IsEmpty());
  EXPECT_EQ(watcher.problem_of("demo"), "connection refused");
  EXPECT_EQ(queue.refs("demo").value(), (std::vector<store::RefState>{{kMain, kShaA}}));
  remote.failure.reset();
  EXPECT_THAT(causes_after({{kMain, kShaB}}), ElementsAre("push to main b"));
  EXPECT_EQ(watcher.problem_of("demo"), "");
}

TEST_F(WatcherTest, AServerThatLostItsDataDeletesNothing) {
  causes_after({{kMain, kShaA}});
  EXPECT_THAT(causes_after({}), IsEmpty());
  EXPECT_THAT(causes_after({{kMain, kShaA}}), IsEmpty());
}

TEST_F(WatcherTest, ServersThatHangLeaveThreadsToOthers) {
  const WatchedProject demo = config.projects.front();
  for (std::size_t i = 0; i < kPoolThreads; ++i) {
    config.projects.push_back(demo);
    config.projects.back().name = "slow" + std::to_string(i);
  }
  slow_servers.hang(kUrl);
  set_refs({{kMain, kShaA}});
  watcher.start([](const Result<void>&) {});
  const auto all = [&](auto what) {
    return std::all_of(watcher.schedule()->states().begin(), watcher.schedule()->states().end(),
                       [&](const auto& state) { return what(state.second); });
  };
  turn_until([&] { return all([](const auto& state) { return state.in_progress; }); });
  // As many at once as should be free: each waits for all others.
  constexpr std::size_t kFree = kPoolThreads - kPollsMax;
  const auto meeting = std::make_shared<std::latch>(kFree);
  for (std::size_t i = 0; i < kFree; ++i)
    boost::asio::post(pool, [meeting] { meeting->arrive_and_wait(); });
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!meeting->try_wait() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  EXPECT_TRUE(meeting->try_wait());
  slow_servers.let_go();
  turn_until([&] { return all([](const auto& state) { return state.last_good.has_value(); }); });
}

TEST_F(WatcherTest, AllServersGoneForLongIsAFailure) {
  remote.failure = Error{Errc::git, "connection refused"};
  Result<std::vector<supervise::Issue>> checked = std::vector<supervise::Issue>{};
  const auto check = [&] { watcher.check([&](auto result) { checked = std::move(result); }); };
  for (int i = 0; i < 2; ++i) poll();
  check();
  EXPECT_TRUE(checked) << "a server may restart";
  poll();
  check();
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().message, HasSubstr("demo cannot be polled: connection refused"));
}

}  // namespace watcher_test
}  // namespace melisai::serve
