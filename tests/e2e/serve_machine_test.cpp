// What the daemon's runs share with everything else on the machine.
#include <gmock/gmock.h>

#include "tests/e2e/support/serve.h"
#include "tests/fakes/other_process.h"

namespace melisai::e2e {
namespace {

using ::testing::HasSubstr;

using ServeMachine = Serve;

TEST_F(ServeMachine, ABuildWaitsForSomebodyElsesBenchmark) {
  write_pipelines("build: { trigger: on_commit, run: echo built }\n");
  push();
  OtherProcess benchmark([this] { claim_for_ever(machine_lock()); });
  start();
  ASSERT_TRUE(is_in_state("build#1", "running"));
  EXPECT_TRUE(eventually([&] {
    return logs_of("build#1").find("waiting: another melisai-gate measures") != std::string::npos;
  }));
  EXPECT_TRUE(is_in_state("build#1", "running"));
  benchmark.end();
  EXPECT_EQ(outcome_of("build#1"), "passed");
  EXPECT_THAT(logs_of("build#1"), HasSubstr("built"));
}

}  // namespace
}  // namespace melisai::e2e
