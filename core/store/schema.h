// The tables of our databases and how an older file becomes a newer one. A version is never changed
// after its release: append a step to store_schema() or queue_schema(), and a fixture to
// tests/data/store/.
#pragma once

#include <span>
#include <string_view>

#include "core/store/sqlite.h"

namespace melisai::store {

struct Schema {
  int application_id =
      0;  ///< in the file's header: tells our files from others and from each other
  /// Step i, as SQL, brings version i to i + 1. Version 0 is an empty file.
  std::span<const std::string_view> steps;
  int newest() const { return static_cast<int>(steps.size()); }
};
Schema store_schema();
Schema queue_schema();

/// 0 for an empty file. Errors: io for the file of another program; unavailable for a version that
/// is newer than the schema's, naming both.
Result<int> version_of(const Database& database, const Schema& schema);

/// To the newest version, in one transaction that survives a power cut.
Result<void> migrate(const Database& database, const Schema& schema);

}  // namespace melisai::store
