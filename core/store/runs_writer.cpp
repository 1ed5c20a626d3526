#include <unistd.h>

#include <cmath>

#include "core/store/body.h"
#include "core/store/logs.h"

namespace melisai::store {
namespace {

std::string_view word(Level level) {
  switch (level) {
    case Level::fail: return "fail";
    case Level::warn: return "warn";
    case Level::off: return "off";
  }
  return "";
}

Result<PairStatements> prepare_pairs(const Database& database) {
  MELISAI_TRY(Statement pair,
              database.prepare("INSERT INTO pairs (run, process, number, base_first, cpu) "
                               "VALUES (?1, ?2, ?3, ?4, ?5)"));
  // The update changes nothing; it makes an existing row answer with its id.
  MELISAI_TRY(Statement series,
              database.prepare("INSERT INTO series (run, benchmark, metric, unit, better, tier) "
                               "VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
                               "ON CONFLICT DO UPDATE SET run = run RETURNING id"));
  MELISAI_TRY(Statement sample, database.prepare("INSERT INTO samples (pair, series, base, head) "
                                                 "VALUES (?1, ?2, ?3, ?4)"));
  return PairStatements{std::move(pair), std::move(series), std::move(sample)};
}

using SeriesIds = std::map<SeriesId, std::int64_t>;

Result<std::int64_t> series_id(RunId run, const SeriesId& id, const Metric& metric,
                               Statement& statement, SeriesIds& known) {
  if (const auto found = known.find(id); found != known.end()) return found->second;
  statement.with(run, id.benchmark, id.metric, metric.unit, to_string(metric.better),
                 static_cast<int>(metric.tier));
  MELISAI_TRY(const bool answered, statement.step());
  MELISAI_ASSERT(answered);
  const std::int64_t number = statement.integer(0);
  MELISAI_CHECK(statement.run());
  known.emplace(id, number);
  return number;
}

Result<void> insert_pair(RunId run, const std::string& process, const Pair& pair,
                         const Database& database, PairStatements& statements, SeriesIds& known) {
  MELISAI_CHECK(statements.pair.with(run, process, pair.index, pair.base_first, pair.cpu).run());
  const std::int64_t row = database.last_id();
  for (const auto& [id, base] : pair.base.values) {
    const auto head = pair.head.values.find(id);
    if (head == pair.head.values.end()) continue;
    if (!std::isfinite(base.value) || !std::isfinite(head->second.value)) continue;
    MELISAI_TRY(const std::int64_t series,
                series_id(run, id, base.metric, statements.series, known));
    MELISAI_CHECK(statements.sample.with(row, series, base.value, head->second.value).run());
  }
  return {};
}

Error not_running(RunId run) {
  return {Errc::internal, "run " + std::to_string(run) + " is not running, so it cannot finish"};
}

/// Parallel to report.stages: whose logs were kept.
std::vector<bool> keep_logs(RunId run, const Report& report, const std::string& output_dir,
                            const std::string& state_dir) {
  std::vector<bool> kept;
  for (const StageResult& stage : report.stages)
    kept.push_back(
        !stage.log.empty() &&
        keep_log(output_dir + "/" + stage.log,
                 log_path(state_dir,
                          {.run = run, .number = static_cast<std::int64_t>(kept.size()) + 1})));
  return kept;
}

Result<std::int64_t> machine_row(const Machine& machine, const Database& database) {
  MELISAI_TRY(
      const auto row,
      database.number("INSERT INTO machines (fingerprint, cpu_model, cpus, kernel, memory_bytes, "
                      "virtualisation, governor) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
                      "ON CONFLICT DO UPDATE SET cpus = cpus RETURNING id",
                      machine.fingerprint, machine.cpu_model, machine.cpus, machine.kernel,
                      machine.memory_bytes, machine.virtualisation, machine.governor));
  MELISAI_ASSERT(row.has_value());
  return *row;
}

Result<void> update_run(RunId run, const Report& report, const RunContext& context,
                        const Database& database) {
  MELISAI_TRY(const std::int64_t machine, machine_row(report.machine, database));
  MELISAI_CHECK(database.run(
      "UPDATE runs SET state = 'finished', project = ?2, branch = ?3, configuration = ?4, "
      "trusted = ?5, base_sha = ?6, base_ref = ?7, head_sha = ?8, head_ref = ?9, verdict = ?10, "
      "reason_code = ?11, reason = ?12, seconds = ?13, machine = ?14 "
      "WHERE id = ?1 AND state = 'running'",
      run, report.project, context.branch, context.configuration, context.trusted, report.base.sha,
      report.base.ref, report.head.sha, report.head.ref, to_string(report.verdict),
      to_string(report.reason_code), report.reason, report.seconds, machine));
  if (database.changes() == 1) return {};
  return not_running(run);
}

Result<void> insert_stages(RunId run, const Report& report, const std::vector<bool>& logs,
                           const Database& database) {
  MELISAI_TRY(Statement insert,
              database.prepare("INSERT INTO stages (run, number, name, side, command, status, "
                               "seconds, message, log, log_tail, log_kept) "
                               "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"));
  for (std::size_t i = 0; i < report.stages.size(); ++i) {
    const StageResult& stage = report.stages[i];
    insert.with(run, i + 1, stage.name, stage.side, stage.command, to_string(stage.status),
                stage.seconds, stage.message, stage.log, stage.log_tail, bool{logs[i]});
    MELISAI_CHECK(insert.run());
  }
  return {};
}

Result<void> insert_decisions(RunId run, const Report& report, const Database& database) {
  MELISAI_TRY(
      Statement insert,
      database.prepare("INSERT INTO decisions (run, number, benchmark, metric, decision, effect, "
                       "effect_low, effect_high, threshold, pairs, gating, level, acknowledged) "
                       "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"));
  int number = 0;
  for (const BenchmarkResult& row : report.benchmarks) {
    insert.with(run, ++number, row.name, row.metric.name, to_string(row.decision), row.effect,
                row.effect_low, row.effect_high, row.threshold, row.pairs, row.gating,
                word(row.level), row.acknowledged.has_value());
    MELISAI_CHECK(insert.run());
  }
  return {};
}

/// A detached head has no branch that this could be the last green run of.
Result<void> move_baseline(RunId run, const Report& report, const RunContext& context,
                           const Database& database) {
  const std::string& fingerprint = report.machine.fingerprint;
  if (!context.accepts || !context.trusted) return {};
  if (report.head.sha.empty() || context.branch.empty() || fingerprint.empty()) return {};
  return database.run(
      "INSERT INTO baselines (project, branch, configuration, fingerprint, run, sha, set_at, "
      "pinned) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0) "
      "ON CONFLICT (project, branch, configuration, fingerprint) "
      "DO UPDATE SET run = excluded.run, sha = excluded.sha, set_at = excluded.set_at "
      "WHERE pinned = 0",
      report.project, context.branch, context.configuration, fingerprint, run, report.head.sha,
      report.started_at);
}

}  // namespace

Result<RunId> Store::begin_run(const RunStart& start) {
  const Database& database = body_->to_write();
  // A number that was told to anybody must not come again, also after a power cut.
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  MELISAI_CHECK(database.run(
      "INSERT INTO runs (state, pid, command, directory, output_dir, started_at, tool_version, "
      "project) "
      "VALUES ('running', ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
      getpid(), start.command, start.directory, start.output_dir, start.started_at,
      start.tool_version, start.project));
  const RunId run = database.last_id();
  MELISAI_CHECK(transaction.commit());
  return run;
}

Result<void> Store::add_pair(RunId run, const std::string& process, const Pair& pair) {
  const Database& database = body_->to_write();
  if (pair.index < 1) return {};
  if (!body_->statements) {
    MELISAI_TRY(body_->statements, prepare_pairs(database));
  }
  if (body_->series_run != run) body_->series.clear();
  body_->series_run = run;
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::process));
  auto done = insert_pair(run, process, pair, database, *body_->statements, body_->series);
  if (done) done = transaction.commit();
  if (!done) body_->series.clear();  // it may name rows that are rolled back
  return done;
}

