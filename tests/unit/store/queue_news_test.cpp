// What counts as news for the queue, and what it finds to have gone wrong lately.
#include "core/store/queue.h"
#include "tests/unit/store/store_fixture.h"

namespace melisai::store {
namespace queue_news_test {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using Outcome = PipelineRun::Outcome;

const std::string kShaA(40, 'a');
const std::string kShaB(40, 'b');

class News : public StoreTest {
 protected:
  Queue queue = Queue::open_writer(state_dir).value();

  RunEvent push(const std::string& sha) {
    RunEvent event;
    event.project = "demo";
    event.ref = "refs/heads/main";
    event.sha = sha;
    event.received_at = at(kNow);
    return event;
  }
  PipelineRun planned(const RunEvent& event) {
    const auto accepted = queue.accept(event).value();
    EXPECT_FALSE(accepted.duplicate());
    const Plan plan{.ref = event.ref,
                    .sha = event.sha,
                    .configuration = "{}",
                    .runs = {{.pipeline = "build", .after = {}}}};
    return queue.plan(accepted.event, plan, at(kNow)).value().value().runs.front();
  }
  void end(const PipelineRun& run, Outcome outcome, std::int64_t when) {
    const auto attempt = queue.begin_attempt(run.id, "/attempts", "boot", at(kNow)).value();
    EXPECT_TRUE(*queue.end_attempt(*attempt, {.outcome = outcome}, at(when)));
  }
};

TEST_F(News, TheKeyOfADuplicateIsKnownFromThenOn) {
  planned(push(kShaA));
  RunEvent again = push(kShaA);
  again.once = "custom inbox 7";
  EXPECT_TRUE(queue.accept(again)->duplicate()) << "the branch is there already";
  planned(push(kShaB));
  EXPECT_TRUE(queue.accept(again)->duplicate()) << "the same word again is no going back";
  EXPECT_THAT(*queue.open_events(), IsEmpty());
}

TEST_F(News, OneRefIsKnownAndSoIsWhetherTheRepositoryIs) {
  const auto known = [&](const std::string& project, const std::string& ref) {
    return queue.known_ref(project, ref).value();
  };
  EXPECT_FALSE(known("demo", "refs/heads/main").repository);
  planned(push(kShaA));
  EXPECT_TRUE(known("demo", "refs/heads/main").repository);
  EXPECT_EQ(known("demo", "refs/heads/main").sha, kShaA);
  EXPECT_TRUE(known("demo", "refs/heads/other").repository);
  EXPECT_EQ(known("demo", "refs/heads/other").sha, "");
  EXPECT_FALSE(known("tool", "refs/heads/main").repository);
}

TEST_F(News, WhatWentWrongLatelyIsFound) {
  end(planned(push(kShaA)), Outcome::passed, kNow + 20);
  end(planned(push(kShaB)), Outcome::failed, kNow + 10);
  const auto found = queue.gone_wrong_since(at(kNow + 10)).value();
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found.front().sha, kShaB);
  EXPECT_EQ(found.front().attempts, 1);
  EXPECT_EQ(found.front().configuration, "");
  EXPECT_THAT(*queue.gone_wrong_since(at(kNow + 11)), IsEmpty());
}

TEST_F(News, WhatIsDueAlreadyHidesNothingThatComesLater) {
  planned(push(kShaA));
  const std::int64_t event = queue.accept(push(kShaB))->event;
  ASSERT_TRUE(queue.postpone(event, "the server is silent", at(kNow + 60)));
  EXPECT_EQ(*queue.next_due(at(kNow)), at(kNow + 60));
  EXPECT_EQ(*queue.next_due(at(kNow + 60)), std::nullopt);
}

}  // namespace queue_news_test
}  // namespace melisai::store
