// Which running processes a window is about: those that were named, and what they started.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace melisai::plugins::ebpf {

/// `roots` and all that they started and that still runs, without the trees of `others`.
std::set<std::int64_t> with_descendants(const std::vector<std::int64_t>& roots,
                                        const std::set<std::int64_t>& others);

/// The processes of the cgroup and of those below it, in every hierarchy: a directory below
/// `mount`, or the path that processes have for one.
std::vector<std::int64_t> processes_of(const std::string& cgroup,
                                       const std::string& mount = "/sys/fs/cgroup");

}  // namespace melisai::plugins::ebpf
