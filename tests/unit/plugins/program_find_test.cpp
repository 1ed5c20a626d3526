// What is taken for a program, and what is not.
#include <gmock/gmock.h>

#include "tests/unit/plugins/program_fixture.h"

namespace melisai::plugins {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class ProgramSearch : public ProgramFixture {};

TEST_F(ProgramSearch, TakesNamesOnly) {
  put_script("tool", "true");
  EXPECT_EQ(reason("tool"), "");
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string("bin/tool"),
        path("bin/tool"), std::string("../bin/tool"), std::string("-tool"),
        std::string("tool\0x", 6), std::string("tool\n"), std::string("to ol"),
        std::string(256, 'x')})
    EXPECT_THAT(reason(name), HasSubstr("without a path")) << name;
}

TEST_F(ProgramSearch, NamesTheDirectoriesOfWhatIsNotThere) {
  EXPECT_EQ(reason("no-such-tool"), "cannot find no-such-tool in " + path("bin") +
                                        ", /usr/bin, /bin; install the package that has it");
  EXPECT_THAT(find_program("no-such-tool").reason,
              AllOf(HasSubstr("/usr/sbin, /usr/bin, /sbin, /bin, /usr/local/sbin, /usr/local/bin"),
                    HasSubstr("/usr/share/bcc/tools")));
}

TEST_F(ProgramSearch, FindsProgramsOfThisSystem) {
  const FoundProgram found = find_program("sh");
  EXPECT_EQ(found.reason, "");
  EXPECT_EQ(found.path, std::filesystem::canonical("/bin/sh"));
  EXPECT_FALSE(found.interpreter.valid());
}

TEST_F(ProgramSearch, IgnoresWhereWeAreAndOurPath) {
  put_script("tool", "true");
  rules_.directories = {"bin", "", ".", "/usr/bin"};
  const std::string before = std::filesystem::current_path();
  std::filesystem::current_path(directory_.path());
  EXPECT_THAT(reason("tool"), HasSubstr("cannot find tool"));
  std::filesystem::current_path(before);
}

TEST_F(ProgramSearch, TakesRegularFilesOnly) {
  make_directory("bin/directory");
  mkfifo(path("bin/fifo").c_str(), 0755);
  std::filesystem::create_symlink("/dev/null", path("bin/device"));
  for (const char* name : {"directory", "fifo", "device"})
    EXPECT_EQ(reason(name), path("bin/") + name + " is not a regular file");
  std::filesystem::create_symlink("loop", path("bin/loop"));
  EXPECT_THAT(reason("loop"), HasSubstr("cannot open"));
  std::filesystem::create_symlink("gone", path("bin/dangling"));
  EXPECT_THAT(reason("dangling"), HasSubstr("cannot find"));
}

TEST_F(ProgramSearch, TakesExecutablesOnly) {
  put_script("tool", "true", 0644);
  EXPECT_EQ(reason("tool"),
            path("bin/tool") + " is not executable; run: chmod a+x " + path("bin/tool"));
}

TEST_F(ProgramSearch, RefusesFilesThatOthersMayWriteTo) {
  for (const mode_t mode : {0775, 0757, 0777, 04775}) {
    put_script("tool", "true", mode);
    EXPECT_THAT(reason("tool"), AllOf(HasSubstr("is writable by group or others"),
                                      EndsWith("chmod go-w " + path("bin/tool"))));
  }
}

TEST_F(ProgramSearch, RefusesFilesOfOthers) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to give a file away";
  put_script("tool", "true");
  ASSERT_EQ(chown(path("bin/tool").c_str(), 65534, 0), 0);
  EXPECT_THAT(reason("tool"), HasSubstr("belongs to user 65534"));
  rules_.owner = 65534;
  EXPECT_EQ(reason("tool"), "");
}

TEST_F(ProgramSearch, RefusesOurOwnFilesWhereRootIsAskedFor) {
  if (geteuid() == 0) GTEST_SKIP() << "needs an ordinary user, whose files are not root's";
  put_script("tool", "true");
  rules_.owner = 0;
  EXPECT_THAT(reason("tool"), HasSubstr("belongs to user"));
}

TEST_F(ProgramSearch, RefusesDirectoriesThatOthersMayWriteTo) {
  make_directory("above/bin");
  put("above/bin/tool", "#!/bin/sh\n");
  rules_.directories = {path("above/bin"), "/usr/bin"};
  EXPECT_EQ(reason("tool"), "");
  for (const char* directory : {"above/bin", "above"})
    for (const mode_t mode : {0775, 0757}) {
      make_directory(directory, mode);
      EXPECT_THAT(reason("tool"), HasSubstr("chmod go-w " + path(directory)));
      make_directory(directory);
    }
  make_directory("above/bin", 01777);  // anybody may put a program into it
  EXPECT_THAT(reason("tool"), HasSubstr("chmod go-w " + path("above/bin")));
  make_directory("above/bin");
  make_directory("above", 01777);  // but cannot replace a directory of ours in it
  EXPECT_EQ(reason("tool"), "");
}

