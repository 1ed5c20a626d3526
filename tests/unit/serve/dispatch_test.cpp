#include "core/serve/dispatch.h"

#include <gmock/gmock.h>

namespace melisai::serve {
namespace dispatch_test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

enum class Kind { shares, measures };

PipelineRun run(std::int64_t id, const std::string& sha, Kind kind = Kind::shares) {
  PipelineRun run;
  run.id = id;
  run.project = "demo";
  run.sha = sha;
  run.exclusive = kind == Kind::measures;
  return run;
}

std::vector<std::int64_t> chosen(const std::vector<PipelineRun>& ready,
                                 const std::vector<PipelineRun>& running,
                                 const DispatchRules& rules = {.engines = 3}) {
  std::vector<std::int64_t> ids;
  for (const PipelineRun& one : choose_runs(ready, running, rules)) ids.push_back(one.id);
  return ids;
}

TEST(Dispatch, StartsTheOldestUpToTheNumberOfEngines) {
  const std::vector<PipelineRun> ready = {run(1, "a"), run(2, "b"), run(3, "c"), run(4, "d")};
  EXPECT_THAT(chosen(ready, {}), ElementsAre(1, 2, 3));
  EXPECT_THAT(chosen(ready, {run(9, "x")}), ElementsAre(1, 2));
  EXPECT_THAT(chosen(ready, {run(7, "x"), run(8, "y"), run(9, "z")}), IsEmpty());
}

TEST(Dispatch, OneThatMeasuresIsAlone) {
  const PipelineRun bench = run(1, "a", Kind::measures);
  EXPECT_THAT(chosen({bench, run(2, "b")}, {}), ElementsAre(1));
  EXPECT_THAT(chosen({run(2, "b")}, {bench}), IsEmpty());
  EXPECT_THAT(chosen({bench}, {run(9, "x")}), IsEmpty());
  EXPECT_THAT(chosen({bench, run(2, "b", Kind::measures)}, {}), ElementsAre(1));
}

TEST(Dispatch, NothingYoungerOvertakesOneThatMeasures) {
  EXPECT_THAT(chosen({run(1, "a"), run(2, "b", Kind::measures), run(3, "c")}, {}), ElementsAre(1));
  EXPECT_THAT(chosen({run(2, "b", Kind::measures), run(3, "c")}, {run(1, "a")}), IsEmpty());
}

TEST(Dispatch, OneThatMeasuresHoldsYoungerOnesBackAlsoBehindItsOwnCommit) {
  EXPECT_THAT(chosen({run(2, "a", Kind::measures), run(3, "c")}, {run(1, "a")}), IsEmpty());
}

PipelineRun of_pipeline(const std::string& pipeline, PipelineRun run) {
  run.pipeline = pipeline;
  return run;
}

TEST(Dispatch, PipelinesOfOneCommitGoSideBySide) {
  const PipelineRun unit = of_pipeline("unit", run(1, "a"));
  const PipelineRun lint = of_pipeline("lint", run(2, "a"));
  EXPECT_THAT(chosen({unit, lint}, {}), ElementsAre(1, 2));
  EXPECT_THAT(chosen({lint}, {unit}), ElementsAre(2));
}

TEST(Dispatch, TheSamePipelineOnTheSameCommitTakesTurns) {
  const PipelineRun first = of_pipeline("deploy", run(1, "a"));
  const PipelineRun again = of_pipeline("deploy", run(2, "a"));
  const PipelineRun newer = of_pipeline("deploy", run(3, "b"));
  EXPECT_THAT(chosen({first, again, newer}, {}), ElementsAre(1, 3));
  EXPECT_THAT(chosen({again, newer}, {first}), ElementsAre(3));
}

TEST(Dispatch, StrangersDelayNoRunOfTheSameCommitThatIsTrusted) {
  PipelineRun theirs = of_pipeline("test", run(1, "a"));
  theirs.trusted = false;
  PipelineRun again = of_pipeline("test", run(2, "a"));
  again.trusted = false;
  const PipelineRun ours = of_pipeline("test", run(3, "a"));
  EXPECT_THAT(chosen({again, ours}, {theirs}), ElementsAre(3));
  EXPECT_THAT(chosen({again}, {ours}), ElementsAre(2));
}

TEST(Dispatch, AStepOfAWorkflowIsARunOfItsPipeline) {
  const PipelineRun plain = of_pipeline("deploy", run(1, "a"));
  const PipelineRun step = of_pipeline("release/deploy", run(2, "a"));
  const PipelineRun second = of_pipeline("release/staging/deploy.2", run(3, "a"));
  EXPECT_THAT(chosen({plain, step, second}, {}), ElementsAre(1));
  EXPECT_THAT(chosen({second, plain}, {step}), IsEmpty());
  const PipelineRun other = of_pipeline("release/test", run(4, "a"));
  const PipelineRun newer = of_pipeline("release/deploy", run(5, "b"));
  EXPECT_THAT(chosen({other, newer}, {plain}), ElementsAre(4, 5));
}

TEST(Dispatch, APipelineMayHaveANumberInItsName) {
  const PipelineRun plain = of_pipeline("py3.12", run(1, "a"));
  EXPECT_THAT(chosen({of_pipeline("py3.11", run(2, "a"))}, {plain}), ElementsAre(2));
  EXPECT_THAT(chosen({of_pipeline("all/py3.12", run(2, "a"))}, {plain}), IsEmpty());
}

TEST(Dispatch, OnePipelineOfTwoProjectsGoesSideBySide) {
  PipelineRun other = run(2, "a");
  other.project = "fork";
  EXPECT_THAT(chosen({run(1, "a"), other}, {}), ElementsAre(1, 2));
}

TEST(Dispatch, SaysWhatKeepsARunFromStarting) {
  using Why = Hindrance::Kind;
  const PipelineRun build = run(1, "a");
  const PipelineRun bench = run(2, "b", Kind::measures);
  const PipelineRun lint = run(3, "c");
  const DispatchRules rules{.engines = 2};
  EXPECT_FALSE(hindrance_of(1, {build}, {}, rules));
  EXPECT_FALSE(hindrance_of(9, {build}, {lint, run(4, "d")}, rules)) << "not ready";
  const auto kind = [&](std::int64_t id, const std::vector<PipelineRun>& running) {
    const auto hindrance = hindrance_of(id, {bench, lint}, running, rules);
    return hindrance ? std::optional(std::pair(hindrance->kind, hindrance->other.id))
                     : std::nullopt;
  };
  EXPECT_EQ(kind(2, {build}), std::pair(Why::has_to_be_alone, std::int64_t{1}));
  EXPECT_EQ(kind(3, {build}), std::pair(Why::is_behind, std::int64_t{2}));
  EXPECT_EQ(kind(3, {}), std::pair(Why::measures, std::int64_t{2}));
}

TEST(Dispatch, WithoutParallelExecutionThereIsOneAtATime) {
  const DispatchRules rules{.engines = 3, .parallel = false};
  EXPECT_THAT(chosen({run(1, "a"), run(2, "b")}, {}, rules), ElementsAre(1));
  EXPECT_THAT(chosen({run(2, "b")}, {run(1, "a")}, rules), IsEmpty());
}

}  // namespace dispatch_test
}  // namespace melisai::serve
