#include <algorithm>
#include <array>

#include "core/store/queue_body.h"

namespace melisai::store {
namespace {

using Event = Notice::Event;

constexpr std::array kEvents{Event::failed,    Event::regression, Event::inconclusive, Event::error,
                             Event::escalated, Event::recovered,  Event::paused,       Event::slow,
                             Event::very_slow, Event::found};

Result<Event> event_at(const Statement& row, int column) {
  const std::string word = row.text(column);
  const auto found = std::find_if(kEvents.begin(), kEvents.end(),
                                  [&](Event candidate) { return to_string(candidate) == word; });
  if (found == kEvents.end()) return damaged("queue.db", "unknown event of a notice");
  return *found;
}

// After those of the run, in the order in which read_delivery() takes them.
constexpr std::string_view kDeliveryColumns =
    ", n.id, n.event, n.reason, n.failures, n.created_ms, "
    "coalesce((SELECT a.directory FROM attempts a WHERE a.run = r.id ORDER BY a.number DESC "
    "LIMIT 1), ''), d.sink, d.tries, d.not_before_ms";

Result<Delivery> read_delivery(const Statement& row) {
  constexpr int kFirst = kRunColumnCount;
  Delivery delivery;
  Notice& notice = delivery.notice;
  MELISAI_TRY(notice.run, read_run(row));
  notice.id = row.integer(kFirst);
  MELISAI_TRY(notice.event, event_at(row, kFirst + 1));
  notice.level = level_of(notice.event);
  notice.reason = row.text(kFirst + 2);
  notice.failures = row.small(kFirst + 3);
  notice.at = from_ms(row.integer(kFirst + 4));
  notice.directory = row.text(kFirst + 5);
  delivery.sink = row.text(kFirst + 6);
  delivery.tries = row.small(kFirst + 7);
  delivery.not_before = from_ms(row.integer(kFirst + 8));
  return delivery;
}

}  // namespace

Result<void> add_notice(const NewNotice& notice, const NoticeRules& rules, const Database& database,
                        WallTime now) {
  MELISAI_CHECK(database.run(
      "INSERT INTO notices (run, event, reason, failures, created_ms) "
      "VALUES (?1, ?2, ?3, ?4, ?5)",
      notice.run, to_string(notice.event), notice.reason, notice.failures, to_ms(now)));
  const std::int64_t id = database.last_id();
  for (const std::string& sink : rules.sinks)
    MELISAI_CHECK(
        database.run("INSERT INTO deliveries (notice, sink, state, not_before_ms) "
                     "VALUES (?1, ?2, 'waiting', ?3)",
                     id, sink, to_ms(now)));
  return {};
}

Result<std::vector<Delivery>> Queue::waiting_deliveries(std::size_t limit) const {
  MELISAI_TRY(
      Statement query,
      body_->database.prepare("SELECT " + std::string(kRunColumns) + std::string(kDeliveryColumns) +
                              " FROM (SELECT *, row_number() OVER (PARTITION BY sink ORDER BY "
                              "notice) AS place FROM deliveries WHERE state = 'waiting') AS d "
                              "JOIN notices AS n ON n.id = d.notice JOIN runs AS r ON r.id = n.run "
                              "WHERE d.place <= ?1 ORDER BY d.notice, d.sink"));
  query.with(limit);
  std::vector<Delivery> deliveries;
  while (true) {
    MELISAI_TRY(const bool found, query.step());
    if (!found) return deliveries;
    MELISAI_TRY(Delivery delivery, read_delivery(query));
    deliveries.push_back(std::move(delivery));
  }
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
