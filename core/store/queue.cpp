#include "core/store/queue.h"

#include "core/base/files.h"
#include "core/store/open.h"
#include "core/store/queue_body.h"

namespace melisai::store {
namespace {

constexpr std::string_view kPaused = "paused";

std::string database_path(const std::string& state_dir) { return state_dir + "/queue.db"; }

Result<void> set(std::string_view name, const std::string& value, const Database& database) {
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  MELISAI_CHECK(
      database.run("INSERT INTO settings (name, value) VALUES (?1, ?2) "
                   "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                   name, value));
  return transaction.commit();
}

}  // namespace

Queue::Queue(std::unique_ptr<Body> body) : body_(std::move(body)) {}
Queue::Queue(Queue&&) noexcept = default;
Queue& Queue::operator=(Queue&&) noexcept = default;
Queue::~Queue() = default;

Result<Queue> Queue::open_writer(const std::string& state_dir) {
  MELISAI_CHECK(make_directories(state_dir, {.private_mode = true}));
  MELISAI_TRY(Database database, open_to_write(database_path(state_dir), queue_schema()));
  return Queue(std::make_unique<Body>(Body{.writes = true, .database = std::move(database)}));
}

Result<std::optional<Queue>> Queue::open_reader(const std::string& state_dir) {
  MELISAI_TRY(std::optional<Database> database,
              open_to_read(database_path(state_dir), queue_schema()));
  if (!database) return std::optional<Queue>();
  return std::optional(
      Queue(std::make_unique<Body>(Body{.writes = false, .database = *std::move(database)})));
}

Result<void> Queue::set_paused(bool paused, const std::string& reason) {
  const Database& database = body_->to_write();
  if (paused) return set(kPaused, reason, database);
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  MELISAI_CHECK(database.run("DELETE FROM settings WHERE name = ?1", kPaused));
  MELISAI_CHECK(make_ticks_due("", "", database));
  return transaction.commit();
}

Result<Queue::Pause> Queue::pause() const {
  MELISAI_TRY(Statement query,
              body_->database.prepare("SELECT value FROM settings WHERE name = ?1"));
  MELISAI_TRY(const bool found, query.with(kPaused).step());
  if (!found) return Pause{};
  return Pause{.paused = true, .reason = query.text(0)};
}

Result<void> Queue::write_heartbeat(WallTime now) {
  return set("heartbeat", std::to_string(to_ms(now)), body_->to_write());
}

Result<std::vector<PipelineRun>> Queue::runs(const QueueFilter& filter) const {
  MELISAI_TRY(Statement query,
              body_->database.prepare(
                  "SELECT " + (filter.configuration ? std::string(kRunColumns) : short_columns()) +
                  " FROM runs AS r WHERE (?1 = '' OR r.project = ?1) "
                  "AND (?2 = '' OR r.pipeline = ?2) "
                  "AND (?3 = 0 OR r.state <> 'finished') "
                  "AND (?5 = '' OR r.state = ?5) AND (?6 = '' OR r.outcome = ?6) "
                  "AND (?7 = 0 OR r.id < ?7) "
                  "ORDER BY r.id DESC LIMIT ?4"));
  query.with(filter.project, filter.pipeline, filter.open, filter.limit,
             filter.state ? to_string(*filter.state) : "",
             filter.outcome ? to_string(*filter.outcome) : "", filter.before);
  return read_runs(query);
}

Result<std::vector<PipelineRun>> Queue::gone_wrong_since(WallTime time) const {
  MELISAI_TRY(Statement query,
              body_->database.prepare("SELECT " + short_columns() +
                                      " FROM runs AS r WHERE r.finished_ms >= ?1 AND r.outcome IN "
                                      "('failed', 'regression', 'inconclusive') "
                                      "ORDER BY r.finished_ms, r.id"));
  query.with(to_ms(time));
  return read_runs(query);
}

Result<PipelineRun> Queue::run(std::int64_t id) const { return run_with(id, body_->database); }

Result<std::vector<PipelineRun>> Queue::runs_of_event(std::int64_t event) const {
  MELISAI_TRY(Statement query,
              body_->database.prepare("SELECT " + std::string(kRunColumns) +
                                      " FROM runs AS r WHERE r.event = ?1 ORDER BY r.id"));
  query.with(event);
  return read_runs(query);
}

Result<std::vector<PipelineRun>> Queue::open_runs_of_event(std::int64_t event) const {
  MELISAI_TRY(Statement query, body_->database.prepare("SELECT " + short_columns() +
                                                       " FROM runs AS r WHERE r.event = ?1 AND "
                                                       "r.state <> 'finished' ORDER BY r.id"));
  query.with(event);
  return read_runs(query);
}

}  // namespace melisai::store
