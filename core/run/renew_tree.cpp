#include "core/run/renew_tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <filesystem>
#include <set>
#include <system_error>

#include "core/base/fd.h"
#include "core/base/files.h"

namespace melisai::run {
namespace {

namespace fs = std::filesystem;

constexpr Bytes kListMax = 128 << 20;
constexpr std::size_t kPieceBytes = 1 << 16;
constexpr mode_t kMode = 0777;

using Paths = std::set<std::string>;  // below the tree

bool status_of(const std::string& path, struct stat& status) {
  return lstat(path.c_str(), &status) == 0;
}

std::string link_text(const std::string& path) {
  std::string text(PATH_MAX, '\0');
  const ssize_t size = readlink(path.c_str(), text.data(), text.size());
  text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return text;
}

bool same_content(const std::string& a, const std::string& b) {
  constexpr int kFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  const Fd first(open(a.c_str(), kFlags));
  const Fd second(open(b.c_str(), kFlags));
  if (first.get() < 0 || second.get() < 0) return false;
  std::string left(kPieceBytes, '\0');
  std::string right(kPieceBytes, '\0');
  while (true) {
    const ssize_t got = read(first.get(), left.data(), left.size());
    if (got < 0) return false;
    ssize_t more = 0;
    for (ssize_t each = 1; more < got && each > 0; more += each) {
      each = read(second.get(), right.data() + more, static_cast<std::size_t>(got - more));
      if (each < 0) return false;
    }
    const auto size = static_cast<std::size_t>(got);
    if (more != got || left.compare(0, size, right, 0, size) != 0) return false;
    if (got == 0) return true;
  }
}

/// Whether a build that has seen `old` has seen what `fresh` is.
bool is_same(const std::string& fresh, const std::string& old) {
  struct stat left {};
  struct stat right {};
  if (!status_of(fresh, left) || !status_of(old, right)) return false;
  if ((left.st_mode & S_IFMT) != (right.st_mode & S_IFMT)) return false;
  if (S_ISLNK(left.st_mode)) return link_text(fresh) == link_text(old);
  return left.st_size == right.st_size && (left.st_mode & kMode) == (right.st_mode & kMode) &&
         same_content(fresh, old);
}

Result<void> make_directory_like(const std::string& fresh, const std::string& old) {
  struct stat status {};
  if (status_of(old, status) && S_ISDIR(status.st_mode)) return {};
  MELISAI_CHECK(remove_tree(old));
  const mode_t mode = status_of(fresh, status) ? status.st_mode & kMode : S_IRWXU;
  if (mkdir(old.c_str(), mode) != 0) return error_from_errno(errno, "cannot make " + old);
  return {};
}

Result<void> take_over(const std::string& fresh, const std::string& old) {
  if (is_same(fresh, old)) return {};
  MELISAI_CHECK(remove_tree(old));
  if (rename(fresh.c_str(), old.c_str()) != 0)
    return error_from_errno(errno, "cannot move " + fresh + " to " + old);
  return {};
}

/// Directories come before what is in them, so that each one is a directory of ours by then.
Result<Paths> take_over_all(const Renewal& renewal) {
  Paths taken;
  std::error_code failed;
  for (fs::recursive_directory_iterator found(renewal.from, failed), end; !failed && found != end;
       found.increment(failed)) {
    const std::string fresh = found->path().native();
    const std::string path = fresh.substr(renewal.from.size() + 1);
    const std::string old = renewal.to + "/" + path;
    if (fs::is_directory(found->symlink_status())) {
      MELISAI_CHECK(make_directory_like(fresh, old));
      continue;
    }
    MELISAI_CHECK(take_over(fresh, old));
    taken.insert(path);
  }
  if (failed)
    return Error{Errc::io, "cannot read the checkout " + renewal.from + ": " + failed.message()};
  return taken;
}

bool is_below_directories(const std::string& root, const std::string& path) {
  struct stat status {};
  for (std::size_t slash = path.find('/'); slash != std::string::npos;
       slash = path.find('/', slash + 1))
    if (!status_of(root + "/" + path.substr(0, slash), status) || !S_ISDIR(status.st_mode))
      return false;
  return true;
}

/// With the directories that nothing is in any more. A directory in a file's place is the commit's.
Result<void> drop(const std::string& root, std::string path) {
  struct stat status {};
  if (!is_below_directories(root, path) || !status_of(root + "/" + path, status)) return {};
  if (S_ISDIR(status.st_mode)) return {};
  MELISAI_CHECK(remove_tree(root + "/" + path));
  for (std::size_t slash = path.rfind('/'); slash != std::string::npos; slash = path.rfind('/')) {
    path.resize(slash);
    if (rmdir((root + "/" + path).c_str()) != 0) break;
  }
  return {};
}

Result<Paths> listed(const std::string& file) {
  Paths paths;
  const Result<std::string> text = read_file(file, kListMax);
  if (!text && text.error().code == Errc::not_found) return paths;
  if (!text) return text.error();
  for (std::size_t at = 0, end = 0; (end = text->find('\0', at)) != std::string::npos; at = end + 1)
    paths.insert(text->substr(at, end - at));
  return paths;
}

}  // namespace

Result<void> renew_tree(const Renewal& renewal) {
  MELISAI_TRY(const Paths before, listed(renewal.list));
  MELISAI_TRY(const Paths now, take_over_all(renewal));
  for (const std::string& path : before)
    if (!now.contains(path)) MELISAI_CHECK(drop(renewal.to, path));
  std::string list;
  for (const std::string& path : now) list += path + '\0';
  if (list.size() > kListMax)
    return Error{Errc::limit, "the commit has too many files for incremental builds"};
  MELISAI_CHECK(write_file(renewal.list, list));
  return remove_tree(renewal.from);
}

}  // namespace melisai::run
