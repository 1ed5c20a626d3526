#include "core/serve/daemon_lock.h"

#include <unistd.h>

#include <optional>
#include <thread>

#include "core/base/files.h"
#include "core/base/units.h"

namespace melisai::serve {
namespace {

constexpr int kTries = 10;
constexpr Milliseconds kBetween{20};
constexpr Bytes kNoteMax = 1 << 10;

std::string path_in(const std::string& state_dir) { return state_dir + "/serve.lock"; }

/// Whoever asks has_daemon() holds it for a moment.
Result<std::optional<FileLock>> take_patiently(const std::string& path) {
  for (int tried = 1;; ++tried) {
    MELISAI_TRY(std::optional<FileLock> lock, FileLock::take(path));
    if (lock || tried == kTries) return lock;
    std::this_thread::sleep_for(kBetween);
  }
}

}  // namespace

Result<FileLock> take_daemon_lock(const std::string& state_dir, const Clock& clock) {
  MELISAI_CHECK(make_directories(state_dir, {.private_mode = true}));
  const std::string path = path_in(state_dir);
  MELISAI_TRY(std::optional<FileLock> lock, take_patiently(path));
  if (!lock) {
    const auto note = read_file(path, kNoteMax);
    return Error{Errc::unavailable,
                 "a daemon runs with " + state_dir + " already" +
                     (note && !note->empty() ? " (" + *note + ")" : "") +
                     "; `melisai-gate stop` ends it, or use another --state-dir"};
  }
  MELISAI_CHECK(
      lock->write_note("pid " + std::to_string(getpid()) + ", since " + utc_time(clock.now())));
  return *std::move(lock);
}

bool has_daemon(const std::string& state_dir) {
  const Result<bool> held = FileLock::is_held(path_in(state_dir));
  return !held || *held;
}

}  // namespace melisai::serve
