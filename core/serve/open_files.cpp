#include "core/serve/open_files.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

namespace melisai::serve {

std::uint64_t open_files_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

Result<void> limit_open_files(std::uint64_t count) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(count, limit.rlim_max);
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return error_from_errno(errno, "open files");
  return {};
}

}  // namespace melisai::serve
