#include <algorithm>

#include "core/store/queue_body.h"

namespace melisai::store {
namespace {

using Outcome = PipelineRun::Outcome;

constexpr std::array kOutcomes{Outcome::passed,       Outcome::failed, Outcome::regression,
                               Outcome::inconclusive, Outcome::error,  Outcome::cancelled,
                               Outcome::superseded,   Outcome::skipped};

/// One column for each bucket.
std::string bucket_columns() {
  std::string columns;
  for (const int seconds : kDurationBuckets)
    columns += ", coalesce(sum(ms <= " + std::to_string(seconds) + "000), 0)";
  return columns;
}

Result<RunTotals> read_totals(const Statement& row) {
  RunTotals totals;
  totals.project = row.text(0);
  totals.pipeline = row.text(1);
  const std::string name = row.text(2);
  const auto outcome = std::find_if(kOutcomes.begin(), kOutcomes.end(),
                                    [&](Outcome each) { return to_string(each) == name; });
  if (outcome == kOutcomes.end()) return damaged("queue.db", "unknown outcome of a run");
  totals.outcome = *outcome;
  totals.exclusive = row.integer(3) != 0;
  totals.runs = row.integer(4);
  totals.started = row.integer(5);
  totals.seconds = row.real(6) / 1000;
  int column = 7;
  for (std::int64_t& count : totals.within) count = row.integer(column++);
  return totals;
}

}  // namespace

Result<std::vector<RunTotals>> Queue::run_totals() const {
  MELISAI_TRY(
      Statement query,
      body_->database.prepare(
          "SELECT project, pipeline, outcome, exclusive, count(*), count(ms), "
          "coalesce(sum(ms), 0)" +
          bucket_columns() +
          " FROM (SELECT r.project, r.pipeline, r.outcome, r.exclusive, max(0, r.finished_ms - "
          "(SELECT min(a.started_ms) FROM attempts a WHERE a.run = r.id)) AS ms FROM runs AS r "
          "WHERE r.state = 'finished') GROUP BY project, pipeline, outcome, exclusive "
          "ORDER BY project, pipeline, outcome, exclusive"));
  std::vector<RunTotals> all;
  while (true) {
    MELISAI_TRY(const bool found, query.step());
    if (!found) return all;
    MELISAI_TRY(RunTotals totals, read_totals(query));
    all.push_back(std::move(totals));
  }
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
                         "SELECT count(*), min(received_ms) FROM events WHERE state = 'open'"));
  MELISAI_CHECK(query.step());
  totals.events = query.integer(0);
  if (!query.null(1)) {
    const WallTime received = from_ms(query.integer(1));
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
