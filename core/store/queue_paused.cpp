#include "core/store/queue_body.h"

namespace melisai::store {

Result<void> Queue::pause_pipeline(const PausedPipeline& paused) {
  const Database& database = body_->to_write();
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  MELISAI_CHECK(add_pause(paused, database));
  return transaction.commit();
}

Result<int> Queue::resume_pipelines(const std::string& project, const std::string& pipeline) {
  const Database& database = body_->to_write();
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  MELISAI_CHECK(database.run(
      "DELETE FROM paused_pipelines WHERE (?1 = '' OR project = ?1) AND (?2 = '' OR pipeline = ?2)",
      project, pipeline));
  const auto resumed = static_cast<int>(database.changes());
  MELISAI_CHECK(make_ticks_due(project, pipeline, database));
  MELISAI_CHECK(transaction.commit());
  return resumed;
}

Result<std::vector<PausedPipeline>> Queue::paused_pipelines() const {
  MELISAI_TRY(Statement query,
              body_->database.prepare("SELECT project, pipeline, reason, since_ms FROM "
                                      "paused_pipelines ORDER BY project, pipeline"));
  std::vector<PausedPipeline> paused;
  while (true) {
    MELISAI_TRY(const bool found, query.step());
    if (!found) return paused;
    paused.push_back({query.text(0), query.text(1), query.text(2), from_ms(query.integer(3))});
  }
}

Result<void> make_ticks_due(const std::string& project, const std::string& pipeline,
                            const Database& database) {
  return database.run(
      "UPDATE events SET not_before_ms = received_ms WHERE state = 'open' AND kind = 'cron' AND "
      "(?1 = '' OR project = ?1) AND (?2 = '' OR pipeline = ?2)",
      project, pipeline);
}

Result<void> add_pause(const PausedPipeline& paused, const Database& database) {
  return database.run(
      "INSERT INTO paused_pipelines (project, pipeline, reason, since_ms) VALUES (?1, ?2, ?3, ?4) "
      "ON CONFLICT (project, pipeline) DO NOTHING",
      paused.project, paused.pipeline, paused.reason, to_ms(paused.since));
}

}  // namespace melisai::store
