// The rules about includes, on files made up here: each must find what it is for, and let the rest
// pass.
#include <gmock/gmock.h>

#include "tests/tidy/rules.h"

namespace melisai::tidy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

SourceFile including(const std::string& path, const std::string& target) {
  return {path, "#include \"" + target + "\"\n"};
}

SourceFile including_library(const std::string& path, const std::string& target) {
  return {path, "// x\n#include <" + target + ">\n"};
}

struct Dependency {
  const char* name;
  const char* from;
  const char* to;
  bool allowed;
};

class DependencyRule : public ::testing::TestWithParam<Dependency> {};

TEST_P(DependencyRule, AllowsOnlyWhatLiesBelow) {
  const Dependency& row = GetParam();
  EXPECT_THAT(check_dependencies(including(row.from, row.to)), SizeIs(row.allowed ? 0 : 1));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, DependencyRule,
    ::testing::Values(
        Dependency{"ModelUsesBase", "core/model/a.h", "core/base/result.h", true},
        Dependency{"BaseUsesModel", "core/base/a.cpp", "core/model/metric.h", false},
        Dependency{"StatsUsesStore", "core/stats/a.cpp", "core/store/store.h", false},
        Dependency{"StepUsesStatsFreely", "core/gate/a.cpp", "core/stats/paired_test.h", true},
        Dependency{"StepUsesItself", "core/gate/a.cpp", "core/gate/private.h", true},
        Dependency{"StepUsesOtherStep", "core/gate/a.cpp", "core/measure/measure.h", false},
        Dependency{"StepUsesOrchestrator", "core/gate/a.cpp", "core/orchestrator.h", false},
        Dependency{"StepUsesCommandLine", "core/run/a.cpp", "core/cli.h", false},
        Dependency{"OrchestratorUsesStep", "core/orchestrator.cpp", "core/gate/gate.h", true},
        Dependency{"OrchestratorUsesPrivate", "core/orchestrator.cpp", "core/gate/private.h",
                   false},
        Dependency{"OrchestratorUsesItsParts", "core/orchestrator.cpp", "core/comparison.h", true},
        Dependency{"OrchestratorUsesCommandLine", "core/orchestrator.cpp", "core/cli.h", false},
        Dependency{"StepUsesPartOfOrchestrator", "core/gate/a.cpp", "core/comparison.h", false},
        Dependency{"OrchestratorUsesHttp", "core/orchestrator.cpp", "core/http/server.h", false},
        Dependency{"CommandUsesSteps", "core/doctor/a.cpp", "core/measure/measure.h", true},
        Dependency{"CommandUsesPrivate", "core/doctor/a.cpp", "core/measure/private.h", false},
        Dependency{"CommandUsesOrchestrator", "core/doctor/a.cpp", "core/orchestrator.h", false},
        Dependency{"StepUsesCommand", "core/gate/a.cpp", "core/doctor/doctor.h", false},
        Dependency{"MainUsesCommand", "core/main.cpp", "core/doctor/doctor.h", true},
        Dependency{"HttpUsesOrchestrator", "core/http/a.cpp", "core/orchestrator.h", true},
        Dependency{"HttpUsesSupervise", "core/http/a.cpp", "core/supervise/a.h", false},
        Dependency{"DaemonUsesSupervise", "core/serve/a.cpp", "core/supervise/a.h", true},
        Dependency{"DaemonUsesPrivate", "core/serve/a.cpp", "core/run/private.h", false},
        Dependency{"SuperviseUsesDaemon", "core/supervise/a.cpp", "core/serve/serve.h", false},
        Dependency{"DaemonUsesCommandLine", "core/serve/a.cpp", "core/cli.h", false},
        Dependency{"MainUsesHttp", "core/main.cpp", "core/http/server.h", true},
        Dependency{"MainUsesPrivate", "core/main.cpp", "core/run/project_file.h", false},
        Dependency{"MainUsesCommandLine", "core/main.cpp", "core/cli.h", true},
        Dependency{"ProgramUsesBase", "core/git/git_main.cpp", "core/base/result.h", true},
        Dependency{"ProgramUsesStep", "core/git/git_main.cpp", "core/run/run.h", false},
        Dependency{"MainUsesProgram", "core/main.cpp", "core/exec/protocol.h", false},
        Dependency{"AnybodyUsesVersion", "core/base/a.cpp", "core/version.h", true},
        Dependency{"UnknownFolderUsesBase", "core/extra/a.cpp", "core/base/result.h", false},
        Dependency{"BaseUsesUnknownFolder", "core/base/a.cpp", "core/extra/a.h", false},
        Dependency{"ProductUsesTests", "core/base/a.cpp", "tests/fakes/fake_clock.h", false},
        Dependency{"PluginUsesCore", "plugins/procfs/a.cpp", "core/base/result.h", false},
        Dependency{"PluginUsesSdk", "plugins/procfs/a.cpp", "plugins/sdk/collector.hpp", true},
        Dependency{"TestUsesPrivate", "tests/unit/gate/a.cpp", "core/gate/private.h", true}),
    [](const auto& row) { return row.param.name; });

