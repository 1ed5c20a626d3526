#include "core/store/body.h"

namespace melisai::store {
namespace {

constexpr std::size_t kListedMax = 20;

Result<std::string> list_of_ids(const char* table, const Database& database) {
  MELISAI_TRY(Statement query,
              database.prepare("SELECT id FROM " + std::string(table) + " ORDER BY id LIMIT " +
                               std::to_string(kListedMax + 1)));
  std::string list;
  for (std::size_t count = 0;; ++count) {
    MELISAI_TRY(const bool found, query.step());
    if (!found) return list;
    if (count == kListedMax) return list + ", ...";
    list += (list.empty() ? "" : ", ") + std::to_string(query.integer(0));
  }
}

}  // namespace

Result<void> remove_numbered(const Numbered& what, std::int64_t id, const Database& database) {
  MELISAI_TRY(Transaction transaction, Transaction::write(database, Durability::power));
  MELISAI_CHECK(database.run("DELETE FROM " + std::string(what.table) + " WHERE id = ?1", id));
  if (database.changes() == 1) return transaction.commit();
  MELISAI_TRY(const std::string list, list_of_ids(what.table, database));
  return Error{Errc::not_found, "there is no " + std::string(what.noun) + " " + std::to_string(id) +
                                    "; known: " + (list.empty() ? "none" : list)};
}

}  // namespace melisai::store
