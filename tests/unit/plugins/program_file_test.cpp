#include "plugins/process/program_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "core/base/files.h"

namespace melisai::plugins {
namespace {

class ProgramFileTest : public ::testing::Test {
 protected:
  std::string put(const std::string& name, const std::string& text, mode_t mode) const {
    const std::string path = directory_.path() + "/" + name;
    std::ofstream(path) << text;
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }

  TemporaryDirectory directory_ =
      TemporaryDirectory::make(std::filesystem::temp_directory_path(), "melisai-file-").value();
};

TEST_F(ProgramFileTest, TellsProgramsThatTraceByTheirSymbols) {
  EXPECT_FALSE(may_trace_itself("/bin/true"));
  EXPECT_FALSE(may_trace_itself(MELISAI_EXIT_PROBE));
  EXPECT_TRUE(may_trace_itself(MELISAI_TRACE_PROBE));
#ifdef MELISAI_LEAK_PROBE
  EXPECT_TRUE(may_trace_itself(MELISAI_LEAK_PROBE));
#endif
}

TEST_F(ProgramFileTest, ThinksTheWorstOfWhatItCannotRead) {
  EXPECT_TRUE(may_trace_itself(directory_.path() + "/nothing"));
  EXPECT_TRUE(may_trace_itself(put("text", "#!/bin/sh\n", 0755)));
  std::ifstream whole("/bin/true", std::ios::binary);
  std::string cut(1000, '\0');
  whole.read(cut.data(), static_cast<std::streamsize>(cut.size()));
  EXPECT_TRUE(may_trace_itself(put("cut", cut, 0755)));
}

TEST_F(ProgramFileTest, FindsALeakCheckerThatIsPreloaded) {
  using std::string_literals::operator""s;
  EXPECT_TRUE(preloads_leak_checker("A=1\0LD_PRELOAD=/lib/libasan.so.8\0B=2\0"s));
  EXPECT_TRUE(preloads_leak_checker("LD_PRELOAD=liblsan.so.0"s));
  EXPECT_FALSE(preloads_leak_checker("A=libasan.so\0LD_PRELOAD=/lib/libjemalloc.so\0"s));
  EXPECT_FALSE(preloads_leak_checker(""));
}

TEST_F(ProgramFileTest, TellsFilesThatChangeRights) {
  EXPECT_FALSE(changes_rights(put("plain", "x", 0755), ""));
  EXPECT_TRUE(changes_rights(put("user", "x", 04755), ""));
  EXPECT_TRUE(changes_rights(put("group", "x", 02755), ""));
  EXPECT_FALSE(changes_rights(directory_.path() + "/nothing", ""));
  EXPECT_FALSE(changes_rights(directory_.path(), ""));
}

TEST_F(ProgramFileTest, TellsItOfTheInterpretersOfScripts) {
  const std::string interpreter = put("user", "x", 04755);
  EXPECT_TRUE(changes_rights(put("a", "#! " + interpreter + " -x\n", 0755), ""));
  EXPECT_TRUE(changes_rights(put("b", "#!" + directory_.path() + "/a\n", 0755), ""));
  EXPECT_TRUE(changes_rights(put("c", "#!/user\n", 0755), directory_.path()));
  EXPECT_TRUE(changes_rights(put("d", "#!user\n", 0755), ""));
  EXPECT_TRUE(changes_rights(put("e", "#!" + directory_.path() + "/e\n", 0755), ""));
  EXPECT_FALSE(changes_rights(put("f", "#!/bin/true\n", 0755), ""));
  EXPECT_FALSE(changes_rights(put("g", "#!\n", 0755), ""));
}

TEST(ProgramName, IsThatOfAShellOrItsLike) {
  EXPECT_TRUE(becomes_another("dash"));
  EXPECT_TRUE(becomes_another("env"));
  EXPECT_FALSE(becomes_another("python3.11"));
  EXPECT_FALSE(becomes_another(""));
}

}  // namespace
}  // namespace melisai::plugins
