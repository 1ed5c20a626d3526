#include "core/run/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/run/configuration.h"

namespace melisai::run {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Trigger = PipelineSpec::Trigger;

PipelineSpec pipeline(const std::string& name, Trigger trigger, const std::string& after = "") {
  PipelineSpec spec;
  spec.name = name;
  spec.trigger = trigger;
  if (!after.empty()) spec.after = {after};
  spec.run.shell = "make " + name;
  return spec;
}

PipelineSpec with_benchmark(PipelineSpec spec, const std::string& benchmark,
                            const std::string& format = "command") {
  spec.run = {};
  BenchmarkSpec added;
  added.name = benchmark;
  added.format.name = format;
  spec.benchmarks.push_back(added);
  return spec;
}

std::vector<std::string> names(const std::vector<PipelineSpec>& pipelines) {
  std::vector<std::string> all;
  for (const PipelineSpec& spec : pipelines) all.push_back(spec.name);
  return all;
}

TEST(Plan, BuildsWhatBenchmarksNeedOnBothSidesAndTheRestOnHeadOnly) {
  Project project;
  // Declared out of order: the plan sorts by what each one follows.
  project.pipelines = {with_benchmark(pipeline("bench", Trigger::after, "generate"), "b"),
                       pipeline("test", Trigger::after, "build"),
                       pipeline("generate", Trigger::after, "build"),
                       pipeline("build", Trigger::on_commit), pipeline("lint", Trigger::on_commit)};
  const auto plan = make_plan(project, "");
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_THAT(names(plan->both_sides), ElementsAre("build", "generate"));
  EXPECT_THAT(names(plan->head_only), ElementsAre("lint", "test"));
  EXPECT_TRUE(plan->after_gate.empty());
}

TEST(Plan, NeverRunsTagCronAndManualPipelinesNorWhatFollowsThem) {
  Project project;
  project.pipelines = {with_benchmark(pipeline("bench", Trigger::on_commit), "b"),
                       pipeline("deploy", Trigger::on_tag),
                       pipeline("announce", Trigger::after, "deploy"),
                       pipeline("nightly", Trigger::cron), pipeline("by-hand", Trigger::manual)};
  const auto plan = make_plan(project, "");
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->both_sides.empty());
  EXPECT_TRUE(plan->head_only.empty());
  EXPECT_TRUE(plan->after_gate.empty());
}

TEST(Plan, HoldsBackWhatFollowsABenchmarkUntilTheGatePassed) {
  Project project;
  project.pipelines = {with_benchmark(pipeline("bench", Trigger::on_commit), "b"),
                       pipeline("publish", Trigger::after, "bench"),
                       pipeline("mail", Trigger::after, "publish")};
  const auto plan = make_plan(project, "");
  ASSERT_TRUE(plan);
  EXPECT_THAT(names(plan->after_gate), ElementsAre("publish", "mail"));
  EXPECT_TRUE(plan->head_only.empty());
}

TEST(Plan, BenchmarkInheritsEnvironmentOfItsPipelineAndKeepsItsOwn) {
  Project project;
  PipelineSpec bench = with_benchmark(pipeline("bench", Trigger::on_commit), "b");
  bench.env = {{"A", "pipeline"}, {"B", "pipeline"}};
  bench.benchmarks[0].env = {{"B", "own"}};
  project.pipelines = {bench};
  const auto plan = make_plan(project, "");
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->benchmarks[0].env,
            (std::map<std::string, std::string>{{"A", "pipeline"}, {"B", "own"}}));
}

TEST(Plan, SaysWhatToAddWhenNoBenchmarkIsReachable) {
  Project project;
  project.pipelines = {with_benchmark(pipeline("bench", Trigger::manual), "b")};
  const auto plan = make_plan(project, "");
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, Errc::config);
  EXPECT_THAT(plan.error().message, HasSubstr("on_commit"));
}

/// build, then lint and test, then pack.
Project diamond() {
  Project project;
  PipelineSpec pack = pipeline("pack", Trigger::after, "lint");
  pack.after.emplace_back("test");
  project.pipelines = {pack, pipeline("test", Trigger::after, "build"),
                       pipeline("lint", Trigger::after, "build"),
                       pipeline("build", Trigger::on_commit)};
  return project;
}

