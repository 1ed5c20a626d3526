#include <gmock/gmock.h>

#include <cerrno>
#include <fstream>

#include "core/doctor/system_files.h"
#include "tests/unit/doctor/fixture.h"

namespace melisai::doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(FactsOfANotebook, AreAllRead) {
  const Result<Facts> read = facts_of("notebook", {.cycles_errno = EACCES, .bpf_errno = EPERM});
  ASSERT_TRUE(read);
  const Facts& facts = *read;
  EXPECT_EQ(
      facts.distribution,
      (Distribution{
          .id = "ubuntu", .like = {"debian"}, .version = "24.04", .name = "Ubuntu 24.04.1 LTS"}));
  EXPECT_EQ(facts.machine.virtualisation, "none");
  EXPECT_EQ(facts.kernel, "6.8.0-45-generic");
  EXPECT_EQ(facts.kernel_version, (KernelVersion{6, 8}));
  EXPECT_EQ(facts.cpus_usable, 8);
  EXPECT_EQ(facts.cpus_online, 8);
  EXPECT_THAT(facts.governors, ElementsAre("powersave"));
  EXPECT_EQ(
      facts.turbo,
      (Turbo{.on = true, .file = "/sys/devices/system/cpu/intel_pstate/no_turbo", .off = "1"}));
  EXPECT_EQ(facts.smt, true);
  EXPECT_EQ(facts.swap_total_kib, 4'194'300);
  EXPECT_EQ(facts.swap_used_kib, 262'144);
  EXPECT_EQ(facts.load_1, 2.40);
  EXPECT_EQ(facts.steal, 0.0);
  EXPECT_EQ(facts.clocksource, "tsc");
  EXPECT_THAT(facts.clocksources, ElementsAre("tsc", "hpet", "acpi_pm"));
  EXPECT_EQ(facts.huge_pages, "always");
  EXPECT_EQ(facts.randomize_va_space, 2);
  EXPECT_EQ(facts.perf_event_paranoid, 4);
  EXPECT_EQ(facts.kptr_restrict, 1);
  EXPECT_EQ(facts.unprivileged_bpf_disabled, 2);
  EXPECT_EQ(facts.lockdown, "integrity");
  EXPECT_TRUE(facts.pressure);
  EXPECT_TRUE(facts.btf);
  EXPECT_EQ(facts.cgroups.layout, CgroupLayout::v2);
  EXPECT_EQ(facts.cgroups.own, "/sys/fs/cgroup/user.slice/user-1000.slice/session-2.scope");
  EXPECT_FALSE(facts.cgroups.may_make);
  EXPECT_EQ(facts.uid, 1000);
  EXPECT_EQ(facts.capabilities, 0u);
  EXPECT_THAT(facts.programs, IsEmpty());
  EXPECT_FALSE(facts.kernel_headers);
  EXPECT_EQ(facts.cycles_errno, EACCES);
  EXPECT_EQ(facts.bpf_errno, EPERM);
}

TEST(FactsOfAReadyMachine, FindProgramsHeadersAndAWritableCgroup) {
  const Result<Facts> facts = facts_of("ready");
  ASSERT_TRUE(facts);
  EXPECT_THAT(facts->programs, ElementsAre("perf", "bpftrace", "bcc"));
  EXPECT_TRUE(facts->kernel_headers);
  EXPECT_EQ(facts->turbo,
            (Turbo{.on = false, .file = "/sys/devices/system/cpu/cpufreq/boost", .off = "0"}));
  EXPECT_TRUE(facts->cgroups.may_make);
  EXPECT_EQ(facts->capabilities, 0x1ffffffffffu);
  EXPECT_EQ(facts->cpus_usable, 4);
  EXPECT_EQ(facts->cpus_online, 64);
}

TEST(FactsOfAGuest, TellStealAndBothKindsOfCgroups) {
  const Result<Facts> facts = facts_of("guest");
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->steal, 0.05);
  EXPECT_EQ(facts->machine.virtualisation, "QEMU");
  EXPECT_EQ(facts->cgroups.layout, CgroupLayout::hybrid);
  EXPECT_EQ(facts->cgroups.own, "/sys/fs/cgroup/unified");
}

TEST(FactsOfAnOldKernel, KnowCgroupsOfVersionOneAndSeveralGovernors) {
  const Result<Facts> facts = facts_of("old");
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->kernel_version, (KernelVersion{3, 10}));
  EXPECT_EQ(facts->cgroups, (Cgroups{.layout = CgroupLayout::v1, .own = "", .may_make = false}));
  EXPECT_THAT(facts->governors, ElementsAre("ondemand", "performance"));
  EXPECT_EQ(facts->cpus_usable, 4) << "0-1,4-5";
}

TEST(FactsOfABareContainer, AreMissingAndNeverZero) {
  const Result<Facts> facts = facts_of("bare");
  ASSERT_TRUE(facts);
  EXPECT_FALSE(facts->load_1 || facts->turbo || facts->smt || facts->perf_event_paranoid ||
               facts->kptr_restrict || facts->randomize_va_space);
  EXPECT_EQ(facts->cgroups.layout, CgroupLayout::none);
  EXPECT_EQ(facts->cpus_online, 2);
}

TEST(Facts, OfAMachineWithoutProcAreAnError) {
  const auto empty = TemporaryDirectory::make(::testing::TempDir(), "doctor");
  ASSERT_TRUE(empty);
  const Result<Facts> facts = read_facts(
      {.root = empty->path(), .count_cycles = [] { return 0; }, .load_bpf = [] { return 0; }});
  ASSERT_FALSE(facts);
  EXPECT_EQ(facts.error().code, Errc::unavailable);
  EXPECT_THAT(facts.error().message, HasSubstr("mount procfs"));
}

TEST(Facts, OfACgroupAreThoseOfTheMountedPart) {
  const MachineTree tree("ready");
  const std::string self = tree.root() + "/proc/self/";
  const auto own = [&](const std::string& mount_root, const std::string& name) {
    std::ofstream(self + "mountinfo")
        << "33 24 0:27 " << mount_root << " /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
    std::ofstream(self + "cgroup") << "0::" << name << "\n";
    return read_facts({.root = tree.root(),
                       .count_cycles = [] { return 0; },
                       .load_bpf = [] { return 0; }})
        ->cgroups.own;
  };
  EXPECT_EQ(own("/", "/"), "/sys/fs/cgroup");
  EXPECT_EQ(own("/docker/1", "/docker/1/x"), "/sys/fs/cgroup/x");
  EXPECT_EQ(own("/docker/1", "/docker/12"), "");
  EXPECT_EQ(own("/", "/../other"), "");
}

TEST(Facts, OfThisMachineCanBeRead) {
  const Result<Facts> facts = read_facts(live_sources());
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_GT(facts->cpus_usable, 0);
  EXPECT_LE(facts->cpus_usable, facts->cpus_online);
  EXPECT_GE(facts->kernel_version, (KernelVersion{3, 0}));
  EXPECT_FALSE(findings_of(*facts).machine.empty());
}

TEST(CpuList, IsCountedOrZero) {
  EXPECT_EQ(count_cpus("0"), 1);
  EXPECT_EQ(count_cpus("0-3,8,10-11"), 7);
  for (const char* wrong : {"", "x", "3-1", "0-", ","}) EXPECT_EQ(count_cpus(wrong), 0) << wrong;
}

}  // namespace
}  // namespace melisai::doctor
