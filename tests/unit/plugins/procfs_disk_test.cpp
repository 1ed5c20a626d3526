#include <gmock/gmock.h>

#include <filesystem>

#include "tests/unit/plugins/host_fixture.h"

namespace melisai::plugins::procfs {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;

TEST(DiskPart, SaysWhatWholeDisksDid) {
  const Host host("disk");
  expect_golden_host("disk", host.window(make_disk));
}

TEST(DiskPart, LeavesOutTheLatencyOfNoWork) {
  const Host host("disk");
  const Findings findings = host.window(make_disk, [] {});
  const auto& device = findings.data["devices"].back();
  EXPECT_EQ(device["name"], "sdd");
  EXPECT_FALSE(device.contains("avg_latency_ms"));
  EXPECT_EQ(device["utilization_pct"], 0);
  EXPECT_EQ(findings.data["total_ops"], 0);
}

TEST(DiskPart, LeavesOutWhatItCannotReadAboutADisk) {
  const Host host("disk");
  host.remove("sys/block/sda/queue");
  host.put("sys/block/nvme0n1/queue/rotational", "maybe\n");
  const Findings findings = host.window(make_disk);
  ASSERT_EQ(findings.data["devices"].size(), 2u);
  for (const auto& device : findings.data["devices"]) EXPECT_FALSE(device.contains("rotational"));
  EXPECT_FALSE(findings.data["devices"][1].contains("scheduler"));
}

TEST(DiskPart, NeverSaysThatADiskIsBusierThanAlways) {
  const Host host("disk");
  host.put("proc/diskstats", "8 0 sda 0 0 0 0 0 0 0 0 0 0 0\n");
  const Findings findings = host.window(
      make_disk, [&] { host.put("proc/diskstats", "8 0 sda 10 0 80 9 0 0 0 0 0 9000 9000\n"); });
  EXPECT_EQ(findings.data["devices"][0]["utilization_pct"], 100);
}

TEST(DiskPart, TakesTimesThatStartAnewAsUnchangedUnlessTheyHave32Bits) {
  const auto device = [](const std::string& before, const std::string& after) {
    const Host host("disk");
    const auto line = [](const std::string& reads, const std::string& time) {
      return "8 0 sda " + reads + " 0 80 9 0 0 0 0 0 " + time + " " + time + "\n";
    };
    host.put("proc/diskstats", line("0", before));
    return host.window(make_disk, [&] { host.put("proc/diskstats", line("10", after)); })
        .data["devices"][0];
  };
  EXPECT_EQ(device("4294967000", "704")["utilization_pct"], 50) << "1000 ms in two seconds";
  const auto anew = device("5000000000", "1000");
  EXPECT_EQ(anew["utilization_pct"], 0);
  EXPECT_EQ(anew["avg_latency_ms"], 0);
}

TEST(DiskPart, LeavesOutADiskThatClaimsMoreThanAnyCanDo) {
  const Host host("disk");
  host.put("proc/diskstats", "8 0 sda 0 0 0 0 0 0 0 0 0 0 0\n");
  const Findings findings = host.window(make_disk, [&] {
    host.put("proc/diskstats", "8 0 sda 1 0 99999999999999999999 1 0 0 0 0 0 1 1\n");
  });
  EXPECT_FALSE(findings.data.contains("devices")) << findings.data;
  EXPECT_EQ(findings.data["read_bytes_per_sec"], 0);
}

TEST(DiskPart, CountsWhatAnArrayDoesOnceByItsDisks) {
  const Host host("disk");
  host.put("sys/block/md0/slaves/sda/size", "1\n");
  const auto both = [&](const std::string& reads) {
    host.put("proc/diskstats", "8 0 sda " + reads + " 0 80 9 0 0 0 0 0 9 9\n9 0 md0 " + reads +
                                   " 0 80 9 0 0 0 0 0 9 9\n");
  };
  both("0");
  const Findings findings = host.window(make_disk, [&] { both("10"); });
  EXPECT_EQ(findings.data["total_ops"], 10);
  EXPECT_EQ(findings.data["devices"].size(), 1u);
}

TEST(DiskPart, PassesOverNamesThatAreNoDisks) {
  const Host host("disk");
  const std::string lines =
      "8 0 .. 1 1 1 1 1 1 1 1 1 1 1\n8 0 ../block/sda 1 1 1 1 1 1 1 1 1 1 1\n"
      "8 0 sda 1 1 1\n8 0 sda 1 1 -1 1 1 1 1 1 1 1 1\n";
  host.put("proc/diskstats", lines);
  const Findings findings = host.window(make_disk, [] {});
  EXPECT_FALSE(findings.data.contains("devices")) << findings.data;
}

TEST(DiskPart, FindsDisksWhoseNamesHaveSlashes) {
  const Host host("disk");
  host.put("proc/diskstats", "104 0 cciss/c0d0 1 0 8 1 0 0 0 0 0 1 1\n");
  host.put("sys/block/cciss!c0d0/queue/rotational", "1\n");
  const Findings findings = host.window(make_disk, [] {});
  EXPECT_EQ(findings.data["devices"][0]["name"], "cciss/c0d0");
  EXPECT_EQ(findings.data["devices"][0]["rotational"], true);
}

// Drivers of virtual disks leave the kernel's flag at 1, whatever the hypervisor keeps them on.
TEST(DiskPart, DoesNotTakeAVirtualDiskForAHardDisk) {
  for (const std::string bus : {"pci0000:00/0000:00:05.0/virtio2", "vbd-51712",
                                "LNXSYSTM:00/ACPI0004:00/VMBUS:01/f8b3781a/host0/0:0:0:0"}) {
    const Host host("disk");
    const std::string device = "devices/" + bus + "/block/vda";
    host.put("sys/" + device + "/queue/rotational", "1\n");
    host.put("sys/" + device + "/size", "2097152\n");
    std::filesystem::create_directory_symlink("../" + device,
                                              host.options().sys_root + "/block/vda");
    host.put("proc/diskstats", "252 0 vda 1 0 8 1 0 0 0 0 0 1 1\n");
    const Findings findings = host.window(make_disk, [] {});
    const auto& disk = findings.data["devices"][0];
    EXPECT_FALSE(disk.contains("rotational")) << bus;
    EXPECT_EQ(disk["virtual"], true) << bus;
    const Findings system = host.window(make_system, [] {});
    EXPECT_EQ(system.data["block_devices"].back()["type"], "virtual") << bus;
  }
}

TEST(DiskPart, SaysThatItCannotReadItsFiles) {
  for (const char* path : {"proc/diskstats", "sys"}) {
    const Host host("disk");
    host.remove(path);
    const Findings findings = host.window(make_disk, [] {});
    EXPECT_FALSE(findings.data.contains("devices"));
    EXPECT_FALSE(findings.data.contains("total_ops")) << path;
    EXPECT_THAT(findings.errors, ElementsAre(EndsWith("cannot be read")));
  }
}

}  // namespace
}  // namespace melisai::plugins::procfs
