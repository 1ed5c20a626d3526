// What threads did or waited for, by the functions on their stacks. Pure.
#pragma once

#include <map>
#include <set>
#include <string_view>

#include "core/flame/stacks.h"

namespace melisai::flame {

enum class Activity {
  futex,    ///< locks, conditions, joins
  file,     ///< file systems, the page cache, block devices
  network,  ///< sockets
  process,  ///< starting and ending processes
  child,    ///< until a child process ends
  poll,     ///< until one of many things happens
  sleep,    ///< because it wanted to
  pipe,     ///< the other end of a pipe
  page_fault,
  allocator,
  system_call,  ///< the kernel's work for a call, none of the above
  program,      ///< everything else
};
std::string_view to_string(Activity activity);

/// The weight of each, 0 for none. A stack counts once, for the innermost function that tells.
std::map<Activity, double> by_activity(const Stacks& stacks);

/// The stacks that by_activity() counts for one of `wanted`.
Stacks with_activity(const Stacks& stacks, const std::set<Activity>& wanted);

}  // namespace melisai::flame
