// The settings of the kernel that shape its network, as numbers where they are one and as text
// where not.
#pragma once

#include <string>

#include "plugins/procfs/fields.h"

namespace melisai::plugins::procfs {

/// The object `sysctls` of network_stats. Several numbers are one text with single blanks.
Json network_sysctls(const std::string& proc_root);

}  // namespace melisai::plugins::procfs
