#include "core/base/resource_limit.h"

#include <algorithm>
#include <cerrno>
#include <string>

namespace melisai {

Result<void> lower_limit(decltype(RLIMIT_DATA) resource, rlim_t soft, rlim_t hard,
                         const char* name) {
  rlimit limit{};
  getrlimit(resource, &limit);
  limit.rlim_max = std::min(limit.rlim_max, hard);
  limit.rlim_cur = std::min({limit.rlim_cur, limit.rlim_max, soft});
  if (setrlimit(resource, &limit) == 0) return {};
  return error_from_errno(errno, std::string("cannot limit ") + name);
}

}  // namespace melisai
