#include <algorithm>
#include <map>
#include <tuple>

#include "core/store/queue_body.h"

namespace melisai::store {
namespace {

using Outcome = PipelineRun::Outcome;

constexpr std::array kOutcomes{Outcome::passed,       Outcome::failed, Outcome::regression,
                               Outcome::inconclusive, Outcome::error,  Outcome::cancelled,
                               Outcome::superseded,   Outcome::skipped};

/// Runs that are over (of one event: ?1, of all: 0) under the names that they are counted by. `ms`
/// is null for one that never started.
constexpr std::string_view kFinishedRuns = R"sql(
SELECT coalesce(c.project, 'other') AS project, coalesce(c.pipeline, 'other') AS pipeline,
  r.outcome AS outcome, r.exclusive AS exclusive, max(0, r.finished_ms -
    (SELECT min(a.started_ms) FROM attempts AS a WHERE a.run = r.id)) AS ms
FROM runs AS r LEFT JOIN counted_pipelines AS c
  ON c.project = r.project AND c.pipeline = r.pipeline
WHERE r.state = 'finished' AND (?1 = 0 OR r.event = ?1)
)sql";

std::string finished_runs() { return "(" + std::string(kFinishedRuns) + ")"; }

/// One column for each bucket.
std::string bucket_columns() {
  std::string columns;
  for (const int seconds : kDurationBuckets)
    columns += ", coalesce(sum(ms <= " + std::to_string(seconds) + "000), 0)";
  return columns;
}

/// One row for each bucket.
std::string bucket_rows() {
  std::string rows;
  for (const int seconds : kDurationBuckets)
    rows += (rows.empty() ? "(VALUES (" : ", (") + std::to_string(seconds) + ")";
  return rows + ")";
}

/// Sums, from rows that begin with project, pipeline, outcome and exclusive.
class Sums {
 public:
  Result<void> add_rows(Statement query) {
    return for_each(std::move(query), [](const Statement& row, RunTotals& totals) {
      add_runs(row, totals);
      int column = 7;
      for (std::int64_t& count : totals.within) count += row.integer(column++);
    });
  }
  Result<void> add_forgotten(Statement query) { return for_each(std::move(query), add_runs); }
  Result<void> add_forgotten_durations(Statement query) {
    return for_each(std::move(query), [](const Statement& row, RunTotals& totals) {
      for (std::size_t i = 0; i < kDurationBuckets.size(); ++i)
        if (kDurationBuckets[i] == row.integer(4)) totals.within[i] += row.integer(5);
    });
  }

  std::vector<RunTotals> all() && {
    std::vector<RunTotals> all;
    for (auto& [key, totals] : sums_) all.push_back(std::move(totals));
    return all;
  }

 private:
  static void add_runs(const Statement& row, RunTotals& totals) {
    totals.runs += row.integer(4);
    totals.started += row.integer(5);
    totals.seconds += static_cast<double>(row.integer(6)) / 1000;
  }

  template <class Add>
  Result<void> for_each(Statement query, Add add) {
    while (true) {
      MELISAI_TRY(const bool found, query.step());
      if (!found) return {};
      MELISAI_TRY(RunTotals* const totals, totals_of(query));
      add(query, *totals);
    }
  }

  Result<RunTotals*> totals_of(const Statement& row) {
    const std::string name = row.text(2);
    const auto outcome = std::find_if(kOutcomes.begin(), kOutcomes.end(),
                                      [&](Outcome each) { return to_string(each) == name; });
    if (outcome == kOutcomes.end()) return damaged("queue.db", "unknown outcome of a run");
    RunTotals& totals = sums_[{row.text(0), row.text(1), name, row.integer(3) != 0}];
    totals.project = row.text(0);
    totals.pipeline = row.text(1);
    totals.outcome = *outcome;
    totals.exclusive = row.integer(3) != 0;
    return &totals;
  }

  std::map<std::tuple<std::string, std::string, std::string, bool>, RunTotals> sums_;
};

}  // namespace

Result<void> count_pipeline(std::int64_t event, const std::string& pipeline,
                            const Database& database) {
  return database.run(
      "INSERT OR IGNORE INTO counted_pipelines (project, pipeline) SELECT project, ?2 FROM events "
      "WHERE id = ?1 AND (SELECT count(*) FROM counted_pipelines) < ?3",
      event, pipeline, kPipelinesCounted);
}

