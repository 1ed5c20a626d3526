#include "core/store/queue_body.h"

namespace melisai::store {
namespace {

// Of branches that are still there, what Queue::unseen_since() goes back to: for each pipeline the
// last push on which it ran to an end, and the first one after that. One that never ran to an end
// there goes back to the first push; the newest of its runs says that it is still asked for. Also
// the last push of all.
constexpr std::string_view kPushesNeeded = R"sql(
seen AS (SELECT r.project, r.ref, r.pipeline, max(r.event) AS event
  FROM runs AS r JOIN events AS e ON e.id = r.event
  JOIN refs ON refs.project = r.project AND refs.name = r.ref
  WHERE e.kind = 'push' AND r.outcome IN ('passed', 'failed', 'regression', 'inconclusive')
  GROUP BY r.project, r.ref, r.pipeline),
unseen AS (SELECT r.project, r.ref, max(r.event) AS event
  FROM runs AS r JOIN events AS e ON e.id = r.event
  JOIN refs ON refs.project = r.project AND refs.name = r.ref
  WHERE e.kind = 'push' AND NOT EXISTS (SELECT 1 FROM seen AS s WHERE s.project = r.project AND
    s.ref = r.ref AND s.pipeline = r.pipeline)
  GROUP BY r.project, r.ref, r.pipeline),
pushes_needed AS (SELECT event FROM seen
  UNION SELECT event FROM unseen
  UNION SELECT min(e.id) FROM unseen AS u JOIN events AS e ON e.project = u.project AND
    e.ref = u.ref AND e.kind = 'push' GROUP BY u.project, u.ref
  UNION SELECT min(e.id) FROM seen AS s JOIN events AS e ON e.project = s.project AND
    e.ref = s.ref AND e.kind = 'push' AND e.id > s.event GROUP BY s.project, s.ref, s.pipeline
  UNION SELECT max(e.id) FROM events AS e JOIN refs ON refs.project = e.project AND
    refs.name = e.ref WHERE e.kind = 'push' GROUP BY e.project, e.ref)
)sql";

// What a streak on a branch that is still there has told, what is still to be told, what is to be
// repeated as it was, when a schedule was last kept, and the newest runs of each pipeline (?2),
// whose numbers go on.
constexpr std::string_view kRunsNeeded = R"sql(
runs_needed AS (
  SELECT n.run FROM notices AS n JOIN deliveries AS d ON d.notice = n.id
    WHERE d.state = 'waiting' AND n.run IS NOT NULL
  UNION SELECT n.run FROM notices AS n JOIN runs AS r ON r.id = n.run
    JOIN streaks AS s ON s.project = r.project AND s.pipeline = r.pipeline AND s.ref = r.ref
    JOIN refs ON refs.project = s.project AND refs.name = s.ref WHERE n.id > s.since_notice
  UNION SELECT again_of FROM events WHERE state = 'open' AND again_of <> 0
  UNION SELECT r.id FROM runs AS r JOIN (SELECT project, pipeline, max(number) AS newest FROM runs
    GROUP BY project, pipeline) AS p ON p.project = r.project AND p.pipeline = r.pipeline
    WHERE r.number > p.newest - ?2),
schedules_needed AS (SELECT max(id) FROM events WHERE kind = 'cron' GROUP BY project, pipeline)
)sql";

// A follow-up reads what the run that it follows has left; there are few, and they end soon.
constexpr std::string_view kForgettable = R"sql(
SELECT e.id FROM events AS e WHERE e.state <> 'open' AND e.received_ms < ?1
  AND e.id NOT IN pushes_needed AND e.id NOT IN schedules_needed
  AND e.id NOT IN (SELECT n.of_event FROM notices AS n JOIN deliveries AS d ON d.notice = n.id
    WHERE d.state = 'waiting')
  AND NOT EXISTS (SELECT 1 FROM runs AS r WHERE r.event = e.id AND
    (r.state <> 'finished' OR r.finished_ms >= ?1 OR r.id IN runs_needed))
  AND e.project NOT IN (SELECT f.project FROM events AS f WHERE f.kind = 'follow_up' AND
    (f.state = 'open' OR EXISTS (SELECT 1 FROM runs AS r WHERE r.event = f.id AND
      r.state <> 'finished')))
