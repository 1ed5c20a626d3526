// What a Store holds, and the small things that its parts share. Private to core/store.
#pragma once

#include <map>
#include <string>

#include "core/base/file_lock.h"
#include "core/store/sqlite.h"
#include "core/store/store.h"

namespace melisai::store {

inline constexpr const char* kKilled = "its process ended before the run did (killed?)";

/// What add_pair runs thousands of times.
struct PairStatements {
  Statement pair;
  Statement series;
  Statement sample;
};

struct Store::Body {
  std::string state_dir;
  std::optional<FileLock> lock;  ///< a writer's; released after the database is closed
  Database database;
  std::optional<PairStatements> statements;
  RunId series_run = 0;  ///< whose `series` are
  std::map<SeriesId, std::int64_t> series;

  const Database& to_write() const {
    MELISAI_ASSERT(lock.has_value());
    return database;
  }
};

/// not_found, naming the newest run.
Error no_run(RunId id, const Database& database);

struct Numbered {
  const char* table;
  const char* noun;
};
/// Removes one row. Errors: not_found, naming what there is.
Result<void> remove_numbered(const Numbered& what, std::int64_t id, const Database& database);

}  // namespace melisai::store
