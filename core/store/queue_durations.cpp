#include <algorithm>

#include "core/base/units.h"
#include "core/store/queue_body.h"

namespace melisai::store {
namespace {

using Slow = PipelineRun::Slow;

/// The last attempt of a run against the limits of the run.
struct Duration {
  WallTime started;
  std::optional<Milliseconds> warning;
  std::optional<Milliseconds> critical;

  Slow at(WallTime now) const {
    if (critical && now - started > *critical) return Slow::critical;
    if (warning && now - started > *warning) return Slow::warning;
    return Slow::no;
  }
  /// When at() becomes worse than that; a millisecond late rather than early.
  std::optional<WallTime> worse_than(Slow slow) const {
    std::optional<WallTime> next;
    if (critical && slow != Slow::critical) next = started + *critical + Milliseconds(1);
    if (warning && slow == Slow::no)
      next = std::min(next.value_or(WallTime::max()), started + *warning + Milliseconds(1));
    return next;
  }
};

std::optional<Milliseconds> limit_at(const Statement& row, int column) {
  return row.null(column) ? std::nullopt : std::optional(Milliseconds(row.integer(column)));
}

Result<std::optional<Duration>> duration_of(const PipelineRun& run, const Database& database) {
  MELISAI_TRY(Statement query,
              database.prepare("SELECT a.started_ms, r.warning_ms, r.critical_ms FROM runs r JOIN "
                               "attempts a ON a.run = r.id WHERE r.id = ?1 "
                               "ORDER BY a.number DESC LIMIT 1"));
  MELISAI_TRY(const bool found, query.with(run.id).step());
  if (!found) return std::optional<Duration>();
  return std::optional(Duration{.started = from_ms(query.integer(0)),
                                .warning = limit_at(query, 1),
                                .critical = limit_at(query, 2)});
}

std::string reason_for(const PipelineRun& run, const Duration& duration, Slow slow, WallTime now) {
  const auto taken = std::chrono::duration_cast<std::chrono::seconds>(now - duration.started);
  return std::string(run.outcome ? "took " : "has been running for ") +
         format_duration(Milliseconds(taken)) + ", longer than the " +
         format_duration(slow == Slow::critical ? *duration.critical : *duration.warning) +
         " of its " + std::string(to_string(slow)) + " duration";
}

}  // namespace

Result<void> tell_duration(const PipelineRun& run, const NoticeRules& rules,
                           const Database& database, WallTime now) {
  MELISAI_TRY(const std::optional<Duration> duration, duration_of(run, database));
  if (!duration) return {};
  const Slow slow = duration->at(now);
  if (slow <= run.slow) return {};
  MELISAI_CHECK(database.run("UPDATE runs SET slow = ?2 WHERE id = ?1", run.id, to_string(slow)));
  return add_notice(
      {.run = run.id,
       .event = slow == Slow::critical ? Notice::Event::very_slow : Notice::Event::slow,
       .reason = reason_for(run, *duration, slow, now)},
      rules, database, now);
}

void Queue::set_notice_rules(NoticeRules rules) { body_->rules = std::move(rules); }

Result<std::optional<WallTime>> Queue::tell_durations(WallTime now) {
  const Database& database = body_->to_write();
  MELISAI_TRY(Statement query,
              database.prepare("SELECT " + std::string(kRunColumns) +
                               " FROM runs AS r WHERE r.state = 'running' AND r.exclusive = 0 "
                               "AND r.slow <> 'critical'"));
  MELISAI_TRY(const std::vector<PipelineRun> running, read_runs(query));
  std::optional<WallTime> next;
  for (const PipelineRun& run : running) {
    MELISAI_TRY(const std::optional<Duration> duration, duration_of(run, database));
    if (!duration) continue;
    const Slow slow = std::max(run.slow, duration->at(now));
    if (slow != run.slow) {
      MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
      MELISAI_CHECK(tell_duration(run, body_->rules, database, now));
      MELISAI_CHECK(transaction.commit());
    }
    if (const auto worse = duration->worse_than(slow))
      next = std::min(next.value_or(WallTime::max()), *worse);
  }
  return next;
}

}  // namespace melisai::store
