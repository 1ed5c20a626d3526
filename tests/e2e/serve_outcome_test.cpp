// How runs end that do not pass.
#include <gmock/gmock.h>

#include "tests/e2e/support/serve.h"

namespace melisai::e2e {
namespace {

using ::testing::HasSubstr;

using ServeOutcome = Serve;

TEST_F(ServeOutcome, OfAFailingBuildCancelsWhatComesAfterIt) {
  write_pipelines(
      "build: { trigger: on_commit, run: echo broken; exit 3 }\n"
      "test: { trigger: after_build, run: echo tested }\n"
      "lint: { trigger: on_commit, run: echo linted }\n");
  push();
  start();
  EXPECT_EQ(outcome_of("build#1"), "failed");
  EXPECT_EQ(run_of("build#1")["attempts"], 1);
  EXPECT_THAT(logs_of("build#1"), HasSubstr("broken"));
  EXPECT_EQ(outcome_of("test#1"), "cancelled");
  EXPECT_EQ(run_of("test#1")["attempts"], 0);
  EXPECT_EQ(outcome_of("lint#1"), "passed");
}

TEST_F(ServeOutcome, OfABrokenPipelineFileIsFailed) {
  write(".melisai-gate.yaml", "version: 1\npipelines: [\n");
  push();
  start();
  EXPECT_EQ(outcome_of("configuration#1"), "failed");
  EXPECT_THAT(run_of("configuration#1")["reason"], HasSubstr(".melisai-gate.yaml"));
  write_pipelines("build: { trigger: on_commit, run: echo built }\n");
  push();
  EXPECT_EQ(outcome_of("build#1"), "passed");
}

TEST_F(ServeOutcome, OfAPushThatANewerOneOvertakesIsSuperseded) {
  write_pipelines("build: { trigger: on_commit, run: echo built }\n");
  push();
  start();
  ASSERT_EQ(outcome_of("build#1"), "passed");
  ASSERT_EQ(gate({"pause"}).code, 0);
  push();
  ASSERT_TRUE(is_in_state("build#2", "queued"));
  push();
  EXPECT_EQ(outcome_of("build#2"), "superseded");
  ASSERT_EQ(gate({"resume"}).code, 0);
  EXPECT_EQ(outcome_of("build#3"), "passed");
}

}  // namespace
}  // namespace melisai::e2e
