#include "core/worker/privileges.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/base/text.h"

namespace melisai::worker {
namespace {

struct Capability {
  std::string_view name;
  int number;
};

constexpr std::array kAllowed = {Capability{"CAP_BPF", CAP_BPF},
                                 Capability{"CAP_DAC_READ_SEARCH", CAP_DAC_READ_SEARCH},
                                 Capability{"CAP_NET_ADMIN", CAP_NET_ADMIN},
                                 Capability{"CAP_PERFMON", CAP_PERFMON},
                                 Capability{"CAP_SYSLOG", CAP_SYSLOG},
                                 Capability{"CAP_SYS_PTRACE", CAP_SYS_PTRACE},
                                 Capability{"CAP_SYS_RESOURCE", CAP_SYS_RESOURCE}};

const Capability* find(std::string_view name) {
  const auto found = std::find_if(kAllowed.begin(), kAllowed.end(),
                                  [&](const Capability& c) { return c.name == name; });
  return found == kAllowed.end() ? nullptr : &*found;
}

std::string allowed_names() {
  std::string names;
  for (const Capability& capability : kAllowed) names += " " + std::string(capability.name);
  return names;
}

}  // namespace

Result<std::vector<std::string>> parse_capabilities(std::string_view text) {
  std::vector<std::string> names;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (text.empty()) return names;
    const std::string_view name = text.substr(0, text.find(' '));
    if (find(name) == nullptr)
      return Error{Errc::config, "asks for the capability " + in_quotes(name) +
                                     ", which no collector gets; there are" + allowed_names()};
    if (std::find(names.begin(), names.end(), name) == names.end()) names.emplace_back(name);
    text.remove_prefix(name.size());
  }
}

CapabilitySet capability_set(const std::vector<std::string>& names) {
  CapabilitySet set = 0;
  for (const std::string& name : names)
    if (const Capability* capability = find(name)) set |= CapabilitySet{1} << capability->number;
  return set;
}

CapabilitySet collector_capabilities() {
  CapabilitySet set = 0;
  for (const Capability& capability : kAllowed) set |= CapabilitySet{1} << capability.number;
  return set;
}

CapabilitySet bpf_capabilities() {
  return CapabilitySet{1} << CAP_BPF | CapabilitySet{1} << CAP_PERFMON;
}

CapabilitySet permitted_capabilities() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (syscall(SYS_capget, &header, sets.data()) != 0) return 0;
  CapabilitySet permitted = 0;
  for (std::size_t i = 0; i < sets.size(); ++i)
    permitted |= CapabilitySet{sets[i].permitted} << (32 * i);
  return permitted;
}

Result<void> keep_capabilities(CapabilitySet keep) {
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  // Needs CAP_SETPCAP, so it comes first; who lacks that has nothing to gain from the set either,
  // because PR_SET_NO_NEW_PRIVS is on.
  for (int number = 0; number < 64; ++number)
    if ((keep >> number & 1) == 0) prctl(PR_CAPBSET_DROP, number, 0, 0, 0);

  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (syscall(SYS_capget, &header, sets.data()) != 0)
    return error_from_errno(errno, "cannot read the capabilities");
  for (std::size_t i = 0; i < sets.size(); ++i) {
    sets[i].permitted &= static_cast<std::uint32_t>(keep >> (32 * i));
    sets[i].effective = sets[i].permitted;
    sets[i].inheritable = 0;
  }
  if (syscall(SYS_capset, &header, sets.data()) != 0)
    return error_from_errno(errno, "cannot drop capabilities");
  return {};
}

}  // namespace melisai::worker
