#include "core/worker/privileges.h"

#include <linux/capability.h>

#include <algorithm>
#include <array>

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

}  // namespace melisai::worker