TEST_F(ProgramSearch, RefusesDirectoriesOfOthers) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to give a directory away";
  make_directory("above/bin");
  put("above/bin/tool", "#!/bin/sh\n");
  rules_.directories = {path("above/bin"), "/usr/bin"};
  ASSERT_EQ(chown(path("above").c_str(), 65534, 0), 0);
  EXPECT_THAT(reason("tool"), HasSubstr(path("above") + " belongs to user 65534"));
}

TEST_F(ProgramSearch, FollowsLinksIntoAllowedDirectoriesOnly) {
  put_script("tool", "true");
  make_directory("elsewhere");
  put("elsewhere/tool", "#!/bin/sh\n");
  std::filesystem::create_symlink("tool", path("bin/inside"));
  std::filesystem::create_symlink("/usr/bin/env", path("bin/system"));
  std::filesystem::create_symlink("../elsewhere/tool", path("bin/outside"));
  std::filesystem::create_directory_symlink("bin", path("other-bin"));
  EXPECT_EQ(reason("inside"), "");
  EXPECT_EQ(reason("system"), "");
  EXPECT_THAT(reason("outside"),
              HasSubstr(path("elsewhere/tool") + " is not in a directory for programs"));
  rules_.directories = {path("other-bin"), "/usr/bin"};
  EXPECT_EQ(find_program("tool", rules_).path, path("bin/tool"));
}

TEST_F(ProgramSearch, ChecksTheDirectoriesBehindALink) {
  make_directory("open", 0777);
  make_directory("open/bin");
  put("open/bin/tool", "#!/bin/sh\n");
  std::filesystem::create_symlink("../open/bin/tool", path("bin/tool"));
  rules_.directories.push_back(path("open/bin"));
  EXPECT_THAT(reason("tool"), HasSubstr("chmod go-w " + path("open")));
}

TEST_F(ProgramSearch, GoesOnBehindWhatIsRefused) {
  make_directory("second");
  put_script("tool", "true", 0777);
  put("second/tool", "#!/bin/sh\n");
  EXPECT_NE(reason("tool"), "");
  rules_.directories.push_back(path("second"));
  EXPECT_EQ(find_program("tool", rules_).path, path("second/tool"));
}

TEST_F(ProgramSearch, ChecksTheInterpreterOfAScript) {
  make_directory("elsewhere");
  copy_program(std::filesystem::canonical("/bin/sh"), "elsewhere/sh");
  put("bin/outside", "#!" + path("elsewhere/sh") + "\n");
  put("bin/gone", "#!/no/such/interpreter\n");
  put("bin/relative", "#! sh\n");
  put("bin/empty", "#!");
  put("bin/endless", "#!/bin/sh " + std::string(300, 'x'));
  put("bin/scripted", "#!" + path("bin/relative") + "\n");
  put("bin/options", "#!/usr/bin/env -S LD_PRELOAD=x sh\n");
  EXPECT_THAT(reason("outside"), HasSubstr("is not in a directory for programs"));
  EXPECT_THAT(reason("gone"), EndsWith("/no/such/interpreter does not exist"));
  EXPECT_THAT(reason("relative"), EndsWith("it names no absolute path"));
  EXPECT_THAT(reason("empty"), EndsWith("it names no absolute path"));
  EXPECT_THAT(reason("endless"), EndsWith("has a first line of more than 255 bytes"));
  EXPECT_THAT(reason("scripted"), EndsWith("is a script itself"));
  EXPECT_THAT(reason("options"), EndsWith("it asks env for more than one plain name"));
}

TEST_F(ProgramSearch, LooksForWhatEnvWouldRunInTheSameDirectories) {
  put("bin/tool", "#!/usr/bin/env sh\n");
  const FoundProgram found = find_program("tool", rules_);
  EXPECT_EQ(found.reason, "");
  EXPECT_THAT(found.interpreter_words, ::testing::ElementsAre("sh"));
  copy_program(std::filesystem::canonical("/bin/sh"), "bin/shell");
  chmod(path("bin/shell").c_str(), 0777);
  put("bin/tool", "#!/usr/bin/env shell\n");
  EXPECT_THAT(reason("tool"), HasSubstr("is writable by group or others"));
}

}  // namespace
}  // namespace melisai::plugins
