#include "core/store/sqlite.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "core/base/text.h"

namespace melisai::store {
namespace {

bool is_disk_full(sqlite3* handle, int code) {
  if (code == SQLITE_FULL) return true;
  const int number = sqlite3_system_errno(handle);  // a full quota has no code of its own
  return (code == SQLITE_IOERR || code == SQLITE_CANTOPEN) &&
         (number == ENOSPC || number == EDQUOT);
}

Error error_of(sqlite3* handle, int extended, const std::string& path) {
  const int code = extended & 0xFF;
  const std::string what = path + ": " + printable(sqlite3_errmsg(handle));
  if (is_disk_full(handle, code))
    return {Errc::disk_full,
            "No space left for " + path +
                "; free space on that disk (melisai-gate gc removes old runs) and run again"};
  switch (code) {
    case SQLITE_ERROR:  // a table or column is missing
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_MISMATCH: return damaged(path, printable(sqlite3_errmsg(handle)));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Errc::limit, what + " for " + format_duration(kBusyTimeout) +
                               "; another program uses it (fuser names it): end that one and run "
                               "again"};
    case SQLITE_TOOBIG:
      return {Errc::limit,
              what + "; nothing above " + format_bytes(kValueBytesMax) + " can be stored"};
    case SQLITE_IOERR:
      return {Errc::io, what + " (" + std::strerror(sqlite3_system_errno(handle)) +
                            "); check that disk, or use another --state-dir"};
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
      return {Errc::io, what + "; check the permissions, or use another --state-dir"};
    default: return {Errc::internal, what + " (SQLite code " + std::to_string(extended) + ")"};
  }
}

Error error_of(sqlite3_stmt* statement, int code) {
  sqlite3* const handle = sqlite3_db_handle(statement);
  const char* const name = sqlite3_db_filename(handle, "main");
  return error_of(handle, code, name != nullptr && *name != '\0' ? name : "store in memory");
}

// Defence against a file that somebody else made: no code in its schema runs, and nothing that we
// send it can write outside its tables.
Result<void> configure(sqlite3* handle, const std::string& path) {
  sqlite3_busy_timeout(handle, static_cast<int>(kBusyTimeout.count()));
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, kValueBytesMax);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_FKEY, 1, nullptr);
  const int code = sqlite3_exec(
      handle, "PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY; PRAGMA synchronous=NORMAL",
      nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error_of(handle, code, path);
  return {};
}

std::string immutable_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      constexpr std::string_view kHex = "0123456789ABCDEF";
      uri += {'%', kHex[static_cast<std::size_t>(c) >> 4], kHex[c & 15]};
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

}  // namespace

Error damaged(const std::string& path, const std::string& what) {
  return {Errc::io, path + " is damaged or no store of melisai-gate: " + what +
                        "; move it away, together with its -wal and -shm files, and run again"};
}

Result<bool> Statement::step() {
  const int code = bind_error_ != SQLITE_OK ? bind_error_ : sqlite3_step(statement_.get());
  if (code == SQLITE_ROW || code == SQLITE_DONE) return code == SQLITE_ROW;
  return error_of(statement_.get(), code);
}

Result<void> Statement::run() {
  while (true) {
    auto row = step();
    if (row && *row) continue;
    restart();
    if (!row) return std::move(row).error();
    return {};
  }
}

std::string Statement::text(int column) const {
  const auto* const data = sqlite3_column_text(statement_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return data == nullptr ? "" : std::string(reinterpret_cast<const char*>(data), size);
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

int Statement::small(int column) const {
  using Limits = std::numeric_limits<int>;
  return static_cast<int>(std::clamp<std::int64_t>(integer(column), Limits::min(), Limits::max()));
}

double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }

bool Statement::null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

void Statement::restart() {
  sqlite3_reset(statement_.get());  // repeats the error of the last step, which was reported
  sqlite3_clear_bindings(statement_.get());
  bind_error_ = SQLITE_OK;
}

void Statement::bind(int index, std::string_view value) {
  note(sqlite3_bind_text64(statement_.get(), index, value.empty() ? "" : value.data(), value.size(),
                           SQLITE_TRANSIENT, SQLITE_UTF8));
}
void Statement::bind(int index, double value) {
  note(sqlite3_bind_double(statement_.get(), index, value));
}
void Statement::bind(int index, std::nullopt_t) {
  note(sqlite3_bind_null(statement_.get(), index));
}
void Statement::bind_integer(int index, std::int64_t value) {
  note(sqlite3_bind_int64(statement_.get(), index, value));
}

void Statement::note(int code) {
  if (bind_error_ == SQLITE_OK) bind_error_ = code;
}

Result<Database> Database::open_handle(const std::string& name, int flags,
                                       const std::string& path) {
  Database database;
  database.path_ = path;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &handle,
                                   flags | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX, nullptr);
  database.handle_.reset(handle);
  if (code != SQLITE_OK) return error_of(handle, code, path);
  MELISAI_CHECK(configure(handle, path));
  return database;
}

Result<Database> Database::open(const std::string& path, Mode mode) {
  switch (mode) {
    case Mode::write: return open_handle(path, SQLITE_OPEN_READWRITE, path);
    case Mode::read: return open_handle(path, SQLITE_OPEN_READONLY, path);
    case Mode::immutable:
      return open_handle(immutable_uri(path), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, path);
  }
  return Error{Errc::internal, "no such mode"};
}

Result<Database> Database::copy() const {
  MELISAI_TRY(Database target,
              open_handle(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, path_));
  sqlite3* const to = target.handle_.get();
  sqlite3_backup* const backup = sqlite3_backup_init(to, "main", handle_.get(), "main");
  if (backup == nullptr) return error_of(to, sqlite3_errcode(to), path_);
  sqlite3_backup_step(backup, -1);
  const int code = sqlite3_backup_finish(backup);  // also reports what went wrong in the step
  if (code != SQLITE_OK) return error_of(to, code, path_);
  return target;
}

Result<Statement> Database::prepare(std::string_view sql) const {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      &statement, nullptr);
  if (code != SQLITE_OK) return error_of(handle_.get(), code, path_);
  return Statement(statement);
}

Result<void> Database::execute(const std::string& sql) const {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error_of(handle_.get(), code, path_);
  return {};
}

Result<Transaction> Transaction::read(const Database& database) {
  MELISAI_CHECK(database.execute("BEGIN"));
  return Transaction(database);
}

Result<Transaction> Transaction::write(const Database& database, Durability durability) {
  MELISAI_CHECK(database.execute(durability == Durability::power ? "PRAGMA synchronous=FULL"
                                                                 : "PRAGMA synchronous=NORMAL"));
  MELISAI_CHECK(database.execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::~Transaction() {
  // Fails when SQLite has rolled back already, for example on a full disk: the same end.
  if (database_ != nullptr) (void)database_->execute("ROLLBACK");
}

Result<void> Transaction::commit() {
  MELISAI_CHECK(database_->execute("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace melisai::store
