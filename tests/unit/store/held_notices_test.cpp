#include "tests/unit/store/pull_requests_fixture.h"

namespace melisai::store {
namespace pull_requests_test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// What is told of pull requests that wait for approval.
class HeldNotices : public PullRequests {};

TEST_F(HeldNotices, AreToldOncePerHeadWhileTheyWait) {
  queue.set_notice_rules({.failures = false, .sinks = {"email", "log"}});
  const auto told = [this] { return queue.waiting_deliveries(100).value(); };
  const std::int64_t event = accept(proposed(kFirst)).event;
  auto waiting = told();
  ASSERT_THAT(waiting, SizeIs(2));
  EXPECT_EQ(waiting[0].sink, "email");
  EXPECT_EQ(waiting[1].sink, "log");
  const Notice& notice = waiting[0].notice;
  EXPECT_EQ(notice.event, Notice::Event::approval_wanted);
  EXPECT_EQ(notice.level, Notice::Level::warning);
  EXPECT_EQ(notice.proposal, proposed(kFirst).proposal);
  EXPECT_EQ(notice.run.event, event);
  EXPECT_EQ(notice.run.project, "demo");
  EXPECT_EQ(notice.run.ref, kRef);
  EXPECT_EQ(notice.run.sha, kFirst);
  EXPECT_EQ(notice.at, at(kNow));
  // The same head again, told or not.
  ASSERT_TRUE(queue.end_delivery(waiting[0], {}).value());
  ASSERT_TRUE(queue.close_pull_request("demo", 7, "", at(kNow)));
  EXPECT_TRUE(accept(proposed(kFirst)).waits);
  EXPECT_THAT(told(), SizeIs(1));
  // Another head, and one that nobody has to approve.
  EXPECT_TRUE(accept(proposed(kSecond)).waits);
  EXPECT_THAT(told(), SizeIs(2));
  EXPECT_FALSE(accept(proposed(std::string(40, 'c'), true)).waits);
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(HeldNotices, OfHeadsThatWereLeftFloodNobody) {
  queue.set_notice_rules({.failures = false, .sinks = {"log"}});
  for (const char head : std::string("abcdef")) accept(proposed(std::string(40, head)));
  accept(proposed(kFirst));
  const auto waiting = queue.waiting_deliveries(100).value();
  ASSERT_THAT(waiting, SizeIs(1));
  EXPECT_EQ(waiting[0].notice.run.sha, kFirst) << "it was left before anybody was told";
}

TEST_F(HeldNotices, EndWithTheWait) {
  queue.set_notice_rules({.failures = true, .sinks = {"log"}});
  RunEvent other = proposed(kFirst);
  other.proposal->number = 8;
  other.ref = "refs/pull/8/head";
  accept(other);
  const auto told = [this] {
    std::vector<std::int64_t> numbers;
    for (const Delivery& waiting : queue.waiting_deliveries(100).value())
      numbers.push_back(waiting.notice.proposal->number);
    return numbers;
  };
  accept(proposed(kFirst));
  EXPECT_THAT(told(), ElementsAre(8, 7));
  ASSERT_TRUE(approve(kFirst));
  EXPECT_THAT(told(), ElementsAre(8)) << "approved";
  accept(proposed(kSecond));
  EXPECT_THAT(told(), ElementsAre(8, 7));
  ASSERT_TRUE(queue.close_pull_request("demo", 7, "", at(kNow)));
  EXPECT_THAT(told(), ElementsAre(8)) << "closed";
  ASSERT_TRUE(queue.forget_pull_requests(at(kNow + 1)));
  EXPECT_THAT(told(), IsEmpty()) << "given up";
}

TEST_F(HeldNotices, TellTheForgeOfTheApprovalAsWell) {
  queue.set_notice_rules({.sinks = {"log"}, .approvals = {{"demo", "forge"}, {"other", "no"}}});
  const auto told = [this] {
    std::vector<std::string> all;
    for (const Delivery& waiting : queue.waiting_deliveries(100).value())
      all.push_back(waiting.sink + " " + std::string(to_string(waiting.notice.event)) + " " +
                    waiting.notice.proposal->approved_by);
    return all;
  };
  const std::vector<std::string> wanted{"forge approval_wanted ", "log approval_wanted "};
  const std::vector<std::string> approved{"forge approved token ops"};
  accept(proposed(kFirst));
  EXPECT_EQ(told(), wanted);
  ASSERT_TRUE(approve(kFirst));
  EXPECT_EQ(told(), approved);
  ASSERT_TRUE(approve(kFirst));
  EXPECT_EQ(told(), approved) << "it was already";
  ASSERT_TRUE(queue.close_pull_request("demo", 7, "", at(kNow)));
  EXPECT_EQ(told(), approved) << "the check at that head is left over otherwise";
  ASSERT_TRUE(queue.end_delivery(queue.waiting_deliveries(1)->front(), {}).value());
  // Reopened it waits again, and the forge has been told of the approval meanwhile.
  EXPECT_TRUE(accept(proposed(kFirst)).waits);
  EXPECT_EQ(told(), wanted);
  for (const Delivery& waiting : queue.waiting_deliveries(100).value())
    ASSERT_TRUE(queue.end_delivery(waiting, {}).value());
  ASSERT_TRUE(queue.close_pull_request("demo", 7, "", at(kNow)));
  EXPECT_TRUE(accept(proposed(kFirst)).waits);
  EXPECT_THAT(told(), IsEmpty()) << "once for each head";
  // A retry of what nobody approved in time is an approval.
  ASSERT_TRUE(queue.forget_pull_requests(at(kNow + 1)));
  ASSERT_TRUE(approve(kFirst, Action::retry));
  EXPECT_EQ(told(), approved);
}

TEST_F(HeldNotices, EndWithThatItWaitsWhenItWaitsAgain) {
  queue.set_notice_rules({.sinks = {}, .approvals = {{"demo", "forge"}}});
  const auto waiting = [this] { return queue.waiting_deliveries(100).value(); };
  accept(proposed(kFirst));
  ASSERT_TRUE(queue.end_delivery(waiting().front(), {}).value());
  ASSERT_TRUE(approve(kFirst));
  ASSERT_THAT(waiting(), SizeIs(1)) << "the forge cannot be reached";
  ASSERT_TRUE(queue.close_pull_request("demo", 7, "", at(kNow)));
  EXPECT_TRUE(accept(proposed(kFirst)).waits);
  EXPECT_THAT(waiting(), IsEmpty()) << "it says that already";
  // The forge hears of an approval of what had expired before.
  ASSERT_TRUE(queue.forget_pull_requests(at(kNow + 1)));
  ASSERT_TRUE(approve(kFirst, Action::retry));
  ASSERT_TRUE(queue.end_delivery(waiting().front(), {}).value());
  ASSERT_TRUE(queue.close_pull_request("demo", 7, "", at(kNow)));
  EXPECT_TRUE(accept(proposed(kFirst)).waits);
  ASSERT_THAT(waiting(), SizeIs(1));
  EXPECT_EQ(to_string(waiting()[0].notice.event), "approval_wanted");
}

TEST_F(HeldNotices, AreForgottenWithTheirNotices) {
  queue.set_notice_rules({.sinks = {"email", "log"}});
  const std::int64_t event = accept(proposed(kFirst)).event;
  const auto forgettable = [this] {
    return queue.forgettable({.age_max = std::chrono::hours(1)}, at(kNow + 7200)).value();
  };
  EXPECT_THAT(forgettable(), IsEmpty()) << "it is still to be told";
  ASSERT_TRUE(queue.end_delivery(queue.waiting_deliveries(1)->front(), {}).value());
  ASSERT_TRUE(queue.close_pull_request("demo", 7, "", at(kNow)));
  EXPECT_THAT(forgettable(), ElementsAre(event));
  ASSERT_TRUE(queue.forget_events({event}));
  EXPECT_EQ(queue.delivery_counts()->waiting, 0);
}

}  // namespace pull_requests_test
}  // namespace melisai::store
