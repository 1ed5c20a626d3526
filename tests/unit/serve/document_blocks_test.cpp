// The YAML blocks of source document 004, one file each (comments left out), mean what it says.
#include <gmock/gmock.h>

#include "tests/unit/serve/config_fixture.h"

namespace melisai::serve {
namespace document_blocks_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;
using namespace std::chrono_literals;

LoadedConfig block(const std::string& name) {
  return loaded(text_of("tests/data/serve_blocks/" + name + ".yaml"));
}

const std::string kNoProject = "no project: serve has nothing to watch";
const std::string kNoFixer = "auto_fix is on, but there is no fixer.command: nothing is fixed";

TEST(DocumentBlocks, Basic) {
  const LoadedConfig read = block("basic");
  EXPECT_EQ(read.config.orchestrator.monitoring.interval, 60s);
  EXPECT_EQ(read.config.orchestrator.pipelines_max, 3);
  EXPECT_TRUE(read.config.orchestrator.failure.auto_fix);
  EXPECT_EQ(read.config.orchestrator.failure.fixes_max, 3);
  EXPECT_THAT(read.remarks, ElementsAre(kNoProject, kNoFixer));
}

TEST(DocumentBlocks, Advanced) {
  const OrchestratorOptions options = block("advanced").config.orchestrator;
  EXPECT_EQ(options.workspace, "/tmp/cicd-workspace");
  EXPECT_EQ(options.cache,
            (CacheOptions{.enabled = true, .size_max = 1073741824, .age_max = 3600s}));
  EXPECT_EQ(options.resources, (ResourceLimits{.memory_max = 4'000'000'000, .cpus_max = 4}));
  EXPECT_EQ(options.timeouts, (StageTimeouts{.build = 1800s, .test = 3600s, .deploy = 1200s}));
}

TEST(DocumentBlocks, Polling) {
  const LoadedConfig read = block("polling");
  EXPECT_EQ(read.config.orchestrator.monitoring.method, MonitorOptions::Method::polling);
  EXPECT_EQ(read.config.orchestrator.monitoring.interval, 60s);
  EXPECT_THAT(read.remarks, ElementsAre(kNoProject));
}

TEST(DocumentBlocks, Webhook) {
  const LoadedConfig read = block("webhook");
  EXPECT_EQ(read.config.orchestrator.monitoring.method, MonitorOptions::Method::webhook);
  EXPECT_EQ(read.config.orchestrator.monitoring.port, 8080);
  EXPECT_EQ(read.config.orchestrator.monitoring.secret, "s3cret");
  EXPECT_EQ(read.config.orchestrator.monitoring.interval, 10min);
  EXPECT_TRUE(read.config.http.enabled);
  EXPECT_EQ(read.config.http.port, 8080);
  EXPECT_THAT(read.remarks, ElementsAre(kNoProject));
}

TEST(DocumentBlocks, Triggers) {
  const std::vector<ServePipeline> pipelines = block("triggers").config.pipelines;
  ASSERT_EQ(pipelines.size(), 3u);
  EXPECT_EQ(pipelines[0].spec.trigger, PipelineSpec::Trigger::on_commit);
  EXPECT_EQ(pipelines[1].spec.trigger, PipelineSpec::Trigger::after);
  EXPECT_EQ(pipelines[1].spec.after, std::vector<std::string>{"build"});
  EXPECT_EQ(pipelines[2].spec.trigger, PipelineSpec::Trigger::on_tag);
  EXPECT_EQ(pipelines[1].spec.timeout, 1h);
  EXPECT_EQ(pipelines[2].duration, (DurationLimits{.warning = 5min, .critical = 10min}));
}

TEST(DocumentBlocks, AutomaticFix) {
  const LoadedConfig read = block("automatic_fix");
  EXPECT_EQ(read.config.orchestrator.failure, (FailurePolicy{.auto_fix = true,
                                                             .fixes_max = 3,
                                                             .retries_max = 3,
                                                             .escalate_after = 3,
                                                             .notify = true,
                                                             .pause = false}));
  EXPECT_THAT(read.remarks, ElementsAre(kNoProject, kNoFixer));
}

TEST(DocumentBlocks, ManualIntervention) {
  const FailurePolicy failure = block("manual_intervention").config.orchestrator.failure;
  EXPECT_FALSE(failure.auto_fix);
  EXPECT_TRUE(failure.pause);
}

TEST(DocumentBlocks, Persistence) {
  const LoadedConfig read = block("persistence");
  EXPECT_EQ(read.config.orchestrator.persistence,
            (PersistenceOptions{.backend = PersistenceOptions::Backend::redis,
                                .redis_host = "localhost",
                                .redis_port = 6379,
                                .redis_db = 0}));
  EXPECT_THAT(read.remarks,
              ElementsAre(HasSubstr("this version keeps its state in SQLite"), kNoProject));
}

TEST(DocumentBlocks, Logging) {
  const LogOptions logging = block("logging").config.logging;
  EXPECT_EQ(logging, LogOptions{});
  EXPECT_EQ(log_line(logging.format, {"12:00", "serve", "INFO", "ready"}),
            "12:00 - serve - INFO - ready");
}

TEST(DocumentBlocks, Speed) {
  const LoadedConfig read = block("speed");
  EXPECT_EQ(read.config.orchestrator.optimization, (Optimization{.parallel_execution = true,
                                                                 .cache_dependencies = true,
                                                                 .incremental_builds = true,
                                                                 .skip_unchanged_tests = true}));
  EXPECT_THAT(read.remarks, ElementsAre(kNoProject));
}

TEST(DocumentBlocks, Reliability) {
  EXPECT_EQ(block("reliability").config.orchestrator.optimization,
            (Optimization{.parallel_execution = false,
                          .retry_failed_tests = true,
                          .verify_fixes = true,
                          .thorough_health_checks = true}));
}

TEST(DocumentBlocks, Project) {
  const LoadedConfig read = block("project");
  ASSERT_EQ(read.config.projects.size(), 1u);
  EXPECT_EQ(read.config.projects[0].name, "my-app");
  EXPECT_EQ(read.config.projects[0].repository, "https://github.com/user/my-app.git");
  EXPECT_THAT(read.remarks, ElementsAre());
}

TEST(DocumentBlocks, AllInOneFile) {
  const LoadedConfig read = block("merged");
  ASSERT_EQ(read.config.projects.size(), 1u);
  EXPECT_THAT(read.config.projects[0].branches, ElementsAre("main", "develop"));
  EXPECT_EQ(read.config.pipelines.size(), 3u);
  EXPECT_FALSE(read.config.orchestrator.failure.auto_fix) << "the nested key wins";
  EXPECT_FALSE(read.config.orchestrator.optimization.parallel_execution);
  EXPECT_THAT(read.remarks,
              ElementsAre(HasSubstr("in SQLite")));
}

}  // namespace document_blocks_test
}  // namespace melisai::serve
