#include "core/serve/workflow_runs.h"

#include <gmock/gmock.h>

#include "core/serve/planning.h"
#include "tests/unit/serve/config_fixture.h"

namespace melisai::serve {
namespace workflow_runs_test {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;
using namespace std::chrono_literals;

const std::string kPipelines =
    "pipelines:\n"
    "  build: { trigger: on_commit, run: x }\n"
    "  test: { trigger: manual, run: x }\n"
    "  deploy: { trigger: manual, run: x }\n"
    "  clean: { trigger: manual, run: x }\n"
    "  bench: { trigger: manual, benchmarks: [ { name: b, run: x } ] }\n";

ServeConfig with(const std::string& workflows) {
  return config_of(kProject + kPipelines + "workflows:\n" + workflows);
}

std::vector<WorkflowRun> runs_of(const ServeConfig& config, std::set<std::string> taken = {}) {
  const auto runs = workflow_runs(config.workflows.front(), config.workflows, std::move(taken));
  EXPECT_TRUE(runs) << runs.error().message;
  return runs ? *runs : std::vector<WorkflowRun>{};
}

std::vector<std::string> names_of_runs(const std::vector<WorkflowRun>& runs) {
  std::vector<std::string> names;
  for (const WorkflowRun& run : runs) names.push_back(run.name);
  return names;
}

TEST(WorkflowRuns, AreTheStepsAlsoOfWorkflowsInside) {
  const ServeConfig config = with(
      "  release:\n    timeout: 2h\n    steps:\n"
      "      - { pipeline: build, params: { type: unit } }\n"
      "      - { workflow: staging, params: { where: stage }, if: { branch: main } }\n"
      "      - { pipeline: deploy }\n"
      "      - { pipeline: deploy }\n"
      "  staging: { timeout: 5m, steps: [ { pipeline: deploy, params: { where: x, how: fast },\n"
      "    if: { tag: v* } } ] }\n");
  const auto runs = runs_of(config);
  EXPECT_THAT(names_of_runs(runs), ElementsAre("release/build", "release/staging/deploy",
                                               "release/deploy", "release/deploy.2"));
  EXPECT_THAT(runs[0].params, ElementsAre(Pair("type", "unit")));
  EXPECT_EQ(runs[1].pipeline, "deploy");
  EXPECT_THAT(runs[1].params, UnorderedElementsAre(Pair("where", "stage"), Pair("how", "fast")));
  ASSERT_EQ(runs[1].conditions.size(), 2u);
  EXPECT_THAT(runs[1].conditions[0].branches, ElementsAre("main"));
  EXPECT_THAT(runs[1].conditions[1].tags, ElementsAre("v*"));
  ASSERT_EQ(runs[1].levels.size(), 2u);
  EXPECT_EQ(runs[1].levels[0].name, "release");
  EXPECT_EQ(runs[1].levels[0].timeout, 2h);
  EXPECT_EQ(runs[1].levels[1].name, "release/staging");
  EXPECT_EQ(runs[1].levels[1].timeout, 5min);
  EXPECT_EQ(runs, runs_of(config)) << "always the same";
}

TEST(WorkflowRuns, AreCalledLikeNoPipeline) {
  const ServeConfig config = with("  w: { steps: [ { pipeline: test } ] }\n");
  EXPECT_THAT(names_of_runs(runs_of(config, {"w/test"})), ElementsAre("w/test.2"));
}

TEST(WorkflowRuns, AreLimited) {
  std::string deep = "  w0: { steps: [ { workflow: w1 } ] }\n";
  for (int i = 1; i < 10; ++i)
    deep += "  w" + std::to_string(i) + ": { steps: [ { workflow: w" + std::to_string(i + 1) +
            " } ] }\n";
  EXPECT_THAT(error_of(kProject + kPipelines + "workflows:\n" + deep +
                       "  w10: { steps: [ { pipeline: test } ] }\n"),
              AllOf(HasSubstr("f:9:3:"), HasSubstr("inside 10 others")));
  std::string wide;
  for (int i = 0; i < 8; ++i)
    wide += "  w" + std::to_string(i) + ": { steps: [ { workflow: w" + std::to_string(i + 1) +
            " }, { workflow: w" + std::to_string(i + 1) + " } ] }\n";
  EXPECT_THAT(error_of(kProject + kPipelines + "workflows:\n" + wide +
                       "  w8: { steps: [ { pipeline: test } ] }\n"),
              HasSubstr("'w0' becomes more than 200 runs"));
}

/// "NAME <must pass ~may be skipped |must end", "!" for a benchmark.
std::vector<std::string> planned(const ServeConfig& config, RunEvent event) {
  event.project = "demo";
  const auto runs = planned_runs(event, config.pipelines, config.workflows);
  if (!runs) return {runs.error().message};
  std::vector<std::string> texts;
  for (const store::PlannedRun& run : *runs) {
    std::string text = run.pipeline;
    for (const std::string& name : run.after) text += " <" + name;
    for (const std::string& name : run.after_good) text += " ~" + name;
    for (const std::string& name : run.after_end) text += " |" + name;
    texts.push_back(text + (run.exclusive ? "!" : ""));
  }
  return texts;
}

RunEvent named(const std::string& name) {
  RunEvent event;
  event.kind = RunEvent::Kind::manual;
  event.pipeline = name;
  return event;
}

TEST(WorkflowPlanning, ANameStartsTheStepsOneAfterTheOther) {
  const ServeConfig config = with(
      "  release: { steps: [ { pipeline: build }, { pipeline: bench }, { pipeline: deploy } ] }\n");
  EXPECT_THAT(planned(config, named("release")),
              ElementsAre("release/build", "release/bench ~release/build!",
                          "release/deploy ~release/build ~release/bench"));
  EXPECT_THAT(planned(config, named("relaese")),
              ElementsAre(AllOf(HasSubstr("no pipeline 'relaese'"), HasSubstr("'release'"))));
}

TEST(WorkflowPlanning, StepsWhoseConditionNamesResultsRunAfterFailuresToo) {
  const ServeConfig config = with(
      "  w: { steps: [ { pipeline: build },\n"
      "    { pipeline: clean, if: { result: { build: failed } } }, { pipeline: test } ] }\n");
  EXPECT_THAT(planned(config, named("w")),
              ElementsAre("w/build", "w/clean |w/build", "w/test ~w/build ~w/clean"));
}

TEST(WorkflowPlanning, AWorkflowInsideIsOneStep) {
  const ServeConfig config = with(
      "  w: { steps: [ { pipeline: build },\n"
      "    { workflow: after, if: { result: { build: failed } } } ] }\n"
      "  after: { steps: [ { pipeline: clean }, { pipeline: test } ] }\n");
  EXPECT_THAT(planned(config, named("w")), ElementsAre("w/build", "w/after/clean |w/build",
                                                       "w/after/test ~w/after/clean |w/build"))
      << "within it a failure counts again";
}

TEST(WorkflowPlanning, TriggersStartThemBesidePipelines) {
  const ServeConfig config = with(
      "  each: { trigger: on_commit, steps: [ { pipeline: test } ] }\n"
      "  later: { trigger: after_build, steps: [ { pipeline: test }, { pipeline: clean } ] }\n"
      "  tagged: { trigger: on_tag, steps: [ { pipeline: deploy } ] }\n"
      "  timed: { trigger: cron, schedule: '0 0 3 * * *', steps: [ { pipeline: test } ] }\n");
  RunEvent push;
  EXPECT_THAT(planned(config, push), ElementsAre("build", "each/test", "later/test <build",
                                                 "later/clean <build ~later/test"));
  RunEvent tag;
  tag.kind = RunEvent::Kind::tag;
  EXPECT_THAT(planned(config, tag), ElementsAre("tagged/deploy"));
  EXPECT_THAT(planned(config, named("timed")), ElementsAre("timed/test"));
  EXPECT_THAT(planned(config, named("build")),
              ElementsAre("build", "later/test <build", "later/clean <build ~later/test"));
}

TEST(WorkflowPlanning, AWorkflowMayBelongToSomeProjects) {
  const ServeConfig config = config_of(
      "projects: [ { name: demo, repository: /a }, { name: other, repository: /b } ]\n" +
      kPipelines +
      "workflows: { w: { projects: other, trigger: on_commit, steps: [ { pipeline: test } ] } }\n");
  EXPECT_THAT(planned(config, RunEvent{}), ElementsAre("build"));
  EXPECT_THAT(planned(config, named("w")), ElementsAre(HasSubstr("demo has no pipeline 'w'")));
  EXPECT_THAT(
      error_of(kProject + "workflows: { w: { projects: dmeo, steps: [ { pipeline: p } ] } }"),
      HasSubstr("no project is called 'dmeo'; did you mean 'demo'?"));
}

TEST(WorkflowPlanning, AStepMayAskForAPipelineBesideItsWorkflow) {
  const ServeConfig config = with(
      "  w: { trigger: on_commit,\n"
      "    steps: [ { pipeline: clean, if: { result: { build: failed } } } ] }\n");
  EXPECT_THAT(planned(config, RunEvent{}), ElementsAre("build", "w/clean |build"));
  EXPECT_THAT(planned(config, named("w")), ElementsAre("w/clean"));
}

TEST(ResultPlanning, WhatAConditionNamesIsWaitedForHoweverItEnds) {
  const ServeConfig config = config_of(
      kProject +
      "pipelines:\n"
      "  build: { trigger: on_commit, run: x }\n"
      "  clean: { trigger: after_build, run: x, if: { result: { build: failed } } }\n"
      "  tell: { trigger: on_commit, run: x, if: { result: { clean: passed, other: passed } } }\n"
      "  other: { trigger: manual, run: x }\n");
  EXPECT_THAT(planned(config, RunEvent{}), ElementsAre("build", "clean |build", "tell |clean"));
}

TEST(ResultPlanning, RunsThatWouldWaitForEachOtherAreRefused) {
  EXPECT_THAT(
      error_of(kProject + "pipelines:\n"
                          "  a: { trigger: on_commit, run: x, if: { result: { b: passed } } }\n"
                          "  b: { trigger: on_commit, run: x, if: { result: { a: passed } } }\n"),
      HasSubstr("f:3:3: pipelines would wait for each other: a -> b -> a"));
  EXPECT_THAT(
      error_of(kProject + "pipelines:\n"
                          "  a: { trigger: on_commit, run: x, if: { result: { b: passed } } }\n"
                          "  b: { trigger: after_a, run: x }\n"),
      HasSubstr("would wait for each other"));
}

}  // namespace workflow_runs_test
}  // namespace melisai::serve
