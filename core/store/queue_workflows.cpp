#include "core/store/queue_body.h"

namespace melisai::store {

Result<std::vector<StoredWorkflow>> Queue::workflows() const {
  MELISAI_TRY(Statement query,
              body_->database.prepare("SELECT name, text, changed_by, changed_ms, revision "
                                      "FROM workflows ORDER BY name"));
  std::vector<StoredWorkflow> all;
  while (true) {
    MELISAI_TRY(const bool found, query.step());
    if (!found) return all;
    all.push_back({.name = query.text(0),
                   .text = query.text(1),
                   .changed_by = query.text(2),
                   .changed_at = from_ms(query.integer(3)),
                   .revision = query.integer(4)});
  }
}

Result<std::optional<std::int64_t>> Queue::store_workflow(const StoredWorkflow& workflow) {
  const Database& database = body_->to_write();
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  MELISAI_TRY(const auto there,
              database.number("SELECT revision FROM workflows WHERE name = ?1", workflow.name));
  if (there.value_or(0) != workflow.revision) return std::optional<std::int64_t>();
  // A new row, so that no revision ever comes back.
  MELISAI_CHECK(database.run("DELETE FROM workflows WHERE name = ?1", workflow.name));
  MELISAI_CHECK(database.run(
      "INSERT INTO workflows (name, text, changed_by, changed_ms) VALUES (?1, ?2, ?3, ?4)",
      workflow.name, workflow.text, workflow.changed_by, to_ms(workflow.changed_at)));
  const std::int64_t revision = database.last_id();
  MELISAI_CHECK(transaction.commit());
  return std::optional(revision);
}

Result<bool> Queue::remove_workflow(const std::string& name, std::int64_t revision) {
  const Database& database = body_->to_write();
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  MELISAI_CHECK(
      database.run("DELETE FROM workflows WHERE name = ?1 AND revision = ?2", name, revision));
  const bool removed = database.changes() > 0;
  MELISAI_CHECK(transaction.commit());
  return removed;
}

}  // namespace melisai::store
