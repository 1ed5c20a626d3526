// What a Queue holds, and how its rows become structs. Private to core/store.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/store/queue.h"
#include "core/store/sqlite.h"

namespace melisai::store {

struct Queue::Body {
  bool writes = false;
  Database database;
  NoticeRules rules = {};

  const Database& to_write() const {
    MELISAI_ASSERT(writes);
    return database;
  }
};

std::int64_t to_ms(WallTime time);
WallTime from_ms(std::int64_t milliseconds);

/// Columns in the order in which read_run() takes them; for a query over `runs AS r`. One of them
/// is the pinned configuration.
inline constexpr std::string_view kConfigurationColumn =
    "(SELECT c.text FROM configurations c WHERE c.id = r.configuration)";
inline constexpr std::string_view kRunColumns =
    "r.id, r.event, r.project, r.pipeline, r.number, r.ref, r.sha, r.after, "
    "(SELECT c.text FROM configurations c WHERE c.id = r.configuration), r.exclusive, r.trusted, "
    "r.state, r.outcome, r.reason, r.cancel_requested, r.not_before_ms, r.created_ms, "
    "r.finished_ms, r.report, (SELECT count(*) FROM attempts a WHERE a.run = r.id), "
    "(SELECT min(a.started_ms) FROM attempts a WHERE a.run = r.id), r.slow, "
    "r.waits";
inline constexpr int kRunColumnCount = 23;
/// The same without the pinned configuration, which is long.
std::string short_columns();
/// Whether its pipeline is not paused; of `runs AS r`.
inline constexpr std::string_view kMayStart =
    "(NOT EXISTS (SELECT 1 FROM paused_pipelines p WHERE p.project = r.project AND "
    "p.pipeline = r.pipeline))";
/// Nobody lets anything wait longer for its time. What has to, and what has never waited and is
/// that much newer than now, was written before somebody set the clock back: it is due.
inline constexpr std::chrono::minutes kWaitMax{15};
inline constexpr std::chrono::minutes kNewerMax{1};
/// The place of `runs AS r` among those that are ready, ascending: its own id, or that of the older
/// time of its schedule that it came instead of.
inline constexpr std::string_view kPlace = "coalesce(json_extract(r.waits, '$.place'), r.id)";
Result<PipelineRun> read_run(const Statement& row);
/// All rows of a prepared and bound query over kRunColumns.
Result<std::vector<PipelineRun>> read_runs(Statement& query);
Result<PipelineRun> run_with(std::int64_t id, const Database& database);

/// Finishes what waited for runs that have ended, and queues what waits for nothing any more; until
/// nothing changes. Inside a transaction.
Result<Released> release_after(std::int64_t event, const Database& database, WallTime now);

/// Unless it is finished. What that means to others is the caller's: tell_end(), release_after().
Result<void> finish(const PipelineRun& run, PipelineRun::Outcome outcome, const std::string& reason,
                    const Database& database, WallTime now);
/// What a run that has just finished tells people, pauses, and means to the streak of its pipeline.
/// Inside the transaction that finished it, as release_after.
Result<void> tell_end(std::int64_t run, const NoticeRules& rules, const Database& database,
                      WallTime now);
/// The pipelines of that event could be read: ends the streak of kUnreadable. Only a push tells how
/// a branch is, and only the newest that is planned.
Result<void> tell_readable(std::int64_t event, const NoticeRules& rules, const Database& database,
                           WallTime now);
struct NewNotice {
  std::int64_t run = 0;
  Notice::Event event = Notice::Event::failed;
  std::string reason;
  int failures = 0;
  std::int64_t held = 0;  ///< an event that waits for approval; it has no run
};
/// Once for each head and sink, however often it is told.
Result<void> tell_held(const RunEvent& event, const NoticeRules& rules, const Database& database);
/// The forge, which was told that this head waits, or was to be. `event` is the approved one.
Result<void> tell_approved(const RunEvent& event, const NoticeRules& rules,
                           const Database& database, WallTime now);
/// Nobody is told any more of what does not wait for approval any more: whoever pushes one head
/// after the other would delay everybody's notices. Inside the transaction that settles it.
Result<void> withdraw_settled(const Database& database);
/// With a delivery for each sink.
Result<void> add_notice(const NewNotice& notice, const NoticeRules& rules, const Database& database,
                        WallTime now);
/// Times of schedules that wait to be planned, perhaps because they were paused, are due now. Of
/// all projects and pipelines where these are "".
Result<void> make_ticks_due(const std::string& project, const std::string& pipeline,
                            const Database& database);
/// Nothing when that pipeline is paused already.
Result<void> add_pause(const PausedPipeline& paused, const Database& database);
/// Of its last attempt, ended or not; once for each limit.
Result<void> tell_duration(const PipelineRun& run, const NoticeRules& rules,
                           const Database& database, WallTime now);

/// From its first plan on it is counted by name, as long as there is room. Inside a transaction.
Result<void> count_pipeline(std::int64_t event, const std::string& pipeline,
                            const Database& database);
/// Adds the runs of an event, which are over, to what is counted of forgotten ones. Inside the
/// transaction that forgets them.
Result<void> count_forgotten(std::int64_t event, const Database& database);
/// As accept() writes it; its id.
Result<std::int64_t> insert_event(const RunEvent& event, const Database& database);
/// What older events of that kind left to begin on that ref ends. A running one goes on: a
/// benchmark is worth its end.
Result<std::vector<PipelineRun>> supersede(std::int64_t event, const std::string& ref,
                                           const Database& database, WallTime now);
/// A pull request that is open with that head, for that base.
Result<bool> is_known_head(const RunEvent& event, const Database& database);
/// From now on `event` is its newest; what waits of older ones ends.
Result<void> take_head(const RunEvent& event, const Database& database);
Result<std::optional<PullRequest>> find_pull_request(const std::string& project,
                                                     std::int64_t number, const Database& database);
/// Whether it waits for approval: what strangers propose does until it is said who let it run.
bool is_held(const RunEvent& event);

std::string names_to_json(const std::vector<std::string>& names);
/// What a run waits for besides what must pass.
std::string waits_to_json(const PlannedRun& run);
std::string params_to_json(const std::map<std::string, std::string>& params);
/// Errors: io, for what we did not write.
Result<std::map<std::string, std::string>> params_from_json(const std::string& json);

}  // namespace melisai::store
