// The processes of the machine at one moment and how they descend from each other.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "plugins/common/proc.h"

namespace melisai::plugins::procfs {

struct ListedProcess {
  ProcessStat stat;
  std::string name;
};
using ProcessList = std::map<std::int64_t, ListedProcess>;

/// At most `count_max` processes; those that end meanwhile are left out.
ProcessList list_processes(const std::string& proc, std::size_t count_max);

/// `roots` that live and all that descend from them, without those in `others` and what descends
/// from these.
std::set<std::int64_t> trees_of(const ProcessList& list, const std::vector<std::int64_t>& roots,
                                const std::set<std::int64_t>& others);

}  // namespace melisai::plugins::procfs
