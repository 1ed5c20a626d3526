#include <array>

#include "core/store/schema.h"

namespace melisai::store {
namespace {

constexpr std::string_view kVersion1 = R"sql(
CREATE TABLE refs (
  project TEXT NOT NULL,
  name TEXT NOT NULL,
  sha TEXT NOT NULL,
  accepted_ms INTEGER NOT NULL,
  PRIMARY KEY (project, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  state TEXT NOT NULL CHECK (state IN ('open', 'planned', 'rejected')),
  kind TEXT NOT NULL,
  project TEXT NOT NULL,
  ref TEXT NOT NULL,
  before_sha TEXT NOT NULL,
  sha TEXT NOT NULL,
  pipeline TEXT NOT NULL,
  params TEXT NOT NULL,
  cause TEXT NOT NULL,
  once TEXT UNIQUE,
  trusted INTEGER NOT NULL,
  received_ms INTEGER NOT NULL,
  reason TEXT NOT NULL DEFAULT '',
  tries INTEGER NOT NULL DEFAULT 0,
  not_before_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX events_open ON events (id) WHERE state = 'open';

-- Pinned: one text for all runs that it rules.
CREATE TABLE configurations (
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  event INTEGER NOT NULL REFERENCES events (id),
  project TEXT NOT NULL,
  pipeline TEXT NOT NULL,
  number INTEGER NOT NULL,
  ref TEXT NOT NULL,
  sha TEXT NOT NULL,
  after TEXT NOT NULL,
  configuration INTEGER NOT NULL REFERENCES configurations (id),
  exclusive INTEGER NOT NULL,
  trusted INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('blocked', 'queued', 'running', 'finished')),
  outcome TEXT CHECK (outcome IN ('passed', 'failed', 'regression', 'inconclusive', 'error',
                                  'cancelled', 'superseded', 'skipped')),
  reason TEXT NOT NULL DEFAULT '',
  cancel_requested INTEGER NOT NULL DEFAULT 0,
  not_before_ms INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  finished_ms INTEGER,
  report INTEGER,
  UNIQUE (project, pipeline, number),
  UNIQUE (event, pipeline),
  CHECK ((state = 'finished') = (outcome IS NOT NULL)),
  CHECK ((state = 'finished') = (finished_ms IS NOT NULL))
) STRICT;
CREATE INDEX runs_open ON runs (state, id) WHERE state <> 'finished';

CREATE TABLE attempts (
  run INTEGER NOT NULL REFERENCES runs (id),
  number INTEGER NOT NULL,
  directory TEXT NOT NULL,
  boot_id TEXT NOT NULL,
  pid INTEGER NOT NULL DEFAULT 0,
  start_time INTEGER NOT NULL DEFAULT 0,
  cgroup TEXT NOT NULL DEFAULT '',
  started_ms INTEGER NOT NULL,
  ended_ms INTEGER,
  outcome TEXT,
  reason TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX attempts_open ON attempts (run) WHERE ended_ms IS NULL;

CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

constexpr std::string_view kNotices = R"sql(
ALTER TABLE runs ADD COLUMN warning_ms INTEGER;
ALTER TABLE runs ADD COLUMN critical_ms INTEGER;
ALTER TABLE runs ADD COLUMN slow TEXT NOT NULL DEFAULT ''
  CHECK (slow IN ('', 'warning', 'critical'));

-- Of a pipeline on a ref, since it last passed there. Notices above since_notice belong to it.
CREATE TABLE streaks (
  project TEXT NOT NULL,
  pipeline TEXT NOT NULL,
  ref TEXT NOT NULL,
  failures INTEGER NOT NULL,
  since_notice INTEGER NOT NULL,
  PRIMARY KEY (project, pipeline, ref)
) STRICT, WITHOUT ROWID;

CREATE TABLE notices (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run INTEGER NOT NULL REFERENCES runs (id),
  event TEXT NOT NULL,
  reason TEXT NOT NULL,
  failures INTEGER NOT NULL,
  created_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE deliveries (
  notice INTEGER NOT NULL REFERENCES notices (id),
  sink TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'given_up')),
  tries INTEGER NOT NULL DEFAULT 0,
  not_before_ms INTEGER NOT NULL,
  reason TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (notice, sink)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_waiting ON deliveries (notice) WHERE state = 'waiting';

CREATE TABLE paused_pipelines (
  project TEXT NOT NULL,
  pipeline TEXT NOT NULL,
  reason TEXT NOT NULL,
  since_ms INTEGER NOT NULL,
  PRIMARY KEY (project, pipeline)
) STRICT, WITHOUT ROWID;
)sql";

// Besides what must pass: {"good": [names], "end": [names]}, what must pass or be skipped, and what
// must end.
constexpr std::string_view kWaits = R"sql(
ALTER TABLE runs ADD COLUMN waits TEXT NOT NULL DEFAULT '{}';
)sql";

constexpr std::string_view kFinished = R"sql(
CREATE INDEX runs_finished ON runs (finished_ms);
)sql";

// AUTOINCREMENT: a revision never comes back.
constexpr std::string_view kWorkflows = R"sql(
CREATE TABLE workflows (
  revision INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  text TEXT NOT NULL,
  changed_by TEXT NOT NULL,
  changed_ms INTEGER NOT NULL
) STRICT;
)sql";

