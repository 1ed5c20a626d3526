-- A store as schema version 2 leaves it, for sqlite3_exec(). Never edited: a later version gets a
-- file of its own.
PRAGMA auto_vacuum=2;
PRAGMA journal_mode=WAL;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
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
INSERT INTO machines VALUES(1,'0123456789abcdef','Example CPU @ 2.00GHz',2,'Linux 6.1.0',8589934592,'kvm','performance');
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
INSERT INTO runs VALUES(1,'finished',2337,'check','/repo','/repo/out','2026-11-21T02:00:00Z','0.2.0','my-app','main','c0ffee',1,'1111111111111111111111111111111111111111','main','2222222222222222222222222222222222222222','HEAD','regression','regressed','Two of four gating metrics regressed.',41.200000000000002843,1);
INSERT INTO runs VALUES(2,'abandoned',2337,'check','/repo','/repo/out','2026-11-21T02:00:00Z','0.2.0','','','',0,'','','','',NULL,NULL,'its process ended before the run did (killed?)',NULL,NULL);
CREATE TABLE reports (
  run INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
  json TEXT NOT NULL
) STRICT;
INSERT INTO reports VALUES(1,replace('{\n  "schema_version": 1,\n  "run": 1,\n  "tool_version": "0.0.0",\n  "project": "my-app",\n  "started_at": "2026-01-02T03:04:05Z",\n  "verdict": "regression",\n  "reason_code": "regressed",\n  "reason": "Two of four gating metrics regressed.",\n  "base": {\n    "sha": "1111111111111111111111111111111111111111",\n    "ref": "main"\n  },\n  "head": {\n    "sha": "2222222222222222222222222222222222222222",\n    "ref": "HEAD"\n  },\n  "machine": {\n    "cpu_model": "Example CPU @ 2.00GHz",\n    "cpus": 2,\n    "kernel": "Linux 6.1.0",\n    "fingerprint": "0123456789abcdef",\n    "memory_bytes": 8589934592,\n    "virtualisation": "kvm",\n    "governor": "performance"\n  },\n  "seed": 42,\n  "policy": {\n    "threshold": 0.05,\n    "false_alarm": 0.01,\n    "miss": 0.05\n  },\n  "benchmarks": [\n    {\n      "name": "parse/BM_Small",\n      "metric": "cpu_time",\n      "unit": "ns",\n      "better": "lower",\n      "tier": 3,\n      "decision": "regressed",\n      "effect": 0.051,\n      "effect_low": 0.03,\n      "effect_high": 0.07,\n      "from_zero": false,\n      "threshold": 0.05,\n      "pairs": 12,\n      "confirmed": true,\n      "gating": true,\n      "level": "fail",\n      "acknowledged": null,\n      "base": {\n        "median": 1000.0\n      },\n      "head": {\n        "median": 1051.0\n      },\n      "note": "CPU time gates: the process is single-threaded"\n    },\n    {\n      "name": "parse/BM_Small",\n      "metric": "peak_rss",\n      "unit": "B",\n      "better": "lower",\n      "tier": 2,\n      "decision": "clear",\n      "effect": 0.0,\n      "effect_low": 0.0,\n      "effect_high": 0.0,\n      "from_zero": false,\n      "threshold": 0.01,\n      "pairs": 12,\n      "confirmed": false,\n      "gating": true,\n      "level": "fail",\n      "acknowledged": null,\n      "base": {\n        "median": 4194304.0\n      },\n      "head": {\n        "median": 4194304.0\n      },\n      "note": ""\n    },\n    {\n      "name": "parse/BM_Small",\n      "metric": "bytes_per_second",\n      "unit": "B/s",\n      "better": "higher",\n      "tier": 3,\n      "decision": "clear",\n      "effect": 0.003,\n      "effect_low": -0.02,\n      "effect_high": 0.02,\n      "from_zero": false,\n      "threshold": 0.05,\n      "pairs": 12,\n      "confirmed": false,\n      "gating": false,\n      "level": "off",\n      "acknowledged": null,\n      "base": {\n        "median": 500000000.0\n      },\n      "head": {\n        "median": 498500000.0\n      },\n      "note": ""\n    },\n    {\n      "name": "parse/BM_Small",\n      "metric": "switches",\n      "unit": "count",\n      "better": "lower",\n      "tier": 4,\n      "decision": "clear",\n      "effect": 0.1,\n      "effect_low": -0.4,\n      "effect_high": 0.9,\n      "from_zero": false,\n      "threshold": 0.01,\n      "pairs": 12,\n      "confirmed": false,\n      "gating": false,\n      "level": "off",\n      "acknowledged": null,\n      "base": {\n        "median": 10.0\n      },\n      "head": {\n        "median": 11.0\n      },\n      "note": ""\n    },\n    {\n      "name": "parse/BM_Large",\n      "metric": "minor_faults",\n      "unit": "count",\n      "better": "lower",\n      "tier": 2,\n      "decision": "regressed",\n      "effect": 0.5,\n      "effect_low": 0.49,\n      "effect_high": 0.51,\n      "from_zero": false,\n      "threshold": 0.01,\n      "pairs": 12,\n      "confirmed": true,\n      "gating": true,\n      "level": "fail",\n      "acknowledged": null,\n      "base": {\n        "median": 1000.0\n      },\n      "head": {\n        "median": 1500.0\n      },\n      "note": ""\n    },\n    {\n      "name": "parse/BM_Large",\n      "metric": "cpu_time",\n      "unit": "ns",\n      "better": "lower",\n      "tier": 3,\n      "decision": "inconclusive",\n      "effect": 0.02,\n      "effect_low": -0.01,\n      "effect_high": 0.06,\n      "from_zero": false,\n      "threshold": 0.05,\n      "pairs": 12,\n      "confirmed": false,\n      "gating": true,\n      "level": "fail",\n      "acknowledged": null,\n      "base": {\n        "median": 90000.0\n      },\n      "head": {\n        "median": 91800.0\n      },\n      "note": "the budget ended after 12 pairs"\n    }\n  ],\n  "measurements": [\n    {\n      "benchmark": "parse",\n      "pairs": 12,\n      "cpu_wall_ratio": 0.99,\n      "placement": "one CPU per pair",\n      "in_cgroup": true,\n      "disturbed_pairs": []\n    }\n  ],\n  "profiles": [],\n  "stages": [\n    {\n      "name": "build",\n      "side": "base",\n      "command": "cmake --build build -j",\n      "status": "cached",\n      "seconds": 12.5,\n      "message": "",\n      "log": "logs/base-build.log",\n      "log_tail": ""\n    },\n    {\n      "name": "build",\n      "side": "head",\n      "command": "cmake --build build -j",\n      "status": "passed",\n      "seconds": 13.25,\n      "message": "",\n      "log": "logs/head-build.log",\n      "log_tail": ""\n    }\n  ],\n  "collectors": [],\n  "warnings": [],\n  "seconds": 41.2\n}\n','\n',char(10)));
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
INSERT INTO stages VALUES(1,1,'build','base','cmake --build build -j','cached',12.5,'','logs/base-build.log','',0);
INSERT INTO stages VALUES(1,2,'build','head','cmake --build build -j','passed',13.25,'','logs/head-build.log','',0);
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
INSERT INTO decisions VALUES(1,1,'parse/BM_Small','cpu_time','regressed',0.050999999999999996724,0.029999999999999998889,0.070000000000000006661,0.050000000000000002775,12,1,'fail',0);
INSERT INTO decisions VALUES(1,2,'parse/BM_Small','peak_rss','clear',0.0,0.0,0.0,0.010000000000000000208,12,1,'fail',0);
INSERT INTO decisions VALUES(1,3,'parse/BM_Small','bytes_per_second','clear',0.0030000000000000000624,-0.020000000000000000416,0.020000000000000000416,0.050000000000000002775,12,0,'off',0);
INSERT INTO decisions VALUES(1,4,'parse/BM_Small','switches','clear',0.10000000000000000555,-0.4000000000000000222,0.9000000000000000222,0.010000000000000000208,12,0,'off',0);
INSERT INTO decisions VALUES(1,5,'parse/BM_Large','minor_faults','regressed',0.5,0.48999999999999999111,0.51000000000000000888,0.010000000000000000208,12,1,'fail',0);
INSERT INTO decisions VALUES(1,6,'parse/BM_Large','cpu_time','inconclusive',0.020000000000000000416,-0.010000000000000000208,0.059999999999999997779,0.050000000000000002775,12,1,'fail',0);
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
INSERT INTO series VALUES(1,1,'parse/BM_Small','wall_time','ns','lower',3);
INSERT INTO series VALUES(2,2,'parse/BM_Small','wall_time','ns','lower',3);
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
INSERT INTO pairs VALUES(1,1,'parse',1,1,1,'');
INSERT INTO pairs VALUES(2,2,'parse',1,1,1,'');
INSERT INTO pairs VALUES(3,2,'parse',2,1,1,'other processes used 0.62 CPUs');
CREATE TABLE samples (
  pair INTEGER NOT NULL REFERENCES pairs (id) ON DELETE CASCADE,
  series INTEGER NOT NULL,
  base REAL NOT NULL,
  head REAL NOT NULL,
  PRIMARY KEY (pair, series)
) STRICT, WITHOUT ROWID;
INSERT INTO samples VALUES(1,1,1000.0,2000.0);
INSERT INTO samples VALUES(2,2,0.29999999999999998889,0.59999999999999997779);
INSERT INTO samples VALUES(3,2,0.10000000000000000555,0.2000000000000000111);
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
INSERT INTO baselines VALUES(1,'my-app','main','c0ffee','0123456789abcdef',1,'2222222222222222222222222222222222222222','2026-11-21T03:00:00Z',1);
CREATE TABLE acknowledgements (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project TEXT NOT NULL,
  created_at TEXT NOT NULL,
  benchmark TEXT NOT NULL,
  metric TEXT NOT NULL,
  until TEXT NOT NULL,
  reason TEXT NOT NULL,
  up_to REAL
, commit_sha TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO acknowledgements VALUES(1,'my-app','2026-11-21T03:00:00Z','parse/*','*','2026-12-31','a fix is in review',0.10000000000000000555,'');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('runs',3);
INSERT INTO sqlite_sequence VALUES('baselines',1);
INSERT INTO sqlite_sequence VALUES('acknowledgements',1);
CREATE INDEX runs_by_project ON runs (project);
CREATE INDEX pairs_in_time_order ON pairs (run, id);
CREATE INDEX baselines_by_run ON baselines (run);
COMMIT;
PRAGMA application_id=1835363431;
PRAGMA user_version=2;
