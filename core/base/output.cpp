#include "core/base/output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "core/base/fd.h"
#include "core/base/files.h"
#include "core/base/text.h"
#include "core/base/units.h"

namespace melisai {

namespace {

constexpr Milliseconds kLookEvery{50};

Error nobody_reads(const std::string& failure, Milliseconds patience) {
  return {Errc::timeout, failure + ": nobody read it for " + format_duration(patience) +
                             "; start its reader first, or name a file"};
}

/// Nobody is told when a FIFO gets a reader, so it is looked at again and again.
Result<Fd> open_to_write(const std::string& path, const std::string& failure,
                         Milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
  while (true) {
    Fd fd(open(path.c_str(), kFlags, 0666));
    if (fd.get() >= 0) return fd;
    struct stat status {};
    if (errno != ENXIO || stat(path.c_str(), &status) != 0 || !S_ISFIFO(status.st_mode))
      return error_from_errno(errno, failure);
    if (std::chrono::steady_clock::now() >= end) return nobody_reads(failure, patience);
    const int woken = poll(nullptr, 0, static_cast<int>(kLookEvery.count()));
    if (woken < 0) return error_from_errno(errno, failure);
  }
}

Result<void> write_all(int fd, std::string_view content, const std::string& failure,
                       Milliseconds patience) {
  while (!content.empty()) {
    const ssize_t count = write(fd, content.data(), content.size());
    if (count >= 0) {
      content.remove_prefix(static_cast<std::size_t>(count));
      continue;
    }
    if (errno != EAGAIN) return error_from_errno(errno, failure);
    pollfd reader{.fd = fd, .events = POLLOUT, .revents = 0};
    const int ready = poll(&reader, 1, static_cast<int>(patience.count()));
    // Not once more after a signal: it ends waiting for a reader that takes nothing.
    if (ready < 0) return error_from_errno(errno, failure);
    if (ready == 0) return nobody_reads(failure, patience);
  }
  return {};
}

}  // namespace

Result<void> write_output(const std::string& path, std::string_view content,
                          Milliseconds patience) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode))
    return write_file(path, content);
  const std::string failure = "cannot write " + in_quotes(path);
  if (S_ISSOCK(status.st_mode)) return Error{Errc::io, failure + ": it is a socket; name a file"};
  MELISAI_TRY(Fd fd, open_to_write(path, failure, patience));
  MELISAI_CHECK(write_all(fd.get(), content, failure, patience));
  if (close(fd.release()) != 0) return error_from_errno(errno, failure);
  return {};
}

Error cannot_print() {
  return {Errc::io,
          "the result could not be written to standard output; is the disk full, or its reader "
          "gone?"};
}

}  // namespace melisai
