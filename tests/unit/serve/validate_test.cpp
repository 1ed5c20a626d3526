#include <gmock/gmock.h>

#include <filesystem>

#include "tests/unit/serve/config_fixture.h"

namespace melisai::serve {
namespace validate_test {

using ::testing::HasSubstr;

const EnvLookup kNoVariables = [](const std::string&) { return std::nullopt; };
const std::string kPipelines = "pipelines: { build: { trigger: on_commit, run: make } }\n";

class Validate : public ::testing::Test {
 protected:
  Validate() : directory_(TemporaryDirectory::make(::testing::TempDir(), "validate-").value()) {}

  std::string written(const std::string& name, const std::string& text) {
    const std::string file = directory_.path() + "/" + name;
    EXPECT_TRUE(write_file(file, text));
    return file;
  }

  /// What is printed, or the error.
  std::string answer(const std::string& file) {
    std::string printed;
    const Result<int> code = validate({.file = file}, kNoVariables, [&](std::string_view part) {
      printed += part;
      return true;
    });
    return code ? printed : code.error().message;
  }

  TemporaryDirectory directory_;
};

TEST_F(Validate, SaysWhatAConfigurationHolds) {
  const std::string file =
      written("gate.yaml", kProject + kPipelines +
                               "workflows: { w: { steps: [ { pipeline: build } ] } }\n"
                               "triggers: { t: { command: x, commits: true } }\n"
                               "orchestrator: { auto_fix_enabled: true }\n");
  EXPECT_EQ(answer(file),
            file + ": auto_fix is on, but there is no fixer.command: nothing is fixed\n" + file +
                ": project 'demo' cannot be polled: /srv/demo.git does not exist\n" + file +
                ": valid: 1 project, 1 pipeline, 1 workflow, 1 trigger\n");
}

TEST_F(Validate, SaysNothingOfARepositoryThatIsThere) {
  ASSERT_TRUE(make_directories(directory_.path() + "/demo/.git"));
  const std::string file = written("gate.yaml", "project: { repository: demo }\n" + kPipelines);
  EXPECT_EQ(answer(file), file + ": valid: 1 project, 1 pipeline\n");
}

TEST_F(Validate, SaysWhatAPipelineFileHolds) {
  const std::string file = written("any.yaml", "version: 1\n" + kPipelines);
  EXPECT_EQ(answer(file), file + ": valid pipeline file: 1 pipeline, 0 benchmarks\n");
}

TEST_F(Validate, PrintsRemarksBefore) {
  const std::string file = written("gate.yaml", "orchestrator: { polling_interval: 60 }\n");
  EXPECT_EQ(answer(file), file + ": no project: serve has nothing to watch\n" + file +
                              ": valid: 0 projects, the pipelines of each repository\n");
}

TEST_F(Validate, WithoutAVersionPipelinesAloneAreOfTheDaemonUnlessTheNameSaysOtherwise) {
  EXPECT_THAT(answer(written("gate.yaml", kPipelines)), HasSubstr("valid: 0 projects, 1 pipeline"));
  EXPECT_THAT(answer(written(".melisai-gate.yaml", kPipelines)), HasSubstr("'version' is missing"));
}

TEST_F(Validate, AWrongFileIsToldWithItsLine) {
  EXPECT_THAT(answer(written("gate.yaml", "projects:\n  - { name: x }\n")),
              HasSubstr("gate.yaml:2:5: a project needs 'repository'"));
  EXPECT_THAT(answer(written("p.yaml", "version: 1\ngate: { treshold: 5% }\n")),
              HasSubstr("p.yaml:2:9: unknown key 'treshold'; did you mean 'threshold'?"));
}

TEST_F(Validate, TakesThePipelineFileOfTheCurrentDirectory) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(directory_.path());
  EXPECT_THAT(answer(""), HasSubstr("there is no .melisai-gate.yaml in this directory"));
  written(".melisai-gate.yaml", "version: 1\n" + kPipelines);
  EXPECT_THAT(answer(""), HasSubstr(".melisai-gate.yaml: valid pipeline file: 1 pipeline"));
  std::filesystem::current_path(before);
}

TEST_F(Validate, ATimezoneIsOneOfThisMachine) {
  const std::string start =
      "orchestrator: {}\npipelines: { p: { trigger: cron, schedule: '0 0 3 * * *', timezone: ";
  EXPECT_THAT(answer(written("gate.yaml", start + "Europe/Atlantis } }\n")),
              HasSubstr("is no time zone of this machine"));
  EXPECT_THAT(answer(written("gate.yaml", start + "../zoneinfo/UTC } }\n")),
              HasSubstr("is no time zone of this machine"));
  if (!std::filesystem::exists("/usr/share/zoneinfo/Europe/Berlin"))
    GTEST_SKIP() << "no tz database on this machine";
  EXPECT_THAT(answer(written("gate.yaml", start + "Europe/Berlin } }\n")), HasSubstr("valid: "));
}

}  // namespace validate_test
}  // namespace melisai::serve
