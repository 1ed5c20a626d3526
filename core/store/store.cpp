#include "core/store/store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/fd.h"
#include "core/base/files.h"
#include "core/store/body.h"
#include "core/store/lock.h"
#include "core/store/schema.h"

namespace melisai::store {
namespace {

int newest_version() { return static_cast<int>(migrations().size()); }

std::string database_path(const std::string& state_dir) { return state_dir + "/store.db"; }

// SQLite would make it readable for everybody; its -wal and -shm take over the mode. An existing
// file is not opened here, because closing it would drop the locks that SQLite has on it in this
// process (POSIX).
Result<void> create_private(const std::string& path) {
  const Fd fd(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (fd.get() >= 0 || errno == EEXIST) return {};
  return error_from_errno(errno, "cannot make " + path + "; use another --state-dir");
}

Result<Database> open_to_write(const std::string& path) {
  MELISAI_CHECK(create_private(path));
  MELISAI_TRY(Database database, Database::open(path, Database::Mode::write));
  MELISAI_TRY(const int version, version_of(database, newest_version()));
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
  if (version < newest_version()) MELISAI_CHECK(migrate(database, migrations()));
  return database;
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

Result<Opened> open_in(const std::string& path, Database::Mode mode) {
  MELISAI_TRY(Database database, Database::open(path, mode));
  MELISAI_TRY(const int version, version_of(database, newest_version()));
  return Opened{std::move(database), version};
}

// A reader makes -wal and -shm where they are missing. Where it may not, the file can still be read
// as it is, provided that nobody left finished work in a -wal.
Result<Opened> open_to_read(const std::string& path) {
  auto opened = open_in(path, Database::Mode::read);
  if (opened || opened.error().code != Errc::io) return opened;
  if (access((path + "-shm").c_str(), W_OK) == 0) return opened;
  const std::string directory = path.substr(0, path.rfind('/'));
  if (access(directory.c_str(), W_OK) == 0) return opened;
  if (is_nothing(path + "-wal")) return open_in(path, Database::Mode::immutable);
  return Error{Errc::io, path + " cannot be read: finished work is still in its -wal file, and " +
                             directory +
                             " may not be written; make it writable, or copy it elsewhere and name "
                             "the copy with --state-dir"};
}

}  // namespace

std::string_view to_string(RunState state) {
  switch (state) {
    case RunState::running: return "running";
    case RunState::finished: return "finished";
    case RunState::abandoned: return "abandoned";
  }
  return "";
}

Store::Store(std::unique_ptr<Body> body) : body_(std::move(body)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Result<Store> Store::open_writer(const std::string& state_dir, const Writer& writer,
                                 std::chrono::system_clock::time_point now) {
  MELISAI_CHECK(make_directories(state_dir, {.private_mode = true}));
  MELISAI_TRY(FileLock lock, take_lock(state_dir, writer, now));
  MELISAI_TRY(Database database, open_to_write(database_path(state_dir)));
  // We hold the lock, so nobody else can be running one.
  MELISAI_CHECK(database.run(
      "UPDATE runs SET state = 'abandoned', reason = ?1 WHERE state = 'running'", kKilled));
  return Store(std::make_unique<Body>(
      Body{.state_dir = state_dir, .lock = std::move(lock), .database = std::move(database)}));
}

Result<std::optional<Store>> Store::open_reader(const std::string& state_dir) {
  const std::string path = database_path(state_dir);
  if (is_nothing(path)) return std::optional<Store>();
  MELISAI_TRY(Opened opened, open_to_read(path));
  if (opened.version == 0) return std::optional<Store>();
  if (opened.version < newest_version()) {
    MELISAI_TRY(opened.database, opened.database.copy());
    MELISAI_CHECK(migrate(opened.database, migrations()));
  }
  return std::optional(Store(std::make_unique<Body>(
      Body{.state_dir = state_dir, .lock = {}, .database = std::move(opened.database)})));
}

}  // namespace melisai::store