ORDER BY e.id LIMIT ?3
)sql";

Result<std::vector<std::int64_t>> ids(Statement query) {
  std::vector<std::int64_t> all;
  while (true) {
    MELISAI_TRY(const bool found, query.step());
    if (!found) return all;
    all.push_back(query.integer(0));
  }
}

/// Nothing when it is not over after all.
Result<void> forget(std::int64_t event, const Database& database) {
  constexpr std::string_view kRuns = "(SELECT id FROM runs WHERE event = ?1)";
  MELISAI_TRY(const auto open,
              database.number("SELECT 1 FROM events AS e WHERE e.id = ?1 AND (e.state = 'open' OR "
                              "EXISTS (SELECT 1 FROM runs AS r WHERE r.event = e.id AND r.state "
                              "<> 'finished'))",
                              event));
  if (open) return {};
  MELISAI_CHECK(count_forgotten(event, database));
  const std::string runs(kRuns);
  MELISAI_CHECK(
      database.run("DELETE FROM deliveries WHERE notice IN (SELECT id FROM notices "
                   "WHERE of_event = ?1 OR run IN " +
                       runs + ")",
                   event));
  MELISAI_CHECK(database.run("DELETE FROM notices WHERE of_event = ?1 OR run IN " + runs, event));
  MELISAI_CHECK(database.run("DELETE FROM attempts WHERE run IN " + runs, event));
  MELISAI_CHECK(database.run("DELETE FROM runs WHERE event = ?1", event));
  return database.run("DELETE FROM events WHERE id = ?1", event);
}

}  // namespace

Result<std::vector<std::int64_t>> Queue::forgettable(const QueueRetention& retention,
                                                     WallTime now) const {
  MELISAI_TRY(Statement query,
              body_->database.prepare("WITH " + std::string(kPushesNeeded) + "," +
                                      std::string(kRunsNeeded) + std::string(kForgettable)));
  query.with(to_ms(now - retention.age_max), retention.runs_min, kForgottenAtOnceMax);
  return ids(std::move(query));
}

Result<void> Queue::forget_events(const std::vector<std::int64_t>& events) {
  const Database& database = body_->to_write();
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  for (const std::int64_t event : events) MELISAI_CHECK(forget(event, database));
  MELISAI_CHECK(
      database.run("DELETE FROM configurations WHERE id NOT IN (SELECT configuration FROM runs)"));
  // Of a branch that is there a streak goes on without its runs.
  MELISAI_CHECK(database.run(
      "DELETE FROM streaks WHERE NOT EXISTS (SELECT 1 FROM refs WHERE refs.project = "
      "streaks.project AND refs.name = streaks.ref) AND NOT EXISTS (SELECT 1 FROM runs AS r WHERE "
      "r.project = streaks.project AND r.pipeline = streaks.pipeline AND r.ref = streaks.ref)"));
  return transaction.commit();
}

Result<std::vector<std::int64_t>> Queue::run_ids() const {
  MELISAI_TRY(Statement query, body_->database.prepare("SELECT id FROM runs ORDER BY id"));
  return ids(std::move(query));
}

Result<std::int64_t> Queue::newest_run_id() const {
  MELISAI_TRY(const auto id,
              body_->database.number("SELECT seq FROM sqlite_sequence WHERE name = 'runs'"));
  return id.value_or(0);
}

Result<std::vector<GivenUp>> Queue::given_up(std::size_t limit) const {
  MELISAI_TRY(Statement query,
              body_->database.prepare("SELECT project, cause, reason FROM events WHERE state = "
                                      "'rejected' AND reason LIKE ?1 || '%' ORDER BY id DESC "
                                      "LIMIT ?2"));
  query.with(kGivenUp, limit);
  std::vector<GivenUp> all;
  while (true) {
    MELISAI_TRY(const bool found, query.step());
    if (!found) return all;
    all.push_back({.project = query.text(0), .cause = query.text(1), .reason = query.text(2)});
  }
}

}  // namespace melisai::store
