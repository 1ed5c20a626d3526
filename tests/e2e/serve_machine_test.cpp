// What the daemon's runs share with everything else on the machine.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <thread>

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
  EXPECT_THAT(run_of("build#1").value("waits_for", ""), HasSubstr("another melisai-gate measures"));
  EXPECT_THAT(gate({"runs"}).out, HasSubstr("waits for the machine"));
  EXPECT_THAT(gate({"show", "demo/build#1"}).out,
              HasSubstr("waits for the machine: another melisai-gate measures"));
  EXPECT_THAT(gate({"status"}).out, HasSubstr("waits for the machine"));
  benchmark.end();
  EXPECT_EQ(outcome_of("build#1"), "passed");
  EXPECT_TRUE(run_of("build#1")["waits_for"].is_null());
  EXPECT_THAT(logs_of("build#1"), HasSubstr("built"));
}

TEST_F(ServeMachine, ABenchmarkWaitsForAQuietMachineAndThenGoesOn) {
  std::ofstream(config_file()) << "project: { name: demo, repository: demo.git }\n"
                                  "orchestrator:\n"
                                  "  polling_interval: 1\n"
                                  "  preflight: { quiet_wait: 2s }\n";
  write_seeded_pipeline("budget: 20s, max_pairs: 8, health: { profile: none }");
  write_numbers("BM_Parse 1000 0.001\n");
  push();
  start();
  ASSERT_EQ(outcome_of("benchmark#1"), "inconclusive") << "the first commit";
  const std::jthread noise([](const std::stop_token& end) {
    while (!end.stop_requested()) continue;
  });
  push();
  EXPECT_EQ(outcome_of("benchmark#2"), "passed");
  EXPECT_THAT(logs_of("benchmark#2"), HasSubstr("waiting for a quiet machine: other processes"));
  EXPECT_THAT(logs_of("benchmark#2"), HasSubstr("not quiet within 2 s: other processes"));
}

TEST_F(ServeMachine, AStageThatPassesItsLimitOfMemoryHasFailed) {
  configure("demo.git", "  resources: { max_memory: 64MiB, max_cpu_cores: 1 }\n");
  write_pipelines(
      "hog: { trigger: on_commit, run: head -c 256M /dev/zero | tail -c 256M | wc -c; exit 3 }\n"
      "build: { trigger: on_commit, run: echo built }\n");
  push();
  start();
  EXPECT_EQ(outcome_of("build#1"), "passed");
  EXPECT_EQ(outcome_of("hog#1"), "failed");
  EXPECT_EQ(run_of("hog#1")["attempts"], 1);
  EXPECT_THAT(run_of("hog#1")["reason"], HasSubstr("limit of 64 MiB")) << "by cgroup or by process";
}

TEST_F(ServeMachine, AttemptsWorkInTheWorkspaceAndClean) {
  configure("demo.git", "  workspace: " + root() + "/space\n");
  write_pipelines("build: { trigger: on_commit, run: pwd; exit 1 }\n");
  push();
  start();
  EXPECT_EQ(outcome_of("build#1"), "failed");
  EXPECT_THAT(logs_of("build#1"), HasSubstr("/space/builds/"));
  EXPECT_TRUE(std::filesystem::is_empty(root() + "/space/builds"));
}

TEST_F(ServeMachine, APipelineFindsWhatItKeptWhenItPassed) {
  const std::string run = "test -e deps/seen && echo found; mkdir -p deps; touch deps/seen";
  write_pipelines("build: { trigger: on_commit, cache: [deps], run: " + run + "; exit 1 }\n");
  push();
  start();
  ASSERT_EQ(outcome_of("build#1"), "failed");
  write_pipelines("build: { trigger: on_commit, cache: [deps], run: " + run + " }\n");
  push();
  ASSERT_EQ(outcome_of("build#2"), "passed");
  EXPECT_EQ(logs_of("build#2").find("found"), std::string::npos) << "of a run that failed";
  push();
  ASSERT_EQ(outcome_of("build#3"), "passed");
  EXPECT_THAT(logs_of("build#3"), HasSubstr("found"));
}

TEST_F(ServeMachine, ALinkIsNoWorkspace) {
  std::filesystem::create_directory(root() + "/elsewhere");
  std::filesystem::create_directory_symlink(root() + "/elsewhere", root() + "/space");
  configure("demo.git", "  workspace: " + root() + "/space\n");
  const Ran ran = gate({"serve", "--config", config_file()});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("is a link"));
}

}  // namespace
}  // namespace melisai::e2e
