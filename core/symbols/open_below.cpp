#include "core/symbols/open_below.h"

#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>

namespace melisai::symbols {
namespace {

Fd readable(Fd named) {
  struct stat status {};
  if (named.get() < 0 || fstat(named.get(), &status) != 0) return Fd();
  if (S_ISLNK(status.st_mode)) {
    errno = ELOOP;
    return Fd();
  }
  if (!S_ISREG(status.st_mode)) return named;
  const std::string path = "/proc/self/fd/" + std::to_string(named.get());
  return Fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

}  // namespace

Fd open_file(const std::string& path, int flags) {
  return readable(Fd(open(path.c_str(), O_PATH | O_CLOEXEC | flags)));
}

Fd open_below(const std::string& root, const std::string& path, int flags) {
  const Fd directory(open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0) return Fd();
  open_how how{};
  how.flags = static_cast<unsigned>(O_PATH | O_CLOEXEC | flags);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  return readable(
      Fd(static_cast<int>(syscall(SYS_openat2, directory.get(), path.c_str(), &how, sizeof how))));
}

}  // namespace melisai::symbols
