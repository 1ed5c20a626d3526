#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <vector>

#include "core/base/fd.h"
#include "core/base/files.h"
#include "core/base/text.h"

namespace melisai {
namespace {

constexpr int kOpenDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

struct Identity {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const Identity&) const = default;
};

struct Directory {
  std::string name;  // in its parent
  Identity identity;
  std::vector<std::string> subdirectories;  // still to remove
};

// Removes one tree with one open descriptor, whatever its depth: a benchmark can nest directories
// deeper than PATH_MAX and than the limit of open files. The way back up is "..", checked against
// the directory that we came from.
class TreeRemover {
 public:
  explicit TreeRemover(std::string root) : root_(std::move(root)) {}

  Result<void> run();

 private:
  bool enter(int parent, const std::string& name);
  void remove_files(Directory& directory);
  bool leave();
  void note(int number, const std::string& name);

  std::string root_;
  Fd current_;  // of path_.back()
  std::vector<Directory> path_;
  std::optional<Error> first_error_;  // the rest is removed all the same
};

void TreeRemover::note(int number, const std::string& name) {
  if (first_error_) return;
  Error error =
      error_from_errno(number, "cannot remove " + in_quotes(name) + " in " + in_quotes(root_));
  if (error.code == Errc::not_found) error.code = Errc::io;
  first_error_ = std::move(error);
}

// A directory that its owner may not read or search is opened for its name only and then made
// accessible through /proc, since chmod by name could be led elsewhere by a link.
Fd open_directory_at(int parent, const std::string& name) {
  Fd fd(openat(parent, name.c_str(), kOpenDirectory));
  if (fd.get() < 0 && errno == EACCES) {
    const Fd handle(openat(parent, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (handle.get() < 0) return fd;
    if (chmod(("/proc/self/fd/" + std::to_string(handle.get())).c_str(), 0700) != 0) return fd;
    fd = Fd(openat(parent, name.c_str(), kOpenDirectory));
  }
  return fd;
}

bool TreeRemover::enter(int parent, const std::string& name) {
  Fd fd = open_directory_at(parent, name);
  struct stat status {};
  if (fd.get() < 0 || fstat(fd.get(), &status) != 0) {
    note(errno, name);
    return false;
  }
  // What is mounted below the tree belongs to somebody else.
  if (!path_.empty() && status.st_dev != path_.front().identity.device) {
    note(EXDEV, name);
    return false;
  }
  // Ours may be read-only; when it is not ours, unlinkat reports why it failed.
  if ((status.st_mode & S_IRWXU) != S_IRWXU) (void)fchmod(fd.get(), S_IRWXU);
  path_.push_back({.name = name, .identity = {status.st_dev, status.st_ino}, .subdirectories = {}});
  current_ = std::move(fd);
  remove_files(path_.back());
  return true;
}

void TreeRemover::remove_files(Directory& directory) {
  Fd copy(fcntl(current_.get(), F_DUPFD_CLOEXEC, 0));
  DIR* const stream = fdopendir(copy.get());
  if (!stream) return note(errno, directory.name);
  copy.release();  // closedir closes it
  errno = 0;
  while (const dirent* const entry = readdir(stream)) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (entry->d_type == DT_DIR) {
      directory.subdirectories.push_back(name);
    } else if (unlinkat(current_.get(), name.c_str(), 0) != 0) {
      if (errno == EISDIR) directory.subdirectories.push_back(name);  // file systems without d_type
      if (errno != EISDIR && errno != ENOENT) note(errno, name);
    }
    errno = 0;
  }
  if (errno != 0) note(errno, directory.name);
  closedir(stream);
}

// Back to the parent, and removes the directory that was left; false when there is no safe way
// back.
bool TreeRemover::leave() {
  const Directory left = std::move(path_.back());
  path_.pop_back();
  Fd parent(openat(current_.get(), "..", kOpenDirectory));
  struct stat status {};
  if (parent.get() < 0 || fstat(parent.get(), &status) != 0) {
    note(errno, left.name);
    return false;
  }
  if (Identity{status.st_dev, status.st_ino} != path_.back().identity) {
    note(EBUSY, left.name);  // somebody moved it while we were inside
    return false;
  }
  current_ = std::move(parent);
  if (unlinkat(current_.get(), left.name.c_str(), AT_REMOVEDIR) != 0) note(errno, left.name);
  return true;
}

Result<void> TreeRemover::run() {
  struct stat status {};
  if (lstat(root_.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return error_from_errno(errno, "cannot remove " + in_quotes(root_));
  }
  if (!S_ISDIR(status.st_mode)) {
    if (unlink(root_.c_str()) != 0) note(errno, root_);
  } else if (enter(AT_FDCWD, root_)) {
    bool way_back = true;
    while (way_back && (path_.size() > 1 || !path_.back().subdirectories.empty())) {
      if (path_.back().subdirectories.empty()) {
        way_back = leave();
      } else {
        const std::string name = std::move(path_.back().subdirectories.back());
        path_.back().subdirectories.pop_back();
        enter(current_.get(), name);
      }
    }
    if (way_back && rmdir(root_.c_str()) != 0) note(errno, root_);
  }
  if (first_error_) return *first_error_;
  return {};
}

}  // namespace

Result<void> remove_tree(const std::string& path) {
  std::string root = path;
  while (root.size() > 1 && root.ends_with('/')) root.pop_back();  // "link/" would follow the link
  const std::string last = root.substr(root.rfind('/') + 1);
  if (last.empty() || last == "." || last == "..")
    return Error{Errc::io, "refusing to remove " + in_quotes(path) + "; name a directory"};
  return TreeRemover(std::move(root)).run();
}

}  // namespace melisai
