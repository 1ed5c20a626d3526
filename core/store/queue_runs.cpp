#include "core/store/queue_body.h"

namespace melisai::store {
namespace {

using State = PipelineRun::State;
using Outcome = PipelineRun::Outcome;

Result<void> close_attempt(const Attempt& attempt, const AttemptEnd& end, const Database& database,
                           WallTime now) {
  return database.run(
      "UPDATE attempts SET ended_ms = ?3, outcome = ?4, reason = ?5 "
      "WHERE run = ?1 AND number = ?2 AND ended_ms IS NULL",
      attempt.run, attempt.number, to_ms(now), to_string(end.outcome), end.reason);
}

}  // namespace

Result<void> finish(const PipelineRun& run, Outcome outcome, const std::string& reason,
                    const Database& database, WallTime now) {
  return database.run(
      "UPDATE runs SET state = 'finished', outcome = ?2, reason = ?3, finished_ms = ?4 "
      "WHERE id = ?1 AND state <> 'finished'",
      run.id, to_string(outcome), reason, to_ms(now));
}

Result<std::optional<Attempt>> Queue::begin_attempt(std::int64_t run,
                                                    const std::string& attempts_dir,
                                                    const std::string& boot_id, WallTime now) {
  const Database& database = body_->to_write();
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  MELISAI_CHECK(database.run(
      "UPDATE runs SET state = 'running', reason = '' WHERE id = ?1 AND state = 'queued'", run));
  if (database.changes() == 0) return std::optional<Attempt>();
  MELISAI_TRY(const auto before,
              database.number("SELECT count(*) FROM attempts WHERE run = ?1", run));
  Attempt attempt;
  attempt.run = run;
  attempt.number = static_cast<int>(before.value_or(0)) + 1;
  attempt.directory =
      attempts_dir + "/" + std::to_string(run) + "-" + std::to_string(attempt.number);
  attempt.boot_id = boot_id;
  attempt.started_at = from_ms(to_ms(now));
  MELISAI_CHECK(
      database.run("INSERT INTO attempts (run, number, directory, boot_id, started_ms) "
                   "VALUES (?1, ?2, ?3, ?4, ?5)",
                   run, attempt.number, attempt.directory, boot_id, to_ms(now)));
  MELISAI_CHECK(transaction.commit());
  return std::optional(std::move(attempt));
}

Result<bool> Queue::note_process(const Attempt& attempt, const ProcessId& process) {
  const Database& database = body_->to_write();
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::process));
  MELISAI_CHECK(
      database.run("UPDATE attempts SET pid = ?3, start_time = ?4, cgroup = ?5 "
                   "WHERE run = ?1 AND number = ?2 AND ended_ms IS NULL",
                   attempt.run, attempt.number, process.pid, process.start_time, process.cgroup));
  const bool noted = database.changes() == 1;
  MELISAI_CHECK(transaction.commit());
  return noted;
}

Result<std::optional<Released>> Queue::end_attempt(const Attempt& attempt, const AttemptEnd& end,
                                                   WallTime now) {
  const Database& database = body_->to_write();
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  MELISAI_CHECK(close_attempt(attempt, end, database, now));
  if (database.changes() == 0) return std::optional<Released>();
  MELISAI_TRY(const PipelineRun run, run_with(attempt.run, database));
  MELISAI_ASSERT(run.state == State::running);
  if (end.report)
    MELISAI_CHECK(database.run("UPDATE runs SET report = ?2 WHERE id = ?1", run.id, *end.report));
  if (end.retry_at && !run.cancel_requested) {
    MELISAI_CHECK(database.run(
        "UPDATE runs SET state = 'queued', reason = ?2, not_before_ms = ?3 WHERE id = ?1", run.id,
        end.reason, to_ms(*end.retry_at)));
    MELISAI_CHECK(transaction.commit());
    return std::optional(Released{});
  }
  // Also one that has passed meanwhile: whoever cancelled it was told so.
  if (run.cancel_requested)
    MELISAI_CHECK(finish(run, Outcome::cancelled, run.reason, database, now));
  else
    MELISAI_CHECK(finish(run, end.outcome, end.reason, database, now));
  MELISAI_CHECK(tell_end(run.id, body_->rules, database, now));
  MELISAI_TRY(Released released, release_after(run.event, database, now));
  MELISAI_CHECK(transaction.commit());
  return std::optional(std::move(released));
}

