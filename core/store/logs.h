// Log files of stored runs: STATE_DIR/logs/<run>/<number>.log. Names hold nothing that a pipeline
// file or a database says. Private to core/store.
#pragma once

#include <cstddef>
#include <set>
#include <string>

#include "core/base/units.h"
#include "core/store/store.h"

namespace melisai::store {

/// Kept of the end of each log.
inline constexpr Bytes kLogMax = 1 << 20;

struct LogName {
  RunId run = 0;
  std::int64_t number = 0;
};
std::string log_path(const std::string& state_dir, const LogName& name);

/// False when there is nothing to keep: `source` is empty, no regular file, or cannot be copied.
bool keep_log(const std::string& source, const std::string& target);

/// Removes the directories of all other runs. Errors: io, after removing what it can.
Result<void> remove_other_logs(const std::string& state_dir, const std::set<RunId>& runs);

/// Of all files in the directory of logs.
Bytes size_of_logs(const std::string& state_dir);

}  // namespace melisai::store
