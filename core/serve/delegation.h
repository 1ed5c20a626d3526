// Delegation: the daemon's own cgroup, which systemd hands to it (Delegate=yes), as the place of
// the limits of what it runs.
#pragma once

#include <string>

namespace melisai::serve {

/// The directory of our cgroup where cgroup v2 has all controllers; "" elsewhere.
std::string own_unified_cgroup();

/// Only a cgroup without processes of its own can give controllers to those below it. Moves this
/// process, if it is alone in `cgroup`, to a child of it, and lets the other children have memory,
/// pids and cpu. Where that is not possible nothing happens: limits do not hold then, and say so.
void make_room_for_limits(const std::string& cgroup);

}  // namespace melisai::serve