TEST(Plan, WaitsForBothSidesOfADiamond) {
  Project project = diamond();
  project.pipelines.push_back(with_benchmark(pipeline("bench", Trigger::after, "pack"), "b"));
  EXPECT_THAT(names(make_plan(project, "")->both_sides),
              ElementsAre("build", "test", "lint", "pack"));
  project.pipelines[2].trigger = Trigger::manual;  // lint never runs in a check
  EXPECT_FALSE(make_plan(project, ""));
}

TEST(Plan, OfAChainWithADiamondNamesEachPipelineOnce) {
  const auto chain = chain_to("pack", diamond());
  ASSERT_TRUE(chain);
  EXPECT_THAT(names(*chain), ElementsAre("build", "lint", "test", "pack"));
  EXPECT_EQ(chain->front().trigger, Trigger::on_commit);
  EXPECT_THAT(names(*chain_to("test", diamond())), ElementsAre("build", "test"));
}

TEST(Plan, OnlySelectsByGlobAndReachesIntoHarnesses) {
  Project project;
  project.pipelines = {
      with_benchmark(pipeline("a", Trigger::on_commit), "parse", "google-benchmark"),
      with_benchmark(pipeline("b", Trigger::on_commit), "cli")};
  EXPECT_EQ(make_plan(project, "cl*")->benchmarks.size(), 1u);
  EXPECT_EQ(make_plan(project, "parse/BM_*")->benchmarks[0].name, "parse");
  EXPECT_FALSE(make_plan(project, "cli/x"));
  EXPECT_FALSE(make_plan(project, "nothing"));
}

TEST(Plan, RefusesABenchmarkNamedLikeAFolderOfAnother) {
  Project project;
  project.pipelines = {with_benchmark(pipeline("a", Trigger::on_commit), "parse"),
                       with_benchmark(pipeline("b", Trigger::on_commit), "parse/fast")};
  EXPECT_FALSE(make_plan(project, ""));
}

TEST(CommandLinePipelines, MakeABuildATestAndNumberedBenchmarks) {
  const auto pipelines =
      pipelines_from({.build = "make", .test = "make check", .bench = {"./a", "./b"}});
  ASSERT_TRUE(pipelines);
  EXPECT_THAT(names(*pipelines), ElementsAre("build", "test", "benchmark"));
  EXPECT_EQ((*pipelines)[1].after, std::vector<std::string>{"build"});
  EXPECT_EQ((*pipelines)[2].benchmarks[0].name, "bench");
  EXPECT_EQ((*pipelines)[2].benchmarks[1].name, "bench-2");
  EXPECT_TRUE(make_plan({.pipelines = *pipelines}, ""));
}

TEST(CommandLinePipelines, RunWithoutABuild) {
  const auto pipelines = pipelines_from({.bench = {"gzip -c file"}});
  ASSERT_TRUE(pipelines);
  EXPECT_TRUE(make_plan({.pipelines = *pipelines}, ""));
  EXPECT_FALSE(pipelines_from({.build = "make"}));
  EXPECT_EQ(pipelines_from({.bench = {"./a", " "}}).error().code, Errc::usage);
}

TEST(Plan, IsConfiguredOtherwiseWhenResultsAreReadOtherwise) {
  const auto hash_of = [](const FormatSpec& format) {
    Plan plan;
    plan.benchmarks.emplace_back().format = format;
    return configuration_hash(plan, {});
  };
  const auto regex = [](std::optional<Better> better) {
    FormatSpec format;
    format.regex = RegexLayout{.pattern = "x", .unit = "ns", .metric = "", .better = better};
    return format;
  };
  const auto json = [](std::optional<Better> better) {
    FormatSpec format;
    format.json = JsonLayout{
        .items = "$", .name = "", .value = "$", .unit = "", .metric = "", .better = better};
    return format;
  };
  std::set<std::string> hashes = {hash_of({}),
                                  hash_of({.name = "auto", .json = {}, .regex = {}}),
                                  hash_of(regex({})),
                                  hash_of(regex(Better::lower)),
                                  hash_of(regex(Better::higher)),
                                  hash_of(json({})),
                                  hash_of(json(Better::unknown))};
  EXPECT_EQ(hashes.size(), 7u);
}

}  // namespace
}  // namespace melisai::run
