// Workflows and diamonds through the real daemon.
#include <gmock/gmock.h>

#include <fstream>

#include "tests/e2e/support/serve.h"

namespace melisai::e2e {
namespace {

using ::testing::HasSubstr;

using ServeWorkflow = Serve;

constexpr const char* kPipelines =
    "build: { trigger: on_commit, run: echo built $MELISAI_PARAM_type }\n"
    "broken: { trigger: manual, run: exit 3 }\n"
    "clean: { trigger: manual, run: echo cleaned }\n"
    "deploy: { trigger: manual, run: echo deployed $MELISAI_PARAM_where $MELISAI_TRIGGER }\n"
    "slow: { trigger: manual, run: sleep 1000 }\n";

TEST_F(ServeWorkflow, RunsItsStepsOneAfterTheOther) {
  configure("demo.git",
            "workflows:\n"
            "  release:\n"
            "    steps:\n"
            "      - { pipeline: build, params: { type: unit } }\n"
            "      - { pipeline: clean, if: { branch: nowhere } }\n"
            "      - { workflow: rollout }\n"
            "  rollout:\n"
            "    steps:\n"
            "      - { pipeline: deploy, params: { where: staging } }\n"
            "      - { pipeline: deploy, params: { where: production } }\n");
  write_pipelines(kPipelines);
  push();
  start();
  for (const std::string number : {"#1", "#2"}) {
    ASSERT_EQ(gate({"trigger", "release"}).code, 0);
    EXPECT_EQ(outcome_of("release/rollout/deploy.2" + number), "passed");
    EXPECT_EQ(outcome_of("release/build" + number), "passed");
    EXPECT_EQ(outcome_of("release/clean" + number), "skipped");
    EXPECT_EQ(outcome_of("release/rollout/deploy" + number), "passed");
  }
  EXPECT_THAT(logs_of("release/build#1"), HasSubstr("built unit"));
  EXPECT_THAT(logs_of("release/rollout/deploy#1"), HasSubstr("deployed staging manual"));
  EXPECT_THAT(logs_of("release/rollout/deploy.2#2"), HasSubstr("deployed production manual"));
  EXPECT_THAT(gate({"status"}).out, HasSubstr("demo/release/rollout/deploy.2#2"));
  EXPECT_EQ(query("SELECT count(*) FROM runs AS a JOIN runs AS b ON a.event = b.event AND a.id < "
                  "b.id AND a.pipeline LIKE 'release/%' AND b.pipeline LIKE 'release/%' JOIN "
                  "attempts AS x ON x.run = b.id WHERE x.started_ms < a.finished_ms"),
            std::vector<std::string>{"0"})
      << "a step began before an earlier one had ended";
}

TEST_F(ServeWorkflow, AfterAFailureRunsOnlyWhatAsksForIt) {
  configure("demo.git",
            "workflows:\n"
            "  w:\n"
            "    trigger: on_commit\n"
            "    steps:\n"
            "      - { pipeline: broken }\n"
            "      - { pipeline: deploy }\n"
            "      - { pipeline: clean, if: { result: { broken: failed } } }\n"
            "      - { pipeline: build, if: { result: { broken: passed } } }\n"
            "      - { pipeline: nothing, if: { result: { clean: passed } } }\n");
  write_pipelines(kPipelines);
  push();
  start();
  EXPECT_EQ(outcome_of("w/broken#1"), "failed");
  EXPECT_EQ(outcome_of("w/deploy#1"), "cancelled");
  EXPECT_EQ(run_of("w/deploy#1")["attempts"], 0);
  EXPECT_EQ(outcome_of("w/clean#1"), "passed");
  EXPECT_EQ(outcome_of("w/build#1"), "skipped");
  EXPECT_EQ(outcome_of("w/nothing#1"), "failed") << "the commit has no such pipeline";
  EXPECT_EQ(outcome_of("build#1"), "passed");
}

TEST_F(ServeWorkflow, EndsWhenItsTimeIsOver) {
  configure(
      "demo.git",
      "workflows: { w: { timeout: 2s, steps: [ { pipeline: slow }, { pipeline: clean } ] } }\n");
  write_pipelines(kPipelines);
  push();
  start();
  ASSERT_EQ(gate({"trigger", "w"}).code, 0);
  EXPECT_EQ(outcome_of("w/slow#1"), "failed");
  EXPECT_THAT(std::string(run_of("w/slow#1")["reason"]), HasSubstr("used up its timeout of 2 s"));
  EXPECT_EQ(run_of("w/slow#1")["attempts"], 1) << "it was no fault of ours";
  EXPECT_EQ(outcome_of("w/clean#1"), "cancelled");
}

TEST_F(ServeWorkflow, OutlivesTheDaemon) {
  configure("demo.git",
            "workflows: { w: { steps: [ { pipeline: slow }, { pipeline: clean, if: { result: { "
            "slow: cancelled } } } ] } }\n");
  write_pipelines(kPipelines);
  push();
  start();
  ASSERT_EQ(gate({"trigger", "w"}).code, 0);
  ASSERT_TRUE(is_in_state("w/slow#1", "running"));
  kill_daemon();
  start();
  ASSERT_TRUE(is_in_state("w/slow#1", "running"));
  EXPECT_EQ(run_of("w/clean#1")["state"], "blocked");
  ASSERT_EQ(gate({"cancel", "demo/w/slow#1"}).code, 0);
  EXPECT_EQ(outcome_of("w/slow#1"), "cancelled");
  EXPECT_EQ(outcome_of("w/clean#1"), "passed");
}

TEST_F(ServeWorkflow, ADiamondWaitsForBothSides) {
  write_pipelines(
      "build: { trigger: on_commit, run: echo built }\n"
      "lint: { trigger: after_build, run: echo linted }\n"
      "test: { trigger: after_build, run: test ! -e broken }\n"
      "pack: { trigger: [after_lint, after_test], run: echo packed }\n");
  push();
  start();
  EXPECT_EQ(outcome_of("pack#1"), "passed");
  EXPECT_EQ(run_of("lint#1")["outcome"], "passed");
  EXPECT_EQ(run_of("test#1")["outcome"], "passed");
  write("broken", "yes");
  push();
  EXPECT_EQ(outcome_of("test#2"), "failed");
  EXPECT_EQ(outcome_of("pack#2"), "cancelled");
  EXPECT_EQ(outcome_of("lint#2"), "passed");
}

// Each side passes only if it sees the other one at work.
TEST_F(ServeWorkflow, TheSidesOfADiamondRunSideBySideInTreesOfTheirOwn) {
  const auto side = [this](const std::string& own, const std::string& other) {
    const std::string marks = root() + "/mark-";
    return own + ": { trigger: after_build, timeout: 30s, run: 'test -e built && pwd >> " + marks +
           own + " && until test -e " + marks + other + "; do sleep 0.05; done' }\n";
  };
  write_pipelines("build: { trigger: on_commit, run: touch built }\n" + side("lint", "test") +
                  side("test", "lint") +
                  "pack: { trigger: [after_lint, after_test], run: test -e built }\n");
  push();
  start();
  EXPECT_EQ(outcome_of("lint#1"), "passed");
  EXPECT_EQ(outcome_of("test#1"), "passed");
  EXPECT_EQ(outcome_of("pack#1"), "passed");
  std::string lint;
  std::string test;
  std::ifstream(root() + "/mark-lint") >> lint;
  std::ifstream(root() + "/mark-test") >> test;
  EXPECT_NE(lint, "");
  EXPECT_NE(lint, test);
}

}  // namespace
}  // namespace melisai::e2e
