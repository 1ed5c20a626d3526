#include "core/serve/work_description.h"

#include <gmock/gmock.h>

#include "tests/unit/serve/run_fixture.h"

namespace melisai::serve {
namespace work_description_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using namespace std::chrono_literals;
using Outcome = PipelineRun::Outcome;

constexpr const char* kServe =
    "project: { name: demo, repository: /srv/demo.git }\n"
    "pipelines:\n"
    "  build: { trigger: on_commit, run: make, params: { type: all, how: slow }, if: { branch: "
    "main } }\n"
    "  test: { trigger: manual, run: make test }\n"
    "workflows:\n"
    "  w:\n"
    "    timeout: 1h\n"
    "    steps:\n"
    "      - { pipeline: build, params: { type: unit, speed: '1' } }\n"
    "      - { workflow: inner, if: { result: { build: [passed, failed] } } }\n"
    "      - { pipeline: build }\n"
    "  inner: { timeout: 10m, steps: [ { pipeline: test } ] }\n";

Task task_of(const std::string& pipeline) {
  Task task;
  task.run.project = "demo";
  task.run.pipeline = pipeline;
  task.run.ref = "refs/heads/main";
  task.event.params = {{"speed", "9"}};
  return task;
}

void add(const std::string& pipeline, std::optional<Outcome> outcome,
         std::optional<WallTime> started, Task& task) {
  PipelineRun run;
  run.pipeline = pipeline;
  run.outcome = outcome;
  run.started_at = started;
  task.siblings.push_back(run);
}

Described described(const Task& task) {
  const auto found = describe(task, {.pipeline_file = "version: 1\n", .serve_file = kServe},
                              "/x/pipeline.yaml", [](const auto&) { return std::nullopt; });
  EXPECT_TRUE(found) << found.error().message;
  return found ? *found : Described{};
}

TEST(WorkDescription, APipelineIsItself) {
  const Task task = task_of("build");
  const Described found = described(task);
  EXPECT_EQ(found.pipeline.spec.name, "build");
  EXPECT_THAT(found.workflow, SizeIs(0));
  EXPECT_THAT(conditions_of(found), SizeIs(1));
  EXPECT_THAT(params_of(task, found),
              UnorderedElementsAre(Pair("type", "all"), Pair("how", "slow"), Pair("speed", "9")));
  EXPECT_EQ(workflow_time(task, found, kNow), std::nullopt);
}

TEST(WorkDescription, ABrokenPipelineFileIsAnErrorOfThoseThatNeedIt) {
  const std::string serve =
      "project: { name: demo, repository: /srv/demo.git }\n"
      "pipelines:\n"
      "  build: { trigger: on_commit, run: make }\n"
      "  own: { trigger: on_commit }\n"
      "  deploy: { trigger: after_own, run: make deploy }\n"
      "  bench: { trigger: manual, benchmarks: [ { name: b, run: ./b } ] }\n";
  const auto describe_run = [&](const std::string& pipeline) {
    return describe(task_of(pipeline),
                    {.pipeline_file = "version: 1\npipelines: [\n", .serve_file = serve},
                    "/x/pipeline.yaml", [](const auto&) { return std::nullopt; });
  };
  const auto build = describe_run("build");
  ASSERT_TRUE(build) << build.error().message;
  EXPECT_EQ(build->pipeline.spec.run.shell, "make");
  EXPECT_THAT(build->file_problem, HasSubstr("/x/pipeline.yaml:"));
  for (const char* pipeline : {"own", "deploy", "bench"}) {
    const auto needs_it = describe_run(pipeline);
    ASSERT_FALSE(needs_it) << pipeline;
    EXPECT_THAT(needs_it.error().message, HasSubstr("/x/pipeline.yaml:")) << pipeline;
  }
}

TEST(WorkDescription, AStepIsItsPipelineWithParamsOfItsOwn) {
  const Task task = task_of("w/build");
  const Described found = described(task);
  EXPECT_EQ(found.pipeline.spec.name, "build");
  EXPECT_EQ(found.step, 0u);
  EXPECT_THAT(params_of(task, found),
              UnorderedElementsAre(Pair("type", "unit"), Pair("how", "slow"), Pair("speed", "9")));
}

TEST(WorkDescription, AStepOfAStoredWorkflowIsFoundInItsPinnedText) {
  const auto no_variables = [](const auto&) { return std::nullopt; };
  Pinned pinned{.pipeline_file = "version: 1\n",
                .serve_file = kServe,
                .workflows = {"a: { steps: [ { workflow: b }, { pipeline: test } ] }",
                              "b: { steps: [ { workflow: inner } ] }"}};
  const auto found = describe(task_of("a/b/inner/test"), pinned, "/x/pipeline.yaml", no_variables);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->pipeline.spec.name, "test");
  EXPECT_THAT(found->workflow, SizeIs(2));
  pinned.workflows.pop_back();
  const auto lost = describe(task_of("a/b/inner/test"), pinned, "/x/pipeline.yaml", no_variables);
  ASSERT_FALSE(lost);
  EXPECT_THAT(lost.error().message, HasSubstr("no workflow is called 'b'"));
}

