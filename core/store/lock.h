// The lock of one state directory: who holds it may write. Private to core/store.
#pragma once

#include "core/base/file_lock.h"
#include "core/store/store.h"

namespace melisai::store {

/// Waits as `writer` says. Errors: limit, naming the holder; interrupted; io, disk_full.
Result<FileLock> take_lock(const std::string& state_dir, const Store::Writer& writer,
                           std::chrono::system_clock::time_point now);

}  // namespace melisai::store