TEST(DependencyRule, NamesFileAndLine) {
  const SourceFile file{"core/base/a.cpp",
                        "\n// #include \"core/gate/gate.h\"\n#include \"core/gate/gate.h\"\n"};
  EXPECT_THAT(check_dependencies(file),
              ElementsAre(HasSubstr("core/base/a.cpp:3: core/gate/gate.h")));
}

TEST(DependencyRule, SeesIncludesInAnySpelling) {
  const SourceFile file{"core/base/a.cpp",
                        "#  include \"core/gate/gate.h\"\n  #include <core/run/run.h>\n"};
  EXPECT_THAT(check_dependencies(file), SizeIs(2));
}

TEST(LibraryRule, GivesEachLibraryToItsOwner) {
  EXPECT_THAT(check_libraries(including_library("core/cli_check.cpp", "CLI/CLI.hpp")), IsEmpty());
  EXPECT_THAT(check_libraries(including_library("core/base/config_guard.cpp", "yaml-cpp/yaml.h")),
              IsEmpty());
  EXPECT_THAT(check_libraries(including_library("core/base/log.cpp", "spdlog/spdlog.h")),
              IsEmpty());
  EXPECT_THAT(check_libraries(including_library("core/git/git_main.cpp", "git2.h")), IsEmpty());
  EXPECT_THAT(check_libraries(including_library("core/base/result.h", "boost/system/result.hpp")),
              IsEmpty());
}

TEST(LibraryRule, RefusesLibrariesElsewhere) {
  for (const char* header :
       {"CLI/CLI.hpp", "yaml-cpp/yaml.h", "spdlog/spdlog.h", "git2.h", "git2/types.h",
        "boost/math/distributions/normal.hpp", "boost/asio.hpp", "boost/process/v2.hpp",
        "nlohmann/json.hpp", "boost/url.hpp", "gtest/gtest.h"})
    EXPECT_THAT(check_libraries(including_library("core/gate/gate.cpp", header)), SizeIs(1))
        << header;
}

TEST(LibraryRule, KeepsSlowHeadersOutOfHeaders) {
  EXPECT_THAT(check_libraries(including_library("core/model/report_json.cpp", "nlohmann/json.hpp")),
              IsEmpty());
  EXPECT_THAT(check_libraries(including_library("core/model/report.h", "nlohmann/json.hpp")),
              SizeIs(1));
  EXPECT_THAT(check_libraries(including_library("core/model/report.h", "nlohmann/json_fwd.hpp")),
              IsEmpty());
  EXPECT_THAT(check_libraries(including_library("plugins/procfs/part.h", "nlohmann/json.hpp")),
              IsEmpty());
  EXPECT_THAT(check_libraries(including_library("plugins/procfs/other.h", "nlohmann/json.hpp")),
              SizeIs(1));
  EXPECT_THAT(check_libraries(including_library("core/serve/engines.h", "boost/asio/post.hpp")),
              IsEmpty());
  EXPECT_THAT(check_libraries(including_library("core/supervise/graph.h", "boost/asio/post.hpp")),
              SizeIs(1));
}

TEST(IncludeStyle, WantsRootRelativeQuotedPathsThatExist) {
  const std::set<std::string> files = {"core/gate/gate.h"};
  const auto check = [&](const std::string& line) {
    return check_include_style({"core/gate/b.cpp", line + "\n"}, files);
  };
  EXPECT_THAT(check("#include \"core/gate/gate.h\""), IsEmpty());
  EXPECT_THAT(check("#include <vector>"), IsEmpty());
  EXPECT_THAT(check("#include \"gate.h\""), SizeIs(1));
  EXPECT_THAT(check("#include \"core/run/../gate/gate.h\""), SizeIs(1));
  EXPECT_THAT(check("#include <core/gate/gate.h>"), SizeIs(1));
  EXPECT_THAT(check("#include \"core/gate/gone.h\""), ElementsAre(HasSubstr("does not exist")));
}

TEST(IncludeStyle, WantsTheOwnHeaderFirst) {
  const std::set<std::string> files = {"core/gate/gate.h"};
  EXPECT_THAT(check_include_style({"core/gate/gate.cpp", "#include \"core/gate/gate.h\"\n"}, files),
              IsEmpty());
  EXPECT_THAT(
      check_include_style(
          {"core/gate/gate.cpp", "#include <vector>\n#include \"core/gate/gate.h\"\n"}, files),
      ElementsAre(HasSubstr("own header")));
}

TEST(PublicHeader, IsNamedLikeItsStep) {
  EXPECT_THAT(check_public_headers({"core/run/plan.cpp", "core/run/run.h", "core/base/a.cpp"}),
              IsEmpty());
  EXPECT_THAT(check_public_headers({"core/run/plan.cpp", "core/run/plan.h"}),
              ElementsAre(HasSubstr("core/run/run.h")));
}

}  // namespace
}  // namespace melisai::tidy
