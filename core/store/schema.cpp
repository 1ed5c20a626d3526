#include "core/store/schema.h"

#include <array>

namespace melisai::store {
namespace {

constexpr std::string_view kVersion1 = R"sql(
CREATE TABLE machines (
  id INTEGER PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  cpu_model TEXT NOT NULL,
  cpus INTEGER NOT NULL,
  kernel TEXT NOT NULL,
  memory_bytes INTEGER NOT NULL,
  virtualisation TEXT NOT NULL,
  governor TEXT NOT NULL,
  UNIQUE (fingerprint, cpu_model, cpus, kernel, memory_bytes, virtualisation, governor)
) STRICT;

CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  state TEXT NOT NULL CHECK (state IN ('running', 'finished', 'abandoned')),
  pid INTEGER NOT NULL,
  command TEXT NOT NULL,
  directory TEXT NOT NULL,
  output_dir TEXT NOT NULL,
  started_at TEXT NOT NULL,
  tool_version TEXT NOT NULL,
  project TEXT NOT NULL DEFAULT '',
  branch TEXT NOT NULL DEFAULT '',
  configuration TEXT NOT NULL DEFAULT '',
  trusted INTEGER NOT NULL DEFAULT 0,
  base_sha TEXT NOT NULL DEFAULT '',
  base_ref TEXT NOT NULL DEFAULT '',
  head_sha TEXT NOT NULL DEFAULT '',
  head_ref TEXT NOT NULL DEFAULT '',
  verdict TEXT,
  reason_code TEXT,
  reason TEXT NOT NULL DEFAULT '',
  seconds REAL,
  machine INTEGER REFERENCES machines (id)
) STRICT;
CREATE INDEX runs_by_project ON runs (project);

-- Apart from runs, so that a list of runs does not read through them.
CREATE TABLE reports (
  run INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
  json TEXT NOT NULL
) STRICT;

CREATE TABLE stages (
  run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  name TEXT NOT NULL,
  side TEXT NOT NULL,
  command TEXT NOT NULL,
  status TEXT NOT NULL,
  seconds REAL,
  message TEXT NOT NULL,
  log TEXT NOT NULL,
  log_tail TEXT NOT NULL,
  log_kept INTEGER NOT NULL,
  PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE decisions (
  run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  benchmark TEXT NOT NULL,
  metric TEXT NOT NULL,
  decision TEXT NOT NULL,
  effect REAL,
  effect_low REAL,
  effect_high REAL,
  threshold REAL,
  pairs INTEGER NOT NULL,
  gating INTEGER NOT NULL,
  level TEXT NOT NULL,
  acknowledged INTEGER NOT NULL,
  PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  benchmark TEXT NOT NULL,
  metric TEXT NOT NULL,
  unit TEXT NOT NULL,
  better TEXT NOT NULL,
  tier INTEGER NOT NULL,
  UNIQUE (run, benchmark, metric)
) STRICT;

-- Ascending ids are time order.
CREATE TABLE pairs (
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  process TEXT NOT NULL,
  number INTEGER NOT NULL,
  base_first INTEGER NOT NULL,
  cpu INTEGER NOT NULL,
  disturbed TEXT NOT NULL DEFAULT '',
  UNIQUE (run, process, number)
) STRICT;
CREATE INDEX pairs_in_time_order ON pairs (run, id);

-- Pair first: rows are only ever appended. `series` is no foreign key, since it would need an index
-- as large as the table; samples leave with their pair, and pair and series with their run.
CREATE TABLE samples (
  pair INTEGER NOT NULL REFERENCES pairs (id) ON DELETE CASCADE,
  series INTEGER NOT NULL,
  base REAL NOT NULL,
  head REAL NOT NULL,
  PRIMARY KEY (pair, series)
) STRICT, WITHOUT ROWID;

CREATE TABLE baselines (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project TEXT NOT NULL,
  branch TEXT NOT NULL,
  configuration TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  run INTEGER NOT NULL REFERENCES runs (id),
  sha TEXT NOT NULL,
  set_at TEXT NOT NULL,
  pinned INTEGER NOT NULL,
  UNIQUE (project, branch, configuration, fingerprint)
) STRICT;
CREATE INDEX baselines_by_run ON baselines (run);

CREATE TABLE acknowledgements (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project TEXT NOT NULL,
  created_at TEXT NOT NULL,
  benchmark TEXT NOT NULL,
  metric TEXT NOT NULL,
  until TEXT NOT NULL,
  reason TEXT NOT NULL,
  up_to REAL
) STRICT;
)sql";

// The head that it is for, in full; '': any.
constexpr std::string_view kCommitOfAcknowledgements = R"sql(
ALTER TABLE acknowledgements ADD COLUMN commit_sha TEXT NOT NULL DEFAULT '';
)sql";

constexpr std::array kSteps{kVersion1, kCommitOfAcknowledgements};

/// Inside a transaction, because the first writer may be making the tables right now.
Result<int> version_in_transaction(const Database& database, const Schema& schema) {
  MELISAI_TRY(const auto application, database.number("PRAGMA application_id"));
  MELISAI_TRY(const auto version, database.number("PRAGMA user_version"));
  MELISAI_TRY(const auto objects, database.number("SELECT count(*) FROM sqlite_schema"));
  if (application == 0 && version == 0 && objects == 0) return 0;
  if (application != schema.application_id)
    return Error{Errc::io, database.path() +
                               " belongs to another program; move it away, or use another "
                               "--state-dir"};
  if (version < 1) return damaged(database.path(), "it has no version");
  if (version > schema.newest())
    return Error{Errc::unavailable,
                 database.path() + " has schema version " + std::to_string(*version) +
                     ", and this melisai-gate knows up to " + std::to_string(schema.newest()) +
                     ": a newer one wrote it; use that one, or another --state-dir"};
  return static_cast<int>(*version);
}

}  // namespace

Schema store_schema() { return {.application_id = 0x6d656c67 /* "melg" */, .steps = kSteps}; }

Result<int> version_of(const Database& database, const Schema& schema) {
  MELISAI_TRY(const Transaction snapshot, Transaction::read(database));
  return version_in_transaction(database, schema);
}

Result<void> migrate(const Database& database, const Schema& schema) {
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  MELISAI_TRY(const int version, version_in_transaction(database, schema));
  if (version == schema.newest()) return {};
  for (const std::string_view step : schema.steps.subspan(static_cast<std::size_t>(version)))
    MELISAI_CHECK(database.execute(std::string(step)));
  MELISAI_CHECK(database.execute("PRAGMA application_id=" + std::to_string(schema.application_id) +
                                 "; PRAGMA user_version=" + std::to_string(schema.newest())));
  return transaction.commit();
}

}  // namespace melisai::store
