#include "core/init/init.h"

#include <cstdlib>

#include "core/init/pipeline_file.h"
#include "core/run/run.h"
#include "tests/unit/init/source_fixture.h"

namespace melisai::init {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Init : public Sources {
 protected:
  Result<void> run(Ci ci = Ci::none, bool force = false, const std::string& action = "") {
    said_.clear();
    return init({.directory = root(), .ci = ci, .action = action, .force = force},
                [this](std::string_view text) {
                  said_ += text;
                  return true;
                });
  }
  std::string said_;
};

TEST_F(Init, WritesAPipelineFileAndSaysWhatToDo) {
  write("Makefile", "check:\n");
  ASSERT_TRUE(run());
  EXPECT_THAT(read(".melisai-gate.yaml"), HasSubstr("version: 1"));
  EXPECT_THAT(said_, AllOf(HasSubstr("saw Make"), HasSubstr("wrote .melisai-gate.yaml"),
                           HasSubstr("nothing is measured yet"), HasSubstr("not the root"),
                           HasSubstr("next: say what is measured, commit the files")));
  // A fresh project has one commit, and HEAD~1 is none there.
  EXPECT_THAT(said_, Not(HasSubstr("HEAD~1")));
}

TEST_F(Init, ReplacesNothingUnasked) {
  write("Makefile", "check:\n");
  write(".melisai-gate.yaml", "mine\n");
  const Result<void> refused = run(Ci::github);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::usage);
  EXPECT_THAT(refused.error().message,
              AllOf(HasSubstr(".melisai-gate.yaml"), HasSubstr("--force")));
  EXPECT_EQ(read(".melisai-gate.yaml"), "mine\n");
  EXPECT_EQ(read(".github/workflows/melisai-gate.yml"), "");  // all or nothing
  ASSERT_TRUE(run(Ci::github, true));
  EXPECT_THAT(read(".melisai-gate.yaml"), HasSubstr("version: 1"));
}

TEST_F(Init, ALinkIsThereToo) {
  write("Makefile", "check:\n");
  std::filesystem::create_symlink("nowhere", root() + "/.melisai-gate.yaml");
  EXPECT_FALSE(run());
}

TEST_F(Init, SaysWhichBuildSystemsItKnows) {
  const Result<void> nothing = run();
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code, Errc::usage);
  EXPECT_THAT(nothing.error().message,
              HasSubstr("CMake, Cargo, Go, Maven, Gradle, npm, Python, Make"));
}

TEST_F(Init, WorkflowsAreThoseOfTheExamples) {
  write("CMakeLists.txt", "");
  ASSERT_TRUE(run(Ci::github));
  const std::string workflow = read(".github/workflows/melisai-gate.yml");
  EXPECT_THAT(workflow, AllOf(HasSubstr("# Written by `melisai-gate init`"),
                              HasSubstr("uses: OWNER/melisai-gate@v0"), Not(HasSubstr("Copy to")),
                              HasSubstr("recommends build-essential cmake\n")));
  EXPECT_THAT(said_, HasSubstr("replace OWNER/melisai-gate@v0"));
  ASSERT_TRUE(run(Ci::github, true, "team/melisai-gate@0123456789abcdef0123456789abcdef01234567"));
  EXPECT_THAT(read(".github/workflows/melisai-gate.yml"),
              AllOf(HasSubstr("uses: team/melisai-gate@0123456789abcdef0123456789abcdef01234567\n"),
                    Not(HasSubstr("OWNER"))));
  // They differ from the example in these lines alone.
  std::ifstream file(MELISAI_SOURCE_DIR "/ci/github/pull-request.yml");
  for (std::string line; std::getline(file, line);)
    if (line.find("Copy to") == std::string::npos) {
      EXPECT_THAT(workflow, HasSubstr(line + "\n"));
    }
}

TEST_F(Init, NeverTouchesTheMainFileOfGitlab) {
  write("go.mod", "");
  ASSERT_TRUE(run(Ci::gitlab));
  EXPECT_THAT(read(".gitlab-ci.yml"), HasSubstr("local: .gitlab/melisai-gate.yml"));
  EXPECT_THAT(read(".gitlab/melisai-gate.yml"), HasSubstr("recommends golang\n"));
  write(".gitlab-ci.yml", "mine\n");
  ASSERT_TRUE(run(Ci::gitlab, true));
  EXPECT_EQ(read(".gitlab-ci.yml"), "mine\n");
  EXPECT_THAT(said_, HasSubstr("add to .gitlab-ci.yml"));
}

TEST(YamlScalar, QuotesWhatYamlWouldReadOtherwise) {
  EXPECT_EQ(yaml_scalar("cmake --build build -j"), "cmake --build build -j");
  EXPECT_EQ(yaml_scalar("make"), "\"make\"");
  EXPECT_EQ(yaml_scalar("./app # no"), "\"./app # no\"");
  EXPECT_EQ(yaml_scalar("a: \"b\" \\"), R"("a: \"b\" \\")");
  EXPECT_EQ(yaml_scalar("-test.bench={regex}"), "\"-test.bench={regex}\"");
  EXPECT_EQ(yaml_scalar(""), "\"\"");
}

}  // namespace
}  // namespace melisai::init
