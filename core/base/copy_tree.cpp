#include "core/base/copy_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <memory>
#include <string_view>
#include <vector>

#include "core/base/fd.h"
#include "core/base/text.h"

namespace melisai {
namespace {

constexpr int kOpenDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr int kDepthMax = 100;  // each level has two descriptors open
constexpr std::size_t kEntriesMax = 1'000'000;
constexpr std::size_t kPieceBytes = 1 << 20;
constexpr mode_t kModeBits = 0777;  // nothing that runs as somebody else

using Times = std::array<timespec, 2>;

Times times_of(const struct stat& status) { return {status.st_atim, status.st_mtim}; }

Error failure(int number, const std::string& what, const std::string& name) {
  Error error = error_from_errno(number, what + " " + in_quotes(name));
  if (error.code == Errc::not_found) error.code = Errc::io;
  return error;
}

class TreeCopier {
 public:
  explicit TreeCopier(Bytes bytes_max) : bytes_left_(bytes_max), bytes_max_(bytes_max) {}

  Result<void> copy(const Fd& from, const Fd& to, const std::string& name, int depth);
  Bytes copied() const { return bytes_max_ - bytes_left_; }

 private:
  Result<void> copy_directory(const Fd& from, const Fd& to, const std::string& name, int depth);
  Result<void> copy_file(const Fd& from, const Fd& to, const std::string& name);
  Result<void> copy_link(const Fd& from, const Fd& to, const std::string& name);

  Bytes bytes_left_;
  const Bytes bytes_max_;
  std::size_t entries_ = 0;
};

Result<std::vector<std::string>> names_in(const Fd& directory, const std::string& name) {
  Fd copy(fcntl(directory.get(), F_DUPFD_CLOEXEC, 0));
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(copy.get()), closedir);
  if (!stream) return failure(errno, "cannot read", name);
  copy.release();  // closedir closes it
  std::vector<std::string> names;
  while (const dirent* const entry = readdir(stream.get())) {
    const std::string_view each = entry->d_name;
    if (each != "." && each != "..") names.emplace_back(each);
    if (names.size() > kEntriesMax) break;  // the copier says so
  }
  return names;
}

Result<void> TreeCopier::copy(const Fd& from, const Fd& to, const std::string& name, int depth) {
  if (depth > kDepthMax || ++entries_ > kEntriesMax)
    return Error{Errc::limit, in_quotes(name) + " is too deep, or there are more than " +
                                  std::to_string(kEntriesMax) + " files"};
  struct stat status {};
  if (fstatat(from.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
    return depth == 0 ? error_from_errno(errno, "cannot copy " + in_quotes(name))
                      : failure(errno, "cannot copy", name);
  if (S_ISDIR(status.st_mode)) return copy_directory(from, to, name, depth);
  if (S_ISREG(status.st_mode)) return copy_file(from, to, name);
  if (S_ISLNK(status.st_mode)) return copy_link(from, to, name);
  return {};
}

Result<void> TreeCopier::copy_directory(const Fd& from, const Fd& to, const std::string& name,
                                        int depth) {
  const Fd source(openat(from.get(), name.c_str(), kOpenDirectory));
  struct stat status {};
  if (source.get() < 0 || fstat(source.get(), &status) != 0)
    return failure(errno, "cannot read", name);
  const bool made = mkdirat(to.get(), name.c_str(), S_IRWXU) == 0;
  if (!made && errno != EEXIST) return failure(errno, "cannot make", name);
  const Fd target(openat(to.get(), name.c_str(), kOpenDirectory));
  if (target.get() < 0) return failure(errno, "cannot open", name);
  MELISAI_TRY(const std::vector<std::string> names, names_in(source, name));
  for (const std::string& each : names) MELISAI_CHECK(copy(source, target, each, depth + 1));
  if (!made) return {};
  (void)fchmod(target.get(), status.st_mode & kModeBits);
  (void)futimens(target.get(), times_of(status).data());
  return {};
}

// Returns the bytes copied; stops after one more than `max`.
Result<Bytes> copy_bytes(const Fd& source, const Fd& target, Bytes max, const std::string& name) {
  std::vector<char> piece(kPieceBytes);
  Bytes copied = 0;
  while (copied <= max) {
    const ssize_t got = read(source.get(), piece.data(), piece.size());
    if (got < 0) return failure(errno, "cannot read", name);
    if (got == 0) break;
    for (ssize_t done = 0; done < got;) {
      const ssize_t written =
          write(target.get(), piece.data() + done, static_cast<std::size_t>(got - done));
      if (written < 0) return failure(errno, "cannot write", name);
      done += written;
    }
    copied += static_cast<Bytes>(got);
  }
  return copied;
}

Result<void> TreeCopier::copy_file(const Fd& from, const Fd& to, const std::string& name) {
  // Not to be held up by what took the file's place since.
  const Fd source(openat(from.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (source.get() < 0 || fstat(source.get(), &status) != 0)
    return failure(errno, "cannot read", name);
  if (!S_ISREG(status.st_mode)) return {};
  const Fd target(
      openat(to.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (target.get() < 0 && errno == EEXIST) return {};
  if (target.get() < 0) return failure(errno, "cannot make", name);
  const auto size = static_cast<Bytes>(status.st_size);
  Bytes copied = size;
  if (size > bytes_left_ || ioctl(target.get(), FICLONE, source.get()) != 0) {
    MELISAI_TRY(copied, copy_bytes(source, target, bytes_left_, name));
  }
  if (copied > bytes_left_)
    return Error{Errc::limit, "more than " + format_bytes(bytes_max_) + ", at " + in_quotes(name)};
  bytes_left_ -= copied;
  (void)fchmod(target.get(), status.st_mode & kModeBits);
  (void)futimens(target.get(), times_of(status).data());
  return {};
}

Result<void> TreeCopier::copy_link(const Fd& from, const Fd& to, const std::string& name) {
  std::string leads_to(PATH_MAX, '\0');
  const ssize_t size = readlinkat(from.get(), name.c_str(), leads_to.data(), leads_to.size());
  if (size < 0) return failure(errno, "cannot read", name);
  leads_to.resize(static_cast<std::size_t>(size));
  if (symlinkat(leads_to.c_str(), to.get(), name.c_str()) != 0 && errno != EEXIST)
    return failure(errno, "cannot make", name);
  return {};
}

/// The directory of what `path` names, opened one name at a time. `make`: missing ones are made.
Result<Fd> open_above(const std::string& root, std::string_view path, bool make) {
  Fd at(open(root.c_str(), kOpenDirectory));
  if (at.get() < 0) return failure(errno, "cannot open", root);
  for (std::size_t slash = path.find('/'); slash != std::string_view::npos;
       path.remove_prefix(slash + 1), slash = path.find('/')) {
    const std::string name(path.substr(0, slash));
    if (make && mkdirat(at.get(), name.c_str(), S_IRWXU) != 0 && errno != EEXIST)
      return failure(errno, "cannot make", name);
    Fd below(openat(at.get(), name.c_str(), kOpenDirectory));
    if (below.get() < 0) return error_from_errno(errno, "cannot open " + in_quotes(name));
    at = std::move(below);
  }
  return at;
}

}  // namespace

Result<Bytes> copy_tree(const CopyTask& task) {
  MELISAI_TRY(const Fd from, open_above(task.from, task.path, false));
  MELISAI_TRY(const Fd to, open_above(task.to, task.path, true));
  TreeCopier copier(task.bytes_max);
  MELISAI_CHECK(copier.copy(from, to, task.path.substr(task.path.rfind('/') + 1), 0));
  return copier.copied();
}

}  // namespace melisai
