#include "core/store/open.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/fd.h"

namespace melisai::store {
namespace {

// SQLite would make it readable for everybody; its -wal and -shm take over the mode. An existing
// file is not opened here, because closing it would drop the locks that SQLite has on it in this
// process (POSIX).
Result<void> create_private(const std::string& path) {
  const Fd fd(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (fd.get() >= 0 || errno == EEXIST) return {};
  return error_from_errno(errno, "cannot make " + path + "; use another --state-dir");
}

bool is_nothing(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) != 0 ? errno == ENOENT || errno == ENOTDIR
                                          : status.st_size == 0;
}

struct Opened {
  Database database;
  int version = 0;
};

Result<Opened> open_in(const std::string& path, const Schema& schema, Database::Mode mode) {
  MELISAI_TRY(Database database, Database::open(path, mode));
  MELISAI_TRY(const int version, version_of(database, schema));
  return Opened{std::move(database), version};
}

// A reader makes -wal and -shm where they are missing. Where it may not, the file can still be read
// as it is, provided that nobody left finished work in a -wal.
Result<Opened> open_as_it_is(const std::string& path, const Schema& schema) {
  auto opened = open_in(path, schema, Database::Mode::read);
  if (opened || opened.error().code != Errc::io) return opened;
  if (access((path + "-shm").c_str(), W_OK) == 0) return opened;
  const std::string directory = path.substr(0, path.rfind('/'));
  if (access(directory.c_str(), W_OK) == 0) return opened;
  if (is_nothing(path + "-wal")) return open_in(path, schema, Database::Mode::immutable);
  return Error{Errc::io, path + " cannot be read: finished work is still in its -wal file, and " +
                             directory +
                             " may not be written; make it writable, or copy it elsewhere and name "
                             "the copy with --state-dir"};
}

}  // namespace

Result<Database> open_to_write(const std::string& path, const Schema& schema) {
  MELISAI_CHECK(create_private(path));
  MELISAI_TRY(Database database, Database::open(path, Database::Mode::write));
  MELISAI_TRY(const int version, version_of(database, schema));
  // Only possible before the first table is there; lets gc give pages back without a second copy.
  if (version == 0) MELISAI_CHECK(database.execute("PRAGMA auto_vacuum=INCREMENTAL"));
  MELISAI_TRY(Statement statement, database.prepare("PRAGMA journal_mode=WAL"));
  MELISAI_TRY(const bool answered, statement.step());
  if (!answered || statement.text(0) != "wal")
    return Error{Errc::unavailable,
                 path +
                     ": this file system cannot hold a store that is read while it is written; "
                     "use a --state-dir on a local disk"};
  MELISAI_CHECK(statement.run());
  if (version < schema.newest()) MELISAI_CHECK(migrate(database, schema));
  return database;
}

Result<std::optional<Database>> open_to_read(const std::string& path, const Schema& schema) {
  if (is_nothing(path)) return std::optional<Database>();
  MELISAI_TRY(Opened opened, open_as_it_is(path, schema));
  if (opened.version == 0) return std::optional<Database>();
  if (opened.version < schema.newest()) {
    MELISAI_TRY(opened.database, opened.database.copy());
    MELISAI_CHECK(migrate(opened.database, schema));
  }
  return std::optional(std::move(opened.database));
}

}  // namespace melisai::store
