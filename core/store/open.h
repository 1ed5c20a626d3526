// Opening a database of ours: made, migrated, and read beside its writer.
#pragma once

#include <optional>
#include <string>

#include "core/store/schema.h"
#include "core/store/sqlite.h"

namespace melisai::store {

/// Creates what is missing (mode 0600) and migrates an older file. Errors: io, disk_full,
/// unavailable for the file of a newer version or on a file system without shared memory.
Result<Database> open_to_write(const std::string& path, const Schema& schema);

/// Nothing when there is no file yet. A file of an older version is read by migrating a copy in
/// memory. Errors: as above.
Result<std::optional<Database>> open_to_read(const std::string& path, const Schema& schema);

}  // namespace melisai::store
