#include "core/git/safe_files.h"

#include <fcntl.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <utility>
#include <vector>

#include "core/base/text.h"

namespace melisai::git {
namespace {

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

Result<void> write_all(const Fd& file, std::string_view bytes, const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t written = write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return error_from_errno(errno, "writing " + name);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

Result<Fd> create_file(const Fd& parent, const std::string& name, bool executable) {
  Fd file(openat(parent.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                 executable ? 0777 : 0666));
  if (file.get() < 0) return error_from_errno(errno, "creating " + name);
  return file;
}

Result<std::string> read_link(const Fd& parent, const std::string& name) {
  std::string target(PATH_MAX, '\0');
  const ssize_t size = readlinkat(parent.get(), name.c_str(), target.data(), target.size());
  if (size < 0) return error_from_errno(errno, "reading link " + name);
  target.resize(static_cast<size_t>(size));
  return target;
}

Result<Bytes> copy_bytes(const Fd& from, const Fd& to, const CopyTask& task) {
  std::vector<char> buffer(256 << 10);
  Bytes total = 0;
  while (true) {
    const ssize_t size = read(from.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return error_from_errno(errno, "reading " + task.name);
    if (size == 0) return total;
    total += static_cast<Bytes>(size);
    if (total > task.bytes_max) {
      return Error{Errc::limit, task.name + " is longer than " + std::to_string(task.bytes_max) +
                                    " bytes: remove it or add it to .gitignore"};
    }
    MELISAI_CHECK(write_all(to, {buffer.data(), static_cast<size_t>(size)}, task.name));
  }
}

/// The next component of `path`, which it shortens.
std::string take_component(std::string_view& path) {
  const size_t slash = path.find('/');
  std::string name(path.substr(0, slash));
  path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  return name;
}

Result<Fd> open_child(int parent, const std::string& name) {
  Fd child(openat(parent, name.c_str(), kDirectoryFlags | O_NOFOLLOW));
  if (child.get() < 0) return error_from_errno(errno, "opening directory " + name);
  return child;
}

}  // namespace

Fd::Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Fd& Fd::operator=(Fd&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Fd::~Fd() {
  if (fd_ >= 0) close(fd_);
}

Result<void> check_name(std::string_view name) {
  const bool is_dot_git = name.size() == 4 && strncasecmp(name.data(), ".git", 4) == 0;
  if (name.empty() || name == "." || name == ".." || is_dot_git || name.size() > NAME_MAX ||
      name.find('/') != std::string_view::npos) {
    return Error{Errc::git,
                 "the file name " + in_quotes(name) +
                     " is not allowed in a checkout: it is too long or would leave its directory"};
  }
  return {};
}

Result<Fd> open_directory(const std::string& path) {
  Fd directory(open(path.c_str(), kDirectoryFlags));
  if (directory.get() < 0) return error_from_errno(errno, "opening directory " + path);
  return directory;
}

Result<Fd> open_directory_below(const Fd& root, std::string_view path) {
  MELISAI_TRY(Fd current, open_child(root.get(), "."));
  while (!path.empty()) {
    const std::string name = take_component(path);
    MELISAI_CHECK(check_name(name));
    MELISAI_TRY(current, open_child(current.get(), name));
  }
  return current;
}

Result<Fd> make_directories_below(const Fd& root, std::string_view path) {
  MELISAI_TRY(Fd current, open_child(root.get(), "."));
  while (!path.empty()) {
    const std::string name = take_component(path);
    MELISAI_CHECK(check_name(name));
    if (mkdirat(current.get(), name.c_str(), 0777) != 0 && errno != EEXIST) {
      return error_from_errno(errno, "creating directory " + name);
    }
    MELISAI_TRY(current, open_child(current.get(), name));
  }
  return current;
}

Result<Fd> make_directory(const Fd& parent, const std::string& name) {
  if (mkdirat(parent.get(), name.c_str(), 0777) != 0)
    return error_from_errno(errno, "creating directory " + name);
  return open_child(parent.get(), name);
}

Result<void> write_new_file(const Fd& parent, const std::string& name, FileContent content) {
  MELISAI_TRY(const Fd file, create_file(parent, name, content.executable));
  return write_all(file, content.bytes, name);
}

Result<void> write_new_link(const Fd& parent, const std::string& name, const std::string& target) {
  if (symlinkat(target.c_str(), parent.get(), name.c_str()) != 0) {
    return error_from_errno(errno, "creating link " + name);
  }
  return {};
}

Result<Bytes> copy_entry(const CopyTask& task) {
  struct stat status {};
  if (fstatat(task.from.get(), task.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return error_from_errno(errno, "reading " + task.name);
  }
  if (S_ISLNK(status.st_mode)) {
    MELISAI_TRY(const std::string target, read_link(task.from, task.name));
    MELISAI_CHECK(write_new_link(task.to, task.name, target));
    return static_cast<Bytes>(target.size());
  }
  // O_NONBLOCK: what was a file a moment ago may be a FIFO now, and opening one waits for its
  // writer.
  const Fd from(
      openat(task.from.get(), task.name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (from.get() < 0 || fstat(from.get(), &status) != 0)
    return error_from_errno(errno, "reading " + task.name);
  if (!S_ISREG(status.st_mode)) {
    return Error{Errc::git,
                 task.name + " is neither a file nor a link: remove it or add it to .gitignore"};
  }
  MELISAI_TRY(const Fd to, create_file(task.to, task.name, (status.st_mode & S_IXUSR) != 0));
  return copy_bytes(from, to, task);
}

}  // namespace melisai::git
