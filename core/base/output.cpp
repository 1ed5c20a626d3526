#include "core/base/output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/fd.h"
#include "core/base/files.h"
#include "core/base/text.h"

namespace melisai {

Result<void> write_output(const std::string& path, std::string_view content) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode))
    return write_file(path, content);
  const std::string failure = "cannot write " + in_quotes(path);
  if (S_ISSOCK(status.st_mode)) return Error{Errc::io, failure + ": it is a socket; name a file"};
  Fd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY | O_CLOEXEC, 0666));
  if (fd.get() < 0) return error_from_errno(errno, failure);
  while (!content.empty()) {
    const ssize_t count = write(fd.get(), content.data(), content.size());
    // Not once more after a signal: it ends waiting for a reader that takes nothing.
    if (count < 0) return error_from_errno(errno, failure);
    content.remove_prefix(static_cast<std::size_t>(count));
  }
  if (close(fd.release()) != 0) return error_from_errno(errno, failure);
  return {};
}

Error cannot_print() {
  return {Errc::io,
          "the result could not be written to standard output; is the disk full, or its reader "
          "gone?"};
}

}  // namespace melisai
