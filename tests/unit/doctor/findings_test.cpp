// What the facts mean, each a little away from a machine that is ready.
#include <gmock/gmock.h>
#include <linux/capability.h>

#include <cerrno>

#include "tests/unit/doctor/fixture.h"

namespace melisai::doctor {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Findings : public ::testing::Test {
 protected:
  void SetUp() override {
    facts = *facts_of("ready");
    facts.plugin_directories = {"/usr/lib/melisai-gate/plugins"};
    facts.collectors = {{.name = "quiet"}};
  }
  State state_of(const std::string& id) const { return finding_of(facts, id).state; }
  bool fit() const { return findings_of(facts).fit(); }
  void as_user() {
    facts.uid = 1000;
    facts.capabilities = 0;
  }

  Facts facts;
};

TEST_F(Findings, OfAReadyMachineAskForNothing) {
  const Diagnosis diagnosis = findings_of(facts);
  EXPECT_TRUE(diagnosis.fit());
  for (const Finding& finding : diagnosis.machine) {
    EXPECT_EQ(finding.state, State::ok) << finding.id;
    EXPECT_THAT(finding.commands, IsEmpty()) << finding.id;
  }
  for (const Tier& tier : diagnosis.tiers) EXPECT_TRUE(tier.usable) << tier.tier;
}

TEST_F(Findings, SayWhyAndWithEveryWarningWhatToDo) {
  for (const char* name : {"notebook", "ready", "guest", "old", "bare"}) {
    const Diagnosis diagnosis = findings_of(*facts_of(name, {.bpf_errno = EPERM}));
    for (const Finding& finding : diagnosis.machine) {
      EXPECT_FALSE(finding.why.empty() || finding.found.empty()) << name << " " << finding.id;
      if (finding.state == State::warning || finding.state == State::missing) {
        EXPECT_FALSE(finding.action.empty()) << name << " " << finding.id;
      }
      if (finding.state == State::ok) {
        EXPECT_THAT(finding.commands, IsEmpty()) << name << " " << finding.id;
      }
    }
  }
}

TEST_F(Findings, LoadIsJudgedAgainstTheCpus) {
  facts.load_1 = 1.0;  // a quarter of four CPUs
  EXPECT_EQ(state_of("load"), State::ok);
  facts.load_1 = 1.01;
  EXPECT_EQ(state_of("load"), State::warning);
  EXPECT_FALSE(fit());
  facts.cpus_usable = 64;
  EXPECT_EQ(state_of("load"), State::ok);
}

TEST_F(Findings, StealIsJudgedAsInAProfile) {
  facts.steal = 0.02;
  EXPECT_EQ(state_of("steal"), State::ok);
  facts.steal = 0.021;
  EXPECT_EQ(state_of("steal"), State::warning);
}

TEST_F(Findings, OneCpuIsSharedByEverybody) {
  facts.cpus_usable = 1;
  EXPECT_EQ(state_of("cpus"), State::warning);
  EXPECT_THAT(finding_of(facts, "cpus").why, HasSubstr("both halves of a pair share one CPU"));
}

TEST_F(Findings, EachSwitchOfTheCpuHasItsCommand) {
  facts.governors = {"performance", "schedutil"};
  facts.turbo = Turbo{.on = true, .file = "/sys/x", .off = "1"};
  facts.smt = true;
  facts.huge_pages = "always";
  facts.swap_total_kib = 2048;
  facts.swap_used_kib = 1;
  EXPECT_EQ(state_of("governor"), State::warning);
  EXPECT_THAT(finding_of(facts, "turbo").commands, ElementsAre("echo 1 > /sys/x"));
  EXPECT_EQ(state_of("smt"), State::warning);
  EXPECT_EQ(state_of("huge_pages"), State::warning);
  EXPECT_EQ(state_of("swap"), State::warning);
  facts.swap_used_kib = 0;
  EXPECT_EQ(state_of("swap"), State::ok) << "there, but not in use";
}

TEST_F(Findings, WhatAHostHidesFromItsGuestIsANote) {
  facts.machine.virtualisation = "KVM";
  facts.governors.clear();
  facts.turbo.reset();
  for (const char* id : {"virtualisation", "governor", "turbo"})
    EXPECT_EQ(state_of(id), State::note) << id;
  EXPECT_THAT(finding_of(facts, "governor").found, HasSubstr("the host decides"));
  EXPECT_TRUE(fit());
}

TEST_F(Findings, ASlowClockIsChangedOnlyToOneThatTheKernelTakes) {
  facts.clocksource = "hpet";
  EXPECT_EQ(state_of("clocksource"), State::warning);
  EXPECT_THAT(finding_of(facts, "clocksource").commands, ::testing::SizeIs(1));
  facts.clocksources = {"hpet", "acpi_pm"};
  EXPECT_THAT(finding_of(facts, "clocksource").commands, IsEmpty());
  EXPECT_THAT(finding_of(facts, "clocksource").action, HasSubstr("mistrusts"));
  facts.clocksource = "kvm-clock";
  EXPECT_EQ(state_of("clocksource"), State::ok);
  facts.clocksource = "xen";
  EXPECT_EQ(state_of("clocksource"), State::note);
}

TEST_F(Findings, PerfEventsOfAnOrdinaryUserFollowTheSetting) {
  EXPECT_EQ(state_of("perf_event_paranoid"), State::ok) << "root is not asked";
  as_user();
  EXPECT_THAT(finding_of(facts, "perf_event_paranoid").found, HasSubstr("own user code only"));
  facts.perf_event_paranoid = 3;
  EXPECT_THAT(finding_of(facts, "perf_event_paranoid").found, HasSubstr("nothing without"));
  facts.perf_event_paranoid = 1;
  EXPECT_EQ(state_of("perf_event_paranoid"), State::ok);
}

TEST_F(Findings, KernelAddressesFollowTheKernelsRule) {
  facts.kptr_restrict = 1;
  EXPECT_EQ(state_of("kptr_restrict"), State::ok) << "CAP_SYSLOG";
  facts.kptr_restrict = 2;
  EXPECT_EQ(state_of("kptr_restrict"), State::note) << "not even with it";
  as_user();
  facts.kptr_restrict = 0;
  facts.perf_event_paranoid = 2;
  EXPECT_EQ(state_of("kptr_restrict"), State::note);
  facts.perf_event_paranoid = 1;
  EXPECT_EQ(state_of("kptr_restrict"), State::ok);
}

TEST_F(Findings, HardwareCountersTellNoneFromForbidden) {
  facts.cycles_errno = ENOENT;
  facts.machine.virtualisation = "KVM";
  EXPECT_THAT(finding_of(facts, "hardware_counters").found, HasSubstr("host"));
  EXPECT_THAT(finding_of(facts, "hardware_counters").commands, IsEmpty());
  facts.cycles_errno = EACCES;
  EXPECT_THAT(finding_of(facts, "hardware_counters").action, HasSubstr("security module"));
  facts.perf_event_paranoid = 3;
  EXPECT_THAT(finding_of(facts, "hardware_counters").action, HasSubstr("to 2 or less"));
  EXPECT_TRUE(fit()) << "times decide";
}

TEST_F(Findings, ACgroupThatMayBeMadeNeedsNothing) {
  EXPECT_THAT(finding_of(facts, "cgroups").found, HasSubstr("cgroup.kill works"));
  facts.kernel_version = {5, 13};
  EXPECT_THAT(finding_of(facts, "cgroups").found, HasSubstr("without cgroup.kill"));
  facts.cgroups.may_make = false;
  EXPECT_THAT(finding_of(facts, "cgroups").action, HasSubstr("Delegate=yes"));
  facts.cgroups.own = "";
  EXPECT_THAT(finding_of(facts, "cgroups").action, HasSubstr("Mount cgroup v2"));
}

TEST_F(Findings, WithoutASandboxOnlyStrangersCodeDoesNotRun) {
  facts.sandbox = SandboxFacts{.installed = true, .problem = ""};
  EXPECT_EQ(state_of("sandbox"), State::ok);
  facts.sandbox->memory_limit = Enforced::per_process;
  facts.sandbox->processes_limit = Enforced::by_namespace;
  EXPECT_EQ(state_of("sandbox"), State::note);
  EXPECT_THAT(finding_of(facts, "sandbox").found,
              HasSubstr("memory of each process alone, processes by user namespace"));
  facts.sandbox->processes_limit = Enforced::no;
  facts.uid = 0;
  EXPECT_THAT(finding_of(facts, "sandbox").action, HasSubstr("another user than root"));
  facts.sandbox = SandboxFacts{.installed = false, .problem = "bubblewrap is not installed"};
  EXPECT_EQ(state_of("sandbox"), State::note);
  EXPECT_THAT(finding_of(facts, "sandbox").commands, IsEmpty()) << "no daemon is set up here";
  EXPECT_THAT(finding_of(facts, "sandbox").action, HasSubstr("melisai-gate serve"));
  facts.serves = true;
  EXPECT_THAT(finding_of(facts, "sandbox").commands, ElementsAre(HasSubstr("install bubblewrap")));
  facts.sandbox = SandboxFacts{.installed = true, .problem = "no namespaces"};
  EXPECT_THAT(finding_of(facts, "sandbox").found, HasSubstr("no namespaces"));
  EXPECT_THAT(finding_of(facts, "sandbox").action, HasSubstr("user namespaces"));
}

TEST_F(Findings, WithoutCollectorsSomethingIsMissing) {
  facts.collectors.clear();
  EXPECT_EQ(state_of("collectors"), State::missing);
  EXPECT_THAT(finding_of(facts, "collectors").found, HasSubstr("/usr/lib/melisai-gate/plugins"));
  EXPECT_FALSE(fit());
}

TEST_F(Findings, CollectorsThatDoNotWorkAreNotCountedAsOk) {
  facts.collectors.push_back({.name = "stray", .status = CollectorStatus::refused});
  EXPECT_EQ(state_of("collectors"), State::warning);
  EXPECT_EQ(finding_of(facts, "collectors").found,
            "1 of 2 in /usr/lib/melisai-gate/plugins work: stray refused");
  EXPECT_FALSE(finding_of(facts, "collectors").action.empty());
  facts.collectors.back() = {.name = "ebpf", .status = CollectorStatus::unavailable};
  EXPECT_EQ(state_of("collectors"), State::ok) << "what the machine lacks is judged with it";
  EXPECT_THAT(finding_of(facts, "collectors").found, HasSubstr("ebpf unavailable"));
}

class Tiers : public Findings {
 protected:
  Tier tier(int number) const {
    return findings_of(facts).tiers.at(static_cast<std::size_t>(number - 1));
  }
};

TEST_F(Tiers, NativeBpfNeedsTwoCapabilities) {
  facts.bpf_errno = EPERM;
  as_user();
  EXPECT_FALSE(tier(3).usable);
  EXPECT_EQ(tier(3).finding.found, "this process lacks CAP_BPF and CAP_PERFMON");
  facts.capabilities = std::uint64_t{1} << CAP_BPF;
  EXPECT_EQ(tier(3).finding.found, "this process lacks CAP_PERFMON");
  facts.capabilities |= std::uint64_t{1} << CAP_PERFMON;
  EXPECT_THAT(tier(3).finding.found, HasSubstr("seccomp")) << "it has the rights";
  facts.bpf_errno = 0;
  EXPECT_TRUE(tier(3).usable);
}

TEST_F(Tiers, NativeBpfMayHaveAWorkerWithCapabilitiesOfItsOwn) {
  facts.bpf_errno = EPERM;
  as_user();
  facts.bpf_worker = collect::BpfWorker{.program = "/usr/libexec/melisai gate/worker-bpf",
                                        .needed = true,
                                        .capable = false,
                                        .executable = false};
  EXPECT_FALSE(tier(3).usable);
  EXPECT_THAT(tier(3).finding.action, HasSubstr("See bpf_worker"));
  EXPECT_EQ(finding_of(facts, "bpf_worker").state, State::note);
  const std::string commands = fix_commands(facts, findings_of(facts));
  for (const char* command :
       {"groupadd --force --system melisai-gate\n", "chmod 0750 '/usr/libexec/melisai gate/worker",
        "setcap cap_bpf,cap_perfmon=ep '/usr/libexec/melisai gate/worker-bpf'\n",
        "usermod --append --groups melisai-gate \"$(id -nu 1000)\"\n"})
    EXPECT_THAT(commands, HasSubstr(command));
  EXPECT_LT(commands.find("chown root:"), commands.find("setcap")) << "chown takes them away";

  facts.bpf_worker->capable = true;
  EXPECT_THAT(finding_of(facts, "bpf_worker").found, HasSubstr("may not start it"));
  EXPECT_THAT(fix_commands(facts, findings_of(facts)), Not(HasSubstr("setcap")));
  facts.bpf_worker->executable = true;
  EXPECT_EQ(finding_of(facts, "bpf_worker").state, State::ok);
  EXPECT_TRUE(tier(3).usable);
  EXPECT_THAT(tier(3).finding.found, HasSubstr("melisai-gate-worker-bpf has the rights"));
  facts.bpf_worker->void_reason = "this process runs with no_new_privs";
  EXPECT_THAT(finding_of(facts, "bpf_worker").action, HasSubstr("AmbientCapabilities="));
  EXPECT_FALSE(tier(3).usable);
}

TEST_F(Tiers, NativeBpfIsNothingThatCollectorsCouldDoWithCapSysAdminAlone) {
  facts.capabilities = std::uint64_t{1} << CAP_SYS_ADMIN;
  EXPECT_THAT(tier(3).finding.found, HasSubstr("CAP_BPF and CAP_PERFMON"));
}

TEST_F(Tiers, NativeBpfNeedsAKernelWithBtfThatShowsItsMemory) {
  facts.btf = false;
  EXPECT_THAT(tier(3).finding.found, HasSubstr("no BTF"));
  facts.kernel_version = {5, 7};
  EXPECT_THAT(tier(3).finding.found, HasSubstr("older than 5.8"));
  facts.btf = true;
  facts.kernel_version = {5, 8};
  facts.lockdown = "confidentiality";
  EXPECT_THAT(tier(3).finding.action, HasSubstr("lockdown=integrity"));
  EXPECT_FALSE(tier(3).usable);
  facts.lockdown = "integrity";
  EXPECT_TRUE(tier(3).usable);
  facts.bpf_errno = ENOSYS;
  EXPECT_THAT(tier(3).finding.found, HasSubstr("CONFIG_BPF_SYSCALL"));
}

TEST_F(Tiers, NothingIsInstalledForNobody) {
  facts.programs = {"perf"};
  facts.kernel_headers = false;
  EXPECT_THAT(tier(2).finding.commands, IsEmpty());
  EXPECT_EQ(tier(2).finding.action, "");
  as_user();
  facts.perf_event_paranoid = 3;
  facts.kptr_restrict = 2;
  EXPECT_THAT(fix_commands(facts, findings_of(facts)), HasSubstr("nothing to change"));
  facts.collectors.front().parts = {{"biolatency", "disk", 2}, {"profile", "stacktrace", 3}};
  EXPECT_THAT(tier(2).finding.commands, Not(IsEmpty()));
  EXPECT_THAT(finding_of(facts, "perf_event_paranoid").commands, Not(IsEmpty()));
  EXPECT_THAT(finding_of(facts, "kptr_restrict").commands, Not(IsEmpty()));
}

TEST_F(Tiers, ProgramsOfOthersHaveNeedsOfTheirOwn) {
  facts.collectors.front().parts = {{"biolatency", "disk", 2}};
  facts.kernel_headers = false;
  EXPECT_TRUE(tier(2).usable);
  EXPECT_THAT(tier(2).finding.found, HasSubstr("BCC tools: need the headers"));
  EXPECT_THAT(tier(2).finding.commands, ElementsAre("dnf install kernel-devel-$(uname -r)"));
  as_user();
  facts.perf_event_paranoid = 3;
  EXPECT_FALSE(tier(2).usable);
  EXPECT_THAT(tier(2).finding.found,
              AllOf(HasSubstr("bpftrace: needs root"), HasSubstr("perf: perf_event_paranoid")));
  facts.programs = {"perf"};
  facts.perf_event_paranoid = 2;
  EXPECT_TRUE(tier(2).usable);
  EXPECT_THAT(tier(2).finding.commands,
              ElementsAre("dnf install bpftrace", "dnf install bcc-tools"));
}

TEST_F(Tiers, SayWhenNoCollectorUsesThem) {
  EXPECT_THAT(tier(1).finding.why, Not(HasSubstr("No collector"))) << "of metrics alone";
  EXPECT_THAT(tier(3).finding.why, HasSubstr("No collector here uses it"));
  facts.collectors.front().parts = {{.name = "runqlat", .category = "cpu", .tier = 3}};
  EXPECT_THAT(tier(3).finding.why, Not(HasSubstr("No collector")));
}

class CollectorFindings : public Findings {
 protected:
  CollectorFinding of(const CollectorResult& collector) {
    facts.collectors = {collector};
    return findings_of(facts).collectors.front();
  }
};

TEST_F(CollectorFindings, PartsFollowTheirTiers) {
  facts.btf = false;
  const CollectorFinding finding =
      of({.name = "host",
          .parts = {{"cpu_utilization", "cpu", 1}, {"runqlat", "cpu", 3}, {"later", "cpu", 4}}});
  EXPECT_EQ(finding.state, State::ok);
  ASSERT_EQ(finding.parts.size(), 3u);
  EXPECT_TRUE(finding.parts[0].works);
  EXPECT_FALSE(finding.parts[1].works);
  EXPECT_THAT(finding.parts[1].reason, HasSubstr("no BTF"));
  EXPECT_FALSE(finding.parts[2].works) << "a tier that nobody knows";
}

TEST_F(CollectorFindings, PartsThatThisMachineDoesNotGiveSayWhyNot) {
  const CollectorFinding finding =
      of({.name = "ebpf", .parts = {{"runqlat", "cpu", 3}, {"cachestat", "memory", 3, "no x"}}});
  EXPECT_EQ(finding.state, State::ok) << "of the others there is enough";
  EXPECT_TRUE(finding.parts[0].works);
  EXPECT_FALSE(finding.parts[1].works);
  EXPECT_EQ(finding.parts[1].reason, "no x");
}

TEST_F(CollectorFindings, APartOfTier3MayNeedNoBpf) {
  as_user();
  const CollectorFinding finding =
      of({.name = "perf", .parts = {{"perf_counters", "cpu", 3}}, .capabilities = {"CAP_PERFMON"}});
  EXPECT_TRUE(finding.parts[0].works) << finding.parts[0].reason;
  EXPECT_FALSE(of({.name = "ebpf", .parts = {{"runqlat", "cpu", 3}}, .capabilities = {"CAP_BPF"}})
                   .parts[0]
                   .works);
}

TEST_F(CollectorFindings, UnavailableIsWorseWhereNothingBetterIsLost) {
  CollectorResult extra{.name = "ebpf",
                        .status = CollectorStatus::unavailable,
                        .reason = "no BPF",
                        .parts = {{"runqlat", "cpu", 3}},
                        .capabilities = {"CAP_BPF"}};
  EXPECT_EQ(of(extra).state, State::note) << "tier 1 goes on";
  EXPECT_TRUE(fit());
  EXPECT_EQ(of(extra).action, "Give this machine what the reason names.");
  EXPECT_EQ(of(extra).parts.front().reason, "no BPF");
  as_user();
  EXPECT_THAT(of(extra).action, HasSubstr("with CAP_BPF as ambient"));
  extra.parts.push_back({"cpu_utilization", "cpu", 1});
  EXPECT_EQ(of(extra).state, State::missing);
  EXPECT_FALSE(fit());
}

TEST_F(CollectorFindings, WhatIsBrokenIsAWarning) {
  for (const CollectorStatus status :
       {CollectorStatus::refused, CollectorStatus::crashed, CollectorStatus::timed_out,
        CollectorStatus::misbehaved, CollectorStatus::failed}) {
    const CollectorFinding finding = of({.name = "x", .status = status, .reason = "why"});
    EXPECT_EQ(finding.state, State::warning);
    EXPECT_FALSE(finding.action.empty());
    EXPECT_FALSE(fit());
  }
}

}  // namespace
}  // namespace melisai::doctor
