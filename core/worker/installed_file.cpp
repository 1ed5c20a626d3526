#include "core/worker/installed_file.h"

#include <sys/stat.h>

#include <array>
#include <cstdio>

#include "core/base/text.h"

namespace melisai::worker {
namespace {

Error refuse_place(const std::string& path, const std::string& what) {
  return {Errc::config, printable(path) + " " + what +
                            "; melisai-gate-worker-bpf loads only what root alone may change"};
}

// Root's, and nobody else's to write to.
Result<void> check_root_only(const std::string& path, const struct stat& info) {
  if (info.st_uid != 0)
    return refuse_place(path, "belongs to user " + std::to_string(info.st_uid) + ", not to root");
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
  std::array<char, 8> mode{};
  std::snprintf(mode.data(), mode.size(), "%04o", info.st_mode & 07777u);
  return refuse_place(
      path, "is writable by group or others (mode " + std::string(mode.data()) + "; chmod go-w)");
}

Result<void> check_directory(const std::string& path, int fd, bool is_last) {
  struct stat info {};
  if (fstat(fd, &info) != 0) return error_from_errno(errno, "cannot read " + printable(path));
  if (S_ISLNK(info.st_mode)) return refuse_place(path, "is a symbolic link");
  if (!S_ISDIR(info.st_mode)) return refuse_place(path, "is not a directory");
  // In a sticky one nobody replaces what is root's.
  if (!is_last && info.st_uid == 0 && (info.st_mode & S_ISVTX) != 0) return {};
  return check_root_only(path, info);
}

}  // namespace

Result<Fd> open_installed(const std::string& path) {
  if (!path.starts_with('/')) return refuse_place(path, "is not an absolute path");
  Fd directory(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  std::size_t begin = 1;
  for (std::size_t end = 0; directory.get() >= 0; begin = end + 1) {
    end = path.find('/', begin);
    const bool is_last = end == std::string::npos;
    const std::string here = path.substr(0, begin == 1 ? 1 : begin - 1);
    MELISAI_CHECK(check_directory(here, directory.get(), is_last));
    if (is_last) break;
    const std::string name = path.substr(begin, end - begin);
    directory = Fd(openat(directory.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  }
  if (directory.get() < 0)
    return error_from_errno(errno, "cannot open " + printable(path.substr(0, begin - 1)));
  // O_NONBLOCK: opening a pipe must not wait for its writer.
  Fd file(openat(directory.get(), path.substr(begin).c_str(),
                 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (file.get() < 0 && errno == ELOOP) return refuse_place(path, "is a symbolic link");
  struct stat info {};
  if (file.get() < 0 || fstat(file.get(), &info) != 0)
    return error_from_errno(errno, "cannot open " + printable(path));
  if (!S_ISREG(info.st_mode)) return refuse_place(path, "is not a regular file");
  MELISAI_CHECK(check_root_only(path, info));
  return file;
}

}  // namespace melisai::worker
