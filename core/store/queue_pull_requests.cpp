#include "core/store/queue_body.h"

namespace melisai::store {
namespace {

// In the order in which read_pull_request() takes them; of `pull_requests AS p` with its newest
// event as e.
constexpr std::string_view kColumns =
    "SELECT p.project, p.number, p.ref, p.head_sha, p.base_ref, p.author, p.trusted, p.open, "
    "p.event, p.head_since_ms, coalesce(e.held = 1 AND e.state = 'open', 0), "
    "coalesce(e.approved_by, '') FROM pull_requests AS p LEFT JOIN events AS e ON e.id = p.event ";

PullRequest read_pull_request(const Statement& row) {
  return {.project = row.text(0),
          .number = row.integer(1),
          .ref = row.text(2),
          .sha = row.text(3),
          .base = row.text(4),
          .author = row.text(5),
          .trusted = row.integer(6) != 0,
          .open = row.integer(7) != 0,
          .event = row.integer(8),
          .since = from_ms(row.integer(9)),
          .waits = row.integer(10) != 0,
          .approved_by = row.text(11)};
}

/// Events that are not planned; older ones than `newest` only.
Result<void> end_events(const std::string& project, std::int64_t number, std::int64_t newest,
                        const std::string& reason, const Database& database) {
  MELISAI_CHECK(database.run(
      "UPDATE events SET state = 'rejected', held = 0, reason = ?4 WHERE state = 'open' AND "
      "kind = 'pull_request' AND project = ?1 AND pull_request = ?2 AND id < ?3",
      project, number, newest, reason));
  return withdraw_settled(database);
}

Result<void> cancel_waiting(const std::string& project, std::int64_t number,
                            const std::string& reason, const Database& database, WallTime now) {
  return database.run(
      "UPDATE runs SET state = 'finished', outcome = 'cancelled', reason = ?3, finished_ms = ?4 "
      "WHERE state IN ('blocked', 'queued') AND event IN (SELECT id FROM events WHERE "
      "kind = 'pull_request' AND project = ?1 AND pull_request = ?2)",
      project, number, reason, to_ms(now));
}

/// So that its `once` is known from now on.
Result<void> insert_closed(const PullRequest& closed, const std::string& once,
                           const std::string& reason, const Database& database, WallTime now) {
  RunEvent event;
  event.kind = RunEvent::Kind::pull_request;
  event.project = closed.project;
  event.ref = closed.ref;
  event.sha = closed.sha;
  event.cause = reason;
  event.once = once;
  event.trusted = closed.trusted;
  event.received_at = now;
  MELISAI_TRY(const std::int64_t id, insert_event(event, database));
  return database.run("UPDATE events SET state = 'rejected', reason = ?2 WHERE id = ?1", id,
                      reason);
}

}  // namespace

Result<std::optional<PullRequest>> find_pull_request(const std::string& project,
                                                     std::int64_t number,
                                                     const Database& database) {
  MELISAI_TRY(Statement query,
              database.prepare(std::string(kColumns) + "WHERE p.project = ?1 AND p.number = ?2"));
  MELISAI_TRY(const bool found, query.with(project, number).step());
  if (!found) return std::optional<PullRequest>();
  return std::optional(read_pull_request(query));
}

Result<bool> is_known_head(const RunEvent& event, const Database& database) {
  MELISAI_ASSERT(event.proposal.has_value());
  MELISAI_TRY(
      const auto there,
      database.number("SELECT 1 FROM pull_requests WHERE project = ?1 AND number = ?2 AND "
                      "head_sha = ?3 AND base_ref = ?4 AND open = 1",
                      event.project, event.proposal->number, event.sha, event.proposal->base));
  return there.has_value();
}

Result<void> take_head(const RunEvent& event, const Database& database) {
  const Proposal& proposal = *event.proposal;
  MELISAI_CHECK(end_events(event.project, proposal.number, event.id,
                           "superseded: " + name_of(proposal) + " has moved on", database));
  MELISAI_CHECK(supersede(event.id, event.ref, database, event.received_at));
  return database.run(
      "INSERT INTO pull_requests (project, number, ref, head_sha, base_ref, author, trusted, open, "
      "event, head_since_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, ?8, ?9) "
      "ON CONFLICT (project, number) DO UPDATE SET ref = excluded.ref, head_sha = "
      "excluded.head_sha, base_ref = excluded.base_ref, author = excluded.author, trusted = "
      "excluded.trusted, open = 1, event = excluded.event, head_since_ms = excluded.head_since_ms",
      event.project, proposal.number, event.ref, event.sha, proposal.base, proposal.author,
      event.trusted, event.id, to_ms(event.received_at));
}

Result<std::optional<PullRequest>> Queue::pull_request(const std::string& project,
                                                       std::int64_t number) const {
  return find_pull_request(project, number, body_->database);
}

Result<std::vector<PullRequest>> Queue::pull_requests(const PullRequestFilter& filter) const {
  MELISAI_TRY(Statement query,
              body_->database.prepare(std::string(kColumns) +
                                      "WHERE (?1 = '' OR p.project = ?1) AND (?2 = 0 OR "
                                      "(e.held = 1 AND e.state = 'open')) "
                                      "ORDER BY p.head_since_ms DESC, p.project, p.number DESC "
                                      "LIMIT ?3"));
  query.with(filter.project, filter.waits, filter.limit);
  std::vector<PullRequest> all;
  while (true) {
    MELISAI_TRY(const bool found, query.step());
    if (!found) return all;
    all.push_back(read_pull_request(query));
  }
}

Result<int> Queue::close_pull_request(const std::string& project, std::int64_t number,
                                      const std::string& once, WallTime now) {
  const Database& database = body_->to_write();
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  MELISAI_TRY(const auto known, database.number("SELECT 1 FROM events WHERE once = ?1", once));
  MELISAI_TRY(const std::optional<PullRequest> open, find_pull_request(project, number, database));
  if (known || !open || !open->open) return 0;
  const std::string reason = "pull request " + std::to_string(number) + " was closed";
  MELISAI_CHECK(database.run("UPDATE pull_requests SET open = 0 WHERE project = ?1 AND number = ?2",
                             project, number));
  MELISAI_CHECK(end_events(project, number, open->event + 1, reason, database));
  MELISAI_CHECK(cancel_waiting(project, number, reason, database, now));
  const auto cancelled = static_cast<int>(database.changes());
  if (!once.empty()) MELISAI_CHECK(insert_closed(*open, once, reason, database, now));
  MELISAI_CHECK(transaction.commit());
  return cancelled;
}

Result<void> Queue::forget_pull_requests(WallTime since) {
  const Database& database = body_->to_write();
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  MELISAI_CHECK(database.run(
      "UPDATE events SET state = 'rejected', held = 0, reason = 'nobody approved it in time' WHERE "
      "state = 'open' AND held = 1 AND received_ms < ?1",
      to_ms(since)));
  MELISAI_CHECK(withdraw_settled(database));
  MELISAI_CHECK(database.run("DELETE FROM approvals WHERE state <> 'waiting' AND asked_ms < ?1",
                             to_ms(since)));
  MELISAI_CHECK(database.run(
      "DELETE FROM pull_requests WHERE open = 0 AND head_since_ms < ?1 AND NOT EXISTS (SELECT 1 "
      "FROM events AS e WHERE e.id = pull_requests.event)",
      to_ms(since)));
  return transaction.commit();
}

}  // namespace melisai::store
