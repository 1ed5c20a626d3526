// Store: what melisai-gate remembers in STATE_DIR/store.db (SQLite, WAL): runs, stages with their
// logs, every pair, decisions, machines, baselines, acknowledgements. One writer at a time, held by
// STATE_DIR/lock; readers need no lock and never wait for the writer. A pair that was added
// survives SIGKILL of the gate; verdicts, baselines and acknowledgements also survive a power cut.
// Used from one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/units.h"
#include "core/model/metric.h"
#include "core/model/project.h"
#include "core/model/report.h"

namespace melisai::store {

using RunId = std::int64_t;  ///< from 1, never reused

enum class RunState {
  running,
  finished,
  abandoned  ///< its process was killed
};
std::string_view to_string(RunState state);

/// What is known when a run starts.
struct RunStart {
  std::string command;     ///< "check", "ab", "bisect" or "import"
  std::string directory;   ///< absolute; the repository, for ab where both commands ran
  std::string output_dir;  ///< absolute
  std::string started_at;  ///< RFC 3339, UTC
  std::string tool_version;
  std::string project;  ///< "" when it is not known yet; finish_run takes the report's
};

/// What decides whether a finished run may become a baseline, and for what.
struct RunContext {
  std::string branch;         ///< of head; "" when there is none (detached, ab)
  std::string configuration;  ///< hash of what changes measured numbers; "" for ab
  bool trusted = false;       ///< false: never a baseline, and no part of a history
  bool accepts = false;  ///< the verdict is a pass of a whole, committed head: record it as the
                         ///< branch's last green run (only when trusted)
};

struct RunSummary {
  RunId id = 0;
  RunState state = RunState::running;
  std::string command;
  std::string project;
  std::string directory;
  std::string started_at;
  std::string branch;
  CommitInfo base;
  CommitInfo head;
  std::optional<Verdict> verdict;  ///< nothing unless finished
  std::string reason;              ///< one sentence; of an abandoned run: that it was killed
  int pairs = 0;                   ///< pairs stored, of all benchmark processes
  double seconds = 0;
  std::string fingerprint;
  bool trusted = false;  ///< as of RunContext
  bool operator==(const RunSummary&) const = default;
};

struct StoredStage {
  StageResult result;
  std::string log_file;  ///< absolute, in the store's own directory; "" when there is none
};

struct Run {
  RunSummary summary;
  std::string configuration;
  std::string output_dir;
  std::optional<Report> report;    ///< nothing unless finished
  std::optional<Machine> machine;  ///< nothing when it was abandoned before the end
  std::vector<StoredStage> stages;
};

/// One value pair of one series.
struct StoredPair {
  SeriesId id;
  Metric metric;
  int index = 0;  ///< from 1; warm-ups are not stored
  double base = 0;
  double head = 0;
  bool base_first = true;
  int cpu = -1;
  std::string disturbed;  ///< reason, "" when the machine was quiet
};

/// How the run judged a series. The defaults: nothing is known, as of a run that did not finish.
struct StoredJudgement {
  Level level = Level::fail;        ///< off: it was only shown
  std::optional<double> threshold;  ///< as a rule would set it, a fraction
  bool health_votes = false;        ///< the health of the host had a vote beside the series
  int counted = 0;  ///< series that were judged without pairs, beside those that have some
};

struct Baseline {
  std::int64_t id = 0;
  std::string project;
  std::string branch;
  std::string configuration;
  std::string fingerprint;
  RunId run = 0;
  std::string sha;      ///< head of that run
  std::string set_at;   ///< RFC 3339, UTC
  bool pinned = false;  ///< set by a person: a later green run does not move it
  bool operator==(const Baseline&) const = default;
};

struct StoredAcknowledgement {
  std::int64_t id = 0;
  std::string project;
  std::string created_at;
  Acknowledgement what;
  std::string commit = {};  ///< full hash of the only head that it is for; "": any
  bool operator==(const StoredAcknowledgement&) const = default;
};

struct RunFilter {
  std::string project;     ///< "" for all
  std::size_t limit = 50;  ///< newest first
};

/// What gc removes: runs beyond the newest `runs_max`, or older than `age_max`; never the newest
/// `runs_max` when only that is given, never a run that a baseline names, never a running one.
struct Retention {
  std::optional<std::size_t> runs_max;
  std::optional<Milliseconds> age_max;
};
struct Collected {
  std::size_t runs = 0;
  Bytes bytes = 0;  ///< by which database and logs became smaller
};

class Store {
 public:
  struct Writer {
    std::string command;   ///< for whoever finds the lock held: "melisai-gate check -C /repo"
    Milliseconds wait{0};  ///< for the lock
    std::function<bool()> interrupted;  ///< asked while waiting; may be empty
    std::function<void(const std::string&)>
        waiting;  ///< told once: "STATE_DIR is being written by X"; may be empty
  };
  /// Creates what is missing, takes the lock, migrates an older schema, marks runs of dead
  /// processes as abandoned. Errors: `limit` when another process holds the lock (names its pid,
  /// command and since when), interrupted, unavailable when a newer melisai-gate wrote the store,
  /// io (also for a damaged database, with what to do), disk_full.
  static Result<Store> open_writer(const std::string& state_dir, const Writer& writer,
                                   std::chrono::system_clock::time_point now);
  /// Reads only, also beside a writer. Nothing when there is no store yet. An older schema is read
  /// as far as this version can, by migrating a copy in memory. Errors: unavailable, io.
  static Result<std::optional<Store>> open_reader(const std::string& state_dir);
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  // Writing (a reader's store asserts).
  Result<RunId> begin_run(const RunStart& start);
  /// Pairs with index 0 (warm-ups) are ignored. `process`: benchmark name in the pipeline file.
  Result<void> add_pair(RunId run, const std::string& process, const Pair& pair);
  Result<void> mark_disturbed(RunId run, const std::string& process, const Disturbance& what);
  /// Everything of the report in one transaction, logs copied before it (each cut to its last
  /// `log_max`; kept under STATE_DIR/logs/<run>), and the branch's last green run moved when the
  /// context accepts. report.run is the caller's to set.
  Result<void> finish_run(RunId run, const Report& report, const RunContext& context);
  /// Pinned, for the run's own project, configuration and machine. Errors: usage, with the reason,
  /// for a run that is not finished, not trusted, or whose head is no commit; not_found.
  Result<Baseline> set_baseline(RunId run, const std::string& branch, const std::string& now);
  /// Errors: not_found, naming what there is.
  Result<void> remove_baseline(std::int64_t id);
  /// `commit`: as of StoredAcknowledgement.
  Result<std::int64_t> acknowledge(const std::string& project, const Acknowledgement& what,
                                   const std::string& now, const std::string& commit = "");
  /// Errors: not_found, naming what there is.
  Result<void> remove_acknowledgement(std::int64_t id);
  Result<Collected> collect_garbage(const Retention& retention,
                                    std::chrono::system_clock::time_point now);

