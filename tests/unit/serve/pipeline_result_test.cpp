#include <gmock/gmock.h>

#include "core/pipeline.h"

namespace melisai {
namespace pipeline_result_test {

using Outcome = PipelineRun::Outcome;
using Status = StageResult::Status;

void expect_back(const PipelineResult& result) {
  const auto read = pipeline_result_from_json(to_json(result));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->outcome, result.outcome);
  EXPECT_EQ(read->reason, result.reason);
  EXPECT_EQ(read->report, result.report);
  EXPECT_EQ(read->noisy, result.noisy);
  EXPECT_EQ(read->stages, result.stages);
}

StageResult stage(const std::string& name, Status status) {
  StageResult stage;
  stage.name = name;
  stage.side = "head";
  stage.status = status;
  stage.seconds = 0.1;
  stage.message = status == Status::failed ? "exit code 2" : "";
  stage.log = "logs/" + name + ".log";
  return stage;
}

TEST(PipelineResult, ComesBackAsItWas) {
  expect_back({.outcome = Outcome::failed,
               .reason = "\"test\" failed\n",
               .report = 7,
               .noisy = true,
               .stages = {stage("build", Status::cached), stage("lint", Status::passed),
                          stage("test", Status::failed), stage("deploy", Status::skipped)}});
  for (const Outcome outcome : {Outcome::passed, Outcome::failed, Outcome::regression,
                                Outcome::inconclusive, Outcome::error, Outcome::skipped})
    expect_back({.outcome = outcome, .reason = {}, .report = {}, .stages = {}});
}

TEST(PipelineResult, DamageIsAnError) {
  const std::string rest = R"("reason": "", "report": null, "stages": [)";
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("[]"), std::string("null"),
        R"({"outcome": "great", )" + rest + "]}", R"({"outcome": 1, )" + rest + "]}",
        R"({"outcome": "superseded", )" + rest + "]}", R"({)" + rest + "]}",
        R"({"outcome": "passed", )" + rest + "7]}", R"({"outcome": "passed", )" + rest + "{}]}",
        std::string(R"({"outcome": "passed", "reason": "", "report": "7", "stages": []})"),
        std::string(R"({"outcome": "passed", "reason": "", "report": null})")}) {
    const auto read = pipeline_result_from_json(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, Errc::parse) << text;
  }
}

TEST(ParamVariable, IsAsShellsLikeIt) {
  EXPECT_EQ(param_variable("type"), "MELISAI_PARAM_TYPE");
  EXPECT_EQ(param_variable("deploy-to.2"), "MELISAI_PARAM_DEPLOY_TO_2");
  EXPECT_EQ(param_variable("Already_UP"), "MELISAI_PARAM_ALREADY_UP");
  EXPECT_EQ(param_variable("\xc3\xa9"), "MELISAI_PARAM___");
}

}  // namespace pipeline_result_test
}  // namespace melisai
