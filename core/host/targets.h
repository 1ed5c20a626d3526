// The processes and cgroups that a request names: are they there?
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/host/host.h"

namespace melisai::host {

/// Errors: usage, about the first one that is not there and how to name one that is.
Result<void> check_targets(const CollectRequest& request);

/// Whether it is there now.
bool is_process(const CollectRequest& request, std::int64_t pid);

/// What the kernel says of a process beyond what collectors see.
struct ProcessFacts {
  std::string name;                         ///< "" when it cannot be read
  std::optional<std::int64_t> read_bytes;   ///< from storage since it began; needs its user or root
  std::optional<std::int64_t> write_bytes;  ///< to storage
};
ProcessFacts facts_of(const CollectRequest& request, std::int64_t pid);

/// One sentence about each that is not there any more.
std::vector<std::string> gone_targets(const CollectRequest& request);

}  // namespace melisai::host
