#include <linux/capability.h>

#include <array>
#include <cerrno>

#include "core/doctor/findings.h"

namespace melisai::doctor {
namespace {

struct Capability {
  std::string_view name;
  int number;
};
/// What collectors may ask for (core/worker gives them no other).
constexpr std::array kCapabilities = {Capability{"CAP_BPF", CAP_BPF},
                                      Capability{"CAP_PERFMON", CAP_PERFMON},
                                      Capability{"CAP_SYS_PTRACE", CAP_SYS_PTRACE},
                                      Capability{"CAP_DAC_READ_SEARCH", CAP_DAC_READ_SEARCH},
                                      Capability{"CAP_NET_ADMIN", CAP_NET_ADMIN},
                                      Capability{"CAP_SYSLOG", CAP_SYSLOG},
                                      Capability{"CAP_SYS_RESOURCE", CAP_SYS_RESOURCE}};

bool may_profile(const Facts& facts) {
  return has_capability(facts, CAP_PERFMON) || has_capability(facts, CAP_SYS_ADMIN);
}

Finding privileges(const Facts& facts) {
  std::vector<std::string> held;
  std::vector<std::string> lacking;
  for (const Capability& capability : kCapabilities)
    (has_capability(facts, capability.number) ? held : lacking).emplace_back(capability.name);
  Finding finding{.id = "privileges",
                  .found = facts.uid == 0 ? "root" : "user " + std::to_string(facts.uid),
                  .why =
                      "Timing needs none; each collector gets only the capabilities that it "
                      "asks for."};
  if (lacking.empty())
    finding.found += ", all capabilities that collectors may ask for";
  else if (held.empty())
    finding.found += ", no capability for collectors";
  else
    finding.found += facts.uid == 0 ? ", without " + joined(lacking) : ", with " + joined(held);
  if (!lacking.empty()) finding.state = State::note;
  return finding;
}

Finding perf_events(const Facts& facts) {
  const int paranoid = facts.perf_event_paranoid.value_or(0);
  Finding finding{.id = "perf_event_paranoid",
                  .found = facts.perf_event_paranoid ? std::to_string(paranoid) : "no perf events",
                  .why = "It limits what profilers see; the verdict does not depend on it."};
  if (!facts.perf_event_paranoid) {
    finding.state = State::note;
    return finding;
  }
  if (paranoid <= 1) return finding;
  if (may_profile(facts)) {
    finding.found += ", which does not hold for this process";
    return finding;
  }
  finding.state = State::note;
  finding.found += paranoid == 2 ? ": own user code only" : ": nothing without CAP_PERFMON";
  if (!is_tier_used(facts, 2)) return finding;  // ours need CAP_PERFMON, whatever it says
  finding.action = "Lower it where profiles shall show the kernel, too.";
  finding.commands = {"sysctl -w kernel.perf_event_paranoid=1"};
  return finding;
}

Finding kernel_addresses(const Facts& facts) {
  const int restrict = facts.kptr_restrict.value_or(0);
  Finding finding{.id = "kptr_restrict",
                  .found = facts.kptr_restrict ? std::to_string(restrict) : "not known",
                  .why =
                      "Without addresses the kernel's functions have no names in profiles; the "
                      "verdict does not depend on it."};
  // 0: whoever has CAP_SYSLOG, or by perf_event_paranoid; 1: CAP_SYSLOG; 2: nobody.
  if (facts.kptr_restrict&& restrict <= 1 && has_capability(facts, CAP_SYSLOG)) return finding;
  if (facts.kptr_restrict&& restrict == 0 && facts.perf_event_paranoid.value_or(2) <= 1)
    return finding;
  finding.state = State::note;
  if (!facts.kptr_restrict) return finding;
  finding.found += restrict > 1 ? ": addresses are hidden from everybody"
                                : ": addresses need CAP_SYSLOG, which this process lacks";
  if (restrict < 2 || !are_stacks_taken(facts)) return finding;
  finding.action = "Lower it where profiles shall show the kernel, too.";
  finding.commands = {"sysctl -w kernel.kptr_restrict=1"};
  return finding;
}

Finding hardware_counters(const Facts& facts) {
  Finding finding{.id = "hardware_counters",
                  .found = "work",
                  .why =
                      "Cycles and instructions would explain a slowdown; times decide without "
                      "them."};
  if (facts.cycles_errno == 0) return finding;
  finding.state = State::note;
  switch (facts.cycles_errno) {
    case EACCES:
    case EPERM:
      finding.found = "refused to this process";
      finding.action = facts.perf_event_paranoid.value_or(0) > kParanoidUserMax
                           ? "Set perf_event_paranoid to 2 or less, or run as root."
                           : "Let the container or security module of this process allow "
                             "perf_event_open().";
      break;
    case ENOENT:
    case ENODEV:
    case EOPNOTSUPP:
      finding.found = is_virtual(facts) ? "none: the host does not pass them on"
                                        : "none that the kernel has a driver for";
      break;
    case ENOSYS: finding.found = "the kernel is built without perf events"; break;
    default: finding.found = error_from_errno(facts.cycles_errno, "perf_event_open").message;
  }
  return finding;
}

}  // namespace

bool has_capability(const Facts& facts, int number) {
  return (facts.capabilities >> number & 1) != 0;
}

bool has_capability(const Facts& facts, std::string_view name) {
  for (const Capability& capability : kCapabilities)
    if (capability.name == name) return has_capability(facts, capability.number);
  return false;
}

std::vector<Finding> access_findings(const Facts& facts) {
  return {privileges(facts), perf_events(facts), kernel_addresses(facts), hardware_counters(facts)};
}

}  // namespace melisai::doctor
