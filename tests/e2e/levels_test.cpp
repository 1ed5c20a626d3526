// gate.rules: what a regression of a metric means.
#include <gmock/gmock.h>

#include "tests/e2e/support/sandbox.h"

namespace melisai::e2e {
namespace {

using ::testing::HasSubstr;

class Levels : public Sandbox {
 protected:
  void commit_slower(const std::string& rules) {
    write_seeded_pipeline("rules: [" + rules + "]");
    write_numbers("BM_A 100 0.01\nBM_B 50 0.01\n");
    commit("base");
    write_numbers("BM_A 108 0.01\nBM_B 50 0.01\n");
    commit("head");
  }
};

TEST_F(Levels, AWarningIsReportedAndChangesNoExitCode) {
  commit_slower("{ benchmark: 'seeded/BM_A', level: warn }");
  const Ran ran = check();
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_EQ(report()["verdict"], "pass");
  EXPECT_EQ(benchmark("seeded/BM_A", "cpu_time")["decision"], "regressed");
  EXPECT_EQ(benchmark("seeded/BM_A", "cpu_time")["level"], "warn");
  EXPECT_THAT(ran.out, HasSubstr("warning"));
}

TEST_F(Levels, OffJudgesNothing) {
  commit_slower("{ benchmark: 'seeded/BM_A', level: off }");
  EXPECT_EQ(check().code, 0);
  EXPECT_NE(benchmark("seeded/BM_A", "cpu_time")["decision"], "regressed");
  EXPECT_EQ(benchmark("seeded/BM_A", "cpu_time")["gating"], false);
}

TEST_F(Levels, ARuleThatMatchesNothingIsNamed) {
  commit_slower("{ benchmark: 'seeded/BM_Q', level: off }");
  EXPECT_EQ(check().code, 1);
  EXPECT_THAT(report()["warnings"].dump(), HasSubstr("'seeded/BM_Q'"));
}

TEST_F(Levels, ARuleHasAThresholdOfItsOwn) {
  commit_slower("{ metric: '*_time', threshold: 15% }");
  EXPECT_EQ(check().code, 0) << "8 % is below 15 %";
  commit_slower("{ metric: '*_time', threshold: 15% }, { benchmark: '*/BM_A', threshold: 5% }");
  EXPECT_EQ(check().code, 1) << "the later rule overrides";
}

}  // namespace
}  // namespace melisai::e2e
