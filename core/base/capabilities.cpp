#include "core/base/capabilities.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace melisai {

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

}  // namespace melisai
