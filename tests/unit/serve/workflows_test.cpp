#include <gmock/gmock.h>

#include "tests/unit/serve/config_fixture.h"

namespace melisai::serve {
namespace workflows_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using namespace std::chrono_literals;

TEST(Workflows, ChainPipelinesAndWorkflows) {
  const ServeConfig config = config_of(
      "pipelines: { build: { trigger: on_commit }, test: { trigger: manual } }\n"
      "workflows:\n"
      "  custom:\n"
      "    trigger: after_build\n"
      "    timeout: 2h\n"
      "    steps:\n"
      "      - { pipeline: test, params: { type: unit } }\n"
      "      - { workflow: other, if: { branch: main, result: { test: passed } } }\n"
      "  other: { steps: [ { pipeline: build } ] }\n");
  ASSERT_EQ(config.workflows.size(), 2u);
  const Workflow& custom = config.workflows[0];
  EXPECT_EQ(custom.name, "custom");
  EXPECT_EQ(custom.trigger, PipelineSpec::Trigger::after);
  EXPECT_THAT(custom.after, ElementsAre("build"));
  EXPECT_EQ(custom.timeout, 2h);
  ASSERT_EQ(custom.steps.size(), 2u);
  EXPECT_EQ(custom.steps[0].pipeline, "test");
  EXPECT_THAT(custom.steps[0].params, ElementsAre(Pair("type", "unit")));
  EXPECT_EQ(custom.steps[1].workflow, "other");
  EXPECT_THAT(custom.steps[1].condition.branches, ElementsAre("main"));
  EXPECT_EQ(config.workflows[1].trigger, PipelineSpec::Trigger::manual);
  EXPECT_EQ(config.workflows[1].timeout, std::nullopt);
}

TEST(Workflows, StartByCronToo) {
  const Workflow workflow =
      config_of(
          "workflows: { w: { trigger: cron, schedule: '0 0 3 * * *', timezone: Europe/Berlin,\n"
          "  steps: [ { pipeline: p } ] } }")
          .workflows.at(0);
  EXPECT_EQ(workflow.schedule, "0 0 3 * * *");
  EXPECT_EQ(workflow.timezone, "Europe/Berlin");
}

TEST(Workflows, KnowOnlyThePipelinesOfTheFileUnlessRepositoriesHaveTheirs) {
  const std::string workflow = "workflows: { w: { steps: [ { pipeline: tset } ] } }\n";
  const std::string pipelines = "pipelines: { test: { trigger: manual } }\n";
  EXPECT_EQ(config_of(workflow).workflows.size(), 1u);
  EXPECT_EQ(config_of(kProject + workflow).workflows.size(), 1u);
  EXPECT_THAT(error_of(kProject + pipelines + workflow),
              HasSubstr("no pipeline is called 'tset'; did you mean 'test'?"));
  EXPECT_THAT(error_of("project: { repository: /a, pipelines: { test: { trigger: manual } } }\n" +
                       workflow),
              HasSubstr("did you mean 'test'?"));
}

TEST(Workflows, AreAtMostTwoHundred) {
  std::string text = "workflows:\n";
  for (int i = 0; i < 201; ++i)
    text += "  w" + std::to_string(i) + ": { steps: [ { pipeline: p } ] }\n";
  EXPECT_THAT(error_of(text), HasSubstr("f:202:3: more than 200 workflows"));
}

TEST(Workflows, CannotLeadBackToThemselves) {
  EXPECT_THAT(error_of("workflows: { w: { steps: [ { workflow: w } ] } }"),
              HasSubstr("f:1:14: workflow 'w' would never end"));
  EXPECT_THAT(error_of("workflows:\n  ok: { steps: [ { pipeline: p } ] }\n"
                       "  a: { steps: [ { workflow: b }, { workflow: ok } ] }\n"
                       "  b: { steps: [ { workflow: a } ] }\n"),
              HasSubstr("f:3:3: workflow 'a' would never end"));
}

TEST(Workflows, MayNameALaterStepWhoseResultIsThereAllTheSame) {
  const std::string late =
      "steps: [ { pipeline: a, if: { result: { b: passed } } }, { pipeline: b } ] }";
  const std::string of_file = kProject +
                              "pipelines: { a: { trigger: manual }, build: { trigger: "
                              "on_commit }, b: { trigger: ";
  // Beside the workflow, which an event starts with it.
  EXPECT_EQ(
      error_of(of_file + "on_commit } }\nworkflows: { w: { trigger: on_commit, " + late + " }"),
      "accepted");
  EXPECT_EQ(
      error_of(of_file + "after_build } }\nworkflows: { w: { trigger: on_commit, " + late + " }"),
      "accepted");
  EXPECT_EQ(error_of(of_file + "after_a } }\nworkflows: { w: { trigger: after_a, " + late + " }"),
            "accepted");
  EXPECT_THAT(
      error_of(of_file + "on_tag } }\nworkflows: { w: { trigger: on_commit, " + late + " }"),
      HasSubstr("nobody knows the result of 'b' then"));
  // Of a repository's pipelines nobody knows what starts them.
  EXPECT_EQ(error_of(kProject + "workflows: { w: { trigger: on_commit, " + late + " }"),
            "accepted");
  EXPECT_THAT(error_of(kProject + "workflows: { w: { trigger: cron, schedule: '0 0 3 * * *', " +
                       late + " }"),
              HasSubstr("nobody knows the result of 'b' then"));
  // Before the workflow, where another one contains it.
  EXPECT_EQ(error_of("workflows: { w: { " + late +
                     ", v: { steps: [ { pipeline: b }, { workflow: u } ] }, "
                     "u: { steps: [ { workflow: w } ] } }"),
            "accepted");
  EXPECT_THAT(error_of("workflows: { w: { " + late +
                       ", v: { steps: [ { workflow: w }, { pipeline: b } ] } }"),
              HasSubstr("nobody knows the result of 'b' then"));
}

}  // namespace workflows_test
}  // namespace melisai::serve
