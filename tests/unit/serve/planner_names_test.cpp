// Events in the planner that name a pipeline which the commit does not have.
#include "core/serve/planner.h"
#include "tests/unit/serve/loop_fixture.h"

namespace melisai::serve {
namespace planner_names_test {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class PlannerNames : public WithLoop {
 protected:
  PlannerNames() {
    git.commits[kShaA][".melisai-gate.yaml"] =
        "version: 1\npipelines: { build: { trigger: on_commit, run: make } }\n";
    set_refs({{"refs/heads/main", kShaA}});
  }
  ~PlannerNames() override {
    planner.stop([](const Result<void>&) {});
  }
  /// What is planned when somebody, or something, asks for it by name.
  std::int64_t plan(RunEvent::Kind kind, const std::string& pipeline) {
    RunEvent event = push_of("demo", "");
    event.kind = kind;
    event.ref = "";
    event.pipeline = pipeline;
    event.received_at = clock.now();
    const std::int64_t id = queue.accept(event).value().event;
    planner.start([](const Result<void>&) {});
    turn_until([this] { return planned; });
    return id;
  }

  bool planned = false;
  Planner planner{
      context,
      {.planned = [this] { planned = true; }, .seen = [](const std::string&, const auto&) {}}};
};

// Else the name would be one of the pipelines that there are, for good.
TEST_F(PlannerNames, AMistypedOneStartsNothing) {
  const std::int64_t id = plan(RunEvent::Kind::manual, "biuld");
  EXPECT_THAT(queue.runs({}).value(), IsEmpty());
  const store::EventState state = queue.event_state(id).value();
  EXPECT_EQ(state.kind, store::EventState::Kind::rejected);
  EXPECT_EQ(state.reason, "demo has no pipeline 'biuld' at this commit; did you mean 'build'?");
}

TEST_F(PlannerNames, OneThatNobodyTypedIsARedRun) {
  plan(RunEvent::Kind::cron, "nightly");
  const auto all = queue.runs({}).value();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].pipeline, "nightly");
  EXPECT_EQ(all[0].outcome, PipelineRun::Outcome::failed);
}

}  // namespace planner_names_test
}  // namespace melisai::serve
