#include "core/collect/discovery.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "core/base/files.h"

namespace melisai::collect {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Discovery : public ::testing::Test {
 protected:
  std::string add(const std::string& name, mode_t mode) const {
    const std::string file = directory_.path() + "/" + name;
    std::ofstream(file) << "#!/bin/sh\n" << std::flush;
    chmod(file.c_str(), mode);
    return file;
  }
  std::vector<Candidate> found(int most = 64) const { return discover({directory_.path()}, most); }
  std::vector<std::string> names(int most = 64) const {
    std::vector<std::string> result;
    for (const Candidate& candidate : found(most))
      result.push_back(candidate.name + (candidate.refused.empty() ? "" : " refused"));
    return result;
  }

  TemporaryDirectory directory_ = *TemporaryDirectory::make(::testing::TempDir(), "discovery");
};

TEST_F(Discovery, FindsPluginsAndProgramsSortedByFile) {
  add("zebra.so", 0644);
  add("counter", 0755);
  add("other.py", 0755);
  EXPECT_THAT(names(), ElementsAre("counter", "other.py", "zebra"));
  EXPECT_TRUE(found()[0].program);
  EXPECT_FALSE(found()[2].program);
  EXPECT_EQ(found()[2].file, directory_.path() + "/zebra.so");
}

TEST_F(Discovery, PassesOverEverythingElse) {
  add("README.md", 0644);
  add(".hidden.so", 0755);
  std::filesystem::create_directory(directory_.path() + "/below");
  add("below/deep.so", 0644);
  std::filesystem::create_directory(directory_.path() + "/directory.so");
  mkfifo((directory_.path() + "/pipe.so").c_str(), 0700);
  std::filesystem::create_symlink("nowhere", directory_.path() + "/dangling.so");
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(Discovery, DirectoriesThatDoNotExistAreFine) {
  EXPECT_THAT(discover({directory_.path() + "/none"}, 64), IsEmpty());
}

TEST_F(Discovery, ADirectoryNamedTwiceIsReadOnce) {
  add("one.so", 0644);
  EXPECT_EQ(discover({directory_.path(), directory_.path()}, 64).size(), 1U);
}

TEST_F(Discovery, RefusesFilesThatOthersMayWrite) {
  const std::string group = add("group.so", 0664);
  add("sound.so", 0644);
  const std::string world = add("world", 0757);
  EXPECT_THAT(names(), ElementsAre("group refused", "sound", "world refused"));
  EXPECT_EQ(found()[0].refused,
            group + " can be written by group or others; run: chmod go-w " + group);
  EXPECT_THAT(found()[2].refused, HasSubstr("chmod go-w " + world));
}

TEST_F(Discovery, RefusesEverythingInADirectoryThatOthersMayWrite) {
  add("one.so", 0644);
  for (const mode_t mode : {0770U, 0707U, 01777U}) {
    chmod(directory_.path().c_str(), mode);
    EXPECT_THAT(names(), ElementsAre("one refused")) << mode;
    EXPECT_THAT(found()[0].refused, HasSubstr("chmod go-w " + directory_.path()));
  }
}

TEST_F(Discovery, RefusesFilesOfOtherUsers) {
  const std::string file = add("one.so", 0644);
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  ASSERT_EQ(chown(file.c_str(), 12345, 0), 0);
  EXPECT_THAT(found()[0].refused, HasSubstr("belongs to user 12345"));
}

TEST_F(Discovery, RefusesSymbolicLinks) {
  std::filesystem::create_symlink("/bin/sh", directory_.path() + "/link");
  EXPECT_THAT(names(), ElementsAre("link refused"));
  EXPECT_THAT(found()[0].refused, HasSubstr("is a symbolic link"));
}

TEST_F(Discovery, CountsWhatPassesTheLimit) {
  for (const char* name : {"a.so", "b.so", "c.so", "d.so"}) add(name, 0644);
  EXPECT_THAT(names(2), ElementsAre("a", "b", "c refused"));
  EXPECT_THAT(found(2)[2].refused, HasSubstr("2 of the files, from c on, passed over"));
  EXPECT_THAT(names(4), ElementsAre("a", "b", "c", "d"));
}

TEST_F(Discovery, NamesOfFilesAreMadePrintable) {
  add("bad\033name.so", 0666);
  EXPECT_EQ(found()[0].name, "bad?name");
  EXPECT_THAT(found()[0].refused, HasSubstr("bad?name.so can be"));
}

}  // namespace
}  // namespace melisai::collect
