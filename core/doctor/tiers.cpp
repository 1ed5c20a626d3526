#include <linux/capability.h>

#include <algorithm>
#include <cerrno>

#include "core/doctor/distribution.h"
#include "core/doctor/findings.h"

namespace melisai::doctor {
namespace {

constexpr KernelVersion kFirstWithCapBpf{5, 8};

bool is_installed(const Facts& facts, std::string_view program) {
  return std::find(facts.programs.begin(), facts.programs.end(), program) != facts.programs.end();
}

bool is_refusal(int number) { return number == EPERM || number == EACCES; }

/// The sentence for a tier that nobody uses. Collectors that only yield numbers read files.
std::string used_by_none(const Facts& facts, int tier) {
  const auto has_numbers_only = [](const CollectorResult& each) { return each.parts.empty(); };
  const bool is_used = is_tier_used(facts, tier) ||
                       (tier == 1 && std::any_of(facts.collectors.begin(), facts.collectors.end(),
                                                 has_numbers_only));
  return is_used ? "" : " No collector here uses it.";
}

Tier files(const Facts& facts) {
  Finding finding{
      .id = "tier_1",
      .found = "/proc and /sys can be read",
      .why = "Files of the kernel, without rights or packages." + used_by_none(facts, 1)};
  if (!facts.pressure) {
    finding.state = State::note;
    finding.found += ", but for pressure (/proc/pressure)";
    finding.action = "Boot with psi=1, if the kernel is built with CONFIG_PSI.";
  }
  return {.tier = 1, .usable = true, .finding = finding};
}

/// A program of others: why it cannot be used, "" when it can.
struct Program {
  std::string_view name;  ///< as in Facts::programs
  std::string_view title;
  Package package;
  std::string (*obstacle)(const Facts&);
};

bool is_root(const Facts& facts) { return facts.uid == 0 && has_capability(facts, CAP_SYS_ADMIN); }

std::string obstacle_of_perf(const Facts& facts) {
  if (!facts.perf_event_paranoid) return "the kernel has no perf events";
  const bool may = has_capability(facts, CAP_PERFMON) || has_capability(facts, CAP_SYS_ADMIN) ||
                   *facts.perf_event_paranoid <= kParanoidUserMax;
  return may ? "" : "perf_event_paranoid forbids it";
}

std::string obstacle_of_bpftrace(const Facts& facts) {
  if (!is_root(facts)) return "needs root";
  return facts.btf || facts.kernel_headers ? "" : "needs BTF or kernel headers";
}

std::string obstacle_of_bcc(const Facts& facts) {
  if (!is_root(facts)) return "need root";
  return facts.kernel_headers ? "" : "need the headers of the running kernel";
}

constexpr Program kPrograms[] = {
    {"perf", "perf", Package::perf, obstacle_of_perf},
    {"bpftrace", "bpftrace", Package::bpftrace, obstacle_of_bpftrace},
    {"bcc", "BCC tools", Package::bcc, obstacle_of_bcc},
};

Tier programs(const Facts& facts) {
  Tier tier{.tier = 2, .usable = false, .finding = {.id = "tier_2"}};
  Finding& finding = tier.finding;
  std::vector<std::string> found;
  std::vector<std::string> absent;
  const auto install = [&](Package package) {
    const std::string command = install_command(facts.distribution, package);
    if (!command.empty()) finding.commands.push_back(command);
  };
  bool all = true;
  for (const Program& program : kPrograms) {
    const std::string title(program.title);
    if (!is_installed(facts, program.name)) {
      absent.push_back(title);
      install(program.package);
      continue;
    }
    const std::string obstacle = program.obstacle(facts);
    if (obstacle.empty())
      tier.usable = true;
    else
      all = false;
    found.push_back(title + ": " + (obstacle.empty() ? "installed" : obstacle));
    if (program.package == Package::bcc && !facts.kernel_headers) install(Package::kernel_headers);
  }
  if (!absent.empty()) found.push_back("not installed: " + joined(absent));
  finding.found = joined(found, "; ");
  finding.why =
      "Programs of others, where collectors cannot see for themselves." + used_by_none(facts, 2);
  if (all && absent.empty()) return tier;
  finding.state = State::note;
  if (!is_tier_used(facts, 2)) {  // nothing to install for nobody
    finding.commands.clear();
    return tier;
  }
  finding.action = absent.empty() && finding.commands.empty()
                       ? "Give melisai-gate the rights that they need."
                       : "Install what a collector asks for.";
  return tier;
}

/// CAP_SYS_ADMIN would do for the kernel, but no collector gets it.
std::vector<std::string> lacking_for_bpf(const Facts& facts) {
  std::vector<std::string> lacking;
  for (const char* name : {"CAP_BPF", "CAP_PERFMON"})
    if (!has_capability(facts, std::string_view(name))) lacking.emplace_back(name);
  return lacking;
}

/// Why a collector could not load a BPF program; "" when it could.
std::string refusal_of(const Facts& facts) {
  if (facts.bpf_errno == ENOSYS) return "the kernel is built without CONFIG_BPF_SYSCALL";
  const std::vector<std::string> lacking = lacking_for_bpf(facts);
  // What this process may do says nothing of that worker; the collector tells by itself.
  if (!lacking.empty() && has_bpf_worker(facts)) return "";
  if (!lacking.empty()) return "this process lacks " + joined(lacking, " and ");
  if (is_refusal(facts.bpf_errno))
    return "loading a program is refused although this process has the rights: by a seccomp "
           "filter or a security module";
  return facts.bpf_errno == 0 ? "" : error_from_errno(facts.bpf_errno, "bpf").message;
}

std::vector<std::string> obstacles_of_bpf(const Facts& facts) {
  if (facts.kernel_version < kFirstWithCapBpf)
    return {"Linux " + facts.kernel + " is older than 5.8"};
  std::vector<std::string> obstacles;
  if (!facts.btf) obstacles.emplace_back("no BTF (/sys/kernel/btf/vmlinux)");
  if (facts.lockdown == "confidentiality")
    obstacles.emplace_back("lockdown (confidentiality) hides the kernel's memory");
  if (const std::string refusal = refusal_of(facts); !refusal.empty()) obstacles.push_back(refusal);
  return obstacles;
}

std::string action_for_bpf(const Facts& facts) {
  if (facts.kernel_version < kFirstWithCapBpf || !facts.btf || facts.bpf_errno == ENOSYS)
    return "Boot a kernel of 5.8 or newer with CONFIG_BPF_SYSCALL and CONFIG_DEBUG_INFO_BTF.";
  if (facts.lockdown == "confidentiality") return "Boot with lockdown=integrity or less.";
  if (facts.bpf_worker && !facts.bpf_worker->program.empty() && facts.bpf_worker->needed)
    return "See bpf_worker above, or run melisai-gate as root.";
  if (!lacking_for_bpf(facts).empty())
    return "Run melisai-gate as root, or with these two as ambient capabilities" +
           std::string(facts.unprivileged_bpf_disabled
                           ? "; kernel.unprivileged_bpf_disabled, " +
                                 std::to_string(*facts.unprivileged_bpf_disabled) +
                                 " here, lets no tracing in at any value."
                           : ".");
  return "Let the container or security module of this process allow bpf().";
}

Tier bpf(const Facts& facts) {
  Tier tier{.tier = 3, .usable = false, .finding = {.id = "tier_3"}};
  Finding& finding = tier.finding;
  const std::vector<std::string> obstacles = obstacles_of_bpf(facts);
  tier.usable = obstacles.empty();
  finding.why =
      "Programs in the kernel see each event, exactly and cheaply." + used_by_none(facts, 3);
  if (tier.usable) {
    finding.found = lacking_for_bpf(facts).empty()
                        ? "BTF is there, and a program loads"
                        : "BTF is there, and melisai-gate-worker-bpf has the rights";
    if (!facts.lockdown.empty()) finding.found += "; lockdown: " + facts.lockdown;
    return tier;
  }
  finding.state = State::note;
  finding.found = joined(obstacles, "; ");
  finding.action = action_for_bpf(facts);
  return tier;
}

}  // namespace

std::vector<Tier> tiers_of(const Facts& facts) {
  return {files(facts), programs(facts), bpf(facts)};
}

}  // namespace melisai::doctor