Result<std::optional<Released>> Queue::finish_queued(std::int64_t id, Outcome outcome,
                                                     const std::string& reason, WallTime now) {
  const Database& database = body_->to_write();
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  MELISAI_TRY(const PipelineRun run, run_with(id, database));
  if (run.state != State::queued) return std::optional<Released>();
  MELISAI_CHECK(finish(run, outcome, reason, database, now));
  MELISAI_CHECK(tell_end(run.id, body_->rules, database, now));
  MELISAI_TRY(Released released, release_after(run.event, database, now));
  MELISAI_CHECK(transaction.commit());
  return std::optional(std::move(released));
}

Result<Queue::Cancelled> Queue::cancel(std::int64_t id, const std::string& reason, WallTime now) {
  const Database& database = body_->to_write();
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  MELISAI_TRY(const PipelineRun run, run_with(id, database));
  Cancelled cancelled;
  if (run.state == State::running) {
    cancelled.running = true;
    MELISAI_CHECK(database.run("UPDATE runs SET cancel_requested = 1, reason = ?2 WHERE id = ?1",
                               id, reason));
  } else if (run.state != State::finished) {
    MELISAI_CHECK(finish(run, Outcome::cancelled, reason, database, now));
    MELISAI_TRY(cancelled.released, release_after(run.event, database, now));
  }
  MELISAI_CHECK(transaction.commit());
  return cancelled;
}

Result<std::vector<PipelineRun>> Queue::ready(WallTime now) const {
  MELISAI_TRY(Statement query,
              body_->database.prepare(
                  "SELECT " + short_columns() +
                  " FROM runs AS r WHERE r.state = 'queued' AND (r.not_before_ms <= ?1 OR "
                  "r.not_before_ms > ?2 OR (r.created_ms > ?3 AND NOT EXISTS (SELECT 1 FROM "
                  "attempts AS a WHERE a.run = r.id))) AND " +
                  std::string(kMayStart) + " ORDER BY " + std::string(kPlace)));
  query.with(to_ms(now), to_ms(now + kWaitMax), to_ms(now + kNewerMax));
  return read_runs(query);
}

Result<std::string> Queue::unseen_since(const PipelineRun& run) const {
  MELISAI_TRY(
      Statement query,
      body_->database.prepare(
          "SELECT before_sha FROM events WHERE kind = 'push' AND project = ?1 AND ref = ?2 "
          "AND id <= ?4 AND id > coalesce((SELECT max(r.event) FROM runs AS r JOIN events AS e "
          "ON e.id = r.event WHERE e.kind = 'push' AND r.project = ?1 AND r.ref = ?2 "
          "AND r.pipeline = ?3 AND r.event < ?4 AND r.outcome IN "
          "('passed', 'failed', 'regression', 'inconclusive')), 0) ORDER BY id LIMIT 1"));
  MELISAI_TRY(const bool found, query.with(run.project, run.ref, run.pipeline, run.event).step());
  return found ? query.text(0) : "";
}

Result<std::optional<WallTime>> Queue::next_due(WallTime now) const {
  MELISAI_TRY(
      Statement query,
      body_->database.prepare(
          "SELECT min(due) FROM (SELECT min(r.not_before_ms) AS due FROM runs AS r WHERE r.state = "
          "'queued' AND r.not_before_ms > ?1 AND " +
          std::string(kMayStart) +
          " UNION ALL SELECT min(not_before_ms) FROM events WHERE state = 'open' AND "
          "held = 0 AND not_before_ms > ?1)"));
  MELISAI_TRY(const bool found, query.with(to_ms(now)).step());
  if (!found || query.null(0)) return std::optional<WallTime>();
  return std::optional(from_ms(query.integer(0)));
}

}  // namespace melisai::store
