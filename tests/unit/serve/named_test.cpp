#include "core/serve/named.h"

#include "core/serve/pinned.h"
#include "tests/unit/serve/loop_fixture.h"

namespace melisai::serve {
namespace named_test {

using ::testing::HasSubstr;

class NamedTest : public WithLoop {
 protected:
  std::string named(const std::string& project, const std::string& pipeline) {
    const Result<Named> found = find_pipeline(project, pipeline, config);
    return found ? found->project.name + " " + found->pipeline : found.error().message;
  }
  /// "" when it is known.
  std::string problem(const std::string& pipeline) {
    const Result<void> known = check_known({config.projects.front(), pipeline}, context);
    return known ? "" : known.error().message;
  }
  /// A run of build on a commit with that pipeline file.
  void add_run_with(const std::string& pipelines) {
    const auto accepted = queue.accept(push_of("demo", kShaA)).value();
    ASSERT_TRUE(queue.plan(
        accepted.event,
        {.ref = "refs/heads/main",
         .sha = kShaA,
         .configuration = to_json(Pinned{.pipeline_file = pipelines, .serve_file = kProject}),
         .runs = {{.pipeline = "build", .after = {}}}},
        kNow));
  }
};

TEST_F(NamedTest, APipelineMayBeNamedWithItsProject) {
  EXPECT_EQ(named("", "build"), "demo build");
  EXPECT_EQ(named("", "demo/build"), "demo build");
  EXPECT_EQ(named("demo", "release/build"), "demo release/build") << "a step of a workflow";
  EXPECT_THAT(named("dmeo", "build"), HasSubstr("did you mean 'demo'?"));
  EXPECT_THAT(named("", ""), HasSubstr("name the pipeline"));
}

TEST_F(NamedTest, WithoutAnyProjectNoListIsPromised) {
  config.projects.clear();
  EXPECT_THAT(named("", "build"), HasSubstr("has no project"));
}

TEST_F(NamedTest, WhereNothingIsKnownEveryNameMayBeOne) { EXPECT_EQ(problem("any"), ""); }

TEST_F(NamedTest, KnownIsWhatRanOrStandsAtTheNewestCommit) {
  add_run_with("version: 1\npipelines: { other: { trigger: manual, run: make } }\n");
  EXPECT_EQ(problem("build"), "");
  EXPECT_EQ(problem("other"), "");
  EXPECT_THAT(problem("nope"), HasSubstr("'nope'; there are: build, other"));
}

TEST_F(NamedTest, AProjectThatIsNotThereIsToldFromAPipelineWithASlash) {
  add_run_with("version: 1\npipelines: { a/b: { trigger: manual, run: make } }\n");
  EXPECT_TRUE(check_no_project({config.projects.front(), "a/b"}, context));
  EXPECT_TRUE(check_no_project({config.projects.front(), "new"}, context));
  const Result<void> no_project = check_no_project({config.projects.front(), "x/build"}, context);
  ASSERT_FALSE(no_project);
  EXPECT_THAT(no_project.error().message, HasSubstr("no project is called 'x'"));
}

TEST_F(NamedTest, KnownIsWhatIsConfigured) {
  config = config_of(kProject + "pipelines: { deploy: { trigger: manual, run: make } }\n" +
                     "workflows: { release: { steps: [ { pipeline: deploy } ] } }\n");
  context.workflows = std::make_shared<const WorkflowSet>(WorkflowSet{.all = config.workflows});
  EXPECT_EQ(problem("deploy"), "");
  EXPECT_EQ(problem("release"), "");
  EXPECT_THAT(problem("nope"), HasSubstr("there are: deploy, release"));
}

}  // namespace named_test
}  // namespace melisai::serve
