#include "core/worker/limits.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "core/base/resource_limit.h"

namespace melisai::worker {
namespace {

constexpr Bytes kOwnMemory = 16 << 20;    // the largest message and what it takes to write it
constexpr rlim_t kDescriptorsMax = 1024;  // the collector ebpf: about 90, and 3 for each CPU

#if defined(__SANITIZE_ADDRESS__)
#define MELISAI_WORKER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MELISAI_WORKER_ASAN 1
#endif
#endif
#ifdef MELISAI_WORKER_ASAN
constexpr bool kMemoryLimited = false;
#else
constexpr bool kMemoryLimited = true;
#endif

}  // namespace

Result<void> apply_limits(Bytes memory_max) {
  if (kMemoryLimited && memory_max < RLIM_INFINITY - kOwnMemory)
    MELISAI_CHECK(lower_limit(RLIMIT_DATA, memory_max, memory_max + kOwnMemory, "memory"));
  MELISAI_CHECK(lower_limit(RLIMIT_CORE, 0, 0, "core files"));
  MELISAI_CHECK(lower_limit(RLIMIT_NOFILE, kDescriptorsMax, kDescriptorsMax, "descriptors"));
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return error_from_errno(errno, "cannot give up new privileges");
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
    return error_from_errno(errno, "cannot ask to end with the supervisor");
  return {};
}

MemoryScope::MemoryScope(Bytes below_hard_limit) {
  rlimit limit{};
  getrlimit(RLIMIT_DATA, &limit);
  before_ = limit.rlim_cur;
  if (limit.rlim_max == RLIM_INFINITY) return;
  limit.rlim_cur = limit.rlim_max - std::min(limit.rlim_max, below_hard_limit);
  setrlimit(RLIMIT_DATA, &limit);
}

MemoryScope::~MemoryScope() {
  rlimit limit{};
  getrlimit(RLIMIT_DATA, &limit);
  limit.rlim_cur = before_;
  setrlimit(RLIMIT_DATA, &limit);
}

PluginMemory::PluginMemory() : MemoryScope(kOwnMemory) {}
OwnMemory::OwnMemory() : MemoryScope(0) {}

}  // namespace melisai::worker
