#include <sys/stat.h>

#include "core/base/clock.h"
#include "core/store/body.h"
#include "core/store/logs.h"

namespace melisai::store {
namespace {

Bytes size_of_file(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? static_cast<Bytes>(status.st_size) : 0;
}

Bytes size_of_all(const Database& database, const std::string& state_dir) {
  return size_of_file(database.path()) + size_of_file(database.path() + "-wal") +
         size_of_logs(state_dir);
}

Result<std::set<RunId>> ids(Statement query) {
  std::set<RunId> out;
  while (true) {
    MELISAI_TRY(const bool found, query.step());
    if (!found) return out;
    out.insert(query.integer(0));
  }
}

Result<std::set<RunId>> superfluous(const Retention& retention,
                                    std::chrono::system_clock::time_point now,
                                    const Database& database) {
  MELISAI_TRY(Statement query,
              database.prepare("SELECT id FROM runs WHERE state <> 'running' "
                               "AND id NOT IN (SELECT run FROM baselines) AND (id NOT IN "
                               "(SELECT id FROM runs ORDER BY id DESC LIMIT coalesce(?1, -1)) "
                               "OR started_at < ?2)"));
  std::optional<std::string> oldest;
  if (retention.age_max) oldest = utc_time(now - *retention.age_max);
  query.with(retention.runs_max, oldest);
  return ids(std::move(query));
}

}  // namespace

Result<Collected> Store::collect_garbage(const Retention& retention,
                                         std::chrono::system_clock::time_point now) {
  const Database& database = body_->to_write();
  const Bytes before = size_of_all(database, body_->state_dir);
  MELISAI_TRY(const std::set<RunId> leaving, superfluous(retention, now, database));
  // One transaction each: what an interrupted collection has removed stays removed.
  for (const RunId run : leaving) {
    MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
    MELISAI_CHECK(database.run("DELETE FROM runs WHERE id = ?1", run));
    MELISAI_CHECK(transaction.commit());
  }
  MELISAI_CHECK(database.run(
      "DELETE FROM machines WHERE id NOT IN (SELECT machine FROM runs WHERE machine IS NOT NULL)"));
  MELISAI_TRY(Statement query, database.prepare("SELECT id FROM runs"));
  MELISAI_TRY(const std::set<RunId> kept, ids(std::move(query)));
  MELISAI_CHECK(remove_other_logs(body_->state_dir, kept));
  MELISAI_CHECK(database.run("PRAGMA incremental_vacuum"));
  // Answers "busy" where a reader still needs old pages; then the next one makes the file smaller.
  MELISAI_CHECK(database.run("PRAGMA wal_checkpoint(TRUNCATE)"));
  const Bytes after = size_of_all(database, body_->state_dir);
  return Collected{.runs = leaving.size(), .bytes = before > after ? before - after : 0};
}

}  // namespace melisai::store
