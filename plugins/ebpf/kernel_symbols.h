// Names of addresses in the kernel, from /proc/kallsyms.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace melisai::plugins::ebpf {

/// The function that each address is in; an address without one is left out, as all are when the
/// kernel hides its addresses from us. One pass over the file, whatever its order; none for no
/// addresses.
std::map<std::uint64_t, std::string> kernel_symbols(std::vector<std::uint64_t> addresses,
                                                    const std::string& proc_root);

}  // namespace melisai::plugins::ebpf
