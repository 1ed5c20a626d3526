// Processes and cgroups that a request names, on hosts made of files.
#include "core/host/targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "core/base/files.h"

namespace melisai::host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Targets : public ::testing::Test {
 protected:
  void put(const std::string& file, const std::string& text = "") const {
    const std::filesystem::path path = root_.path() + "/" + file;
    std::filesystem::create_directories(path.parent_path());
    ASSERT_TRUE(write_file(path, text));
  }
  CollectRequest request() const {
    CollectRequest request;
    request.proc_root = root_.path() + "/proc";
    request.sys_root = root_.path() + "/sys";
    return request;
  }
  bool knows_cgroup(const std::string& name) const {
    CollectRequest asked = request();
    asked.cgroups = {name};
    return check_targets(asked).has_value();
  }

  TemporaryDirectory root_ =
      *TemporaryDirectory::make(std::filesystem::temp_directory_path(), "targets.");
};

TEST_F(Targets, OfAProcessNameAndStorageAreRead) {
  put("proc/7/comm", "my server\n");
  put("proc/7/io", "rchar: 1\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 5\n");
  const ProcessFacts facts = facts_of(request(), 7);
  EXPECT_EQ(facts.name, "my server");
  EXPECT_EQ(facts.read_bytes, 4096);
  EXPECT_EQ(facts.write_bytes, 8192);
  put("proc/8/comm", "hers\n");
  EXPECT_EQ(facts_of(request(), 8).read_bytes, std::nullopt) << "of another user: not 0";
  EXPECT_EQ(facts_of(request(), 9).name, "");
}

TEST_F(Targets, AreProcessesThatRun) {
  put("proc/7/stat");
  CollectRequest asked = request();
  asked.pids = {7};
  EXPECT_TRUE(check_targets(asked));
  EXPECT_THAT(gone_targets(asked), IsEmpty());
  asked.pids = {7, 8};
  const Result<void> checked = check_targets(asked);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, Errc::usage);
  EXPECT_THAT(checked.error().message, HasSubstr("there is no process 8"));
  EXPECT_THAT(gone_targets(asked), ElementsAre("process 8 ended before the window did"));
}

TEST_F(Targets, AreCgroupsByDirectoryOrName) {
  put("sys/fs/cgroup/cgroup.procs");
  put("sys/fs/cgroup/a.slice/b/cgroup.procs");
  const std::string mount = request().sys_root + "/fs/cgroup";
  for (const std::string& name : {std::string("/a.slice/b"), mount + "/a.slice/b", mount})
    EXPECT_TRUE(knows_cgroup(name)) << name;
  for (const std::string& name : {std::string("/b"), mount + "/b", root_.path()})
    EXPECT_FALSE(knows_cgroup(name)) << name;
}

TEST_F(Targets, AreCgroupsOfAnyHierarchyOfVersion1) {
  put("sys/fs/cgroup/memory/a/cgroup.procs");
  put("sys/fs/cgroup/cpu/cgroup.procs");
  EXPECT_TRUE(knows_cgroup("/a"));
  EXPECT_TRUE(knows_cgroup(request().sys_root + "/fs/cgroup/memory/a"));
  EXPECT_FALSE(knows_cgroup(request().sys_root + "/fs/cgroup/cpu/a"));
  EXPECT_FALSE(knows_cgroup("/c"));
}

TEST_F(Targets, MayVanish) {
  put("sys/fs/cgroup/cgroup.procs");
  put("sys/fs/cgroup/a/cgroup.procs");
  CollectRequest asked = request();
  asked.cgroups = {"/a"};
  EXPECT_THAT(gone_targets(asked), IsEmpty());
  std::filesystem::remove_all(root_.path() + "/sys/fs/cgroup/a");
  EXPECT_THAT(gone_targets(asked), ElementsAre(HasSubstr("'/a' was removed")));
}

}  // namespace
}  // namespace melisai::host
