#include "core/store/lock.h"

#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/files.h"
#include "core/base/text.h"
#include "core/store/body.h"

namespace melisai::store {
namespace {

constexpr Milliseconds kPollInterval{50};
constexpr std::size_t kCommandMax = 200;
constexpr Bytes kNoteMax = 1 << 10;

std::string holder_of(const std::string& path) {
  const auto note = read_file(path, kNoteMax);
  // Empty for the moment between taking the lock and writing the note.
  return note && !note->empty() ? printable(*note) : "another process";
}

void pause_for_poll() {
  const timespec interval{.tv_sec = 0, .tv_nsec = std::chrono::nanoseconds(kPollInterval).count()};
  clock_nanosleep(CLOCK_MONOTONIC, 0, &interval, nullptr);
}

}  // namespace

Result<FileLock> take_lock(const std::string& state_dir, const Store::Writer& writer,
                           std::chrono::system_clock::time_point now) {
  const std::string path = state_dir + "/lock";
  const SystemClock clock;
  const auto deadline = clock.monotonic() + writer.wait;
  bool told = false;
  while (true) {
    MELISAI_TRY(std::optional<FileLock> lock, FileLock::take(path));
    if (lock) {
      // Worth no error: the lock is held without it too, and gc must get this far on a full disk.
      (void)lock->write_note(writer.command.substr(0, kCommandMax) + " (pid " +
                             std::to_string(getpid()) + ", since " + utc_time(now) + ")");
      return *std::move(lock);
    }
    const std::string held = state_dir + " is being written by " + holder_of(path);
    if (writer.interrupted && writer.interrupted())
      return Error{Errc::interrupted, "interrupted while waiting: " + held};
    if (clock.monotonic() >= deadline)
      return Error{Errc::limit, held + "; wait for it, or use --wait 10m, or another --state-dir"};
    if (!told && writer.waiting) writer.waiting(held);
    told = true;
    pause_for_poll();
  }
}

}  // namespace melisai::store
