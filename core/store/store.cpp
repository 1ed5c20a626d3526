#include "core/store/store.h"

#include "core/base/files.h"
#include "core/store/body.h"
#include "core/store/lock.h"
#include "core/store/open.h"

namespace melisai::store {
namespace {

std::string database_path(const std::string& state_dir) { return state_dir + "/store.db"; }

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
  MELISAI_TRY(Database database, open_to_write(database_path(state_dir), store_schema()));
  // We hold the lock, so nobody else can be running one.
  MELISAI_CHECK(database.run(
      "UPDATE runs SET state = 'abandoned', reason = ?1 WHERE state = 'running'", kKilled));
  return Store(std::make_unique<Body>(
      Body{.state_dir = state_dir, .lock = std::move(lock), .database = std::move(database)}));
}

Result<std::optional<Store>> Store::open_reader(const std::string& state_dir) {
  MELISAI_TRY(std::optional<Database> database,
              open_to_read(database_path(state_dir), store_schema()));
  if (!database) return std::optional<Store>();
  return std::optional(Store(std::make_unique<Body>(
      Body{.state_dir = state_dir, .lock = {}, .database = *std::move(database)})));
}

}  // namespace melisai::store
