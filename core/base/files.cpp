#include "core/base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "core/base/fd.h"
#include "core/base/log.h"
#include "core/base/text.h"

namespace melisai {
namespace {

constexpr int kTemporaryNamesMax =
    100;  // attempts; more than a few means that somebody plays with us

Error file_error(int number, std::string_view action, const std::string& path) {
  if (number == ELOOP && action == "cannot read")
    return {Errc::io,
            "cannot read " + in_quotes(path) + ": it is a symbolic link; name the file itself"};
  return error_from_errno(number, std::string(action) + " " + in_quotes(path));
}

// O_NONBLOCK: opening a FIFO must not wait for a writer.
Fd open_to_read(const std::string& path) {
  return Fd(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
}

// Reads until `size` bytes or the end; -1 with errno on an error.
ssize_t read_up_to(int fd, char* data, std::size_t size, off_t offset) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count = pread(fd, data + done, size - done, offset + static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -1;
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return static_cast<ssize_t>(done);
}

int write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t count = write(fd, content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    content.remove_prefix(static_cast<std::size_t>(count));
  }
  return 0;
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool is_directory(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

// The name does not contain the target's, which may already be as long as a name can be.
Fd create_temporary(const std::string& directory, mode_t mode, std::string& path) {
  static std::atomic<unsigned> counter{0};
  for (int attempt = 0; attempt < kTemporaryNamesMax; ++attempt) {
    path = directory + "/.melisai-" + std::to_string(getpid()) + "-" + std::to_string(counter++) +
           ".tmp";
    Fd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (fd.get() >= 0 || errno != EEXIST) return fd;
  }
  return Fd();
}

// 0 or an errno. The content must be on disk before the new name is, else a crash can leave an
// empty file under it.
int write_and_rename(Fd fd, std::string_view content, const std::string& from,
                     const std::string& to) {
  if (const int error = write_all(fd.get(), content)) return error;
  if (fsync(fd.get()) != 0) return errno;
  if (close(fd.release()) != 0) return errno;  // NFS reports a full disk here
  if (rename(from.c_str(), to.c_str()) != 0) return errno;
  return 0;
}

}  // namespace

Result<std::string> read_file(const std::string& path, Bytes bytes_max) {
  const Fd fd = open_to_read(path);
  struct stat status {};
  if (fd.get() < 0 || fstat(fd.get(), &status) != 0) return file_error(errno, "cannot read", path);
  if (!S_ISREG(status.st_mode))
    return Error{Errc::io, "cannot read " + in_quotes(path) + ": it is not a regular file"};

  const Error too_long{Errc::limit, in_quotes(path) + " is longer than " + format_bytes(bytes_max)};
  if (static_cast<Bytes>(status.st_size) > bytes_max) return too_long;
  // One byte more than stat promised shows whether it grows; files of /proc say 0 and have content.
  std::string content(static_cast<std::size_t>(status.st_size) + 1, '\0');
  std::size_t size = 0;
  while (true) {
    const ssize_t count = read_up_to(fd.get(), content.data() + size, content.size() - size,
                                     static_cast<off_t>(size));
    if (count < 0) return file_error(errno, "cannot read", path);
    size += static_cast<std::size_t>(count);
    if (size > bytes_max) return too_long;
    if (size < content.size()) break;
    content.resize(std::min<std::size_t>(content.size() * 2 + 4096, bytes_max + 1));
  }
  content.resize(size);
  return content;
}

Result<void> write_file(const std::string& path, std::string_view content, FileOptions options) {
  const std::string directory = directory_of(path);
  std::string temporary;
  Fd fd = create_temporary(directory, options.private_mode ? 0600 : 0666, temporary);
  if (fd.get() < 0) return file_error(errno, "cannot write", path);
  if (const int error = write_and_rename(std::move(fd), content, temporary, path)) {
    unlink(temporary.c_str());
    return file_error(error, "cannot write", path);
  }
  // Makes the rename itself durable. Some file systems cannot; then the file is still whole.
  const Fd parent(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.get() >= 0) fsync(parent.get());
  return {};
}

Result<void> make_directories(const std::string& path, DirectoryOptions options) {
  const mode_t mode = options.private_mode ? 0700 : 0777;
  int error = path.empty() ? ENOENT : 0;
  for (std::size_t end = 0; end < path.size();) {
    end = std::min(path.find('/', end + 1), path.size());
    const std::string part = path.substr(0, end);
    error = mkdir(part.c_str(), mode) == 0 ? 0 : errno;
    // An existing directory can fail with more than EEXIST (read-only file system). Of one that is
    // not there the first error says why; what comes after only says that it is not there.
    if (error != 0 && !is_directory(part)) break;
    error = 0;
  }
  if (error == 0) return {};
  return file_error(error == EEXIST ? ENOTDIR : error, "cannot make directory", path);
}

std::string file_end(const std::string& path, Bytes bytes_max) {
  const Fd fd = open_to_read(path);
  struct stat status {};
  if (fd.get() < 0 || fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return "";
  const auto size = static_cast<Bytes>(status.st_size);
  std::string end(std::min(size, bytes_max), '\0');
  const ssize_t count =
      read_up_to(fd.get(), end.data(), end.size(), static_cast<off_t>(size - end.size()));
  end.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  return end;
}

std::string file_tail(const std::string& path, Bytes bytes_max) {
  // When cut, the byte before decides whether the tail already starts with a line.
  std::string tail = file_end(path, bytes_max + 1);
  if (tail.size() <= bytes_max) return tail;
  const std::size_t newline = tail.find('\n');
  if (newline + 1 < tail.size() && newline != std::string::npos) return tail.substr(newline + 1);
  // One endless line: its end says more than nothing. Not from the middle of a character, though.
  std::size_t start = std::min<std::size_t>(1, tail.size());
  while (start < tail.size() && (static_cast<unsigned char>(tail[start]) & 0xC0) == 0x80) ++start;
  return tail.substr(start);
}

Result<TemporaryDirectory> TemporaryDirectory::make(const std::string& parent,
                                                    const std::string& prefix) {
  std::string path = parent + "/" + prefix + "XXXXXX";
  if (!mkdtemp(path.data()))
    return file_error(errno, "cannot make a temporary directory in", parent);
  return TemporaryDirectory(std::move(path));
}

TemporaryDirectory::TemporaryDirectory(TemporaryDirectory&& other) noexcept
    : path_(std::move(other.path_)), keep_(std::exchange(other.keep_, true)) {}

TemporaryDirectory::~TemporaryDirectory() {
  if (keep_) return;
  if (const Result<void> removed = remove_tree(path_); !removed)
    log_warning(removed.error().message);
}

}  // namespace melisai
