#include <algorithm>
#include <array>
#include <tuple>

#include "core/store/queue_body.h"

namespace melisai::store {
namespace {

using Event = Notice::Event;

constexpr std::array kEvents{
    Event::failed,    Event::regression, Event::inconclusive,    Event::error,
    Event::escalated, Event::recovered,  Event::paused,          Event::slow,
    Event::very_slow, Event::found,      Event::approval_wanted, Event::report,
    Event::accepted,  Event::approved};

Result<Event> event_at(const Statement& row, int column) {
  const std::string word = row.text(column);
  const auto found = std::find_if(kEvents.begin(), kEvents.end(),
                                  [&](Event candidate) { return to_string(candidate) == word; });
  if (found == kEvents.end()) return damaged("queue.db", "unknown event of a notice");
  return *found;
}

// Waiting deliveries (d) with their notices (n): the columns come after those of the run or the
// event, in the order in which read_notice() takes them.
constexpr std::string_view kWaitingNotices =
    ", n.id, n.event, n.reason, n.failures, n.created_ms, "
    "coalesce((SELECT a.directory FROM attempts a WHERE a.run = n.run ORDER BY a.number DESC "
    "LIMIT 1), ''), d.sink, d.tries, d.not_before_ms "
    "FROM (SELECT *, row_number() OVER (PARTITION BY sink ORDER BY notice) AS place "
    "FROM deliveries WHERE state = 'waiting') AS d JOIN notices AS n ON n.id = d.notice ";
constexpr std::string_view kHeldColumns =
    "e.id, e.project, e.ref, e.sha, e.pull_request, e.base_ref, e.author, e.approved_by";
constexpr int kHeldColumnCount = 8;

Result<void> read_notice(const Statement& row, int first, Delivery& delivery) {
  Notice& notice = delivery.notice;
  notice.id = row.integer(first);
  MELISAI_TRY(notice.event, event_at(row, first + 1));
  notice.level = level_of(notice.event);
  notice.reason = row.text(first + 2);
  notice.failures = row.small(first + 3);
  notice.at = from_ms(row.integer(first + 4));
  notice.directory = row.text(first + 5);
  delivery.sink = row.text(first + 6);
  delivery.tries = row.small(first + 7);
  delivery.not_before = from_ms(row.integer(first + 8));
  return {};
}

Result<Delivery> read_of_run(const Statement& row) {
  Delivery delivery;
  MELISAI_TRY(delivery.notice.run, read_run(row));
  MELISAI_CHECK(read_notice(row, kRunColumnCount, delivery));
  return delivery;
}

Result<Delivery> read_of_event(const Statement& row) {
  Delivery delivery;
  PipelineRun& run = delivery.notice.run;
  run.event = row.integer(0);
  run.project = row.text(1);
  run.ref = row.text(2);
  run.sha = row.text(3);
  run.trusted = false;
  delivery.notice.proposal = Proposal{.number = row.integer(4),
                                      .base = row.text(5),
                                      .author = row.text(6),
                                      .approved_by = row.text(7)};
  MELISAI_CHECK(read_notice(row, kHeldColumnCount, delivery));
  return delivery;
}

template <class Read>
Result<void> read_all(Statement query, Read read, std::vector<Delivery>& deliveries) {
  while (true) {
    MELISAI_TRY(const bool found, query.step());
    if (!found) return {};
    MELISAI_TRY(Delivery delivery, read(query));
    deliveries.push_back(std::move(delivery));
  }
}

/// Whether the last that the sink was told of that head, or is to be, is that it waits.
Result<bool> is_told(const RunEvent& event, const std::string& sink, const Database& database) {
  MELISAI_TRY(
      const auto told,
      database.number("SELECT n.event = 'approval_wanted' FROM deliveries AS d JOIN notices AS n "
                      "ON n.id = d.notice JOIN events AS e ON e.id = n.of_event WHERE e.project = "
                      "?1 AND e.pull_request = ?2 AND e.sha = ?3 AND d.sink = ?4 ORDER BY n.id "
                      "DESC LIMIT 1",
                      event.project, event.proposal->number, event.sha, sink));
  return told.value_or(0) != 0;
}

/// It waits again: an approval that the sink was not told of yet must not come after that.
Result<void> withdraw_approval(const RunEvent& event, const std::string& sink,
                               const Database& database) {
  return database.run(
      "DELETE FROM deliveries WHERE state = 'waiting' AND sink = ?4 AND notice IN (SELECT n.id "
      "FROM notices AS n JOIN events AS e ON e.id = n.of_event WHERE n.event = 'approved' AND "
      "e.project = ?1 AND e.pull_request = ?2 AND e.sha = ?3)",
      event.project, event.proposal->number, event.sha, sink);
}

}  // namespace

Result<void> add_notice(const NewNotice& notice, const NoticeRules& rules, const Database& database,
                        WallTime now) {
  MELISAI_CHECK(
      database.run("INSERT INTO notices (run, event, reason, failures, created_ms, of_event) "
                   "VALUES (nullif(?1, 0), ?2, ?3, ?4, ?5, ?6)",
                   notice.run, to_string(notice.event), notice.reason, notice.failures, to_ms(now),
                   notice.held));
  const std::int64_t id = database.last_id();
  for (const std::string& sink : rules.sinks)
    MELISAI_CHECK(
        database.run("INSERT INTO deliveries (notice, sink, state, not_before_ms) "
                     "VALUES (?1, ?2, 'waiting', ?3)",
                     id, sink, to_ms(now)));
  return {};
}

Result<void> tell_held(const RunEvent& event, const NoticeRules& rules, const Database& database) {
  NoticeRules untold = rules;
  untold.sinks.clear();
  for (const std::string& sink : rules.sinks) {
    MELISAI_TRY(const bool told, is_told(event, sink, database));
    if (!told) untold.sinks.push_back(sink);
  }
  if (const auto forge = rules.approvals.find(event.project); forge != rules.approvals.end()) {
    MELISAI_CHECK(withdraw_approval(event, forge->second, database));
    MELISAI_TRY(const bool told, is_told(event, forge->second, database));
    if (!told) untold.sinks.push_back(forge->second);
  }
  if (untold.sinks.empty()) return {};
  return add_notice({.event = Event::approval_wanted,
                     .reason = "it runs when somebody approves this head",
                     .held = event.id},
                    untold, database, event.received_at);
}

Result<void> tell_approved(const RunEvent& event, const NoticeRules& rules,
                           const Database& database, WallTime now) {
  const auto sink = rules.approvals.find(event.project);
  if (sink == rules.approvals.end() || event.trusted) return {};
  NoticeRules of_approvals = rules;
  of_approvals.sinks = {sink->second};
  return add_notice({.event = Event::approved, .reason = "somebody approved it", .held = event.id},
                    of_approvals, database, now);
}

Result<void> withdraw_settled(const Database& database) {
  return database.run(
      "DELETE FROM deliveries WHERE state = 'waiting' AND EXISTS (SELECT 1 FROM notices AS n JOIN "
      "events AS e ON e.id = n.of_event WHERE n.id = deliveries.notice AND n.event = "
      "'approval_wanted' AND (e.held = 0 OR e.state <> 'open'))");
}

Result<std::vector<Delivery>> Queue::waiting_deliveries(std::size_t limit) const {
  const Database& database = body_->database;
  std::vector<Delivery> deliveries;
  MELISAI_TRY(Statement of_runs,
              database.prepare("SELECT " + std::string(kRunColumns) + std::string(kWaitingNotices) +
                               "JOIN runs AS r ON r.id = n.run WHERE d.place <= ?1"));
  of_runs.with(limit);
  MELISAI_CHECK(read_all(std::move(of_runs), read_of_run, deliveries));
  MELISAI_TRY(
      Statement of_events,
      database.prepare("SELECT " + std::string(kHeldColumns) + std::string(kWaitingNotices) +
                       "JOIN events AS e ON e.id = n.of_event WHERE d.place <= ?1"));
  of_events.with(limit);
  MELISAI_CHECK(read_all(std::move(of_events), read_of_event, deliveries));
  std::sort(deliveries.begin(), deliveries.end(), [](const Delivery& a, const Delivery& b) {
    return std::tie(a.notice.id, a.sink) < std::tie(b.notice.id, b.sink);
  });
  return deliveries;
}

Result<bool> Queue::end_delivery(const Delivery& delivery, const DeliveryEnd& end) {
  const std::string_view state = end.problem.empty() ? "delivered"
                                 : end.retry_at      ? "waiting"
                                                     : "given_up";
  const Database& database = body_->to_write();
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  MELISAI_CHECK(database.run(
      "UPDATE deliveries SET state = ?3, reason = ?4, tries = tries + ?5, not_before_ms = ?6 "
      "WHERE notice = ?1 AND sink = ?2 AND state = 'waiting' AND tries = ?7",
      delivery.notice.id, delivery.sink, state, end.problem, end.problem.empty() ? 0 : 1,
      to_ms(end.retry_at.value_or(delivery.not_before)), delivery.tries));
  const bool ended = database.changes() == 1;
  MELISAI_CHECK(transaction.commit());
  return ended;
}

Result<DeliveryCounts> Queue::delivery_counts() const {
  const Database& database = body_->database;
  DeliveryCounts counts;
  MELISAI_TRY(const auto waiting,
              database.number("SELECT count(*) FROM deliveries WHERE state = 'waiting'"));
  MELISAI_TRY(const auto given_up,
              database.number("SELECT count(*) FROM deliveries WHERE state = 'given_up'"));
  counts.waiting = static_cast<int>(waiting.value_or(0));
  counts.given_up = static_cast<int>(given_up.value_or(0));
  MELISAI_TRY(Statement query,
              database.prepare("SELECT sink || ': ' || reason FROM deliveries WHERE state <> "
                               "'delivered' AND reason <> '' ORDER BY notice DESC LIMIT 1"));
  MELISAI_TRY(const bool found, query.step());
  if (found) counts.problem = query.text(0);
  return counts;
}

}  // namespace melisai::store
