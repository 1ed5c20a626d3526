#include <sys/stat.h>

#include "core/store/queue_body.h"

namespace melisai::store {

Result<void> Queue::look_for_damage(const std::string& state_dir, Bytes bytes_max) {
  MELISAI_TRY(const std::optional<Queue> queue, open_reader(state_dir));
  if (!queue) return Error{Errc::io, "queue.db is gone from " + state_dir};
  const Database& database = queue->body_->database;
  struct stat status {};
  if (stat(database.path().c_str(), &status) != 0)
    return error_from_errno(errno, "cannot look at " + database.path());
  if (static_cast<Bytes>(status.st_size) > bytes_max) return {};
  MELISAI_TRY(Statement query, database.prepare("PRAGMA quick_check(1)"));
  MELISAI_TRY(const bool found, query.step());
  const std::string answer = found ? query.text(0) : "no answer";
  if (answer != "ok") return damaged(database.path(), answer);
  return {};
}

}  // namespace melisai::store
