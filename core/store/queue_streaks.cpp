#include "core/store/queue_body.h"

namespace melisai::store {
namespace {

using Event = Notice::Event;
using Outcome = PipelineRun::Outcome;

/// A pipeline on a ref since it last passed there.
struct Streak {
  int failures = 0;
  std::int64_t since_notice = 0;
};

Result<std::optional<Streak>> streak_of(const PipelineRun& run, const Database& database) {
  MELISAI_TRY(Statement query,
              database.prepare("SELECT failures, since_notice FROM streaks WHERE project = ?1 AND "
                               "pipeline = ?2 AND ref = ?3"));
  MELISAI_TRY(const bool found, query.with(run.project, run.pipeline, run.ref).step());
  if (!found) return std::optional<Streak>();
  return std::optional(Streak{.failures = query.small(0), .since_notice = query.integer(1)});
}

Result<Streak> begun_streak(const PipelineRun& run, const Database& database) {
  MELISAI_TRY(const std::optional<Streak> known, streak_of(run, database));
  if (known) return *known;
  MELISAI_TRY(const auto newest, database.number("SELECT coalesce(max(id), 0) FROM notices"));
  return Streak{.failures = 0, .since_notice = newest.value_or(0)};
}

Result<void> keep(const Streak& streak, const PipelineRun& run, const Database& database) {
  return database.run(
      "INSERT INTO streaks (project, pipeline, ref, failures, since_notice) VALUES (?1, ?2, ?3, "
      "?4, ?5) ON CONFLICT (project, pipeline, ref) DO UPDATE SET failures = excluded.failures",
      run.project, run.pipeline, run.ref, streak.failures, streak.since_notice);
}

Result<bool> was_told(const Streak& streak, const PipelineRun& run, Event event,
                      const Database& database) {
  MELISAI_TRY(
      const auto known,
      database.number("SELECT 1 FROM notices n JOIN runs r ON r.id = n.run WHERE n.id > ?1 "
                      "AND n.event = ?2 AND r.project = ?3 AND r.pipeline = ?4 AND "
                      "r.ref = ?5 LIMIT 1",
                      streak.since_notice, to_string(event), run.project, run.pipeline, run.ref));
  return known.has_value();
}

/// A newer run has ended already: how things are is known from that one.
Result<bool> is_overtaken(const PipelineRun& run, const Database& database) {
  MELISAI_TRY(const auto newer,
              database.number("SELECT 1 FROM runs WHERE project = ?1 AND pipeline = ?2 AND "
                              "number > ?3 AND ref = ?4 AND outcome IN ('passed', 'failed', "
                              "'regression', 'error') LIMIT 1",
                              run.project, run.pipeline, run.number, run.ref));
  return newer.has_value();
}

Event event_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::regression: return Event::regression;
    case Outcome::inconclusive: return Event::inconclusive;
    case Outcome::error: return Event::error;
    default: return Event::failed;
  }
}

/// The same failure of every further commit is no news; that it goes on is, once.
Result<void> tell_failure(const PipelineRun& run, const NoticeRules& rules,
                          const Database& database, WallTime now) {
  MELISAI_TRY(Streak streak, begun_streak(run, database));
  const Event event = event_of(*run.outcome);
  if (event != Event::inconclusive) ++streak.failures;
  MELISAI_CHECK(keep(streak, run, database));
  MELISAI_TRY(const bool escalated, was_told(streak, run, Event::escalated, database));
  if (!escalated && event != Event::inconclusive && streak.failures >= rules.escalate_after)
    return add_notice(
        {.run = run.id,
         .event = Event::escalated,
         .reason = std::to_string(streak.failures) + " failures in a row, the last: " +
                   (run.reason.empty() ? std::string(to_string(*run.outcome)) : run.reason),
         .failures = streak.failures},
        rules, database, now);
  MELISAI_TRY(const bool told, was_told(streak, run, event, database));
  if (told || !rules.failures) return {};
  return add_notice({run.id, event, run.reason, streak.failures}, rules, database, now);
}

Result<void> end_streak(const PipelineRun& run, const Database& database) {
  return database.run("DELETE FROM streaks WHERE project = ?1 AND pipeline = ?2 AND ref = ?3",
                      run.project, run.pipeline, run.ref);
}

