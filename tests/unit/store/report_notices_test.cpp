// Reports for the forge of their project: beside what people are told, and whether or not they are.
#include "core/store/queue.h"
#include "tests/unit/store/store_fixture.h"

namespace melisai::store {
namespace report_notices_test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Outcome = PipelineRun::Outcome;

class ReportNotices : public StoreTest {
 protected:
  ReportNotices() { tell({{"demo", "forge of demo"}}); }
  void tell(std::map<std::string, std::string> reports) {
    queue.set_notice_rules({.sinks = {"log"}, .reports = std::move(reports)});
  }
  /// A run that has ended so; the event that it is of.
  std::int64_t ended(Outcome outcome, const std::string& pipeline,
                     std::optional<std::int64_t> report = 4) {
    RunEvent event;
    event.kind = RunEvent::Kind::manual;
    event.project = "demo";
    event.ref = "refs/heads/main";
    event.received_at = at(kNow);
    const std::int64_t id = queue.accept(event)->event;
    const auto planned = queue.plan(id,
                                    {.ref = event.ref,
                                     .sha = std::string(40, 'a'),
                                     .configuration = "",
                                     .runs = {{.pipeline = pipeline, .after = {}}}},
                                    at(kNow));
    const auto attempt =
        queue.begin_attempt((*planned)->runs.front().id, "/attempts", "boot", at(kNow));
    EXPECT_TRUE(*queue.end_attempt(
        **attempt, {.outcome = outcome, .reason = "why", .report = report}, at(kNow)));
    return id;
  }
  std::vector<std::string> told_forge() {
    std::vector<std::string> all;
    for (const Delivery& delivery : *queue.waiting_deliveries(1000)) {
      EXPECT_EQ(delivery.sink == "forge of demo", delivery.notice.event == Notice::Event::report);
      if (delivery.sink == "forge of demo") all.push_back(name_of(delivery.notice.run));
    }
    return all;
  }

  Queue queue = Queue::open_writer(state_dir).value();
};

TEST_F(ReportNotices, AreForTheForgeAloneWhateverTheOutcome) {
  for (const Outcome outcome :
       {Outcome::passed, Outcome::regression, Outcome::regression, Outcome::inconclusive})
    ended(outcome, "bench");
  EXPECT_THAT(told_forge(),
              ElementsAre("demo/bench#1", "demo/bench#2", "demo/bench#3", "demo/bench#4"))
      << "also when it is no news to people";
}

TEST_F(ReportNotices, AreOfWhatWasJudgedAndOfNothingElse) {
  ended(Outcome::cancelled, "stopped");
  ended(Outcome::passed, "bench:bisect");
  ended(Outcome::passed, "build", std::nullopt);
  EXPECT_THAT(told_forge(), IsEmpty());
  tell({{"other", "forge of other"}});
  ended(Outcome::passed, "bench");
  EXPECT_THAT(told_forge(), IsEmpty()) << "nobody wants to know";
}

TEST_F(ReportNotices, KeepTheirRunUntilTheyAreTold) {
  const std::int64_t event = ended(Outcome::passed, "bench");
  const QueueRetention at_once{.age_max = Milliseconds(0), .runs_min = 0};
  EXPECT_THAT(queue.forgettable(at_once, at(kNow + 9)).value(), IsEmpty());
  ASSERT_THAT(told_forge(), SizeIs(1));
  for (const Delivery& delivery : *queue.waiting_deliveries(9))
    EXPECT_TRUE(*queue.end_delivery(delivery, {}));
  EXPECT_THAT(queue.forgettable(at_once, at(kNow + 9)).value(), ElementsAre(event));
}

}  // namespace report_notices_test
}  // namespace melisai::store