Result<void> Store::mark_disturbed(RunId run, const std::string& process, const Disturbance& what) {
  const Database& database = body_->to_write();
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::process));
  MELISAI_CHECK(
      database.run("UPDATE pairs SET disturbed = ?5 WHERE run = ?1 AND process = ?2 AND "
                   "number BETWEEN ?3 AND ?4",
                   run, process, what.first_pair, what.last_pair, what.reason));
  return transaction.commit();
}

Result<void> Store::finish_run(RunId run, const Report& report, const RunContext& context) {
  const Database& database = body_->to_write();
  MELISAI_TRY(Statement started,
              database.prepare("SELECT output_dir FROM runs WHERE id = ?1 AND state = 'running'"));
  MELISAI_TRY(const bool found, started.with(run).step());
  if (!found) return not_running(run);
  const std::string output_dir = started.text(0);
  MELISAI_CHECK(started.run());
  const std::vector<bool> logs = keep_logs(run, report, output_dir, body_->state_dir);

  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  MELISAI_CHECK(update_run(run, report, context, database));
  MELISAI_CHECK(database.run("INSERT INTO reports (run, json) VALUES (?1, ?2)", run,
                             std::string_view(to_json(report))));
  MELISAI_CHECK(insert_stages(run, report, logs, database));
  MELISAI_CHECK(insert_decisions(run, report, database));
  MELISAI_CHECK(move_baseline(run, report, context, database));
  return transaction.commit();
}

}  // namespace melisai::store
