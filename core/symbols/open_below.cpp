#include "core/symbols/open_below.h"

#include <linux/openat2.h>
#include <sys/syscall.h>

namespace melisai::symbols {

Fd open_below(const std::string& root, const std::string& path, int flags) {
  const Fd directory(open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0) return Fd();
  open_how how{};
  how.flags = static_cast<unsigned>(O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  return Fd(
      static_cast<int>(syscall(SYS_openat2, directory.get(), path.c_str(), &how, sizeof how)));
}

}  // namespace melisai::symbols
