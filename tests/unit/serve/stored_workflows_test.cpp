// Texts that came over the API, read by the configuration's reader.
#include "core/serve/stored_workflows.h"

#include <gmock/gmock.h>

#include "core/serve/workflow_json.h"
#include "tests/unit/serve/config_fixture.h"

namespace melisai::serve {
namespace stored_workflows_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kConfig = kProject +
                            "pipelines: { build: { trigger: on_commit, run: make }, test: { "
                            "trigger: manual, run: make } }\n"
                            "workflows: { nightly: { steps: [ { pipeline: test } ] } }\n";

class StoredWorkflows : public ::testing::Test {
 protected:
  Result<Workflow> read(const std::string& text) const {
    return read_stored_workflow(text, "body", config, config.workflows, test_sources());
  }
  std::string error(const std::string& text, Errc code = Errc::config) const {
    const auto workflow = read(text);
    if (workflow) return "accepted";
    EXPECT_EQ(workflow.error().code, code) << workflow.error().message;
    return workflow.error().message;
  }
  WorkflowSet in_force(const std::map<std::string, std::string>& texts) const {
    std::vector<store::StoredWorkflow> stored;
    for (const auto& [name, text] : texts) stored.push_back({.name = name, .text = text});
    return workflows_in_force(config, stored, test_sources());
  }
  static std::vector<std::string> names(const WorkflowSet& set) {
    std::vector<std::string> all;
    for (const Workflow& workflow : set.all) all.push_back(workflow.name);
    return all;
  }

  ServeConfig config = config_of(kConfig);
};

constexpr const char* kRelease =
    "{ release: { trigger: [after_build], timeout: 90s, projects: demo, steps: [\n"
    "  { pipeline: test, params: { n: 1.10, workflow: release }, if: { branch: [main], paths: "
    "src/,\n"
    "    paths_ignore: ['*.md'], result: { build: [passed, failed] } } },\n"
    "  { workflow: nightly, if: { tag: v* } } ] } }\n";

TEST_F(StoredWorkflows, AreReadLikeThoseOfTheFile) {
  const auto workflow = read(kRelease);
  ASSERT_TRUE(workflow) << workflow.error().message;
  std::string text = kRelease;
  text = kConfig.substr(0, kConfig.find("workflows:")) +
         "workflows: { nightly: { steps: [ { pipeline: test } ] }, " + text.substr(1);
  EXPECT_EQ(*workflow, config_of(text).workflows.back());
}

TEST_F(StoredWorkflows, WhatIsShownOfThemCanBeSentAgain) {
  for (const char* const text :
       {kRelease, "w: { steps: [ { pipeline: test } ] }",
        "w: { trigger: cron, schedule: '0 0 3 * * *', timezone: Europe/Berlin, timeout: 1h1m,\n"
        "  steps: [ { pipeline: test, params: { quoted: \"a \\\" \\u00e9 \\n\" } } ] }",
        "w: { trigger: on_tag, steps: [ { pipeline: test, if: { result: { build: error } } } ] "
        "}"}) {
    const auto workflow = read(text);
    ASSERT_TRUE(workflow) << workflow.error().message;
    const auto again = read("{\"" + workflow->name + "\": " + workflow_to_json(*workflow) + "}");
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, *workflow);
  }
}

TEST_F(StoredWorkflows, MistakesAreThoseOfTheFileWithTheirPlace) {
  EXPECT_THAT(
      error("w:\n  steps: [ { pipeline: tset } ]\n"),
      HasSubstr("body:2:24: 'pipeline': no pipeline is called 'tset'; did you mean 'test'?"));
  EXPECT_THAT(error("w: { stesp: [] }"), HasSubstr("body:1:6: unknown key 'stesp'"));
  EXPECT_THAT(error("w: { steps: [ { workflow: x } ] }"), HasSubstr("no workflow is called 'x'"));
  EXPECT_THAT(error("build: { steps: [ { pipeline: test } ] }"),
              HasSubstr("a pipeline is called 'build' too"));
  EXPECT_THAT(error("a/b: { steps: [ { pipeline: test } ] }"), HasSubstr("cannot be the name"));
  EXPECT_THAT(error("w: { projects: other, steps: [ { pipeline: test } ] }"),
              HasSubstr("no project is called 'other'"));
  EXPECT_THAT(error("w: { trigger: after_x, steps: [ { pipeline: test } ] }"),
              HasSubstr("no pipeline is called 'x'"));
  EXPECT_THAT(error("w: { steps: [ { workflow: w } ] }"),
              HasSubstr("body:1:1: workflow 'w' would "));
  EXPECT_THAT(error("w: { steps: [ { pipeline: test, params: { a: '${HOME}' } } ] }"), "accepted")
      << "a text as any other: nothing is expanded";
}