Result<void> count_forgotten(std::int64_t event, const Database& database) {
  MELISAI_CHECK(
      database.run("INSERT INTO forgotten_runs (project, pipeline, outcome, exclusive, runs, "
                   "started, ms) SELECT project, pipeline, outcome, exclusive, count(*), "
                   "count(ms), coalesce(sum(ms), 0) FROM " +
                       finished_runs() +
                       " WHERE true GROUP BY project, pipeline, outcome, exclusive ON CONFLICT DO "
                       "UPDATE SET runs = runs + excluded.runs, started = started + "
                       "excluded.started, ms = ms + excluded.ms",
                   event));
  return database.run(
      "INSERT INTO forgotten_durations (project, pipeline, outcome, exclusive, seconds, runs) "
      "SELECT project, pipeline, outcome, exclusive, b.column1, sum(ms <= b.column1 * 1000) FROM " +
          finished_runs() + ", " + bucket_rows() +
          " AS b WHERE ms IS NOT NULL GROUP BY project, pipeline, outcome, exclusive, b.column1 "
          "ON CONFLICT DO UPDATE SET runs = runs + excluded.runs",
      event);
}

Result<std::vector<RunTotals>> Queue::run_totals() const {
  const Database& database = body_->database;
  // One moment: what is being forgotten is counted once.
  MELISAI_TRY(const Transaction moment, Transaction::read(database));
  Sums sums;
  MELISAI_TRY(Statement rows,
              database.prepare("SELECT project, pipeline, outcome, exclusive, count(*), count(ms), "
                               "coalesce(sum(ms), 0)" +
                               bucket_columns() + " FROM " + finished_runs() +
                               " GROUP BY project, pipeline, outcome, exclusive"));
  rows.with(0);
  MELISAI_CHECK(sums.add_rows(std::move(rows)));
  MELISAI_TRY(Statement forgotten,
              database.prepare("SELECT project, pipeline, outcome, exclusive, runs, started, ms "
                               "FROM forgotten_runs"));
  MELISAI_CHECK(sums.add_forgotten(std::move(forgotten)));
  MELISAI_TRY(Statement durations,
              database.prepare("SELECT project, pipeline, outcome, exclusive, seconds, runs "
                               "FROM forgotten_durations"));
  MELISAI_CHECK(sums.add_forgotten_durations(std::move(durations)));
  return std::move(sums).all();
}

Result<OpenTotals> Queue::open_totals() const {
  MELISAI_TRY(Statement query,
              body_->database.prepare(
                  "SELECT sum(state = 'blocked'), sum(state = 'queued'), sum(state = 'running'), "
                  "min(CASE WHEN state = 'queued' THEN created_ms END) "
                  "FROM runs WHERE state <> 'finished'"));
  MELISAI_CHECK(query.step());
  OpenTotals totals;
  totals.blocked = query.integer(0);
  totals.queued = query.integer(1);
  totals.running = query.integer(2);
  if (!query.null(3)) totals.oldest = from_ms(query.integer(3));
  MELISAI_TRY(query, body_->database.prepare(
                         "SELECT coalesce(sum(held = 0), 0), coalesce(sum(held = 1), 0), "
                         "min(CASE WHEN held = 0 THEN received_ms END) FROM events "
                         "WHERE state = 'open'"));
  MELISAI_CHECK(query.step());
  totals.events = query.integer(0);
  totals.held = query.integer(1);
  if (!query.null(2)) {
    const WallTime received = from_ms(query.integer(2));
    totals.oldest = totals.oldest ? std::min(*totals.oldest, received) : received;
  }
  return totals;
}

Result<EventState> Queue::event_state(std::int64_t id) const {
  MELISAI_TRY(Statement query,
              body_->database.prepare("SELECT state, reason FROM events WHERE id = ?1"));
  MELISAI_TRY(const bool found, query.with(id).step());
  if (!found) return Error{Errc::not_found, "there is no event " + std::to_string(id)};
  const std::string state = query.text(0);
  using Kind = EventState::Kind;
  return EventState{.kind = state == "open"      ? Kind::open
                            : state == "planned" ? Kind::planned
                                                 : Kind::rejected,
                    .reason = query.text(1)};
}

}  // namespace melisai::store
