// What the operator's configuration knows and no commit may.
#include <gmock/gmock.h>

#include <fstream>

#include "tests/e2e/support/serve.h"

namespace melisai::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using ServeSecrets = Serve;

TEST_F(ServeSecrets, OfTheConfigurationReachNoStage) {
  std::ofstream(config_file()) << "project: { name: demo, repository: demo.git, token: "
                                  "\"${DEMO_TOKEN}\" }\n"
                                  "orchestrator: { polling_interval: 1 }\n";
  write(".melisai-gate.yaml",
        "version: 1\n"
        "measure: { pass_env: [DEMO_TOKEN, DEMO_OPEN] }\n"
        "pipelines:\n"
        "  build: { trigger: on_commit, run: env }\n");
  push();
  start({"DEMO_TOKEN=t0ken-of-demo", "DEMO_OPEN=0pen"});
  ASSERT_EQ(outcome_of("build#1"), "passed") << run_of("build#1");
  EXPECT_THAT(logs_of("build#1"), HasSubstr("DEMO_OPEN=0pen")) << "nothing at all was passed";
  EXPECT_THAT(logs_of("build#1"), Not(HasSubstr("t0ken-of-demo")));
  // Not as a value of the file itself either.
  write_pipelines("build: { trigger: on_commit, env: { X: \"${DEMO_TOKEN}\" }, run: env }\n");
  push();
  EXPECT_EQ(outcome_of("configuration#1"), "failed");
  EXPECT_THAT(run_of("configuration#1").dump(), HasSubstr("DEMO_TOKEN"));
  EXPECT_THAT(run_of("configuration#1").dump() + daemon_log(), Not(HasSubstr("t0ken-of-demo")));
}

}  // namespace
}  // namespace melisai::e2e
