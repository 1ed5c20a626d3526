// Owners of what SQLite hands out, with errors as values: Database, Statement, Transaction. Private
// to core/store; everything else there is written in terms of these. A statement or transaction
// must not outlive its database. Used from one thread.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/units.h"

namespace melisai::store {

/// Our own writers queue at the lock, so this is only spent on strangers (a backup, the sqlite3
/// shell) and on recovery after a crash.
inline constexpr Milliseconds kBusyTimeout{10'000};

/// Longest text or row: as long as a report may be (core/model/report.h).
inline constexpr int kValueBytesMax = 32 << 20;

/// What to do about a file that cannot be our database: "PATH is damaged: ...".
Error damaged(const std::string& path, const std::string& what);

class Statement {
 public:
  /// Starts over with these values for ?1, ?2 ... A problem with one is reported by step().
  template <class... T>
  Statement& with(const T&... values) {
    restart();
    int index = 0;
    (bind(++index, values), ...);
    return *this;
  }
  Result<bool> step();  ///< true: there is a row
  Result<void> run();   ///< all steps, then starts over; rows are dropped

  std::string text(int column) const;
  std::int64_t integer(int column) const;
  int small(int column) const;    ///< the nearest int
  double real(int column) const;  ///< 0 for null
  bool null(int column) const;

 private:
  friend class Database;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  void restart();
  void bind(int index, std::string_view value);
  void bind(int index, double value);  ///< NaN becomes null
  void bind(int index, std::nullopt_t);
  template <std::integral T>
  void bind(int index, T value) {
    bind_integer(index, static_cast<std::int64_t>(value));
  }
  template <class T>
  void bind(int index, const std::optional<T>& value) {
    value ? bind(index, *value) : bind(index, std::nullopt);
  }
  void bind_integer(int index, std::int64_t value);
  void note(int code);

  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bind_error_ = SQLITE_OK;
};

class Database {
 public:
  enum class Mode {
    write,     ///< the file must exist
    read,      ///< beside a writer too
    immutable  ///< a file that nobody changes, without its -wal and -shm
  };
  static Result<Database> open(const std::string& path, Mode mode);
  /// A copy in memory, to be changed without touching the file.
  Result<Database> copy() const;

  Result<Statement> prepare(std::string_view sql) const;
  /// Statements without values and results, separated by semicolons.
  Result<void> execute(const std::string& sql) const;
  template <class... T>
  Result<void> run(std::string_view sql, const T&... values) const {
    MELISAI_TRY(Statement statement, prepare(sql));
    return statement.with(values...).run();
  }
  /// The first column of the first row; nothing when there is no row.
  template <class... T>
  Result<std::optional<std::int64_t>> number(std::string_view sql, const T&... values) const {
    MELISAI_TRY(Statement statement, prepare(sql));
    MELISAI_TRY(const bool found, statement.with(values...).step());
    return found ? std::optional(statement.integer(0)) : std::nullopt;
  }
  std::int64_t last_id() const { return sqlite3_last_insert_rowid(handle_.get()); }
  std::int64_t changes() const { return sqlite3_changes64(handle_.get()); }  ///< by the last run
  const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  static Result<Database> open_handle(const std::string& name, int flags, const std::string& path);

  std::unique_ptr<sqlite3, Close> handle_;
  std::string path_;
};

/// What a committed transaction survives: SIGKILL of this process, or a power cut too (one fsync).
enum class Durability { process, power };

/// Rolled back by the destructor unless it was committed.
class Transaction {
 public:
  static Result<Transaction> read(const Database& database);  ///< one snapshot for several queries
  static Result<Transaction> write(const Database& database, Durability durability);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<void> commit();

 private:
  explicit Transaction(const Database& database) : database_(&database) {}
  const Database* database_;
};

}  // namespace melisai::store
