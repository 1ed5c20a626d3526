#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/files.h"
#include "core/host/host.h"

namespace melisai::host {
namespace profile_choice_test {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

/// A directory whose pipeline file has a profile of its own, and mistakes elsewhere.
class ProfileChoiceTest : public ::testing::Test {
 protected:
  ProfileChoiceTest() { write(".melisai-gate.yaml", kFile); }
  void write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(write_file(directory_.path() + "/" + name, text));
  }
  Result<HostProfile> choose(ProfileChoice choice) {
    choice.directory = directory_.path();
    return choose_profile(choice);
  }
  std::string error_of(const ProfileChoice& choice) {
    const Result<HostProfile> chosen = choose(choice);
    return chosen ? "chosen" : chosen.error().message;
  }

  static constexpr const char* kFile =
      "version: 1\n"
      "pipelines: { build: { run: [] } }\n"
      "collect:\n"
      "  watched: false\n"
      "  profiles: { nightly: { duration: 2s, tools: [runqlat], focus: [cpu] },\n"
      "              quick: { duration: 1s } }\n";
  TemporaryDirectory directory_ =
      TemporaryDirectory::make(::testing::TempDir(), "profile-choice-").value();
};

TEST_F(ProfileChoiceTest, OneOfTheProjectsOwn) {
  const Result<HostProfile> nightly = choose({.name = "nightly"});
  ASSERT_TRUE(nightly) << nightly.error().message;
  EXPECT_EQ(nightly->duration, 2s);
  EXPECT_THAT(nightly->tools, ElementsAre("runqlat"));
  EXPECT_EQ(choose({.name = "quick"})->duration, 1s) << "instead of the built-in one";
  EXPECT_EQ(choose({.name = "deep"})->duration, 60s);
}

TEST_F(ProfileChoiceTest, TheCommandLineChangesIt) {
  const Result<HostProfile> changed =
      choose({.name = "nightly", .config_file = "", .focus = {"disk"}, .duration = 5s});
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->duration, 5s);
  EXPECT_EQ(changed->timeout, 25s);
  EXPECT_THAT(changed->focus, ElementsAre("disk"));
}

TEST_F(ProfileChoiceTest, OfAFileThatIsNamed) {
  write("other.yaml", "version: 1\ncollect: { profiles: { weekly: { duration: 3s } } }\n");
  const std::string other = directory_.path() + "/other.yaml";
  EXPECT_EQ(choose({.name = "weekly", .config_file = other})->duration, 3s);
  EXPECT_THAT(error_of({.name = "nightly", .config_file = other}),
              AllOf(HasSubstr("there is no profile 'nightly'; there are weekly, quick"),
                    HasSubstr("other.yaml")));
  EXPECT_THAT(error_of({.name = "quick", .config_file = directory_.path() + "/gone"}),
              HasSubstr("/gone'"));
}

TEST_F(ProfileChoiceTest, NothingIsReadWhereNobodyAsksForIt) {
  write(".melisai-gate.yaml", "version: 7\n");
  EXPECT_EQ(choose({})->name, "standard");
  EXPECT_THAT(error_of({.name = "quick"}), HasSubstr(".melisai-gate.yaml:1:"))
      << "it might have one of that name";
}

TEST_F(ProfileChoiceTest, WithoutAFileThereAreTheBuiltInOnes) {
  ASSERT_TRUE(remove_tree(directory_.path() + "/.melisai-gate.yaml"));
  EXPECT_EQ(choose({.name = "quick"})->duration, 10s);
  EXPECT_THAT(error_of({.name = "slow"}),
              AllOf(HasSubstr("there are quick, standard, deep"), HasSubstr("collect.profiles")));
}

}  // namespace profile_choice_test
}  // namespace melisai::host
