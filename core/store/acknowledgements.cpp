#include "core/store/body.h"

namespace melisai::store {

Result<std::int64_t> Store::acknowledge(const std::string& project, const Acknowledgement& what,
                                        const std::string& now, const std::string& commit) {
  const Database& database = body_->to_write();
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  MELISAI_CHECK(database.run(
      "INSERT INTO acknowledgements (project, created_at, benchmark, metric, until, reason, up_to, "
      "commit_sha) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
      project, now, what.benchmark, what.metric, what.until, what.reason, what.up_to, commit));
  const std::int64_t id = database.last_id();
  MELISAI_CHECK(transaction.commit());
  return id;
}

Result<void> Store::remove_acknowledgement(std::int64_t id) {
  return remove_numbered({.table = "acknowledgements", .noun = "acknowledgement"}, id,
                         body_->to_write());
}

Result<std::vector<StoredAcknowledgement>> Store::acknowledgements(
    const std::string& project) const {
  MELISAI_TRY(Statement query,
              body_->database.prepare("SELECT id, project, created_at, benchmark, metric, until, "
                                      "reason, up_to, commit_sha FROM acknowledgements "
                                      "WHERE ?1 = '' OR project = ?1 ORDER BY id"));
  query.with(project);
  std::vector<StoredAcknowledgement> out;
  while (true) {
    MELISAI_TRY(const bool found, query.step());
    if (!found) return out;
    StoredAcknowledgement& stored = out.emplace_back();
    stored.id = query.integer(0);
    stored.project = query.text(1);
    stored.created_at = query.text(2);
    stored.what.benchmark = query.text(3);
    stored.what.metric = query.text(4);
    stored.what.until = query.text(5);
    stored.what.reason = query.text(6);
    if (!query.null(7)) stored.what.up_to = query.real(7);
    stored.commit = query.text(8);
  }
}

}  // namespace melisai::store