// What is counted of runs that are forgotten, and the pipelines that are counted by name.
constexpr std::string_view kTotals = R"sql(
CREATE TABLE counted_pipelines (
  project TEXT NOT NULL,
  pipeline TEXT NOT NULL,
  PRIMARY KEY (project, pipeline)
) STRICT, WITHOUT ROWID;
INSERT INTO counted_pipelines
  SELECT project, pipeline FROM runs GROUP BY project, pipeline ORDER BY min(id) LIMIT 200;

CREATE TABLE forgotten_runs (
  project TEXT NOT NULL,
  pipeline TEXT NOT NULL,
  outcome TEXT NOT NULL,
  exclusive INTEGER NOT NULL,
  runs INTEGER NOT NULL,
  started INTEGER NOT NULL,
  ms INTEGER NOT NULL,
  PRIMARY KEY (project, pipeline, outcome, exclusive)
) STRICT, WITHOUT ROWID;

CREATE TABLE forgotten_durations (
  project TEXT NOT NULL,
  pipeline TEXT NOT NULL,
  outcome TEXT NOT NULL,
  exclusive INTEGER NOT NULL,
  seconds INTEGER NOT NULL,
  runs INTEGER NOT NULL,
  PRIMARY KEY (project, pipeline, outcome, exclusive, seconds)
) STRICT, WITHOUT ROWID;
)sql";

// held: it waits for somebody's approval. Of an approval `sha` is what it is for, fixed when it was
// asked for.
constexpr std::string_view kPullRequests = R"sql(
ALTER TABLE events ADD COLUMN pull_request INTEGER NOT NULL DEFAULT 0;
ALTER TABLE events ADD COLUMN base_ref TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN author TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN approved_by TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN held INTEGER NOT NULL DEFAULT 0;

CREATE TABLE pull_requests (
  project TEXT NOT NULL,
  number INTEGER NOT NULL,
  ref TEXT NOT NULL,
  head_sha TEXT NOT NULL,
  base_ref TEXT NOT NULL,
  author TEXT NOT NULL,
  trusted INTEGER NOT NULL,
  open INTEGER NOT NULL,
  event INTEGER NOT NULL,
  head_since_ms INTEGER NOT NULL,
  PRIMARY KEY (project, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE approvals (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'granted', 'refused')),
  action TEXT NOT NULL CHECK (action IN ('approve', 'retry')),
  project TEXT NOT NULL,
  number INTEGER NOT NULL,
  sha TEXT NOT NULL,
  user_id INTEGER NOT NULL,
  login TEXT NOT NULL,
  via TEXT NOT NULL,
  once TEXT UNIQUE,
  tries INTEGER NOT NULL DEFAULT 0,
  not_before_ms INTEGER NOT NULL,
  asked_ms INTEGER NOT NULL,
  reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX approvals_waiting ON approvals (id) WHERE state = 'waiting';
)sql";