  // Reading.
  Result<std::vector<RunSummary>> runs(const RunFilter& filter) const;
  /// Errors: not_found, naming the newest run's number.
  Result<Run> run(RunId id) const;
  Result<RunId> newest_run() const;
  /// In time order, series after series within a pair. Stops at the first error of `each`.
  Result<void> for_each_pair(RunId id,
                             const std::function<Result<void>(const StoredPair&)>& each) const;
  Result<std::vector<Baseline>> baselines(const std::string& project) const;  ///< "" for all
  struct BaselineKey {
    std::string project;
    std::string branch;
    std::string configuration;
    std::string fingerprint;
  };
  Result<std::optional<Baseline>> baseline(const BaselineKey& key) const;
  Result<std::vector<StoredAcknowledgement>> acknowledgements(
      const std::string& project) const;  ///< "" for all

 private:
  struct Body;
  explicit Store(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

/// One line of the pair format that `melisai-gate replay` reads, newline included:
/// {"series":"gzip/wall_time","a":139.5,"b":140.2,"first":"a","tier":3,"threshold":0.05}, a = base,
/// b = head. What replay assumes anyway is left out: "better" lower, "level" fail, "tier" 4,
/// "health" off.
std::string pair_line(const StoredPair& pair, const StoredJudgement& judgement);

}  // namespace melisai::store
