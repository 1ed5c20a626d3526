// Pipelines with benchmarks: the daemon runs the same check as `check` does.
#include <gmock/gmock.h>

#include "tests/e2e/support/serve.h"

namespace melisai::e2e {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ServeGate : public Serve {
 protected:
  void SetUp() override {
    Serve::SetUp();
    write_seeded_pipeline("budget: 20s, max_pairs: 8, health: { profile: none }");
  }
  std::string push_numbers(const std::string& numbers) {
    write_numbers(numbers);
    return push();
  }
};

TEST_F(ServeGate, ComparesAPushWithTheOneBefore) {
  push_numbers("BM_Parse 1000 0.001\n");
  start();
  EXPECT_EQ(outcome_of("benchmark#1"), "inconclusive");
  EXPECT_THAT(run_of("benchmark#1")["reason"], HasSubstr("first commit"));
  EXPECT_EQ(run_of("benchmark#1")["attempts"], 1);
  push_numbers("BM_Parse 1000 0.001\n\n");
  ASSERT_EQ(outcome_of("benchmark#2"), "passed") << run_of("benchmark#2");
  const nlohmann::json report = run_of("benchmark#2")["report"];
  ASSERT_TRUE(report.is_number_integer());
  const Ran shown = gate({"show", report.dump()});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("BM_Parse"));
  push_numbers("BM_Parse 1500 0.001\n");
  EXPECT_EQ(outcome_of("benchmark#3"), "regression");
  EXPECT_NE(run_of("benchmark#3")["report"], report);
}

TEST_F(ServeGate, TriesOnceMoreWhatWasTooNoisyToTell) {
  push_numbers("BM_Parse 1000 0.001\n");
  start();
  ASSERT_EQ(outcome_of("benchmark#1"), "inconclusive");
  push_numbers("BM_Parse 1000 0.5\n");
  const auto waits = [&] {
    const nlohmann::json run = run_of("benchmark#2");
    return run.is_object() && run["state"] == "queued" && run["attempts"] == 1;
  };
  ASSERT_TRUE(eventually(waits, std::chrono::seconds(60))) << run_of("benchmark#2");
  EXPECT_THAT(run_of("benchmark#2")["reason"], HasSubstr("is not decided"));
  EXPECT_THAT(daemon_log(), HasSubstr("demo/benchmark#2: is tried again: "));
  EXPECT_THAT(query("SELECT outcome FROM attempts WHERE run = 2"), ElementsAre("inconclusive"));
  EXPECT_THAT(query("SELECT event FROM notices WHERE run = 2"), IsEmpty()) << "not over yet";
}

}  // namespace
}  // namespace melisai::e2e
