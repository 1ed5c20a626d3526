#include <gmock/gmock.h>

#include "core/gate/health/health.h"
#include "tests/unit/serve/config_fixture.h"

namespace melisai::serve {
namespace pipelines_at_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using namespace std::chrono_literals;

std::vector<PipelineSpec> declared() {
  return run::parse_project(
             "version: 1\n"
             "pipelines:\n"
             "  build: { trigger: on_commit, run: make, env: { A: theirs, B: theirs }, timeout: 2h "
             "}\n"
             "  nightly: { trigger: manual, run: make slow }\n",
             ".melisai-gate.yaml", [](const std::string&) { return std::nullopt; },
             {formats::problem_of, gate::anomaly_problem})
      .value()
      .pipelines;
}

Result<std::vector<ServePipeline>> pipelines_of(const std::string& text) {
  const ServeConfig config = config_of(text);
  return pipelines_at(config, config.projects.at(0), declared());
}

TEST(PipelinesAt, AreThoseOfTheRepositoryWithoutConfiguredOnes) {
  const std::vector<ServePipeline> pipelines = pipelines_of(kProject).value();
  ASSERT_EQ(pipelines.size(), 2u);
  EXPECT_EQ(pipelines[0].spec, declared()[0]);
  EXPECT_EQ(pipelines[0].duration, default_duration_limits("build"));
  EXPECT_EQ(pipelines[1].spec, declared()[1]);
}

TEST(PipelinesAt, AConfiguredOneWithNothingToDoIsTheDeclaredOneOfItsName) {
  const std::vector<ServePipeline> pipelines =
      pipelines_of(kProject + "pipelines: { build: { trigger: on_tag, env: { A: ours } } }")
          .value();
  ASSERT_EQ(pipelines.size(), 1u);
  const PipelineSpec& build = pipelines[0].spec;
  EXPECT_EQ(build.run.shell, "make");
  EXPECT_EQ(build.trigger, PipelineSpec::Trigger::on_tag);
  EXPECT_THAT(build.env, ElementsAre(Pair("A", "ours"), Pair("B", "theirs")));
  EXPECT_EQ(build.timeout, 2h);
}

TEST(PipelinesAt, ATimeoutThatIsConfiguredWins) {
  const std::string text = kProject + "pipelines: { build: { trigger: on_tag, timeout: 5m } }";
  EXPECT_EQ(pipelines_of(text).value().at(0).spec.timeout, 5min);
}

TEST(PipelinesAt, AConfiguredOneWithACommandNeedsNoDeclaredOne) {
  const std::vector<ServePipeline> pipelines =
      pipelines_of(kProject +
                   "pipelines: { build: { trigger: manual, run: other },\n"
                   "             lint: { trigger: manual, run: lint } }")
          .value();
  ASSERT_EQ(pipelines.size(), 2u);
  EXPECT_EQ(pipelines[0].spec.run.shell, "other");
  EXPECT_TRUE(pipelines[0].spec.env.empty());
}

TEST(PipelinesAt, AProjectsOwnOnesReplaceThoseOfAllProjects) {
  const std::vector<ServePipeline> pipelines =
      pipelines_of(
          "project: { repository: /a, pipelines: { nightly: { trigger: on_commit } } }\n"
          "pipelines: { build: { trigger: on_commit } }")
          .value();
  ASSERT_EQ(pipelines.size(), 1u);
  EXPECT_EQ(pipelines[0].spec.name, "nightly");
}

TEST(PipelinesAt, OneThatNobodyDeclaresIsAnError) {
  const Result<std::vector<ServePipeline>> pipelines =
      pipelines_of(kProject + "pipelines: { biuld: { trigger: on_commit } }");
  ASSERT_FALSE(pipelines);
  EXPECT_EQ(pipelines.error().code, Errc::config);
  EXPECT_THAT(pipelines.error().message,
              HasSubstr("pipeline 'biuld' has neither 'run' nor 'benchmarks', and "
                        ".melisai-gate.yaml of this commit declares none of that name; did you "
                        "mean 'build'?"));
}

}  // namespace pipelines_at_test
}  // namespace melisai::serve
