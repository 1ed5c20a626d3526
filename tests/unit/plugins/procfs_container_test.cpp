#include <gmock/gmock.h>

#include "plugins/procfs/cgroup.h"
#include "tests/unit/plugins/host_fixture.h"

namespace melisai::plugins::procfs {
namespace {

using ::testing::ElementsAre;

TEST(ContainerPart, ReadsCgroupsOfVersion2) {
  const Host host("cgroup_v2");
  expect_golden_host("cgroup_v2", host.window(make_container));
}

TEST(ContainerPart, ReadsCgroupsOfVersion1) {
  const Host host("cgroup_v1");
  expect_golden_host("cgroup_v1", host.window(make_container));
}

TEST(ContainerPart, ReadsHybridsWithTheirControllersInVersion1) {
  const Host host("cgroup_hybrid");
  expect_golden_host("cgroup_hybrid", host.window(make_container));
}

TEST(ContainerPart, TakesTheCgroupThatItIsTold) {
  const Host host("cgroup_v2");
  host.put("sys/fs/cgroup/bench/cpu.max", "25000 50000\n");
  host.put("sys/fs/cgroup/bench/memory.current", "4096\n");
  Options options = host.options();
  for (const std::string& name : {std::string("/bench"), options.sys_root + "/fs/cgroup/bench"}) {
    options.cgroups = {name};
    const Findings findings = host.window(make_container, options);
    EXPECT_EQ(findings.data["cgroup_path"], "/bench");
    EXPECT_EQ(findings.data["cpu_quota"], 25000);
    EXPECT_EQ(findings.data["cpu_period"], 50000);
    EXPECT_EQ(findings.data["memory_usage_bytes"], 4096);
    EXPECT_FALSE(findings.data.contains("memory_limit_bytes"));
  }
}

TEST(ContainerPart, KnowsTheContainerOfTheCgroupThatItIsTold) {
  const Host host("cgroup_v2");
  const std::string id(64, 'c');
  host.put("proc/self/cgroup", "0::/user.slice\n");
  host.put("proc/1/cgroup", "0::/init.scope\n");
  host.put("sys/fs/cgroup/system.slice/docker-" + id + ".scope/cpu.max", "25000 50000\n");
  Options options = host.options();
  options.cgroups = {"/system.slice/docker-" + id + ".scope"};
  const Findings findings = host.window(make_container, options);
  EXPECT_EQ(findings.data["runtime"], "docker") << "else its CPU limit is judged by nobody";
  EXPECT_EQ(findings.data["container_id"], id);
  EXPECT_FALSE(findings.data.contains("pod_name"));
}

TEST(ContainerPart, GivesNobodyTheNameOfItsOwnContainer) {
  const Host host("cgroup_v2");
  host.put("proc/self/cgroup", "0::/docker/" + std::string(64, 'a') + "\n");
  host.put("proc/sys/kernel/hostname", "node\n");
  host.put("sys/fs/cgroup/kubepods.slice/kubepods-pod1.slice/cpu.max", "25000 50000\n");
  Options options = host.options();
  options.cgroups = {"/kubepods.slice/kubepods-pod1.slice"};
  const Findings pod = host.window(make_container, options);
  EXPECT_EQ(pod.data["runtime"], "kubernetes");
  EXPECT_FALSE(pod.data.contains("container_id"));
  EXPECT_FALSE(pod.data.contains("pod_name"));
}

TEST(ContainerPart, TakesNoDaemonForAContainer) {
  const Host host("cgroup_v2");
  host.put("proc/self/cgroup", "0::/user.slice\n");
  host.put("proc/1/cgroup", "0::/init.scope\n");
  host.put("sys/fs/cgroup/system.slice/docker.service/cpu.max", "max 50000\n");
  Options options = host.options();
  options.cgroups = {"/system.slice/docker.service"};
  EXPECT_NE(host.window(make_container, options).data["runtime"], "docker");
}

TEST(ContainerPart, TakesTheCgroupThatItIsToldUnderVersion1) {
  const Host host("cgroup_v1");
  host.put("sys/fs/cgroup/memory/bench/memory.limit_in_bytes", "1000\n");
  host.put("sys/fs/cgroup/cpu/bench/cpu.cfs_quota_us", "3\n");
  host.put("sys/fs/cgroup/cpu/bench/cpu.cfs_period_us", "4\n");
  Options options = host.options();
  options.cgroups = {options.sys_root + "/fs/cgroup/memory/bench"};
  const Findings findings = host.window(make_container, options);
  EXPECT_EQ(findings.data["cgroup_path"], "/bench");
  EXPECT_EQ(findings.data["memory_limit_bytes"], 1000);
  EXPECT_EQ(findings.data["cpu_quota"], 3);
}

TEST(ContainerPart, NeverTakesTheHostForACgroupThatIsNotThere) {
  for (const std::string name : {"cgroup_v1", "cgroup_v2", "cgroup_hybrid"}) {
    const Host host(name);
    Options options = host.options();
    options.cgroups = {"/nowhere"};
    const Findings findings = host.window(make_container, options);
    EXPECT_THAT(findings.errors, ElementsAre("cgroup /nowhere: not there")) << name;
    for (const std::string metric :
         {"cpu_quota", "cpu_periods", "memory_limit_bytes", "memory_usage_bytes", "samples"})
      EXPECT_FALSE(findings.data.contains(metric)) << name << " " << metric;
  }
}

TEST(ContainerPart, MissesTheEndOfACgroupThatVanishes) {
  const Host host("cgroup_v2");
  host.put("sys/fs/cgroup/cpu.max", "25000 50000\n");
  host.put("sys/fs/cgroup/memory.max", "1000\n");
  host.put("sys/fs/cgroup/bench/memory.current", "4096\n");
  Options options = host.options();
  options.cgroups = {"/bench"};
  const auto has_limit = [](const Findings& findings) {
    return findings.data.contains("memory_limit_bytes");
  };
  EXPECT_TRUE(has_limit(host.window(make_container, options, [] {})));
  const Findings findings =
      host.window(make_container, options, [&] { host.remove("sys/fs/cgroup/bench"); });
  EXPECT_THAT(findings.errors, ElementsAre("cgroup /bench: not there"));
  EXPECT_FALSE(has_limit(findings));
  EXPECT_FALSE(findings.data.contains("cpu_quota"));
}

TEST(ContainerPart, TakesNoHierarchyThatHasNotTheCgroup) {
  const Host host("cgroup_v1");
  host.put("sys/fs/cgroup/memory/memory.usage_in_bytes", "123456\n");
  host.put("sys/fs/cgroup/cpu/bench/cpu.cfs_quota_us", "3\n");
  host.put("sys/fs/cgroup/cpu/bench/cpu.cfs_period_us", "4\n");
  Options options = host.options();
  options.cgroups = {"/bench"};
  const Findings findings = host.window(make_container, options);
  EXPECT_EQ(findings.data["cpu_quota"], 3);
  EXPECT_FALSE(findings.data.contains("memory_usage_bytes"));
}

TEST(ContainerPart, FindsTheContainerByItsMountsWhenTheCgroupHidesIt) {
  const Host host("cgroup_v2");
  const std::string id(64, 'a');
  host.remove("proc/self/root/var");
  host.put("proc/self/root/.dockerenv", "");
  host.put("proc/self/cgroup", "0::/\n");
  host.put("proc/self/mountinfo", "1 2 8:1 /var/lib/docker/containers/" + id +
                                      "/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n");
  const Findings findings = host.window(make_container, [] {});
  EXPECT_EQ(findings.data["runtime"], "docker");
  EXPECT_EQ(findings.data["container_id"], id);
  EXPECT_FALSE(findings.data.contains("pod_name"));
}

TEST(ContainerPart, FindsTheMountWhenTheNameIsOfAnOuterNamespace) {
  const Host host("cgroup_v1");
  host.remove("sys/fs/cgroup/memory/docker");
  host.put("sys/fs/cgroup/memory/memory.limit_in_bytes", "5000\n");
  EXPECT_EQ(host.window(make_container, [] {}).data["memory_limit_bytes"], 5000);
  host.put("proc/self/cgroup", "9:memory:/../../etc\n");
  EXPECT_EQ(host.window(make_container, [] {}).data["memory_limit_bytes"], 5000);
}

TEST(ContainerPart, IsNoneOnAPlainHost) {
  const Host host("cgroup_v2");
  host.remove("proc");
  host.put("proc/self/cgroup", "0::/user.slice/session-1.scope\n");
  host.remove("sys/fs/cgroup/kubepods.slice");
  const Findings findings = host.window(make_container, [] {});
  // Nothing of the cgroup is there, so its use is that of the nearest one that is: the root.
  EXPECT_EQ(findings.data.dump(), R"({"runtime":"none","cgroup_version":2,)"
                                  R"("cgroup_path":"/user.slice/session-1.scope"})");
}

TEST(ContainerPart, SaysNothingAboutCgroupsThatAreNotMounted) {
  const Host host("cgroup_v2");
  host.remove("sys");
  host.remove("proc");
  const Findings findings = host.window(make_container, [] {});
  EXPECT_EQ(findings.data.dump(), R"({"runtime":"none"})");
}

TEST(CgroupName, IsWhatProcessesCallIt) {
  const Host host("cgroup_hybrid");
  const std::string sys = host.options().sys_root;
  EXPECT_EQ(cgroup_name(sys, "/a/b"), "/a/b");
  EXPECT_EQ(cgroup_name(sys, sys + "/fs/cgroup/memory/a/b"), "/a/b");
  EXPECT_EQ(cgroup_name(sys, sys + "/fs/cgroup/unified"), "/");
  EXPECT_EQ(cgroup_name(sys, sys + "/fs/cgroup"), "/");
  EXPECT_EQ(cgroup_name(sys, "/a/../../b"), "/");
}

TEST(CgroupLines, MayHoldColonsAndNothing) {
  const auto lines = parse_cgroup_lines("0::/a:b\n\nx\n1:name=systemd\n4:cpu,cpuacct:/");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].path, "/a:b");
  EXPECT_EQ(lines[1].controllers, "cpu,cpuacct");
  EXPECT_TRUE(in_cgroup(lines, "/"));
  EXPECT_TRUE(in_cgroup(lines, "/a:b"));
  EXPECT_FALSE(in_cgroup(lines, "/a"));
}

}  // namespace
}  // namespace melisai::plugins::procfs