TEST(WorkDescription, WhatAnEarlierVersionTookIsNoReasonToFail) {
  const std::string late =
      "workflows: { w: { steps: [ { pipeline: a, if: { result: { b: passed } } }, "
      "{ pipeline: b } ] } }\n";
  const Pinned pinned{.pipeline_file = "version: 1\n",
                      .serve_file = "project: { name: demo, repository: /srv/demo.git }\n" + late};
  EXPECT_TRUE(describe(task_of("w/a"), pinned, "/x/pipeline.yaml",
                       [](const auto&) { return std::nullopt; }));
}

TEST(WorkDescription, AStepHasItsConditionsAndThoseOfItsPipeline) {
  const auto inner = conditions_of(described(task_of("w/inner/test")));
  ASSERT_THAT(inner, SizeIs(2));
  EXPECT_THAT(inner[0].results, ElementsAre(Pair("build", ElementsAre("passed", "failed"))));
  EXPECT_THAT(conditions_of(described(task_of("w/build.2"))).back().branches, ElementsAre("main"));
}

TEST(WorkDescription, AStepSeesTheResultsOfTheStepsBeforeIt) {
  Task task = task_of("w/inner/test");
  add("build", Outcome::passed, kNow, task);
  add("w/build", Outcome::failed, kNow, task);
  add("w/build.2", Outcome::cancelled, kNow, task);
  const auto results = facts_of(task, described(task)).results;
  EXPECT_EQ(results.at("build"), "failed") << "not that beside the workflow, nor the later step";
  EXPECT_EQ(facts_of(task, described(task)).branch, "main");
}

TEST(WorkDescription, TheTimeOfAWorkflowBeginsWithItsFirstStep) {
  Task task = task_of("w/inner/test");
  add("w/build", Outcome::passed, kNow - 30min, task);
  add("w/inner/test", std::nullopt, kNow, task);
  const auto first = workflow_time(task, described(task), kNow);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->workflow, "w/inner");
  EXPECT_EQ(first->end, kNow + 10min);
  Task late = task_of("w/inner/test");
  add("w/build", Outcome::passed, kNow - 55min, late);
  add("w/inner/test", std::nullopt, kNow, late);
  EXPECT_EQ(workflow_time(late, described(late), kNow)->end, kNow + 5min);
}

TEST(WorkDescription, NobodyVouchesForThePatchOfAProgram) {
  Task task = task_of("build");
  EXPECT_TRUE(is_vouched_for(task));
  task.event.kind = RunEvent::Kind::follow_up;
  task.event.once = "bisect of demo/build refs/heads/main from 1";
  EXPECT_TRUE(is_vouched_for(task)) << "only commits that were pushed";
  task.event.once = "fix of run 7, try 1";
  EXPECT_FALSE(is_vouched_for(task));
  task.event = {};
  task.run.trusted = false;
  EXPECT_FALSE(is_vouched_for(task));
}

TEST(WorkDescription, WhatIsPushedSeesNoSecretsOfTheOperator) {
  const auto value_of = [](const std::string& variable) {
    const std::string serve =
        "project: { name: demo, repository: 'https://x/y', token: '${TOKEN}${PATH}' }\n";
    const std::string pushed =
        "version: 1\npipelines: { build: { trigger: on_commit, run: make, env: { X: '${" +
        variable + ":-unset}' } } }\n";
    const auto found = describe(
        task_of("build"), {.pipeline_file = pushed, .serve_file = serve}, "/x/pipeline.yaml",
        [](const std::string& name) { return std::optional<std::string>("value of " + name); });
    return found ? found->pipeline.spec.env.at("X") : found.error().message;
  };
  EXPECT_EQ(value_of("TOKEN"), "unset");
  EXPECT_EQ(value_of("OTHER"), "value of OTHER");
  EXPECT_EQ(value_of("PATH"), "value of PATH") << "stages see it anyway";
}

TEST(WorkDescription, StrangersSeeNoVariableOfTheDaemon) {
  Task task = task_of("build");
  const auto pinned = [](const std::string& value) {
    return Pinned{.pipeline_file =
                      "version: 1\nmeasure: { pass_env: [OTHER] }\npipelines: { build: "
                      "{ trigger: on_commit, run: make, env: { X: '" +
                      value + "' } } }\n",
                  .serve_file = "project: { name: demo, repository: 'https://x/y' }\n"};
  };
  const auto env = [](const std::string& name) {
    return std::optional<std::string>("value of " + name);
  };
  const auto trusted = describe(task, pinned("${OTHER}"), "/x/pipeline.yaml", env);
  ASSERT_TRUE(trusted) << trusted.error().message;
  EXPECT_THAT(trusted->project.measure.pass_env, ElementsAre("OTHER"));

  task.run.trusted = false;
  const auto refused = describe(task, pinned("${OTHER}"), "/x/pipeline.yaml", env);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("sees no variable of the daemon"));
  const auto found = describe(task, pinned("${OTHER:-unset}"), "/x/pipeline.yaml", env);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->pipeline.spec.env.at("X"), "unset");
  EXPECT_THAT(found->project.measure.pass_env, SizeIs(0));
}

}  // namespace work_description_test
}  // namespace melisai::serve
