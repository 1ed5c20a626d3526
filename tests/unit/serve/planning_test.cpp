#include "core/serve/planning.h"

#include <gmock/gmock.h>

namespace melisai::serve {
namespace planning_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Trigger = PipelineSpec::Trigger;

ServePipeline pipeline(const std::string& name, Trigger trigger, const std::string& after = "") {
  ServePipeline pipeline;
  pipeline.spec.name = name;
  pipeline.spec.trigger = trigger;
  if (!after.empty()) pipeline.spec.after = {after};
  return pipeline;
}

/// `test` stands before what it comes after, as people write it.
std::vector<ServePipeline> pipelines() {
  std::vector<ServePipeline> all = {
      pipeline("test", Trigger::after, "build"), pipeline("build", Trigger::on_commit),
      pipeline("bench", Trigger::after, "test"), pipeline("publish", Trigger::on_tag),
      pipeline("nightly", Trigger::cron),        pipeline("announce", Trigger::after, "publish"),
      pipeline("clean", Trigger::manual)};
  all[2].spec.benchmarks.emplace_back();
  return all;
}

RunEvent event_of(RunEvent::Kind kind, const std::string& name = "") {
  RunEvent event;
  event.kind = kind;
  event.project = "demo";
  event.pipeline = name;
  return event;
}

std::vector<std::string> starts(const RunEvent& event) {
  std::vector<std::string> all;
  const auto planned = planned_runs(event, pipelines(), {});
  if (!planned) return {planned.error().message};
  for (const store::PlannedRun& run : *planned) {
    std::string text = run.pipeline;
    for (const std::string& before : run.after) text += "<" + before;
    all.push_back(text + (run.exclusive ? "!" : ""));
  }
  return all;
}

TEST(Planning, APushStartsWhatCommitsStartAndAllThatComesAfter) {
  EXPECT_THAT(starts(event_of(RunEvent::Kind::push)),
              ElementsAre("build", "test<build", "bench<test!"));
}

TEST(Planning, ARunHasTheLimitsOfItsPipeline) {
  std::vector<ServePipeline> all = {pipeline("build", Trigger::on_commit)};
  all[0].duration = {.warning = Milliseconds(1'000), .critical = std::nullopt};
  const auto planned = planned_runs(event_of(RunEvent::Kind::push), all, {});
  ASSERT_TRUE(planned && planned->size() == 1);
  EXPECT_EQ(planned->front().duration, all[0].duration);
}

TEST(Planning, ATagStartsWhatTagsStart) {
  EXPECT_THAT(starts(event_of(RunEvent::Kind::tag)), ElementsAre("publish", "announce<publish"));
}

TEST(Planning, ANameStartsThatPipelineWhateverItsTrigger) {
  EXPECT_THAT(starts(event_of(RunEvent::Kind::manual, "clean")), ElementsAre("clean"));
  EXPECT_THAT(starts(event_of(RunEvent::Kind::cron, "nightly")), ElementsAre("nightly"));
  EXPECT_THAT(starts(event_of(RunEvent::Kind::manual, "test")), ElementsAre("test", "bench<test!"))
      << "what it comes after is not waited for";
}

TEST(Planning, TooManyAreAnError) {
  std::vector<ServePipeline> many;
  for (std::size_t i = 0; i <= store::kEventRunsMax; ++i)
    many.push_back(pipeline("p" + std::to_string(i), Trigger::on_commit));
  const auto planned = planned_runs(event_of(RunEvent::Kind::push), many, {});
  ASSERT_FALSE(planned);
  EXPECT_EQ(planned.error().code, Errc::limit);
  EXPECT_THAT(planned.error().message, HasSubstr("would start 201 "));
}

TEST(Planning, AnUnknownNameIsAnError) {
  const auto planned = planned_runs(event_of(RunEvent::Kind::manual, "biuld"), pipelines(), {});
  ASSERT_FALSE(planned);
  EXPECT_EQ(planned.error().code, Errc::config);
  EXPECT_THAT(planned.error().message, HasSubstr("demo has no pipeline 'biuld' at this commit"));
  EXPECT_THAT(planned.error().message, HasSubstr("build"));
}

TEST(Planning, NothingIsStartedWhereNothingFits) {
  EXPECT_THAT(
      planned_runs(event_of(RunEvent::Kind::push), {pipeline("x", Trigger::manual)}, {}).value(),
      IsEmpty());
  EXPECT_THAT(
      planned_runs(event_of(RunEvent::Kind::push), {pipeline("x", Trigger::after, "gone")}, {})
          .value(),
      IsEmpty());
}

TEST(Planning, BothSidesOfADiamondAreWaitedFor) {
  std::vector<ServePipeline> all = {
      pipeline("pack", Trigger::after, "lint"), pipeline("lint", Trigger::after, "build"),
      pipeline("test", Trigger::after, "build"), pipeline("build", Trigger::on_commit)};
  all[0].spec.after.emplace_back("test");
  const auto runs = planned_runs(event_of(RunEvent::Kind::push), all, {}).value();
  ASSERT_EQ(runs.size(), 4u);
  EXPECT_EQ(runs.back().pipeline, "pack");
  EXPECT_THAT(runs.back().after, ElementsAre("lint", "test"));
  EXPECT_EQ(planned_runs(event_of(RunEvent::Kind::manual, "lint"), all, {})->size(), 1u)
      << "test does not run, so pack cannot";
}

TEST(Planning, ACircleEnds) {
  EXPECT_THAT(
      planned_runs(event_of(RunEvent::Kind::push),
                   {pipeline("a", Trigger::after, "b"), pipeline("b", Trigger::after, "a")}, {})
          .value(),
      IsEmpty());
}

}  // namespace planning_test
}  // namespace melisai::serve