// again_of: the run that the event repeats, 0 for none.
constexpr std::string_view kRepeated = R"sql(
ALTER TABLE events ADD COLUMN again_of INTEGER NOT NULL DEFAULT 0;
)sql";

// A notice of what waits for approval has no run, but an event (`of_event`, else 0). SQLite can
// only take back NOT NULL by making the table anew, and with it what refers to it.
constexpr std::string_view kHeldNotices = R"sql(
CREATE TABLE notices_anew (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run INTEGER REFERENCES runs (id),
  of_event INTEGER NOT NULL DEFAULT 0,
  event TEXT NOT NULL,
  reason TEXT NOT NULL,
  failures INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  CHECK ((run IS NULL) = (of_event <> 0))
) STRICT;
INSERT INTO sqlite_sequence (name, seq)
  SELECT 'notices_anew', seq FROM sqlite_sequence WHERE name = 'notices';
INSERT INTO notices_anew (id, run, event, reason, failures, created_ms)
  SELECT id, run, event, reason, failures, created_ms FROM notices;

CREATE TABLE deliveries_anew (
  notice INTEGER NOT NULL REFERENCES notices_anew (id),
  sink TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'given_up')),
  tries INTEGER NOT NULL DEFAULT 0,
  not_before_ms INTEGER NOT NULL,
  reason TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (notice, sink)
) STRICT, WITHOUT ROWID;
INSERT INTO deliveries_anew (notice, sink, state, tries, not_before_ms, reason)
  SELECT notice, sink, state, tries, not_before_ms, reason FROM deliveries;

DROP TABLE deliveries;
DROP TABLE notices;
ALTER TABLE notices_anew RENAME TO notices;
ALTER TABLE deliveries_anew RENAME TO deliveries;
CREATE INDEX deliveries_waiting ON deliveries (notice) WHERE state = 'waiting';
)sql";

// run: whose check run it is, 0 of approvals of a head. SQLite changes no CHECK in place.
constexpr std::string_view kButtons = R"sql(
CREATE TABLE approvals_anew (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'granted', 'refused')),
  action TEXT NOT NULL CHECK (action IN ('approve', 'retry', 'measure', 'accept')),
  project TEXT NOT NULL,
  number INTEGER NOT NULL,
  sha TEXT NOT NULL,
  user_id INTEGER NOT NULL,
  login TEXT NOT NULL,
  via TEXT NOT NULL,
  once TEXT UNIQUE,
  tries INTEGER NOT NULL DEFAULT 0,
  not_before_ms INTEGER NOT NULL,
  asked_ms INTEGER NOT NULL,
  reason TEXT NOT NULL DEFAULT '',
  run INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO sqlite_sequence (name, seq)
  SELECT 'approvals_anew', seq FROM sqlite_sequence WHERE name = 'approvals';
INSERT INTO approvals_anew (id, state, action, project, number, sha, user_id, login, via, once,
    tries, not_before_ms, asked_ms, reason)
  SELECT id, state, action, project, number, sha, user_id, login, via, once, tries, not_before_ms,
    asked_ms, reason FROM approvals;
DROP TABLE approvals;
ALTER TABLE approvals_anew RENAME TO approvals;
CREATE INDEX approvals_waiting ON approvals (id) WHERE state = 'waiting';
)sql";

constexpr std::array kSteps{kVersion1, kNotices,      kWaits,    kFinished,    kWorkflows,
                            kTotals,   kPullRequests, kRepeated, kHeldNotices, kButtons};

}  // namespace

Schema queue_schema() { return {.application_id = 0x6d656c71 /* "melq" */, .steps = kSteps}; }

}  // namespace melisai::store