/// Whoever was told of failures is told of their end. `run` is of the streak, `by` of what ended
/// it.
Result<void> tell_recovery(const PipelineRun& run, const NewNotice& by, const NoticeRules& rules,
                           const Database& database, WallTime now) {
  MELISAI_TRY(const std::optional<Streak> streak, streak_of(run, database));
  if (!streak) return {};
  bool told = false;
  for (const Event event : {Event::failed, Event::regression, Event::error, Event::escalated}) {
    MELISAI_TRY(const bool of_this, was_told(*streak, run, event, database));
    told = told || of_this;
  }
  MELISAI_CHECK(end_streak(run, database));
  if (!told) return {};
  NewNotice notice = by;
  notice.failures = streak->failures;
  return add_notice(notice, rules, database, now);
}

/// Every one: the forge shows it at its commit.
Result<void> tell_report(const PipelineRun& run, const NoticeRules& rules, const Database& database,
                         WallTime now) {
  const auto sink = rules.reports.find(run.project);
  if (!run.report || sink == rules.reports.end()) return {};
  NoticeRules of_reports = rules;
  of_reports.sinks = {sink->second};
  return add_notice({.run = run.id, .event = Event::report, .reason = run.reason}, of_reports,
                    database, now);
}

/// What never began has no pipeline that could be held up, and whoever proposes a change that fails
/// should not hold it up for all others.
Result<void> pause_after(const PipelineRun& run, const NoticeRules& rules, const Database& database,
                         WallTime now) {
  if (!rules.pause || run.attempts == 0) return {};
  MELISAI_TRY(const auto proposal,
              database.number("SELECT pull_request FROM events WHERE id = ?1", run.event));
  if (proposal.value_or(0) != 0) return {};
  MELISAI_CHECK(add_pause({.project = run.project,
                           .pipeline = run.pipeline,
                           .reason = name_of(run) + ": " + std::string(to_string(*run.outcome)),
                           .since = now},
                          database));
  if (database.changes() == 0) return {};
  return add_notice(
      {.run = run.id,
       .event = Event::paused,
       .reason = run.project + "/" + run.pipeline + " starts nothing until `melisai-gate resume " +
                 run.project + "/" + run.pipeline + "`"},
      rules, database, now);
}

}  // namespace

Result<void> tell_end(std::int64_t id, const NoticeRules& rules, const Database& database,
                      WallTime now) {
  MELISAI_TRY(const PipelineRun run, run_with(id, database));
  switch (*run.outcome) {
    case Outcome::cancelled:
    case Outcome::superseded:
    case Outcome::skipped: return {};
    default: break;
  }
  if (is_follow_up(run)) {
    if (run.outcome != Outcome::passed || !rules.failures) return {};
    return add_notice({.run = run.id, .event = Event::found, .reason = run.reason}, rules, database,
                      now);
  }
  MELISAI_CHECK(tell_report(run, rules, database, now));
  MELISAI_CHECK(tell_duration(run, rules, database, now));
  MELISAI_TRY(const bool overtaken, is_overtaken(run, database));
  if (overtaken) return {};
  if (run.outcome == Outcome::passed)
    return tell_recovery(run, {.run = run.id, .event = Event::recovered, .reason = "passed again"},
                         rules, database, now);
  MELISAI_CHECK(tell_failure(run, rules, database, now));
  if (run.outcome == Outcome::inconclusive) return {};
  return pause_after(run, rules, database, now);
}

Result<void> tell_readable(std::int64_t event, const NoticeRules& rules, const Database& database,
                           WallTime now) {
  MELISAI_TRY(const auto newest,
              database.number("SELECT 1 FROM events AS e WHERE e.id = ?1 AND e.kind IN ('push', "
                              "'pull_request') AND NOT EXISTS (SELECT 1 FROM events AS n WHERE "
                              "n.kind = e.kind AND n.state = 'planned' AND n.project = "
                              "e.project AND n.ref = e.ref AND n.id > e.id)",
                              event));
  if (!newest) return {};
  MELISAI_TRY(Statement query,
              database.prepare("SELECT " + std::string(kRunColumns) +
                               " FROM runs AS r WHERE r.event = ?1 ORDER BY r.id"));
  query.with(event);
  MELISAI_TRY(const std::vector<PipelineRun> runs, read_runs(query));
  if (runs.empty()) return {};
  for (const PipelineRun& run : runs)
    if (run.pipeline == kUnreadable) return {};
  PipelineRun unreadable = runs.front();
  unreadable.pipeline = kUnreadable;
  return tell_recovery(unreadable,
                       {.run = runs.front().id,
                        .event = Event::recovered,
                        .reason = "the pipelines of this commit can be read again"},
                       rules, database, now);
}

}  // namespace melisai::store
