#include "core/symbols/perf_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "core/base/files.h"

namespace melisai::symbols {
namespace {

using ::testing::HasSubstr;

TEST(PerfMap, FindsFunctionsThatWereCompiledAtRunTime) {
  const PerfMap map = PerfMap::parse("7f00 10 LazyCompile:*hot /x.js:1\n0x8000 20 JS:~cold\n");
  EXPECT_EQ(map.find(0x7f0f), "LazyCompile:*hot /x.js:1");
  EXPECT_EQ(map.find(0x7f10), "");
  EXPECT_EQ(map.find(0x8000), "JS:~cold");
  EXPECT_EQ(map.find(0), "");
}

TEST(PerfMap, TakesTheLaterFunctionWhereMemoryWasUsedAgain) {
  const PerfMap map = PerfMap::parse("1000 100 old\n1080 10 new\n2000 10 a\n2000 10 b\n");
  EXPECT_EQ(map.find(0x1085), "new");
  EXPECT_EQ(map.find(0x1000), "") << "half of a function is no function";
  EXPECT_EQ(map.find(0x2008), "b");
}

TEST(PerfMap, SkipsWhatIsNoLine) {
  const PerfMap map = PerfMap::parse(
      "\n\nzz 10 bad\n1000\n1000 10\n1000 10 \n-5 10 x\nffffffffffffffff 10 wraps\n2000 0 empty\n"
      "3000 10 good");
  EXPECT_EQ(map.size(), 1u);
  EXPECT_EQ(map.find(0x3001), "good");
}

TEST(PerfMap, CleansNames) {
  const PerfMap map = PerfMap::parse("1000 10 a\x1b[31mred\n2000 10 " + std::string(5'000, 'x'));
  EXPECT_EQ(map.find(0x1000), "a?[31mred");
  EXPECT_LE(map.find(0x2000).size(), kPerfMapNameMax);
}

class PerfMapFile : public ::testing::Test {
 protected:
  PerfMapFile() { std::filesystem::create_directories(root() + "/tmp"); }
  std::string root() const { return directory_.path(); }
  std::string path() const { return root() + "/tmp/perf-42.map"; }
  std::string problem(std::uint32_t owner) const {
    const auto map = read_perf_map(root(), 42, owner);
    return map ? "" : map.error().message;
  }

  TemporaryDirectory directory_ = *TemporaryDirectory::make("/tmp", "perf-map-");
};

TEST_F(PerfMapFile, IsReadWhenTheProcessOwnsIt) {
  std::ofstream(path()) << "1000 10 f\n";
  const auto map = read_perf_map(root(), 42, getuid());
  ASSERT_TRUE(map) << map.error().message;
  EXPECT_EQ(map->find(0x1000), "f");
}

TEST_F(PerfMapFile, IsRefusedWhenSomebodyElseMadeIt) {
  std::ofstream(path()) << "1000 10 f\n";
  EXPECT_THAT(problem(getuid() + 1), HasSubstr("belongs to user"));
}

TEST_F(PerfMapFile, IsRefusedWhenItIsALinkOrAPipe) {
  std::ofstream(root() + "/target") << "1000 10 f\n";
  std::filesystem::create_symlink(root() + "/target", path());
  EXPECT_NE(problem(getuid()), "");
  std::filesystem::remove(path());
  ASSERT_EQ(mkfifo(path().c_str(), 0600), 0);
  EXPECT_THAT(problem(getuid()), HasSubstr("not a regular file"));
}

TEST_F(PerfMapFile, DoesNotLeaveTheRootOfTheProcess) {
  const TemporaryDirectory outside = *TemporaryDirectory::make("/tmp", "perf-map-outside-");
  std::ofstream(outside.path() + "/perf-42.map") << "1000 10 f\n";
  std::filesystem::remove(root() + "/tmp");
  std::filesystem::create_symlink(outside.path(), root() + "/tmp");
  EXPECT_NE(problem(getuid()), "");
}

}  // namespace
}  // namespace melisai::symbols
