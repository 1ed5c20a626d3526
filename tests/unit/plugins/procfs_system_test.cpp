#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "plugins/procfs/filesystems.h"
#include "plugins/procfs/kernel_log.h"
#include "tests/unit/plugins/host_fixture.h"

namespace melisai::plugins::procfs {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(SystemPart, SaysWhatMachineThisIs) {
  const Host host("system");
  expect_golden_host("system", host.window(make_system));
}

TEST(SystemPart, ReadsNothingOfTheLiveHostForAnotherRoot) {
  const Host host("system");
  const Findings findings = host.window(make_system);
  EXPECT_FALSE(findings.data.contains("dmesg_errors"));
  for (const auto& filesystem : findings.data["filesystems"])
    EXPECT_FALSE(filesystem.contains("size_gb")) << filesystem;
}

TEST(SystemPart, SaysThatThereIsNothingToRead) {
  const Host host("system");
  host.remove("proc");
  host.remove("sys");
  const Findings findings = host.window(make_system, [] {});
  EXPECT_TRUE(findings.data.empty()) << findings.data;
  EXPECT_THAT(findings.errors, ElementsAre(EndsWith("names neither system nor kernel")));
}

TEST(Mounts, AreNeverAskedBehindANetwork) {
  const std::vector<Mount> mounts = {
      {"8:1", "/", "ext4", "/dev/sda1"},         {"0:1", "/net", "nfs4", "server:/"},
      {"8:2", "/net/local", "xfs", "/dev/sdb1"}, {"8:3", "/network", "xfs", "/dev/sdc1"},
      {"0:2", "/home/x", "fuse.sshfs", "x@y:"},  {"0:3", "/new", "fs-of-tomorrow", "z"}};
  std::vector<std::string> asked;
  for (const Mount& mount : mounts)
    if (may_ask(mount, mounts)) asked.push_back(mount.path);
  EXPECT_THAT(asked, ElementsAre("/", "/network"));
}

TEST(Mounts, HideWhatTheyAreMountedOver) {
  const auto mounts = parse_mounts(
      "1 0 8:1 / /a rw - ext4 /dev/one rw\n"
      "2 1 8:2 / /a rw - ext4 /dev/two rw\n");
  ASSERT_EQ(mounts.size(), 1u);
  EXPECT_EQ(mounts[0].device, "/dev/two");
}

TEST(Mounts, OfThisHostHaveSizes) {
  const auto list = filesystems("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n", true);
  ASSERT_EQ(list.size(), 1u);
  EXPECT_GT(list[0]["size_gb"], 0.01);
  EXPECT_GE(list[0]["used_pct"], 0);
  EXPECT_LE(list[0]["used_pct"], 100);
}

TEST(LogRecord, IsAWarningOrWorse) {
  const auto entry = parse_log_record("4,339,5140900,-;disk: slow\n SUBSYSTEM=block\n");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->time, "5.140900");
  EXPECT_EQ(entry->level, "warn");
  EXPECT_EQ(entry->message, "disk: slow");
  EXPECT_EQ(parse_log_record("27,1,1,-;a daemon's error")->level, "err");
  EXPECT_EQ(parse_log_record("0,1,1,-;")->level, "emerg");
  EXPECT_FALSE(parse_log_record("5,1,1,-;a notice"));
  EXPECT_FALSE(parse_log_record("6,1,1,-;information"));
}

TEST(LogRecord, MayBeBroken) {
  for (const char* record : {"", ";", "4", "4;x", "4,1;x", "4,1,;x", "-4,1,1;x", ",,,;x", "4,1,1"})
    EXPECT_FALSE(parse_log_record(record)) << record;
}

TEST(KernelLog, KeepsTheLastEntries) {
  // A packet is a record, as a read of the device is one.
  int ends[2] = {};
  ASSERT_EQ(pipe2(ends, O_DIRECT | O_CLOEXEC), 0);
  for (const std::string record :
       {"3,1,1000000,-;one", "6,2,2,-;noise", "4,3,2000000,-;two", "2,4,3000000,-;three"})
    ASSERT_EQ(write(ends[1], record.data(), record.size()), static_cast<ssize_t>(record.size()));
  const KernelLog log = read_kernel_log("/proc/self/fd/" + std::to_string(ends[0]), 2);
  for (const int end : ends) close(end);
  EXPECT_EQ(log.error, "");
  ASSERT_EQ(log.entries.size(), 2u);
  EXPECT_EQ(log.entries[0].message, "two");
  EXPECT_EQ(log.entries[1].message, "three");
  EXPECT_EQ(log.entries[1].level, "crit");
}

TEST(KernelLog, SaysWhyItCannotBeRead) {
  const KernelLog log = read_kernel_log("/no/such/log", 50);
  EXPECT_THAT(log.entries, IsEmpty());
  EXPECT_EQ(log.error, "/no/such/log: No such file or directory");
}

}  // namespace
}  // namespace melisai::plugins::procfs
