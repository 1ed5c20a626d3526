// A push starts one run, whoever tells of it, how often and in which order. The queue is the real
// one.
#include "tests/unit/api/hooks_fixture.h"

namespace melisai::api {
namespace hooks_once_test {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// What a poll that finds this accepts, as the watcher does.
class HooksAndPolls : public HooksTest {
 protected:
  bool polled(const std::string& sha, const std::string& ref = kMainRef) {
    const auto changes = trigger::ref_changes(
        trigger::Refs{{ref, known(ref)}}, {{.name = ref, .sha = sha}},
        {.branches = config.projects[0].branches, .tags = config.projects[0].tags},
        trigger::FirstSight::none);
    bool any = false;
    for (const trigger::RefEvent& change : changes)
      any |= change.starts_run &&
             !queue.accept(trigger::run_event_of(change, "demo", clock.now()))->duplicate();
    return any;
  }
};

TEST_F(HooksAndPolls, ADeliveryBeforeThePoll) {
  EXPECT_NE(pushed(github_push(kShaA, kShaB))["event"], nullptr);
  EXPECT_FALSE(polled(kShaB));
  EXPECT_THAT(events(), SizeIs(1));
}

TEST_F(HooksAndPolls, APollBeforeTheDelivery) {
  EXPECT_TRUE(polled(kShaB));
  const Json body = pushed(github_push(kShaA, kShaB));
  EXPECT_EQ(body["event"], nullptr);
  EXPECT_EQ(body["duplicate"], true);
  EXPECT_THAT(events(), SizeIs(1));
}

TEST_F(HooksAndPolls, BothMakeTheSameEvent) {
  pushed(github_push(kShaA, kShaB));
  RunEvent delivered = events().front();
  ASSERT_TRUE(queue.reject(delivered.id, "seen by the test"));
  note(kMainRef, kShaA);
  EXPECT_TRUE(polled(kShaB));
  delivered.once.clear();
  delivered.id = events().front().id;
  EXPECT_EQ(delivered, events().front());
}

TEST_F(HooksAndPolls, TheSameDeliveryAHundredTimes) {
  const Json push = github_push(kShaA, kShaB);
  EXPECT_EQ(pushed(push)["duplicate"], false);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(pushed(push)["duplicate"], true);
  EXPECT_THAT(events(), SizeIs(1));
}

TEST_F(HooksAndPolls, TheSamePushUnderOtherIds) {
  const Json push = github_push(kShaA, kShaB);
  EXPECT_EQ(pushed(push, "1")["duplicate"], false);
  EXPECT_EQ(pushed(push, "2")["duplicate"], true);
  EXPECT_THAT(events(), SizeIs(1));
}

TEST_F(HooksAndPolls, WhatIsDeliveredAgainAfterTheBranchMovedOnStartsNothing) {
  pushed(github_push(kShaA, kShaB), "1");
  pushed(github_push(kShaB, kShaA), "2");
  EXPECT_EQ(pushed(github_push(kShaA, kShaB), "1")["duplicate"], true);
  EXPECT_THAT(events(), SizeIs(2));
  EXPECT_EQ(known(), kShaA);
}

TEST_F(HooksAndPolls, ADuplicateOfAPollIsKnownWhenItComesAgain) {
  EXPECT_TRUE(polled(kShaB));
  EXPECT_EQ(pushed(github_push(kShaA, kShaB), "1")["duplicate"], true);
  EXPECT_TRUE(polled(kShaA));
  EXPECT_EQ(pushed(github_push(kShaA, kShaB), "1")["duplicate"], true);
  EXPECT_THAT(events(), SizeIs(2));
}

TEST_F(HooksAndPolls, APushBackIsNews) {
  pushed(github_push(kShaA, kShaB), "1");
  EXPECT_EQ(pushed(github_push(kShaB, kShaA), "2")["duplicate"], false);
  EXPECT_THAT(events(), SizeIs(2));
}

TEST_F(HooksAndPolls, TheIdOfOneProjectIsNotThatOfAnother) {
  pushed(github_push(kShaA, kShaB), "1");
  config.projects.back().webhook.secret = kSecret;
  ASSERT_TRUE(queue.note_refs("mute", {{kMainRef, kShaA}}, clock.now()));
  http::Request request = github_delivery("push", github_push(kShaA, kShaB).dump(), "1");
  request.path = "/hooks/github/mute";
  EXPECT_NE(body_of(request)["event"], nullptr);
}

TEST_F(HooksAndPolls, ADeletedBranchThatComesBackIsNews) {
  const std::string topic = "refs/heads/topic/1";
  note(topic, kShaB);
  const Json gone = pushed(github_push(kShaB, kNoSha, topic), "1");
  EXPECT_THAT(ignored(gone), HasSubstr("deleted"));
  EXPECT_EQ(known(topic), "");
  EXPECT_THAT(events(), IsEmpty());
  EXPECT_NE(pushed(github_push(kNoSha, kShaB, topic), "2")["event"], nullptr);
  EXPECT_EQ(events().front().cause, "new branch topic/1");
  EXPECT_EQ(events().front().before, "");
}

TEST_F(HooksAndPolls, ADeletionThatIsDeliveredAgainForgetsNothing) {
  const std::string topic = "refs/heads/topic/1";
  note(topic, kShaB);
  pushed(github_push(kShaB, kNoSha, topic), "1");
  EXPECT_NE(pushed(github_push(kNoSha, kShaB, topic), "2")["event"], nullptr);
  pushed(github_push(kShaB, kNoSha, topic), "1");
  EXPECT_EQ(known(topic), kShaB);
}

TEST_F(HooksAndPolls, ADeletedTagThatComesBackIsNewsAlsoWhenItHadAnObjectOfItsOwn) {
  const std::string tag = "refs/tags/v1";
  note(tag, kShaB);
  pushed(github_push(kShaA, kNoSha, tag), "1");
  EXPECT_EQ(known(tag), "");
  EXPECT_NE(pushed(github_push(kNoSha, kShaB, tag), "2")["event"], nullptr);
}

TEST_F(HooksAndPolls, ADeletionThatComesLateForgetsNothing) {
  EXPECT_NE(pushed(github_push(kShaA, kShaB), "1")["event"], nullptr);
  pushed(github_push(kShaA, kNoSha), "2");
  EXPECT_EQ(known(), kShaB);
}

/// Gitea delivers again what was not taken, and does not say which commit was deleted.
TEST_F(HooksAndPolls, ADeletionByGiteaLeavesWhatHasComeBackAlone) {
  const auto deletion = [](const std::string& type, const std::string& name) {
    const Json body{
        {"ref", name}, {"ref_type", type}, {"repository", trigger::github_repository("team/demo")}};
    http::Request request = github_delivery("delete", body.dump(), "d-" + name);
    request.path = "/hooks/gitea/demo";
    for (const auto& [theirs, ours] :
         {std::pair{"X-GitHub-Event", "X-Gitea-Event"}, {"X-GitHub-Delivery", "X-Gitea-Delivery"}})
      request.headers.push_back({ours, header_of(request, theirs)});
    return request;
  };
  note("refs/heads/topic/1", kShaB);
  note("refs/tags/v1", kShaB);
  for (const http::Request& late : {deletion("branch", "topic/1"), deletion("tag", "v1")}) {
    const Json body = body_of(late);
    EXPECT_THAT(ignored(body), HasSubstr("deleted"));
  }
  EXPECT_FALSE(polled(kShaB, "refs/heads/topic/1"));
  EXPECT_FALSE(polled(kShaB, "refs/tags/v1"));
}

TEST_F(HooksAndPolls, ANewTagRuns) {
  const Json body = pushed(github_push(kNoSha, kShaB, "refs/tags/v1"));
  EXPECT_NE(body["event"], nullptr);
  EXPECT_EQ(events().front().kind, RunEvent::Kind::tag);
  EXPECT_EQ(events().front().cause, "tag v1");
  EXPECT_FALSE(polled(kShaB, "refs/tags/v1"));
}

TEST_F(HooksAndPolls, ABranchThatNobodyKnewHasTheForgesPast) {
  pushed(github_push(kShaA, kShaB, "refs/heads/topic/1"));
  EXPECT_EQ(events().front().before, kShaA);
  EXPECT_EQ(events().front().cause, "push to topic/1");
}

TEST_F(HooksAndPolls, WhatTheProjectDoesNotRunIsNoted) {
  for (const std::string ref : {"refs/heads/other", "refs/tags/other"}) {
    const Json body = pushed(github_push(kNoSha, kShaB, ref));
    EXPECT_EQ(body["event"], nullptr);
    EXPECT_THAT(ignored(body), HasSubstr("is none of the branches and tags"));
    EXPECT_EQ(known(ref), kShaB) << "or a wider filter would run it later";
  }
  EXPECT_THAT(events(), IsEmpty());
}

TEST_F(HooksAndPolls, BeforeTheFirstPollNothingStarts) {
  note(kMainRef, "");
  const Json body = pushed(github_push(kShaA, kShaB));
  EXPECT_THAT(ignored(body), HasSubstr("the first poll will"));
  EXPECT_THAT(events(), IsEmpty());
  EXPECT_THAT(queue.refs("demo").value(), IsEmpty()) << "or that poll would run all there is";
  note(kMainRef, kShaA);
  EXPECT_NE(pushed(github_push(kShaA, kShaB))["event"], nullptr) << "the id was not used up";
}

}  // namespace hooks_once_test
}  // namespace melisai::api
