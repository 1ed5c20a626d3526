// Schedules of workflows that come and go while the daemon runs.
#include "core/serve/alarm.h"

#include "tests/unit/serve/loop_fixture.h"

namespace melisai::serve {
namespace alarm_test {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;

class AlarmTest : public WithLoop {
 protected:
  ~AlarmTest() override {
    alarm.stop([](const Result<void>&) {});
  }

  /// A workflow whose only time of the year was half an hour ago, and that was kept an hour ago.
  void set_workflow(WallTime changed_at) {
    RunEvent kept;
    kept.kind = RunEvent::Kind::cron;
    kept.project = "demo";
    kept.pipeline = "w";
    kept.once = "cron demo/w an hour ago";
    kept.received_at = now - 1h;
    ASSERT_TRUE(queue.accept(kept));
    const auto time = std::chrono::floor<std::chrono::minutes>(now - 30min);
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock_time(time - day);
    Workflow workflow{.name = "w", .trigger = PipelineSpec::Trigger::cron};
    workflow.schedule = "0 " + std::to_string(clock_time.minutes().count()) + " " +
                        std::to_string(clock_time.hours().count()) + " " +
                        std::to_string(static_cast<unsigned>(date.day())) + " " +
                        std::to_string(static_cast<unsigned>(date.month())) + " *";
    WorkflowSet set{.all = {workflow}};
    set.stored["w"] = {.name = "w", .changed_at = changed_at};
    context.workflows = std::make_shared<const WorkflowSet>(std::move(set));
  }
  std::size_t events() { return queue.open_events().value().size(); }
  void start() {
    alarm.start([](const Result<void>&) {});
    loop.poll();
  }

  WallTime now = clock.now();
  Alarm alarm{context, [] {}};
};

TEST_F(AlarmTest, AWorkflowCatchesUpWithWhatItHasMissed) {
  set_workflow(now - 2h);
  start();
  EXPECT_EQ(events(), 2u);
}

TEST_F(AlarmTest, AWorkflowThatCameBackHasMissedNothing) {
  set_workflow(now);
  start();
  EXPECT_EQ(events(), 1u) << "only the one that was kept an hour ago";
}

TEST_F(AlarmTest, WorkflowsOfTheMomentAreKept) {
  start();
  set_workflow(now - 2h);
  alarm.set_workflows();
  loop.poll();
  EXPECT_EQ(events(), 2u);
  context.workflows = std::make_shared<const WorkflowSet>();
  alarm.set_workflows();
  loop.poll();
  EXPECT_EQ(events(), 2u);
}

}  // namespace alarm_test
}  // namespace melisai::serve
