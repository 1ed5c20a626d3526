#include <algorithm>
#include <array>

#include "core/store/queue_body.h"

namespace melisai::store {
namespace {

using Kind = RunEvent::Kind;

Result<bool> is_known_once(const RunEvent& event, const Database& database) {
  if (event.once.empty()) return false;
  MELISAI_TRY(const auto known,
              database.number("SELECT id FROM events WHERE once = ?1", event.once));
  return known.has_value();
}

/// Whether its ref is there already.
Result<bool> is_no_news(const RunEvent& event, const Database& database) {
  if (event.kind == Kind::pull_request) return is_known_head(event, database);
  if (event.kind != Kind::push && event.kind != Kind::tag) return false;
  MELISAI_TRY(const auto there,
              database.number("SELECT 1 FROM refs WHERE project = ?1 AND name = ?2 AND sha = ?3",
                              event.project, event.ref, event.sha));
  return there.has_value();
}

Result<void> set_ref(const std::string& project, const RefState& state, WallTime now,
                     const Database& database) {
  return database.run(
      "INSERT INTO refs (project, name, sha, accepted_ms) VALUES (?1, ?2, ?3, ?4) "
      "ON CONFLICT (project, name) DO UPDATE SET sha = excluded.sha, "
      "accepted_ms = excluded.accepted_ms",
      project, state.ref, state.sha, to_ms(now));
}

/// Only so that its `once` is known from now on.
Result<void> insert_no_news(RunEvent event, const Database& database) {
  event.before = event.sha;
  MELISAI_TRY(const std::int64_t id, insert_event(event, database));
  return database.run(
      "UPDATE events SET state = 'rejected', reason = 'known already' WHERE id = ?1", id);
}

// "id" first, then these in this order.
constexpr std::string_view kEventColumns =
    "id, kind, project, ref, before_sha, sha, pipeline, params, cause, once, trusted, received_ms, "
    "pull_request, base_ref, author, approved_by, again_of";
constexpr int kEventColumnCount = 17;

Result<RunEvent> read_event(const Statement& row) {
  constexpr std::array kKinds{Kind::push,   Kind::tag,       Kind::cron,        Kind::manual,
                              Kind::custom, Kind::follow_up, Kind::pull_request};
  RunEvent event;
  event.id = row.integer(0);
  const std::string kind = row.text(1);
  const auto found = std::find_if(kKinds.begin(), kKinds.end(),
                                  [&](Kind candidate) { return to_string(candidate) == kind; });
  if (found == kKinds.end())
    return damaged("queue.db", "unknown kind of event " + std::to_string(event.id));
  event.kind = *found;
  event.project = row.text(2);
  event.ref = row.text(3);
  event.before = row.text(4);
  event.sha = row.text(5);
  event.pipeline = row.text(6);
  MELISAI_TRY(event.params, params_from_json(row.text(7)));
  event.cause = row.text(8);
  event.once = row.null(9) ? "" : row.text(9);
  event.trusted = row.integer(10) != 0;
  event.received_at = from_ms(row.integer(11));
  if (row.integer(12) != 0)
    event.proposal = Proposal{.number = row.integer(12),
                              .base = row.text(13),
                              .author = row.text(14),
                              .approved_by = row.text(15)};
  event.again = row.integer(16);
  return event;
}

// `held` is for somebody to approve.
std::string open_events_sql() {
  return "SELECT " + std::string(kEventColumns) +
         ", tries, not_before_ms FROM events WHERE state = 'open' AND held = 0";
}

Result<OpenEvent> read_open_event(const Statement& row) {
  MELISAI_TRY(RunEvent event, read_event(row));
  return OpenEvent{std::move(event), row.small(kEventColumnCount),
                   from_ms(row.integer(kEventColumnCount + 1))};
}

}  // namespace

bool is_held(const RunEvent& event) {
  return event.proposal && !event.trusted && event.proposal->approved_by.empty();
}

Result<std::int64_t> insert_event(const RunEvent& event, const Database& database) {
  const std::optional<std::string> once =
      event.once.empty() ? std::nullopt : std::optional(event.once);
  const Proposal proposal = event.proposal.value_or(Proposal{});
  const bool held = is_held(event);
  MELISAI_CHECK(database.run(
      "INSERT INTO events (state, kind, project, ref, before_sha, sha, pipeline, params, cause, "
      "once, trusted, received_ms, not_before_ms, pull_request, base_ref, author, approved_by, "
      "held, reason, again_of) VALUES ('open', ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, "
      "?12, ?13, ?14, ?15, ?16, ?17, ?18)",
      to_string(event.kind), event.project, event.ref, event.before, event.sha, event.pipeline,
      params_to_json(event.params), event.cause, once, event.trusted, to_ms(event.received_at),
      proposal.number, proposal.base, proposal.author, proposal.approved_by, held,
      held ? "waits for approval" : "", event.again));
  return database.last_id();
}

Result<Accepted> Queue::accept(const RunEvent& event) {
  const Database& database = body_->to_write();
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  MELISAI_TRY(const bool known, is_known_once(event, database));
  if (known) return Accepted{};
  MELISAI_TRY(const bool no_news, is_no_news(event, database));
  Accepted accepted;
  if (no_news) {
    if (event.once.empty()) return accepted;
    MELISAI_CHECK(insert_no_news(event, database));
    MELISAI_CHECK(transaction.commit());
    return accepted;
  }
  MELISAI_TRY(accepted.event, insert_event(event, database));
  if (event.kind == Kind::push || event.kind == Kind::tag)
    MELISAI_CHECK(set_ref(event.project, {event.ref, event.sha}, event.received_at, database));
  if (event.kind == Kind::pull_request) {
    RunEvent newest = event;
    newest.id = accepted.event;
    MELISAI_CHECK(take_head(newest, database));
    if (is_held(newest)) MELISAI_CHECK(tell_held(newest, body_->rules, database));
  }
  accepted.waits = is_held(event);
  MELISAI_CHECK(transaction.commit());
  return accepted;
}

Result<void> Queue::note_refs(const std::string& project, const std::vector<RefState>& refs,
                              WallTime now) {
  const Database& database = body_->to_write();
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  for (const RefState& ref : refs) {
    if (ref.sha.empty())
      MELISAI_CHECK(
          database.run("DELETE FROM refs WHERE project = ?1 AND name = ?2", project, ref.ref));
    else
      MELISAI_CHECK(set_ref(project, ref, now, database));
  }
  return transaction.commit();
}

Result<void> Queue::note_deleted(const std::string& project, const std::string& ref,
                                 const std::string& once, WallTime now) {
  const Database& database = body_->to_write();
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  RunEvent gone;
  gone.project = project;
  gone.ref = ref;
  gone.cause = ref + " was deleted";
  gone.once = once;
  gone.received_at = now;
  MELISAI_TRY(const bool known, is_known_once(gone, database));
  if (known) return {};
  if (!once.empty()) MELISAI_CHECK(insert_no_news(gone, database));
  MELISAI_CHECK(database.run("DELETE FROM refs WHERE project = ?1 AND name = ?2", project, ref));
  return transaction.commit();
}

Result<std::vector<RefState>> Queue::refs(const std::string& project) const {
  MELISAI_TRY(Statement query, body_->database.prepare(
                                   "SELECT name, sha FROM refs WHERE project = ?1 ORDER BY name"));
  query.with(project);
  std::vector<RefState> refs;
  while (true) {
    MELISAI_TRY(const bool found, query.step());
    if (!found) return refs;
    refs.push_back({query.text(0), query.text(1)});
  }
}

Result<KnownRef> Queue::known_ref(const std::string& project, const std::string& ref) const {
  MELISAI_TRY(Statement query,
              body_->database.prepare("SELECT sha FROM refs WHERE project = ?1 AND name = ?2"));
  MELISAI_TRY(const bool known, query.with(project, ref).step());
  if (known) return KnownRef{.repository = true, .sha = query.text(0)};
  MELISAI_TRY(const auto other,
              body_->database.number("SELECT 1 FROM refs WHERE project = ?1 LIMIT 1", project));
  return KnownRef{.repository = other.has_value(), .sha = ""};
}

Result<std::optional<WallTime>> Queue::last_cron(const std::string& project,
                                                 const std::string& pipeline) const {
  MELISAI_TRY(const auto last,
              body_->database.number("SELECT received_ms FROM events WHERE kind = 'cron' AND "
                                     "project = ?1 AND pipeline = ?2 ORDER BY id DESC LIMIT 1",
                                     project, pipeline));
  return last ? std::optional(from_ms(*last)) : std::nullopt;
}

Result<std::vector<OpenEvent>> Queue::open_events() const {
  MELISAI_TRY(Statement query, body_->database.prepare(open_events_sql() + " ORDER BY id"));
  std::vector<OpenEvent> events;
  while (true) {
    MELISAI_TRY(const bool found, query.step());
    if (!found) return events;
    MELISAI_TRY(OpenEvent event, read_open_event(query));
    events.push_back(std::move(event));
  }
}

Result<std::optional<OpenEvent>> Queue::due_event(WallTime now,
                                                  const std::set<std::string>& besides) const {
  MELISAI_TRY(
      Statement query,
      body_->database.prepare(
          open_events_sql() +
          " AND (not_before_ms <= ?1 OR not_before_ms > ?3 OR (received_ms > ?4 AND tries "
          "= 0)) AND project NOT IN (SELECT value FROM json_each(?2)) ORDER BY id LIMIT 1"));
  query.with(to_ms(now), names_to_json({besides.begin(), besides.end()}), to_ms(now + kWaitMax),
             to_ms(now + kNewerMax));
  MELISAI_TRY(const bool found, query.step());
  if (!found) return std::optional<OpenEvent>();
  MELISAI_TRY(OpenEvent event, read_open_event(query));
  return std::optional(std::move(event));
}

Result<RunEvent> Queue::event(std::int64_t id) const {
  MELISAI_TRY(Statement query, body_->database.prepare("SELECT " + std::string(kEventColumns) +
                                                       " FROM events WHERE id = ?1"));
  MELISAI_TRY(const bool found, query.with(id).step());
  if (!found) return Error{Errc::not_found, "there is no event " + std::to_string(id)};
  return read_event(query);
}

Result<void> Queue::postpone(std::int64_t event, const std::string& reason, WallTime until) {
  const Database& database = body_->to_write();
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  MELISAI_CHECK(
      database.run("UPDATE events SET tries = tries + 1, reason = ?2, not_before_ms = ?3 "
                   "WHERE id = ?1 AND state = 'open'",
                   event, reason, to_ms(until)));
  return transaction.commit();
}

Result<void> Queue::reject(std::int64_t event, const std::string& reason) {
  const Database& database = body_->to_write();
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  MELISAI_CHECK(database.run(
      "UPDATE events SET state = 'rejected', reason = ?2 WHERE id = ?1 AND state = 'open'", event,
      reason));
  return transaction.commit();
}

}  // namespace melisai::store
