#include "core/store/queue_body.h"

namespace melisai::store {
namespace {

Result<std::int64_t> configuration_row(const std::string& text, const Database& database) {
  MELISAI_TRY(const auto row, database.number("INSERT INTO configurations (text) VALUES (?1) "
                                              "ON CONFLICT DO UPDATE SET text = text RETURNING id",
                                              text));
  MELISAI_ASSERT(row.has_value());
  return *row;
}

std::optional<std::int64_t> count_of(const std::optional<Milliseconds>& time) {
  return time ? std::optional(std::int64_t{time->count()}) : std::nullopt;
}

Result<void> insert_run(std::int64_t event, const Plan& plan, const PlannedRun& run,
                        std::int64_t configuration, const Database& database, WallTime now) {
  const bool waits = !run.after.empty() || !run.after_good.empty() || !run.after_end.empty();
  return database.run(
      "INSERT INTO runs (event, project, pipeline, number, ref, sha, after, configuration, "
      "exclusive, trusted, state, not_before_ms, created_ms, warning_ms, critical_ms, waits) "
      "SELECT e.id, e.project, ?2, "
      "1 + (SELECT coalesce(max(number), 0) FROM runs WHERE project = e.project "
      "     AND pipeline = ?2), "
      "?3, ?4, ?5, ?6, ?7, e.trusted, ?8, ?9, ?9, ?10, ?11, ?12 FROM events e WHERE e.id = ?1",
      event, run.pipeline, plan.ref, plan.sha, names_to_json(run.after), configuration,
      run.exclusive, waits ? "blocked" : "queued", to_ms(now), count_of(run.duration.warning),
      count_of(run.duration.critical), waits_to_json(run));
}

/// For that reason; what comes after them is the caller's.
Result<void> end_superseded(std::vector<PipelineRun>& runs, const std::string& reason,
                            const Database& database, WallTime now) {
  for (PipelineRun& run : runs) {
    run.state = PipelineRun::State::finished;
    run.outcome = PipelineRun::Outcome::superseded;
    run.reason = reason;
    run.finished_at = now;
    MELISAI_CHECK(
        database.run("UPDATE runs SET state = 'finished', outcome = 'superseded', reason = ?2, "
                     "finished_ms = ?3 WHERE id = ?1",
                     run.id, run.reason, to_ms(now)));
  }
  return {};
}

// What has begun goes on to its end: else a schedule that is faster than its last pipeline would
// never get there. A pipeline that is paused has no end to go on to. That nothing finished is
// looked for is said in the words of the index, or every run there ever was would be read.
Result<std::vector<PipelineRun>> supersede_ticks(std::int64_t event, const Database& database,
                                                 WallTime now) {
  MELISAI_TRY(
      Statement query,
      database.prepare("SELECT " + std::string(kRunColumns) +
                       " FROM runs AS r JOIN events AS mine ON mine.id = ?1 JOIN events AS e ON "
                       "e.id = r.event WHERE r.state <> 'finished' AND r.state IN ('blocked', "
                       "'queued') AND mine.kind = 'cron' AND e.kind = 'cron' AND e.project = "
                       "mine.project AND e.pipeline = "
                       "mine.pipeline AND e.id < mine.id AND (NOT EXISTS (SELECT 1 FROM runs AS b "
                       "JOIN attempts AS a ON a.run = b.id WHERE b.event = e.id) OR (r.state = "
                       "'queued' AND NOT " +
                       std::string(kMayStart) + ")) ORDER BY r.id"));
  query.with(event);
  MELISAI_TRY(std::vector<PipelineRun> runs, read_runs(query));
  MELISAI_CHECK(end_superseded(runs, "a newer time of its schedule", database, now));
  for (const PipelineRun& run : runs) MELISAI_CHECK(release_after(run.event, database, now));
  // One that could not be planned yet would run the same commit once more.
  MELISAI_CHECK(
      database.run("UPDATE events AS e SET state = 'rejected', reason = 'superseded: a newer time "
                   "of its schedule' FROM events AS mine WHERE mine.id = ?1 AND mine.kind = 'cron' "
                   "AND e.state = 'open' AND e.kind = 'cron' AND e.project = mine.project AND "
                   "e.pipeline = mine.pipeline AND e.id < mine.id",
                   event));
  return runs;
}

// Else a schedule, or a branch, that is faster than the queue would always be the last in it, and
// never begin.
Result<void> take_places(std::int64_t event, const std::vector<PipelineRun>& superseded,
                         const Database& database) {
  const std::string place(kPlace);
  for (const PipelineRun& run : superseded)
    MELISAI_CHECK(
        database.run("UPDATE runs AS r SET waits = json_set(r.waits, '$.place', min(" + place +
                         ", (SELECT " + place +
                         " FROM runs AS r WHERE r.id = ?3))) WHERE r.event = ?1 AND r.pipeline = "
                         "?2",
                     event, run.pipeline, run.id));
  return {};
}

/// In the transaction that made them: else an engine could start one in between.
Result<void> end_planned(std::int64_t event, const PlannedEnd& end, const NoticeRules& rules,
                         const Database& database, WallTime now) {
  MELISAI_TRY(Statement query, database.prepare("SELECT " + std::string(kRunColumns) +
                                                " FROM runs AS r WHERE r.event = ?1 AND r.state = "
                                                "'queued' ORDER BY r.id"));
  query.with(event);
  MELISAI_TRY(const std::vector<PipelineRun> runs, read_runs(query));
  for (const PipelineRun& run : runs) {
    MELISAI_CHECK(finish(run, end.outcome, end.reason, database, now));
    MELISAI_CHECK(tell_end(run.id, rules, database, now));
  }
  return {};
}

}  // namespace

// Older events only, because a postponed one may be planned after a newer one.
Result<std::vector<PipelineRun>> supersede(std::int64_t event, const std::string& ref,
                                           const Database& database, WallTime now) {
  MELISAI_TRY(
      Statement query,
      database.prepare("SELECT " + std::string(kRunColumns) +
                       " FROM runs AS r JOIN events AS mine ON mine.id = ?1 JOIN events AS e ON "
                       "e.id = r.event WHERE r.state IN ('blocked', 'queued') AND r.project = "
                       "mine.project AND r.ref = ?2 AND mine.kind IN ('push', 'pull_request') AND "
                       "e.kind = mine.kind AND e.id < mine.id ORDER BY r.id"));
  query.with(event, ref);
  MELISAI_TRY(std::vector<PipelineRun> runs, read_runs(query));
  MELISAI_CHECK(end_superseded(runs, "a newer push to " + ref, database, now));
  return runs;
}

Result<std::optional<Planned>> Queue::plan(std::int64_t event, const Plan& plan, WallTime now) {
  if (plan.runs.size() > kEventRunsMax)
    return Error{Errc::limit, "one event may start " + std::to_string(kEventRunsMax) +
                                  " pipelines, not " + std::to_string(plan.runs.size())};
  const Database& database = body_->to_write();
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  MELISAI_CHECK(
      database.run("UPDATE events SET state = 'planned', sha = ?2, ref = ?3, before_sha = "
                   "CASE WHEN ?4 = '' THEN before_sha ELSE ?4 END, reason = '' "
                   "WHERE id = ?1 AND state = 'open' AND held = 0",
                   event, plan.sha, plan.ref, plan.before));
  if (database.changes() == 0) return std::optional<Planned>();
  Planned planned;
  MELISAI_TRY(planned.superseded, supersede(event, plan.ref, database, now));
  MELISAI_TRY(const std::vector<PipelineRun> ticks, supersede_ticks(event, database, now));
  planned.superseded.insert(planned.superseded.end(), ticks.begin(), ticks.end());
  MELISAI_TRY(const std::int64_t configuration, configuration_row(plan.configuration, database));
  for (const PlannedRun& run : plan.runs) {
    MELISAI_CHECK(insert_run(event, plan, run, configuration, database, now));
    MELISAI_CHECK(count_pipeline(event, run.pipeline, database));
  }
  MELISAI_CHECK(take_places(event, planned.superseded, database));
  if (plan.end) MELISAI_CHECK(end_planned(event, *plan.end, body_->rules, database, now));
  if (plan.readable) MELISAI_CHECK(tell_readable(event, body_->rules, database, now));
  // Whatever comes after a pipeline that this event does not start ends here.
  MELISAI_CHECK(release_after(event, database, now));
  MELISAI_CHECK(transaction.commit());
  MELISAI_TRY(planned.runs, runs_of_event(event));
  return std::optional(std::move(planned));
}

}  // namespace melisai::store