TEST_F(StoredWorkflows, ATextIsOneWorkflow) {
  for (const char* const text :
       {"", "[]", "w", "{}",
        "a: { steps: [ { pipeline: test } ] }\nb: { steps: [ { pipeline: test } ] }", "w: [",
        "w: &x { steps: [ *x ] }"})
    EXPECT_THAT(error(text, Errc::parse), HasSubstr("body:")) << text;
}

TEST_F(StoredWorkflows, AreInForceAfterThoseThatTheyContainWhateverTheirNames) {
  const WorkflowSet set = in_force({{"a", "a: { steps: [ { workflow: c } ] }"},
                                    {"b", "b: { steps: [ { workflow: nightly } ] }"},
                                    {"c", "c: { steps: [ { workflow: b } ] }"}});
  EXPECT_THAT(names(set), ElementsAre("nightly", "b", "c", "a"));
  EXPECT_THAT(set.problems, IsEmpty());
  EXPECT_THAT(set.stored, SizeIs(3));
  EXPECT_THAT(users_of("b", set.all), ElementsAre("c"));
  EXPECT_THAT(users_of("a", set.all), IsEmpty());
}

TEST_F(StoredWorkflows, WhatTheConfigurationDoesNotAllowAnyMoreIsNotInForce) {
  const WorkflowSet set = in_force({{"gone", "gone: { steps: [ { pipeline: lint } ] }"},
                                    {"nightly", "nightly: { steps: [ { pipeline: build } ] }"},
                                    {"odd", "other: { steps: [ { pipeline: test } ] }"},
                                    {"one", "one: { steps: [ { workflow: two } ] }"},
                                    {"two", "two: { steps: [ { workflow: one } ] }"},
                                    {"user", "user: { steps: [ { workflow: gone } ] }"},
                                    {"well", "well: { steps: [ { workflow: nightly } ] }"}});
  EXPECT_THAT(names(set), ElementsAre("nightly", "well"));
  EXPECT_EQ(set.all.front().steps.front().pipeline, "test") << "the file wins";
  EXPECT_THAT(set.problems.at("gone"),
              HasSubstr("workflow gone:1:30: 'pipeline': no pipeline is called 'lint'"));
  EXPECT_THAT(set.problems.at("nightly"), HasSubstr("the configuration file has a workflow of"));
  EXPECT_THAT(set.problems.at("odd"), HasSubstr("of another workflow"));
  EXPECT_THAT(set.problems.at("one"), HasSubstr("a step of what it contains"));
  EXPECT_THAT(set.problems.at("user"), HasSubstr("no workflow is called 'gone'"));
}

TEST_F(StoredWorkflows, AMistakeThatOneMakesInAnotherIsItsMistake) {
  std::vector<Workflow> others = config.workflows;
  others.push_back(read("user: { steps: [ { workflow: nightly } ] }").value());
  others.back().steps.front().workflow = "w";
  const auto cycle = read_stored_workflow("w: { steps: [ { workflow: user } ] }", "body", config,
                                          others, test_sources());
  ASSERT_FALSE(cycle);
  EXPECT_THAT(cycle.error().message, HasSubstr("body:1:1: workflow"));
  std::string many = "w: { steps: [";
  for (int i = 0; i < 200; ++i) many += " { pipeline: test },";
  others.back().steps.push_back({.pipeline = "test"});
  const auto size = read_stored_workflow(many + "] }", "body", config, others, test_sources());
  ASSERT_FALSE(size);
  EXPECT_THAT(size.error().message, HasSubstr("workflow 'user' becomes more than 200 runs"));
}

TEST_F(StoredWorkflows, ARunKeepsTheTextsOfItsWorkflowAndOfThoseInIt) {
  const std::string inner = "inner: { steps: [ { pipeline: test } ] }";
  const std::string outer = "outer: { steps: [ { workflow: inner }, { workflow: nightly } ] }";
  const WorkflowSet set = in_force(
      {{"inner", inner}, {"outer", outer}, {"other", "other: { steps: [ { pipeline: test } ] }"}});
  EXPECT_THAT(texts_for({{.pipeline = "outer/inner/test", .after = {}}}, set),
              ElementsAre(inner, outer));
  EXPECT_THAT(texts_for({{.pipeline = "inner/test:fix", .after = {}}}, set), ElementsAre(inner));
  EXPECT_THAT(
      texts_for({{.pipeline = "test", .after = {}}, {.pipeline = "nightly/test", .after = {}}},
                set),
      IsEmpty());
}

}  // namespace stored_workflows_test
}  // namespace melisai::serve
