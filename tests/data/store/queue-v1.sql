-- A queue as schema version 1 leaves it, for sqlite3_exec(). Never edited: a later version gets a
-- file of its own.
PRAGMA journal_mode=WAL;
BEGIN TRANSACTION;
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
INSERT INTO refs VALUES('demo','refs/heads/main','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',1795226400000);
INSERT INTO events VALUES(1,'planned','push','demo','refs/heads/main','','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','','{}','push to main',NULL,1,1795226400000,'',0,1795226400000);
INSERT INTO events VALUES(2,'planned','manual','demo','refs/heads/main','','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','build','{}','build by hand',NULL,1,1795226401000,'',0,1795226401000);
INSERT INTO configurations VALUES(1,'{}');
INSERT INTO runs VALUES(1,1,'demo','build',1,'refs/heads/main','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','[]',1,0,1,'finished','passed','',0,1795226400000,1795226400000,1795226400500,NULL);
INSERT INTO runs VALUES(2,2,'demo','build',2,'refs/heads/main','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','[]',1,0,1,'running',NULL,'',0,1795226401000,1795226401000,NULL,NULL);
INSERT INTO attempts VALUES(1,1,'/attempts/1-1','boot',77,1,'',1795226400000,1795226400500,'passed','');
INSERT INTO attempts VALUES(2,1,'/attempts/2-1','boot',78,2,'',1795226400000,NULL,NULL,'');
INSERT INTO settings VALUES('heartbeat','1795226400000');
PRAGMA application_id=1835363441;
PRAGMA user_version=1;
COMMIT;
