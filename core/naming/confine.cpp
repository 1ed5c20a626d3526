#include "core/naming/confine.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/capabilities.h"
#include "core/base/fd.h"
#include "core/base/resource_limit.h"

namespace melisai::naming {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MELISAI_NAMING_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MELISAI_NAMING_SANITIZED 1
#endif
#endif
// Sanitizers reserve terabytes, and start threads and processes of their own.
#ifdef MELISAI_NAMING_SANITIZED
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

Result<void> apply_limits() {
  constexpr rlim_t kCpuSeconds = kCpuTimeMax.count() / 1'000;
  MELISAI_CHECK(lower_limit(RLIMIT_CPU, kCpuSeconds, kCpuSeconds + 1, "CPU time"));
  MELISAI_CHECK(lower_limit(RLIMIT_CORE, 0, 0, "core files"));
  MELISAI_CHECK(lower_limit(RLIMIT_FSIZE, 0, 0, "sizes of files"));
  if (!kSanitized) MELISAI_CHECK(lower_limit(RLIMIT_DATA, kMemoryMax, kMemoryMax, "memory"));
  return {};
}

// Without a rule that allows them, these are refused everywhere; and who is confined so may neither
// trace nor read a process that is not.
Result<void> refuse_writing() {
  constexpr std::uint64_t kRefused =
      LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
      LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
      LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
      LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = kRefused;
  const Fd rules(static_cast<int>(
      syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes.handled_access_fs, 0)));
  // A kernel without it, or where it is off: what else is given up holds all the same.
  if (rules.get() < 0) return {};
  if (syscall(SYS_landlock_restrict_self, rules.get(), 0) == 0) return {};
  return error_from_errno(errno, "cannot give up writing");
}

// What reading files and answering takes. Whatever else a library tries fails with EPERM.
constexpr auto kAllowedCalls = std::to_array<int>(
    {SYS_read,          SYS_pread64,        SYS_lseek,        SYS_close,
     SYS_fstat,         SYS_newfstatat,     SYS_statx,        SYS_readlinkat,
     SYS_faccessat,     SYS_write,          SYS_brk,          SYS_mmap,
     SYS_munmap,        SYS_mremap,         SYS_madvise,      SYS_mprotect,
     SYS_futex,         SYS_getpid,         SYS_gettid,       SYS_getrandom,
     SYS_clock_gettime, SYS_sysinfo,        SYS_uname,        SYS_sched_yield,
     SYS_rt_sigaction,  SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_restart_syscall,
     SYS_exit,          SYS_exit_group});

// Older forms of them, which newer architectures do not have.
#ifdef SYS_readlink
constexpr auto kOlderCalls = std::to_array<int>({SYS_readlink, SYS_access, SYS_stat, SYS_lstat});
#else
constexpr std::array<int, 0> kOlderCalls{};
#endif

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArchitecture = 0;  // its calls are not known here
#endif

/// System calls that pass; all others fail with EPERM.
class Filter {
 public:
  Filter() {
    load(offsetof(seccomp_data, arch));
    add(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0);
    add(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    load(offsetof(seccomp_data, nr));
  }

  void allow(int call) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1);
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  }
  /// Where the low half of an argument is `value`.
  void allow(int call, std::size_t argument, std::uint32_t value) {
    only_for(call, argument, BPF_JEQ, value, SECCOMP_RET_ALLOW, kRefuse);
  }
  /// Where it has none of `bits`.
  void allow_without(int call, std::size_t argument, std::uint32_t bits) {
    only_for(call, argument, BPF_JSET, bits, kRefuse, SECCOMP_RET_ALLOW);
  }

  Result<void> apply() {
    add(BPF_RET | BPF_K, kRefuse);
    const sock_fprog program{.len = static_cast<unsigned short>(code_.size()),
                             .filter = code_.data()};
    const bool has_filters = prctl(PR_GET_SECCOMP) >= 0 || errno != EINVAL;
    if (!has_filters || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0) return {};
    return error_from_errno(errno, "cannot give up system calls");
  }

 private:
  static constexpr std::uint32_t kRefuse = SECCOMP_RET_ERRNO | EPERM;

  /// `yes`, `no`: how many statements are left out after a jump.
  void add(int code, std::uint32_t k, unsigned char yes = 0, unsigned char no = 0) {
    code_.push_back({.code = static_cast<std::uint16_t>(code), .jt = yes, .jf = no, .k = k});
  }
  void load(std::size_t offset) {
    add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
  }
  // Little-endian: the low half comes first.
  void only_for(int call, std::size_t argument, int test, std::uint32_t operand, std::uint32_t yes,
                std::uint32_t no) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 4);
    load(offsetof(seccomp_data, args) + argument * sizeof(std::uint64_t));
    add(BPF_JMP | test | BPF_K, operand, 0, 1);
    add(BPF_RET | BPF_K, yes);
    add(BPF_RET | BPF_K, no);
  }

  std::vector<sock_filter> code_;
};

Result<void> refuse_calls(bool living) {
  if (kArchitecture == 0 || kSanitized) return {};
  constexpr std::uint32_t kWriting = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;
  Filter filter;
  for (const int call : kAllowedCalls) filter.allow(call);
  for (const int call : kOlderCalls) filter.allow(call);
  // What it is asked to open is in memory, where no filter looks: only to get below a root.
  if (living) filter.allow(SYS_openat2);
  filter.allow_without(SYS_openat, 2, kWriting);
  filter.allow(SYS_fcntl, 1, F_GETFD);  // libelf: is there such a descriptor?
  filter.allow(SYS_tgkill, 0, static_cast<std::uint32_t>(getpid()));  // abort()
  return filter.apply();
}

constexpr CapabilitySet bit(int capability) { return CapabilitySet{1} << capability; }

}  // namespace

Result<void> confine(bool living) {
  MELISAI_CHECK(apply_limits());
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return error_from_errno(errno, "cannot give up new privileges");
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
    return error_from_errno(errno, "cannot ask to end with the parent");
  // Programs of other users lie where only they and root may look.
  MELISAI_CHECK(keep_capabilities(bit(CAP_DAC_READ_SEARCH) | (living ? bit(CAP_SYS_PTRACE) : 0)));
  if (!living) MELISAI_CHECK(refuse_writing());
  return refuse_calls(living);
}

}  // namespace melisai::naming
